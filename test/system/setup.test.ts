/** What `make setup` says where it cannot install. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../support/reference.ts";
import { unmet } from "../support/requirements.ts";

describe("scripts/setup.sh", () => {
  let tools: string;

  before(function () {
    if (process.getuid?.() !== 0) unmet(this, "kernel", "a mount namespace of its own takes root");
    tools = mkdtempSync(join(tmpdir(), "tiercel-setup-"));
    mkdirSync(join(tools, "bin"));
    for (const tool of ["bash", "dirname", "id", "env", "mount"])
      symlinkSync(`/usr/bin/${tool}`, join(tools, "bin", tool));
  });
  after(() => {
    if (tools !== undefined) rmSync(tools, { recursive: true, force: true });
  });

  /** Runs it in a mount namespace where libbpf's headers are hidden and PATH holds only a few tools. */
  function run(purpose: string, hide: readonly string[]) {
    const mounts = hide.map((folder) => `mount -t tmpfs none ${folder}`).join(" && ");
    return spawnSync(
      "/usr/bin/unshare",
      [
        "-m",
        "/usr/bin/env",
        `PATH=${join(tools, "bin")}`,
        "bash",
        "-c",
        `${mounts} && scripts/setup.sh ${purpose}`,
      ],
      { cwd: root, encoding: "utf8" },
    );
  }

  it("names the packages and exits 1 where there is no apt-get", () => {
    const result = run("build", ["/usr/include/bpf"]);
    assert.equal(result.status, 1, result.stderr);
    assert.match(result.stderr, /packages are missing and there is no apt-get.*: libbpf-dev$/m);
    assert.equal(result.stdout, "");
  });

  it("says that Node is needed where there is none", () => {
    const result = run("npm", ["/mnt"]);
    assert.equal(result.status, 1);
    assert.match(result.stderr, /Node\.js 20\.19 or newer with npm is needed/);
  });

  it("is silent and quick where nothing is missing", () => {
    const result = spawnSync("scripts/setup.sh", ["build"], { cwd: root, encoding: "utf8" });
    assert.deepEqual([result.status, result.stdout, result.stderr], [0, "", ""]);
  });
});
