/** What became of tests as JUnit XML, which CI systems read. */
import type { FileOutcome } from "./report.ts";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\t": "&#9;",
};

/** Characters that XML 1.0 has no form for, not even escaped: they are shown as JSON writes them. */
const unwritable = /[\0-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]|\p{Surrogate}/gu;

function xml(text: string): string {
  return text
    .replace(unwritable, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .replace(/[&<>"\n\t]/g, (each) => entities[each]!);
}

/** One `testsuite` a test file, one `testcase` a test. */
export function testsJunit(files: readonly FileOutcome[]): string {
  const failed = ({ outcomes }: FileOutcome) => outcomes.filter(({ passed }) => !passed).length;
  const sum = (count: (file: FileOutcome) => number) => files.reduce((all, file) => all + count(file), 0);
  const numbers = (tests: number, failures: number) =>
    `tests="${tests}" failures="${failures}" errors="0" skipped="0"`;
  const lines = [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="tiercel test" ${numbers(
      sum(({ outcomes }) => outcomes.length),
      sum(failed),
    )}>`,
  ];
  for (const file of files) {
    const name = xml(file.name);
    lines.push(`  <testsuite name="${name}" ${numbers(file.outcomes.length, failed(file))}>`);
    for (const { name: test, passed, reason } of file.outcomes) {
      const head = `    <testcase classname="${name}" name="${xml(test)}"`;
      const [first = ""] = reason.split("\n");
      if (passed) lines.push(`${head}/>`);
      else
        lines.push(
          `${head}>`,
          `      <failure message="${xml(first)}">${xml(reason)}</failure>`,
          `    </testcase>`,
        );
    }
    lines.push(`  </testsuite>`);
  }
  lines.push(`</testsuites>`);
  return `${lines.join("\n")}\n`;
}
