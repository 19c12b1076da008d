/** The Traces page: filters in the URL, keyboard, what comes back. */

import { names, query } from "./harness.mjs";
import { agentTrace, callTrace, ingest } from "./records.mjs";

export async function listChecks(t) {
  const page = await t.page();
  const now = Date.now();
  await ingest(
    t.base,
    agentTrace({ began: now - 6000, name: "answer_question", tags: ["production", "support"] }),
    callTrace({ began: now - 30_000, name: "route", status: "error", model: "gpt-4o-mini", tags: ["production", "router"] }),
    callTrace({ began: now - 40_000, name: "translate", status: "cancelled", model: "gemini-2.5-flash", tags: ["nightly"], text: "Guten Morgen, Quittenmarmelade!" }),
  );
  const chips = () => page.locator(".chip b").allTextContents();
  const back = async () => {
    await page.goto(t.base);
    await t.until("list", () => names(page), (rows) => rows.length > 3);
  };
  /** The filter shows these rows and this URL, now and after a reload. */
  const holds = async (rows, url) => {
    for (const again of [false, true]) {
      if (again) await page.reload();
      await t.equal("rows", () => names(page), rows);
      await t.equal("URL", () => query(page), url);
    }
  };

  await t.check("a row shows name, status, model, tokens, cost, latency, tags and start", async () => {
    await back();
    const row = page.locator("tr", { hasText: "answer_question" });
    const text = (await row.innerText()).replace(/\s+/g, " ");
    for (const part of ["Success", "1 inside", "gpt-4o", "1,715 / 218", "$0.0061", "4.31 s", "production", "support", "ago"])
      if (!text.includes(part)) throw new Error(`${part} is missing in: ${text}`);
    if (!(await row.locator("time").getAttribute("title"))) throw new Error("no absolute time");
    await t.shot(page, "list");
  });

  await t.check("the status filter works and survives a reload", async () => {
    await page.getByLabel("Status", { exact: true }).selectOption("error");
    await holds(["route"], { status: "error" });
    await t.equal("chips", chips, ["error"]);
  });

  await t.check("a filtered list takes what matches by push, and only that", async () => {
    await ingest(t.base, callTrace({ name: "fine", tags: ["router"] }), callTrace({ name: "broken", status: "error", tags: ["pushed"] }));
    await t.equal("rows", () => names(page), ["broken", "route"], 1000);
  });

  await t.check("a chip removes its filter", async () => {
    await page.getByRole("button", { name: "Remove the filter status error" }).click();
    await t.equal("URL", () => query(page), {});
    await t.until("rows", () => names(page), (rows) => rows.includes("fine"));
  });

  await t.check("a tag is picked from a row, a second one must match too", async () => {
    await page.locator("tr", { hasText: "route" }).getByRole("button", { name: "router" }).first().click();
    await t.equal("rows", () => names(page), ["fine", "route"]);
    await page.getByLabel("Filter by tag").fill("production");
    await page.keyboard.press("Enter");
    await t.equal("rows", () => names(page), ["route"]);
    await t.equal("tags", () => new URL(page.url()).searchParams.getAll("tag"), ["router", "production"]);
    await page.reload();
    await t.equal("rows", () => names(page), ["route"]);
  });

  await t.check("the model filter finds a model called inside, by asked and answered name", async () => {
    for (const model of ["gpt-4o", "gpt-4o-2024-08-06"]) {
      await back();
      await page.getByLabel("Filter by model").fill(model);
      await page.keyboard.press("Enter");
      await holds(["answer_question"], { model });
    }
  });

  await t.check("the name filter works", async () => {
    await back();
    await page.getByLabel("Filter by name").fill("translate");
    await page.keyboard.press("Enter");
    await holds(["translate"], { name: "translate" });
  });

  await t.check("text search finds words of inputs, and of spans below", async () => {
    // The index is built behind the answer.
    for (const q of ["Quittenmarmelade", "refunded"])
      await t.until(`index of ${q}`, async () => (await (await fetch(`${t.base}/v1/traces?q=${q}`)).json()).traces, (rows) => rows.length > 0);
    await back();
    await page.keyboard.press("/");
    await page.keyboard.type("Quittenmarmelade");
    await holds(["translate"], { q: "Quittenmarmelade" });
    await page.getByRole("searchbox").fill("refunded");
    await holds(["answer_question"], { q: "refunded" });
  });

  await t.check("nothing found is not a fresh install", async () => {
    await page.goto(`${t.base}/?name=nobody`);
    await page.getByRole("heading", { name: "No trace matches" }).waitFor();
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await t.until("rows", () => names(page), (rows) => rows.length > 3);
  });

  await t.check("time ranges, quick and custom, narrow the list", async () => {
    await page.getByLabel("Time range").selectOption("15m");
    await t.until("rows", () => names(page), (rows) => rows.length > 0 && !rows.some((name) => name.startsWith("older")));
    await t.equal("URL", () => query(page), { range: "15m" });
    const edge = new Date(now - 35_000).toISOString();
    await page.goto(`${t.base}/?${new URLSearchParams({ from: new Date(now - 60_000).toISOString(), to: edge })}`);
    await t.equal("rows", () => names(page), ["translate"]);
    await t.equal("range", () => page.getByLabel("Time range").inputValue(), "custom");
  });

  await t.check("keys: / searches, Escape leaves, j and k move, ? helps, Enter opens", async () => {
    await back();
    const focus = () => page.evaluate(() => document.activeElement?.getAttribute("type") ?? document.activeElement?.tagName);
    await page.keyboard.press("/");
    await t.equal("focus", focus, "search");
    await page.keyboard.type("zz");
    await t.equal("URL", () => query(page), { q: "zz" });
    await page.keyboard.press("Escape");
    await t.equal("focus", focus, "BODY");
    await t.equal("URL", () => query(page), {});
    await t.until("rows", () => names(page), (rows) => rows.length > 3);

    const selected = () => page.locator("tr[aria-current] td.name a").allTextContents();
    const rows = await names(page);
    for (const [key, at] of [["j", 0], ["j", 1], ["j", 2], ["k", 1]]) {
      await page.keyboard.press(key);
      await t.equal("selection", selected, [rows[at]]);
    }
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await t.equal("dialogs", () => page.getByRole("dialog").count(), 0);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/traces/*");
    await t.equal("title", () => page.locator("h1").innerText(), rows[1]);
  });

  await t.check("the way back finds filters, rows and place as they were", async () => {
    await page.goto(`${t.base}/?tag=older`);
    await t.until("rows", () => names(page), (rows) => rows.length >= 50);
    await page.evaluate(() => scrollTo(0, 700));
    await page.locator("tr", { hasText: "older-20" }).locator("a").click();
    await page.locator(".crumbs").getByRole("link", { name: "Traces" }).click();
    await t.equal("URL", () => query(page), { tag: "older" });
    await t.equal("scroll", () => page.evaluate(() => scrollY), 700);
  });

  await t.check("a collector that is away is said, and a retry comes back", async () => {
    const away = await t.page({ expectErrors: true });
    await away.route("**/v1/**", (route) => route.abort());
    await away.goto(t.base);
    await away.getByRole("heading", { name: "The collector is away" }).waitFor();
    await t.equal("indicator", () => away.locator(".live").innerText(), "Reconnecting");
    await t.shot(away, "away");
    await away.unroute("**/v1/**");
    await away.getByRole("button", { name: "Try again" }).click();
    await t.until("rows", () => names(away), (rows) => rows.length > 3);
    await t.equal("indicator", () => away.locator(".live").innerText(), "Live");
    await away.context().close();
  });

  await page.context().close();
}
