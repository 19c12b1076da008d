/** The trace page: tree, keyboard, and what each kind of span shows. */

import { query, spans } from "./harness.mjs";
import { agentTrace, callTrace, HOSTILE, ingest, traceOf, wideTrace } from "./records.mjs";

const TREE = [
  "answer_question",
  "retrieve",
  "embeddings",
  "rank",
  "plan",
  "chat.completions",
  "get_invoice",
  "get_invoice",
  "guess_refund",
  "answer",
  "chat.completions",
];

export async function traceChecks(t) {
  const page = await t.page();
  const agent = agentTrace();
  const [plan, failed, answer] = [5, 6, 10].map((at) => agent.records[at]);
  await ingest(t.base, agent);
  const open = (trace, span) => page.goto(`${t.base}/traces/${trace.id}${span ? `?span=${span.id}` : ""}`);
  const chosen = () => page.locator(".span-row[aria-selected=true] .label").allTextContents();
  const detail = () => page.locator(".detail").innerText();
  const section = (name) => page.locator(`.section[data-section="${name}"]`);

  await t.check("the tree stands in time order, with its totals above", async () => {
    await open(agent);
    await t.equal("tree", () => spans(page), TREE);
    const facts = (await page.locator(".facts").innerText()).replace(/\s+/g, " ");
    for (const part of ["4.31 s", "11", "1 error", "1,715 / 218", "$0.0061", "gpt-4o-2024-08-06", "chat-7d1f"])
      if (!facts.includes(part)) throw new Error(`${part} is missing in: ${facts}`);
  });

  await t.check("bars share one axis of time", async () => {
    const bars = await page.locator(".bar").evaluateAll((all) => all.map((bar) => bar.getBoundingClientRect().toJSON()));
    const root = bars[0];
    const at = (bar) => ((bar.left - root.left) / root.width) * 4312.418;
    for (const [index, start, length] of [[4, 215.3, 1388.9], [6, 1605.1, 306.6], [10, 2192, 2117.5]]) {
      const seen = [at(bars[index]), (bars[index].width / root.width) * 4312.418];
      if (Math.abs(seen[0] - start) > 15 || Math.abs(seen[1] - length) > 15) throw new Error(`bar ${index} at ${seen}`);
    }
    await t.equal("mark of the first token", () => page.locator(".bar .wait").count(), 1);
  });

  await t.check("keys walk, collapse and expand; the URL names the span", async () => {
    await page.keyboard.press("j");
    await t.equal("chosen", chosen, ["retrieve"]);
    await t.equal("URL", () => query(page), { span: agent.records[1].id });
    await page.keyboard.press("ArrowLeft");
    await t.equal("collapsed", () => spans(page), TREE.filter((_, at) => at !== 2 && at !== 3));
    await page.keyboard.press("j");
    await t.equal("chosen", chosen, ["plan"]);
    await page.keyboard.press("k");
    await page.keyboard.press("ArrowRight");
    await t.equal("expanded", () => spans(page), TREE);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowLeft");
    await t.equal("chosen", chosen, ["retrieve"]);
    await page.keyboard.press("e");
    await t.equal("URL", () => query(page), { span: failed.id });
  });

  await t.check("the mouse folds a part and all of it", async () => {
    await page.locator(".span-row", { hasText: "plan" }).getByRole("button", { name: "Collapse" }).click();
    await t.equal("collapsed", () => spans(page), TREE.filter((_, at) => at !== 5));
    await page.getByRole("button", { name: "Expand all" }).click();
    await t.equal("expanded", () => spans(page), TREE);
    await page.getByRole("button", { name: "Collapse all" }).click();
    await t.until("folded", () => spans(page), (rows) => rows.length === 7);
  });

  await t.check("an error shows its type, message and chain", async () => {
    await open(agent, failed);
    const text = await page.locator(".error-block").innerText();
    for (const part of ["billing::InvoiceError", "did not answer within 300 ms", "error sending request", "operation timed out"])
      if (!text.includes(part)) throw new Error(`missing: ${part}`);
    await t.equal("chosen", chosen, ["get_invoice"]);
    await t.shot(page, "error-span");
  });

  await t.check("a model call is a chat, with usage and parameters", async () => {
    await open(agent, answer);
    await t.equal("roles", () => page.locator(".message").evaluateAll((all) => all.map((one) => one.dataset.role)), [
      "system",
      "user",
      "assistant",
      "tool",
      "user",
      "assistant",
    ]);
    const usage = (await page.locator(".usage").innerText()).replace(/\s+/g, " ");
    for (const part of ["1,284", "1,024 cached", "187", "64 reasoning", "$0.00508", "604 ms", "stop", "asked for gpt-4o"])
      if (!usage.includes(part)) throw new Error(`${part} is missing in: ${usage}`);
    await t.until("parameters", () => section("parameters").innerText(), (text) => text.includes("stream"));
    await t.shot(page, "model-call");
  });

  await t.check("a tool call shows its arguments, its result is tied to it", async () => {
    const [call, result] = await page.locator(".call").allInnerTexts();
    for (const part of ["get_invoice", "call_9fK2", "INV-2031", "payments"]) if (!call.includes(part)) throw new Error(`call: ${call}`);
    for (const part of ["get_invoice", "call_9fK2", "EUR"]) if (!result.includes(part)) throw new Error(`result: ${result}`);
    await open(agent, plan);
    await t.equal("calls answered", () => page.locator(".message[data-answer] .call b").allInnerTexts(), ["get_invoice"]);
  });

  await t.check("copy buttons fill the clipboard", async () => {
    await page.locator(".crumbs .copy").click();
    await t.equal("clipboard", () => page.evaluate(() => navigator.clipboard.readText()), agent.id);
  });

  await t.check("hostile text stays text", async () => {
    const hostile = callTrace({ name: HOSTILE, model: HOSTILE, tags: [HOSTILE], text: HOSTILE });
    await ingest(t.base, hostile);
    await page.goto(t.base);
    await page.locator("tr", { hasText: "<img src=x" }).first().waitFor();
    await open(hostile);
    await t.until("chat", () => page.locator(".chat").innerText(), (text) => text.includes(HOSTILE));
    await open(agent, answer);
    await t.until("chat", () => page.locator(".chat").innerText(), (text) => text.includes(HOSTILE) && text.includes("https://example.com/march.png"));
    const harm = await page.evaluate(() => [window.pwned, document.querySelectorAll("img:not([src='/favicon.svg']), #app script").length]);
    if (harm[0] !== undefined && harm[0] !== null) throw new Error("a script ran");
    if (harm[1] !== 0) throw new Error("markup was made of text");
  });

  await t.check("an open trace grows as its spans come", async () => {
    const growing = traceOf(Date.now() - 1000);
    const root = growing.span(null, "growing", "agent", [0, null]);
    await ingest(t.base, growing);
    await open(growing);
    await t.equal("tree", () => spans(page), ["growing"]);
    await page.evaluate(() => (window.notReloaded = true));
    growing.span(root, "first step", "function", [10, 200]);
    await ingest(t.base, growing);
    await t.equal("tree", () => spans(page), ["growing", "first step"], 1000);
    if (!(await page.evaluate(() => window.notReloaded))) throw new Error("the page was loaded again");
  });

  await t.check("ten thousand spans stay usable", async () => {
    const wide = wideTrace(10_000);
    await ingest(t.base, wide);
    await open(wide);
    await page.getByRole("button", { name: "Expand all" }).click();
    await t.equal("rows", () => page.getByRole("treegrid").getAttribute("aria-rowcount"), "10000");
    await page.keyboard.press("End");
    await t.until("last row", () => spans(page), (rows) => rows.at(-1) === "document 9999");
    const drawn = await page.locator(".span-row").count();
    if (drawn > 100) throw new Error(`${drawn} rows in the document`);
  });

  await t.check("a text of a megabyte is folded, and opens", async () => {
    const long = callTrace({ name: "long", text: "word ".repeat(200_000) + "THE END" });
    await ingest(t.base, long);
    await open(long);
    const more = page.getByRole("button", { name: "Show all 1,000,007 characters" });
    await more.waitFor();
    if ((await detail()).length > 20_000) throw new Error("not folded");
    await more.click();
    await t.until("text", detail, (text) => text.includes("THE END"));
  });

  await t.check("a trace that is not there is said, with a way back", async () => {
    const lost = await t.page({ expectErrors: true });
    await lost.goto(`${t.base}/traces/00000000-0000-4000-8000-000000000000`);
    await lost.getByRole("heading", { name: "There is no such trace" }).waitFor();
    await lost.getByRole("link", { name: "All traces" }).click();
    await lost.waitForURL(`${t.base}/`);
    await lost.context().close();
  });

  await page.context().close();
}
