import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RulesWatch } from "../../../../agent/cli/agent/watch.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tiercel-rules-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("watch on rules", () => {
  let opened: RulesWatch | undefined;
  afterEach(() => opened?.close());

  /** Waits for the next change after `act`, 5 s at most. */
  function change(paths: readonly string[], act: () => void): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no change was seen in 5 s")), 5000);
      let calls = 0;
      opened = new RulesWatch({
        paths: () => paths,
        quiet: 20,
        onChange: () => {
          calls++;
          clearTimeout(timer);
          resolve(calls);
        },
        onProblem: (path, message) => reject(new Error(`${path}: ${message}`)),
      });
      act();
    });
  }

  const file = () => join(folder, "a.yaml");
  const cases: { name: string; paths: () => string[]; before?: () => void; act: () => void }[] = [
    {
      name: "a file that is written",
      paths: () => [file()],
      before: () => writeFileSync(file(), "1"),
      act: () => writeFileSync(file(), "2"),
    },
    {
      name: "a file that is replaced, as editors do",
      paths: () => [file()],
      before: () => writeFileSync(file(), "1"),
      act: () => {
        writeFileSync(join(folder, "new"), "2");
        renameSync(join(folder, "new"), file());
      },
    },
    { name: "a file that appears in a folder", paths: () => [folder], act: () => writeFileSync(file(), "1") },
    {
      name: "a file that is deleted",
      paths: () => [folder],
      before: () => writeFileSync(file(), "1"),
      act: () => rmSync(file()),
    },
    {
      name: "a ConfigMap whose link is swapped",
      paths: () => [file()],
      before: () => {
        for (const version of ["..1", "..2"]) {
          mkdirSync(join(folder, version));
          writeFileSync(join(folder, version, "a.yaml"), version);
        }
        symlinkSync("..1", join(folder, "..data"));
        symlinkSync("..data/a.yaml", file());
      },
      act: () => {
        symlinkSync("..2", join(folder, "..data_tmp"));
        renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
      },
    },
  ];
  for (const { name, paths, before, act } of cases)
    it(`sees ${name}`, async () => {
      before?.();
      assert.equal(await change(paths(), act), 1);
    });

  it("tells once of many writes", async () => {
    const calls = await change([folder], () => {
      for (let i = 0; i < 50; i++) writeFileSync(file(), String(i));
    });
    assert.equal(calls, 1);
  });
});
