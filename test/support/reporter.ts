/** mocha's Spec reporter, then the slowest files, what was skipped and why, and one line of counts that CI reads. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import Mocha from "mocha";
import { skipped } from "./requirements.ts";

/** Files that are named with their time, and seconds below which none is. */
const slowest = { files: 15, seconds: 5 } as const;

/** Milliseconds by file, hooks included: all that passed since the test or hook before had ended. */
function timesOfFiles(runner: Mocha.Runner): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  let since = performance.now();
  const ended = (of: Mocha.Runnable) => {
    const now = performance.now();
    if (of.file !== undefined) times.set(of.file, (times.get(of.file) ?? 0) + now - since);
    since = now;
  };
  runner.on(Mocha.Runner.constants.EVENT_TEST_END, ended);
  runner.on(Mocha.Runner.constants.EVENT_HOOK_END, ended);
  return times;
}

export default class Reporter extends Mocha.reporters.Spec {
  readonly #times: ReadonlyMap<string, number>;

  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    this.#times = timesOfFiles(runner);
  }

  override epilogue(): void {
    super.epilogue();
    const slow = [...this.#times]
      .map(([file, time]) => ({ name: relative("build", file), seconds: time / 1000 }))
      .filter(({ seconds }) => seconds >= slowest.seconds)
      .sort((a, b) => b.seconds - a.seconds)
      .slice(0, slowest.files);
    for (const { name, seconds } of slow) console.log(`${seconds.toFixed(0).padStart(5)} s  ${name}`);
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
