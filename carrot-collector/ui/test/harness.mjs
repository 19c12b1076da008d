/** What the browser test runs on: checks that count, pages that report everything odd. */

import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.CARROT_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** How long a condition may take to come true, in ms. */
const PATIENCE = 10_000;

export class Harness {
  passed = 0;
  failed = 0;
  /** Console errors, uncaught exceptions, CSP violations and requests to other hosts, from every page. */
  odd = [];

  constructor(base, shots) {
    this.base = base;
    this.shots = shots;
    if (shots) mkdirSync(shots, { recursive: true });
  }

  async start() {
    this.browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
  }

  async stop() {
    await this.browser?.close();
  }

  /** A fresh profile. `expectErrors`: its failed requests are the point, and no oddity. */
  async page({ width = 1280, height = 800, scheme = "light", expectErrors = false, touch = false } = {}) {
    const context = await this.browser.newContext({
      viewport: { width, height },
      colorScheme: scheme,
      hasTouch: touch,
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on("pageerror", (error) => this.odd.push(`exception: ${error.message}`));
    page.on("console", (message) => {
      const failedRequest = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !(expectErrors && failedRequest)) this.odd.push(`console: ${message.text()}`);
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(this.base)) this.odd.push(`request: ${request.url().slice(0, 200)}`);
    });
    await page.exposeFunction("reportViolation", (what) => this.odd.push(`csp: ${what}`));
    await page.addInitScript(() =>
      addEventListener("securitypolicyviolation", (event) => window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`)),
    );
    return page;
  }

  async check(name, run) {
    try {
      await run();
      this.passed += 1;
      console.log(`ok - ${name}`);
    } catch (error) {
      this.failed += 1;
      console.log(`not ok - ${name}: ${String(error.message ?? error).split("\n").slice(0, 6).join("\n    ")}`);
      const page = this.browser?.contexts().at(-1)?.pages().at(-1);
      if (page) await this.shot(page, `failed-${this.failed}`).catch(() => {});
    }
  }

  async shot(page, name) {
    if (this.shots) await page.screenshot({ path: `${this.shots}/${name}.png` });
  }

  /** Waits until `read` gives what `want` accepts, or fails with what it gave last. */
  async until(what, read, want, patience = PATIENCE) {
    const deadline = Date.now() + patience;
    for (;;) {
      const got = await read();
      if (want(got)) return got;
      if (Date.now() > deadline) throw new Error(`${what}: last seen ${JSON.stringify(got)?.slice(0, 300)}`);
      await new Promise((next) => setImmediate(next));
    }
  }

  async equal(what, read, wanted, patience) {
    const text = JSON.stringify(wanted);
    await this.until(`${what}, wanted ${text}`, read, (got) => JSON.stringify(got) === text, patience);
  }
}

/** Names of the rows of the list, top first. */
export const names = (page) => page.locator("tr[data-id] td.name a").allTextContents();

/** Labels of the spans on screen, top first. */
export const spans = (page) => page.locator(".span-row .label").allTextContents();

export const query = (page) => Object.fromEntries(new URL(page.url()).searchParams);

/** By how many pixels the page is wider than the screen. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
