/** What became of tests, for people and for programs. */
import { printable } from "../../rules/diagnostics/snippet.ts";
import type { Outcome } from "./run.ts";

export interface FileOutcome {
  readonly name: string;
  readonly outcomes: readonly Outcome[];
}

const green = (text: string) => `\u001b[32m${text}\u001b[0m`;
const red = (text: string) => `\u001b[31m${text}\u001b[0m`;
const plainly = (text: string) => text;

/** A line a test, its reasons below it, and a line of counts. */
export function testsText(files: readonly FileOutcome[], colour: boolean): string {
  const [good, bad] = colour ? [green, red] : [plainly, plainly];
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  for (const { name, outcomes } of files) {
    lines.push(`${printable(name)}:`);
    for (const outcome of outcomes) {
      if (outcome.passed) passed++;
      else failed++;
      lines.push(`  ${outcome.passed ? good("ok    ") : bad("FAILED")} ${printable(outcome.name)}`);
      if (outcome.reason !== "")
        lines.push(...outcome.reason.split("\n").map((reason) => `         ${printable(reason)}`));
    }
  }
  lines.push(`${passed} passed, ${failed} failed`);
  return `${lines.join("\n")}\n`;
}

/** `{"tests": [{"name", "passed", "reason"}]}`; `reason` is "" where the test passed. */
export function testsJson(files: readonly FileOutcome[]): string {
  return `${JSON.stringify({ tests: files.flatMap(({ outcomes }) => outcomes) })}\n`;
}
