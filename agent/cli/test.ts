/** `tiercel test`: unit tests of rules. */
import { exitCodes, mayColour, readOptions, UsageError, type Command } from "./command.ts";

const options = {
  output: { type: "string", short: "o", values: ["text", "json", "junit"] },
} as const;

export const command: Command = {
  name: "test",
  summary: "Run tests of rules: an event or a recording in, alerts or none out",
  options,
  help: `Run tests of rules. A test describes an event, or names a recording of \`tiercel record\`, and says which alerts it
must raise; nothing happens on the machine, and neither a kernel nor a cluster is needed. Rules, fields and outputs are
worked out as the agent does it.

Usage:
  tiercel test PATH... [-o text|json|junit]

PATH is a test file or a folder with test files (its .yaml, .yml and .json files that have the key tests). A test file:

  files: [my-rules.yaml]                 # rules for every test, relative to this file
  tests:
  - name: a shell with a terminal
    event:
      type: execve
      process: {name: bash, exe: bash, exepath: /bin/bash, tty: 34816, ancestors: [{name: runc}]}
      container: {id: 3ad7b26ded6d}
    expect: [{rule: Terminal shell in container, fields: {proc.name: bash}}]
  - name: the same without a terminal
    event: {type: execve, process: {name: bash}, container: {id: 3ad7b26ded6d}}
    expect: []

\`file: incident.trec\` in place of event replays a recording. docs/testing-rules.md teaches all of it; \`tiercel events\`
lists the arguments of events, \`tiercel fields\` the fields.

Options:
  -o, --output text|json|junit   how to print the result (text); junit is XML that CI systems read

Exit code: 0 all tests passed, 1 some did not, 2 wrong usage or mistakes in a test file.

Examples:
  tiercel test tests/
  tiercel test my-tests.yaml -o json | jq '.tests[] | select(.passed | not)'
  tiercel test tests/ -o junit >report.xml`,
  async run(args) {
    const { values, operands } = readOptions(args, options);
    if (operands.length === 0) throw new UsageError("test needs a test file or a folder of them");
    const [{ runTestFiles }, { testsJson, testsText }, { testsJunit }, { drawMistakes }] = await Promise.all([
      import("./rule-tests/run-files.ts"),
      import("./rule-tests/report.ts"),
      import("./rule-tests/junit.ts"),
      import("./rule-tests/mistakes.ts"),
    ]);
    const { files, mistakes } = runTestFiles(operands);
    if (mistakes.all.length > 0) {
      process.stderr.write(drawMistakes(mistakes));
      return exitCodes.usage;
    }
    if (files.length === 0) throw new UsageError(`there is no test file in ${operands.join(", ")}`);
    const print = {
      text: () => testsText(files, mayColour(process.stdout)),
      json: () => testsJson(files),
      junit: () => testsJunit(files),
    };
    process.stdout.write(print[(values.output ?? "text") as keyof typeof print]());
    return files.every(({ outcomes }) => outcomes.every(({ passed }) => passed))
      ? exitCodes.fine
      : exitCodes.failed;
  },
};
