import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LifeSigns, SIGN } from "../../../../agent/cli/cluster/life-signs.ts";
import { eventually } from "../../../system/support/commands.ts";

describe("an agent's signs of life", () => {
  let folder: string;
  let time: number;
  let faults: string[];
  const signs = (path = folder) =>
    new LifeSigns({ folder: path, now: () => time, onFault: (reason) => faults.push(reason) });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-signs-"));
    time = 1_700_000_000_000;
    faults = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("tell a first agent of no other, and make the folder", async () => {
    const path = join(folder, "new");
    const first = signs(path);
    assert.equal(await first.begin(), undefined);
    assert.deepEqual(readdirSync(path), ["alive"]);
    await first.end();
    assert.deepEqual([readdirSync(path), faults], [["ended"], []]);
  });

  it("tell the next agent since when nobody watched, and that the one before it ended", async () => {
    const first = signs();
    await first.begin();
    time += 60_000;
    await first.end();
    time += 2500;
    assert.deepEqual(await signs().begin(), { from: time - 2500, until: time, killed: false });
  });

  it("tell that it was killed: its last sign is where it stopped", async () => {
    await signs().begin();
    time += 9000;
    const second = signs();
    assert.deepEqual(await second.begin(), { from: time - 9000, until: time, killed: true });
    await second.end();
    time += 1000;
    await signs().begin();
    time += 1000;
    assert.equal((await signs().begin())?.killed, true, "the end of an earlier one is forgotten");
  });

  it("are given once a second", async () => {
    const running = signs();
    await running.begin();
    time += 5000;
    const given = () => (statSync(join(folder, "alive")).mtimeMs === time ? true : undefined);
    await eventually("a sign is given", given, 10 * SIGN);
    await running.end();
  });

  it("come from a clock that was put back: nothing is said", async () => {
    await signs().begin();
    time -= 5000;
    assert.equal(await signs().begin(), undefined);
  });

  it("that cannot be given are told once", async () => {
    writeFileSync(join(folder, "file"), "");
    const running = signs(join(folder, "file"));
    assert.equal(await running.begin(), undefined);
    await running.end();
    assert.deepEqual(faults, [`${join(folder, "file", "alive")}: EEXIST`]);
  });

  it("go on where the file was taken away", async () => {
    const running = signs();
    await running.begin();
    rmSync(join(folder, "alive"));
    time += 1000;
    await running.end();
    assert.deepEqual(readdirSync(folder), ["ended"]);
  });
});
