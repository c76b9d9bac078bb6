/** A user has a clone and nothing beside it: the quick tests must pass there. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../support/reference.ts";

describe("a clone with no folder beside it", function () {
  this.timeout(600_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-clone-"));
    execFileSync("git", ["clone", "--quiet", "--no-hardlinks", root, join(folder, "tiercel")]);
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("passes make test-fast", () => {
    const environment: NodeJS.ProcessEnv = { ...process.env, TIERCEL_REQUIRE: "" };
    for (const name of [
      "TIERCEL_FALCO_RULES",
      "TIERCEL_TEST_COUNTS",
      "NODE",
      "MAKEFLAGS",
      "MAKELEVEL",
      "NODE_OPTIONS",
    ])
      delete environment[name];
    const run = spawnSync("make", ["test-fast"], {
      cwd: join(folder, "tiercel"),
      env: environment,
      encoding: "utf8",
      maxBuffer: 64 << 20,
    });
    const end = `${run.stdout.slice(-3000)}\n${run.stderr.slice(-3000)}`;
    assert.equal(run.status, 0, end);
    assert.match(end, /^[1-9]\d* passed, 0 failed, \d+ skipped$/m);
  });
});
