import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../support/reference.ts";
import { rule } from "../../support/rules.ts";

describe("tiercel validate", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-validate-"));
    writeFileSync(join(folder, "good.yaml"), rule("Good", "evt.type=execve"));
    writeFileSync(join(folder, "bad.yaml"), rule("Bad", "evt.type=opne"));
    mkdirSync(join(folder, "set/inner.yaml"), { recursive: true });
    writeFileSync(join(folder, "set/b.yml"), rule("Uses", "evt.type=execve and later"));
    writeFileSync(join(folder, "set/a.yaml"), "- macro: later\n  condition: proc.name=x\n");
    writeFileSync(join(folder, "set/notes.txt"), "((");
    mkdirSync(join(folder, "empty"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const validate = (args: string[], input?: string) =>
    spawnSync(process.execPath, [`${root}build/agent/main.js`, "validate", ...args], {
      cwd: folder,
      encoding: "utf8",
      input: input ?? "",
      env: { ...process.env, FORCE_COLOR: "1" },
    });

  it("prints Ok and exits 0", () => {
    const { status, stdout } = validate(["good.yaml"]);
    assert.deepEqual([status, stdout], [0, "good.yaml: Ok\n"]);
  });

  it("prints mistakes with their place and exits 1", () => {
    const { status, stdout } = validate(["good.yaml", "bad.yaml"]);
    assert.equal(status, 1);
    assert.match(
      stdout,
      /^good\.yaml: Ok\nbad\.yaml: Invalid\n1 Error:\nbad\.yaml:3:23: LOAD_ERR_COMPILE_CONDITION/,
    );
    assert.match(stdout, /did you mean open/);
    assert.ok(!stdout.includes("\u001b"), "no colours into a pipe");
  });

  it("judges only what it was given", () => {
    assert.equal(validate(["good.yaml"]).status, 0);
  });

  it("loads a folder by name, without what lies deeper", () => {
    const { status, stdout } = validate(["set"]);
    assert.deepEqual(
      [status, stdout.match(/^set\S+: (?=Ok|Invalid)/gm)],
      [0, ["set/a.yaml: ", "set/b.yml: "]],
      stdout,
    );
  });

  it("loads files in the order given", () => {
    assert.equal(validate(["set/a.yaml", "set/b.yml"]).status, 0);
    const { status, stdout } = validate(["set/b.yml", "set/a.yaml"]);
    assert.equal(status, 1);
    assert.match(
      stdout,
      /Undefined macro 'later'[^]*help: macro 'later' is defined in set\/a\.yaml: load that file first/,
    );
  });

  it("prints Falco's JSON", () => {
    const { status, stdout } = validate(["-o", "json", "bad.yaml", "nowhere.yaml"]);
    const { falco_load_results: results } = JSON.parse(stdout) as {
      falco_load_results: {
        name: string;
        successful: boolean;
        errors: { code: string; message: string }[];
      }[];
    };
    assert.equal(status, 1);
    assert.deepEqual(
      results.map(({ name, successful, errors }) => [name, successful, errors[0]?.code]),
      [
        ["bad.yaml", false, "LOAD_ERR_COMPILE_CONDITION"],
        ["nowhere.yaml", false, "LOAD_ERR_FILE_READ"],
      ],
    );
    assert.match(
      results[1]?.errors[0]?.message ?? "",
      /^Could not open file nowhere\.yaml for reading: no such file/,
    );
  });

  it("reads standard input", () => {
    const { status, stdout } = validate(["-"], rule("R", "evt.type=execve"));
    assert.deepEqual([status, stdout], [0, "<stdin>: Ok\n"]);
  });

  it("exits 2 for wrong usage", () => {
    for (const args of [[], ["--no-such-option"], ["-o", "xml", "good.yaml"], ["empty"]])
      assert.equal(validate(args).status, 2, args.join(" "));
  });
});
