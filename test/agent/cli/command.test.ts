import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mayColour, readOptions, UsageError } from "../../../agent/cli/command.ts";
import { nearest } from "../../../agent/cli/suggest.ts";
import { root } from "../../support/reference.ts";

const options = {
  output: { type: "string", short: "o", values: ["text", "json"] },
  rules: { type: "string", multiple: true },
  quiet: { type: "boolean", short: "q" },
} as const;

describe("options of a command", () => {
  const good = [
    { name: "none", args: [], want: { values: {}, operands: [] } },
    {
      name: "a value behind a blank",
      args: ["--output", "json"],
      want: { values: { output: "json" }, operands: [] },
    },
    { name: "a value behind =", args: ["--output=json"], want: { values: { output: "json" }, operands: [] } },
    {
      name: "a short one with its value",
      args: ["-ojson"],
      want: { values: { output: "json" }, operands: [] },
    },
    {
      name: "the last of two wins",
      args: ["-o", "json", "-o", "text"],
      want: { values: { output: "text" }, operands: [] },
    },
    {
      name: "a repeatable one keeps order",
      args: ["--rules", "b", "x", "--rules=a"],
      want: { values: { rules: ["b", "a"] }, operands: ["x"] },
    },
    {
      name: "what stands behind -- is no option",
      args: ["-q", "--", "--rules"],
      want: { values: { quiet: true }, operands: ["--rules"] },
    },
  ];
  for (const { name, args, want } of good)
    it(`reads ${name}`, () => {
      const { values, operands } = readOptions(args, options);
      assert.deepEqual({ values: { ...values }, operands }, want);
    });

  const bad = [
    { args: ["--outptu", "json"], message: "unknown option --outptu, did you mean --output?" },
    { args: ["--zzz"], message: "unknown option --zzz" },
    { args: ["-x"], message: "unknown option -x" },
    { args: ["--output"], message: "option --output needs a value" },
    { args: ["--quiet=yes"], message: "option --quiet takes no value" },
    { args: ["-o", "jsn"], message: "--output jsn: it must be text or json, did you mean json?" },
    { args: ["--constructor"], message: "unknown option --constructor" },
  ];
  for (const { args, message } of bad)
    it(`says "${message}"`, () => {
      assert.throws(
        () => readOptions(args, options),
        (error) => error instanceof UsageError && error.message === message,
      );
    });
});

describe("nearest word", () => {
  const cases = [
    { word: "valdiate", known: ["validate", "version"], want: "validate" },
    { word: "AGENT", known: ["agent"], want: "agent" },
    { word: "xyz", known: ["agent", "fields"], want: undefined },
  ];
  for (const { word, known, want } of cases)
    it(`of ${word} is ${want}`, () => assert.equal(nearest(word, known), want));
});

describe("colours", () => {
  it("are for terminals only, and never where NO_COLOR is set", () => {
    assert.equal(mayColour({ isTTY: true }, {}), true);
    assert.equal(mayColour({}, {}), false);
    assert.equal(mayColour({ isTTY: true }, { NO_COLOR: "1" }), false);
    assert.equal(mayColour({ isTTY: true }, { NO_COLOR: "" }), true);
    assert.equal(mayColour({ isTTY: true }, { TERM: "dumb" }), false);
  });
});

describe("bin/tiercel", () => {
  const tiercel = (...args: string[]) =>
    spawnSync(process.execPath, [`${root}bin/tiercel`, ...args], { encoding: "utf8" });

  it("alone lists the commands", () => {
    const { status, stdout, stderr } = tiercel();
    assert.equal(status, 0);
    assert.equal(stderr, "");
    assert.match(stdout, /^ {2}completion {3}Print a shell completion script/m);
  });

  it("suggests the command that was meant and exits 2", () => {
    const { status, stdout, stderr } = tiercel("verison");
    assert.deepEqual([status, stdout], [2, ""]);
    assert.equal(stderr, "tiercel: unknown command verison, did you mean version?\nSee `tiercel --help`.\n");
  });

  it("suggests the option that was meant and exits 2", () => {
    const { status, stderr } = tiercel("version", "--ouput", "json");
    assert.equal(status, 2);
    assert.match(
      stderr,
      /^tiercel version: unknown option --ouput, did you mean --output\?\nSee `tiercel version --help`\.\n$/,
    );
  });

  it("prints help with examples for each command", () => {
    assert.match(tiercel("help", "version").stdout, /Examples:/);
    assert.match(tiercel("version", "--help").stdout, /Examples:/);
  });

  it("prints its version as text and JSON", () => {
    assert.match(tiercel("--version").stdout, /^tiercel \d+\.\d+\.\d+ /);
    const { version } = JSON.parse(tiercel("version", "-o", "json").stdout) as { version: string };
    assert.match(version, /^\d+\.\d+\.\d+$/);
  });

  it("gives bash a script that completes commands, options and values", () => {
    const script = tiercel("completion", "bash").stdout;
    const complete = (line: string) => {
      const words = line.split(" ");
      const setup = `${script}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _tiercel; echo "\${COMPREPLY[@]}"`;
      return spawnSync("bash", ["-c", setup], { encoding: "utf8" }).stdout.trim();
    };
    assert.equal(complete("tiercel vers"), "version");
    assert.equal(complete("tiercel version --o"), "--output");
    assert.equal(complete("tiercel version -o j"), "json");
    assert.equal(complete("tiercel completion z"), "zsh");
  });
});
