/** An empty collector, and what then appears by push. */

import { names } from "./harness.mjs";
import { callTrace, ingest, traceOf } from "./records.mjs";

export async function liveChecks(t) {
  const page = await t.page();
  await page.goto(t.base);

  await t.check("a fresh install says how to send the first trace", async () => {
    await page.getByRole("heading", { name: "No traces yet" }).waitFor();
    const text = await page.locator(".first-trace").innerText();
    for (const part of ["cargo run --example quickstart", "#[carrot_ai::trace]", `${t.base}/v1/traces/ingest`])
      if (!text.includes(part)) throw new Error(`missing: ${part}`);
    await t.shot(page, "empty");
  });

  await t.check("the live indicator says that the stream is open", () =>
    t.equal("indicator", () => page.getByRole("status").filter({ hasText: /./ }).first().innerText(), "Live"),
  );

  await page.evaluate(() => (window.notReloaded = true));
  await t.check("a new trace appears within a second, without a reload", async () => {
    const sent = callTrace({ name: "first-one" });
    await ingest(t.base, sent);
    await t.equal("rows", () => names(page), ["first-one"], 1000);
    if (!(await page.evaluate(() => window.notReloaded))) throw new Error("the page was loaded again");
  });

  await t.check("a running trace changes in place when it ends", async () => {
    const sent = callTrace({ name: "slow-one", status: "running" });
    await ingest(t.base, sent);
    const state = page.locator("tr", { hasText: "slow-one" }).locator(".status");
    await t.equal("status", () => state.allInnerTexts(), ["Running"]);
    Object.assign(sent.records[0], { status: "success", ended_at: new Date().toISOString() });
    await ingest(t.base, sent);
    await t.equal("status", () => state.allInnerTexts(), ["Success"], 1000);
    await t.equal("rows", () => names(page), ["slow-one", "first-one"]);
  });

  await t.check("a span listed alone goes when its parent comes", async () => {
    const late = traceOf(Date.now() - 500);
    const root = late.span(null, "parent", "agent", [0, 400]);
    const child = late.span(root, "orphan", "tool_call", [10, 90]);
    await ingest(t.base, [child]);
    await t.until("rows", () => names(page), (rows) => rows.includes("orphan"), 1000);
    await ingest(t.base, [root]);
    await t.until("rows", () => names(page), (rows) => rows.includes("parent") && !rows.includes("orphan"), 1000);
  });

  // Enough for two pages of the list.
  const now = Date.now();
  const older = Array.from({ length: 70 }, (_, n) => callTrace({ name: `older-${n}`, began: now - 3_600_000 - n * 1000, tags: ["older"] }));
  await ingest(t.base, ...older);

  await t.check("older pages load on the way down, each row once", async () => {
    await page.reload();
    await t.until("first page", () => names(page), (rows) => rows.length >= 50);
    await t.until(
      "all rows",
      async () => {
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
        return names(page);
      },
      (rows) => rows.length === 73 && new Set(rows).size === 73,
    );
  });

  await t.check("a new row moves neither what is read nor the selection", async () => {
    await page.evaluate(() => scrollTo(0, 900));
    const row = page.locator("tr", { hasText: "older-30" }).first();
    await row.scrollIntoViewIfNeeded();
    // Select it by keyboard, from the row above.
    await page.keyboard.press("j");
    for (let steps = 0; steps < 80 && !(await row.getAttribute("aria-current")); steps++) await page.keyboard.press("j");
    const before = await row.boundingBox();
    await ingest(t.base, callTrace({ name: "above-all" }));
    await t.until("new row", () => names(page), (rows) => rows[0] === "above-all", 1000);
    const after = await row.boundingBox();
    if (Math.abs(after.y - before.y) > 1) throw new Error(`moved from ${before.y} to ${after.y}`);
    if (!(await row.getAttribute("aria-current"))) throw new Error("the selection moved");
  });

  await page.context().close();
}

/** Last of all: it leaves the list full of its own. */
export async function floodChecks(t) {
  const page = await t.page();
  await page.goto(t.base);
  await t.until("list", () => names(page), (rows) => rows.length >= 50);
  await t.check("a flood of traces is held back at a thousand rows, and can be caught up with", async () => {
    const flood = Array.from({ length: 1200 }, (_, n) => callTrace({ name: `flood-${n}`, began: Date.now() + n }));
    await ingest(t.base, ...flood);
    const newer = page.getByRole("button", { name: /newer traces/ });
    await newer.waitFor();
    if ((await names(page)).length > 1000) throw new Error("more than a thousand rows");
    await newer.click();
    await t.until("newest", () => names(page), (rows) => rows[0] === "flood-1199" && rows.length <= 100);
    await t.equal("scroll", () => page.evaluate(() => scrollY), 0);
  });
  await page.context().close();
}
