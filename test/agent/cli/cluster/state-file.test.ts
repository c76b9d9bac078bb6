import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SetStore } from "../../../../agent/cli/cluster/set-store.ts";
import { readStateFile, StateFileError, writeStateFile } from "../../../../agent/cli/cluster/state-file.ts";
import { madeSet } from "./made-sets.ts";

const refused = (message: RegExp) => (error: unknown) =>
  error instanceof StateFileError && message.test(error.message);

describe("what outlives the agent", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "tiercel-state-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is read as it was written, for root alone, and replaced whole", async () => {
    const path = join(folder, "below/rules.json");
    assert.equal(await readStateFile(path, 100), undefined);
    await writeStateFile(path, "one");
    assert.equal(await readStateFile(path, 100), "one");
    await writeStateFile(path, "two");
    assert.equal(await readStateFile(path, 100), "two");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder, "below")).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(join(folder, "below")), ["rules.json"]);
  });

  it("survives an agent that died while it wrote", async () => {
    const path = join(folder, "rules.json");
    await writeStateFile(path, "old");
    writeFileSync(`${path}.new`, "ha", { mode: 0o644 });
    assert.equal(await readStateFile(path, 100), "old");
    await writeStateFile(path, "new");
    assert.equal(await readStateFile(path, 100), "new");
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("is not read where it is too large, a link, a folder or a pipe", async () => {
    const path = join(folder, "rules.json");
    await writeStateFile(path, "x".repeat(11));
    await assert.rejects(readStateFile(path, 10), refused(/too large: 11 bytes, 10 are the most/));
    symlinkSync(path, join(folder, "link"));
    await assert.rejects(readStateFile(join(folder, "link"), 100), refused(/ELOOP/));
    await assert.rejects(readStateFile(folder, 100), refused(/is no file/));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    await assert.rejects(readStateFile(join(folder, "pipe"), 100), refused(/is no file/));
  });

  it("says where it cannot be written", async () => {
    writeFileSync(join(folder, "file"), "");
    await assert.rejects(writeStateFile(join(folder, "file/x"), ""), refused(/file\/x cannot be written: E/));
    mkdirSync(join(folder, "rules.json"));
    await assert.rejects(writeStateFile(join(folder, "rules.json"), ""), refused(/cannot be written: E/));
  });

  it("is a set of rules, or is refused", async () => {
    const store = new SetStore(folder);
    assert.equal(await store.read(), undefined);
    const { index, texts } = madeSet("[1]", "[2]");
    await store.write({ index, shards: texts });
    assert.equal(store.digest, index.digest);
    assert.deepEqual(await new SetStore(folder).read(), { index, shards: texts });
    for (const wrong of ["", "{}", "null", "[1", JSON.stringify({ index, shards: ["[1]"] })]) {
      writeFileSync(store.path, wrong);
      await assert.rejects(store.read(), refused(/rules\.json/), wrong);
    }
  });
});
