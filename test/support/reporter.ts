/** mocha's Spec reporter, then what was skipped and why, then one line of counts that CI reads. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import Mocha from "mocha";
import { skipped } from "./requirements.ts";

export default class Reporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes = 0, failures = 0, pending = 0 } = this.stats;
    const counts = { passed: passes, failed: failures, skipped: pending };
    for (const { title, kind, reason } of skipped) console.log(`skipped: ${title}: needs ${kind}: ${reason}`);
    const file = process.env["TIERCEL_TEST_COUNTS"];
    if (file !== undefined) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(counts));
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}
