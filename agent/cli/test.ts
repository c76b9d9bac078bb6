/** `tiercel test`: unit tests of rules. */
import { exitCodes, mayColour, readOptions, UsageError, type Command } from "./command.ts";

const options = {
  output: { type: "string", short: "o", values: ["text", "json"] },
} as const;

export const command: Command = {
  name: "test",
  summary: "Run unit tests of rules: an event in, alerts or none out",
  options,
  help: `Run unit tests of rules. A test describes an event and says which alerts it must raise; nothing happens on the
machine, and neither a kernel nor a cluster is needed. Rules, fields and outputs are worked out as the agent does it.

Usage:
  tiercel test PATH... [-o text|json]

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

docs/rule-tests.md describes all keys; \`tiercel events\` lists the arguments of events, \`tiercel fields\` the fields.

Options:
  -o, --output text|json   how to print the result (text)

Exit code: 0 all tests passed, 1 some did not, 2 wrong usage or mistakes in a test file.

Examples:
  tiercel test tests/
  tiercel test my-tests.yaml -o json | jq '.tests[] | select(.passed | not)'`,
  async run(args) {
    const { values, operands } = readOptions(args, options);
    if (operands.length === 0) throw new UsageError("test needs a test file or a folder of them");
    const [{ runTestFiles }, { testsJson, testsText }, { drawMistakes }] = await Promise.all([
      import("./rule-tests/run-files.ts"),
      import("./rule-tests/report.ts"),
      import("./rule-tests/mistakes.ts"),
    ]);
    const { files, mistakes } = runTestFiles(operands);
    if (mistakes.all.length > 0) {
      process.stderr.write(drawMistakes(mistakes));
      return exitCodes.usage;
    }
    if (files.length === 0) throw new UsageError(`there is no test file in ${operands.join(", ")}`);
    const text = values.output === "json" ? testsJson(files) : testsText(files, mayColour(process.stdout));
    process.stdout.write(text);
    return files.every(({ outcomes }) => outcomes.every(({ passed }) => passed))
      ? exitCodes.fine
      : exitCodes.failed;
  },
};
