import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRulesInput } from "../../../agent/cli/rules-input.ts";

describe("rules files as users name them", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-input-"));
    mkdirSync(join(folder, "rules"));
    writeFileSync(join(folder, "rules/a.yaml"), "- list: a\n  items: []\n");
    symlinkSync("loop.yaml", join(folder, "rules/loop.yaml"));
    spawnSync("mkfifo", [join(folder, "rules/b.yaml")]);
  });
  after(() => rmSync(folder, { recursive: true }));

  const unreadable = (path: string) => readRulesInput([path]).map((file) => file.unreadable ?? "");

  it("a FIFO is refused, and nobody waits for its writer", () => {
    assert.match(unreadable(join(folder, "rules/b.yaml"))[0]!, /b\.yaml is a pipe, a socket or a device/);
  });

  it("a device without an end is refused", () => {
    assert.match(unreadable("/dev/zero")[0]!, /\/dev\/zero is a pipe, a socket or a device/);
  });

  it("a link that leads to itself is said", () => {
    assert.match(unreadable(join(folder, "rules/loop.yaml"))[0]!, /too many symbolic links/);
  });

  it("a folder gives its regular files only", () => {
    assert.deepEqual(
      readRulesInput([join(folder, "rules")]).map(({ name }) => name),
      [join(folder, "rules/a.yaml")],
    );
  });

  it("what a shell hands over by <(command) is read", () => {
    const script = `import(${JSON.stringify(new URL("../../../agent/cli/rules-input.js", import.meta.url))}).then((m) => console.log(JSON.stringify(m.readRulesInput(process.argv.slice(1)))))`;
    const run = spawnSync(
      "bash",
      ["-c", `"$0" -e "$1" <(sleep 0.1; echo '- list: x')`, process.execPath, script],
      {
        encoding: "utf8",
        timeout: 20_000,
      },
    );
    const [file] = JSON.parse(run.stdout) as { text: string }[];
    assert.equal(file?.text, "- list: x\n");
  });
});
