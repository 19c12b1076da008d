/** Dark and light, and a phone. */

import { names, overflow, spans } from "./harness.mjs";
import { agentTrace, handTrace, ingest } from "./records.mjs";

export async function lookChecks(t) {
  const agent = agentTrace();
  const hand = handTrace();
  await ingest(t.base, agent, hand);
  const pages = {
    list: t.base,
    trace: `${t.base}/traces/${agent.id}`,
    call: `${t.base}/traces/${agent.id}?span=${agent.records[10].id}`,
    hand: `${t.base}/traces/${hand.id}`,
    tool: `${t.base}/traces/${hand.id}?span=${hand.records[3].id}`,
  };
  const ready = (page) => t.until("content", async () => [...(await names(page)), ...(await spans(page))], (rows) => rows.length > 3);
  const luminance = (page) =>
    page.evaluate(() => {
      const of = (color) => color.match(/[\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3;
      const style = getComputedStyle(document.documentElement);
      return [of(style.backgroundColor), of(style.color)];
    });

  for (const scheme of ["dark", "light"]) {
    const page = await t.page({ scheme, width: 1440, height: 900 });
    await t.check(`${scheme} follows the system`, async () => {
      for (const [name, url] of Object.entries(pages)) {
        await page.goto(url);
        await ready(page);
        const [ground, ink] = await luminance(page);
        if (scheme === "dark" ? ground > 60 || ink < 180 : ground < 200 || ink > 60) throw new Error(`ground ${ground}, ink ${ink}`);
        await t.shot(page, `${name}-${scheme}`);
      }
    });
    await t.check(`${scheme} can be switched, and the switch is kept`, async () => {
      const [before] = await luminance(page);
      await page.getByRole("button", { name: /Use the (dark|light) theme/ }).click();
      await page.reload();
      await ready(page);
      const [after] = await luminance(page);
      if (Math.abs(after - before) < 100) throw new Error(`ground ${before}, then ${after}`);
    });
    await page.context().close();
  }

  const phone = await t.page({ width: 375, height: 740, touch: true });
  await t.check("a phone shows cards and stacked panels, and nothing is wider than it", async () => {
    for (const [name, url] of Object.entries(pages)) {
      await phone.goto(url);
      await ready(phone);
      await t.shot(phone, `${name}-phone`);
      const wider = await overflow(phone);
      if (wider > 0) throw new Error(`${name} is ${wider} pixels too wide`);
    }
    const tree = await phone.locator(".waterfall").boundingBox();
    const detail = await phone.locator(".detail").boundingBox();
    if (detail.y < tree.y + tree.height - 1) throw new Error("the panels stand side by side");
    await phone.goto(pages.list);
    await ready(phone);
    if (await phone.locator("thead").isVisible()) throw new Error("a table, not cards");
  });
  await t.check("on a phone the filters open, and a tap opens a trace", async () => {
    await phone.getByRole("button", { name: "Filters" }).tap();
    await phone.getByLabel("Status", { exact: true }).selectOption("success");
    await t.until("rows", () => names(phone), (rows) => rows.length > 3);
    if ((await overflow(phone)) > 0) throw new Error("the open filters are too wide");
    await phone.locator("tr[data-id]").first().tap();
    await phone.waitForURL("**/traces/*");
  });
  await phone.context().close();
}
