/**
 * The dashboard in a real browser against a real collector, whose store is empty at first.
 *
 *     node test/browser.mjs http://127.0.0.1:7420 [folder for screenshots]
 */

import { Harness } from "./harness.mjs";
import { handChecks } from "./hand.mjs";
import { listChecks } from "./list.mjs";
import { floodChecks, liveChecks } from "./live.mjs";
import { lookChecks } from "./look.mjs";
import { traceChecks } from "./trace.mjs";

const [base, shots] = process.argv.slice(2);
if (!base) {
  console.error("usage: node test/browser.mjs <base URL of an empty collector> [folder for screenshots]");
  process.exit(2);
}

const harness = new Harness(base.replace(/\/$/, ""), shots);
await harness.start();
try {
  for (const part of [liveChecks, listChecks, traceChecks, handChecks, lookChecks, floodChecks]) await part(harness);
  await harness.check("no console error, exception, CSP violation or request to another host", () => {
    if (harness.odd.length) throw new Error(harness.odd.slice(0, 5).join("\n"));
  });
} finally {
  await harness.stop();
}
console.log(`${harness.passed} passed, ${harness.failed} failed`);
process.exitCode = harness.failed || !harness.passed ? 1 : 0;
