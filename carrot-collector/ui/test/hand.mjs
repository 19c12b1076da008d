/** What is recorded by hand, and what a record says of itself. */

import { names, query } from "./harness.mjs";
import { handTrace, HOSTILE, ingest, skeletonTrace } from "./records.mjs";

export async function handChecks(t) {
  const page = await t.page();
  const hand = handTrace();
  const [root, call, searcher, rooms] = hand.records;
  const skeleton = skeletonTrace();
  await ingest(t.base, hand, skeleton, handTrace({ session: "another", user: "else" }));
  const open = (trace, span) => page.goto(`${t.base}/traces/${trace.id}${span ? `?span=${span.id}` : ""}`);
  const has = (what, locator, parts) =>
    t.until(what, async () => (await locator.innerText()).replace(/\s+/g, " "), (text) => parts.every((part) => text.includes(part)));
  const section = (name) => page.locator(`.section[data-section="${name}"]`);

  await t.check("levels are marked in the list, the tree, the header and the detail", async () => {
    await page.goto(t.base);
    await t.until("list", () => page.locator("tr[data-id] .level[data-level=WARNING]").count(), (count) => count >= 2);
    await open(hand);
    await has("title", page.locator(".trace-title"), ["planner", "warning"]);
    await t.equal("tree", () => page.locator(".span-row .level").evaluateAll((all) => all.map((one) => one.dataset.level)), ["WARNING", "ERROR"]);
    await has("detail", page.locator(".detail .when"), ["warning"]);
    await open(hand, rooms);
    await has("detail", page.locator(".detail .when"), ["error"]);
  });

  await t.check("events stand with their offset, level and data, and on the bar", async () => {
    await open(hand);
    await t.equal("times", () => page.locator(".events time").allInnerTexts(), ["+141 ms", "+1.48 s", "+2.10 s"]);
    await has("events", section("events"), ["plan accepted", "steps", HOSTILE, "budget is tight", "warning", "12 % left", "checkpoint"]);
    if (await page.evaluate(() => window.pwned !== undefined || document.querySelector("#app script") !== null)) throw new Error("markup was made of text");
    const marks = page.locator(`.span-row[data-span="${root.id}"] .moment`);
    await t.equal("marks", () => marks.evaluateAll((all) => all.map((one) => one.title)), ["plan accepted", "budget is tight", "checkpoint"]);
    const [bar, mark] = [await page.locator(".span-row .bar").first().boundingBox(), await marks.nth(1).boundingBox()];
    const place = (mark.x + mark.width / 2 - bar.x) / bar.width;
    if (Math.abs(place - 1480 / 2210) > 0.01) throw new Error(`the mark is at ${place} of the bar`);
    await t.shot(page, "events");
  });

  await t.check("a span says whose work it is", async () => {
    await open(hand, rooms);
    await has("agent", page.locator(".agent-line"), ["searcher", "finds rooms", "works for planner"]);
    const keys = await page.locator(".meta th").allTextContents();
    if (keys.some((key) => key.includes("agent"))) throw new Error(`said twice: ${keys}`);
  });

  await t.check("a record says what is missing of it", async () => {
    await has("notes", page.locator(".notes"), ["Truncated", "Not everything was recorded"]);
    await t.shot(page, "notes");
    await open(skeleton);
    await has("header", page.locator(".trace-header"), ["Sampled out; kept because it failed: names, times and the error only."]);
    await t.equal("no notes", () => page.locator(".notes").count(), 0);
    await t.shot(page, "skeleton");
  });

  await t.check("a sampled trace says how many it stands for", async () => {
    await open(hand);
    await has("facts", page.locator(".facts"), ["Sampled", "stands for 3.33 runs"]);
    await open(skeleton);
    await t.equal("of one", () => page.locator(".facts").innerText().then((text) => text.includes("stands for")), false);
  });

  await t.check("bare messages and a bare answer are a conversation", async () => {
    await open(hand, call);
    await t.equal("roles", () => page.locator(".message").evaluateAll((all) => all.map((one) => one.dataset.role)), ["system", "user", "assistant"]);
    await has("answer", page.locator(".message[data-answer]"), ["Day one: Killarney."]);
    await has("parameters", section("parameters"), ["temperature", "0.7"]);
    await t.shot(page, "generation");
  });

  await t.check("a session and a user lead to all their traces", async () => {
    await open(hand);
    await page.locator(".facts").getByRole("link", { name: "chat-7d1f" }).click();
    await t.equal("URL", () => query(page), { session: "chat-7d1f" });
    await t.until("rows", () => names(page), (rows) => rows.includes("planner") && !rows.includes("charge_card"));
    await open(hand, searcher);
    await section("metadata").getByRole("link", { name: "u-2" }).click();
    await t.equal("URL", () => query(page), { user: "u-2" });
    await page.getByRole("heading", { name: "No trace matches" }).waitFor();
  });

  await page.context().close();
}
