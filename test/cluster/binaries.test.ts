/** How the programs of the tests' cluster are found, and what is said where they cannot be had. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../support/reference.ts";
import { run } from "../system/support/commands.ts";

describe("scripts/cluster-binaries.sh", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "tiercel-binaries-"))));
  after(() => rmSync(folder, { recursive: true }));

  const script = (args: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
    run("scripts/cluster-binaries.sh", args, {
      cwd: root,
      // No Go, and a cache with nothing in it.
      env: { PATH: "/usr/bin:/bin", XDG_CACHE_HOME: folder, ...environment },
    });

  it("says where a program is or would be: under a key of its version", async () => {
    const { stdout } = await script(["--where", "kubectl"]);
    assert.match(stdout, /\/tiercel\/kubernetes-v1\.\d+\.\d+-[0-9a-f]{8}\/bin\/kubectl\n$/);
    assert.match(
      (await script(["--where", "helm4"])).stdout,
      /\/tiercel\/helm4-v4\.\d+\.\d+-[0-9a-f]{8}\/bin\/helm4\n$/,
    );
  });

  it("takes Kubernetes from TIERCEL_KUBE_BIN, and Helm where it is there", async () => {
    writeFileSync(join(folder, "helm3"), "", { mode: 0o755 });
    const where = async (name: string) =>
      (await script(["--where", name], { TIERCEL_KUBE_BIN: folder })).stdout.trim();
    assert.equal(await where("kubectl"), join(folder, "kubectl"));
    assert.equal(await where("helm3"), join(folder, "helm3"));
    assert.match(await where("helm4"), /\/tiercel\/helm4-/);
    const { code, stderr } = await script(["kubectl"], { TIERCEL_KUBE_BIN: folder });
    assert.deepEqual(
      [code, stderr],
      [1, `tiercel: TIERCEL_KUBE_BIN names ${folder}, but there is no kubectl in it\n`],
    );
  });

  it("says what it needs where there is no Go; for tests that is no failure", async () => {
    const alone = await script([]);
    assert.equal(alone.code, 1);
    assert.match(alone.stderr, /^tiercel: Go is needed to build kube-apiserver .* coredns \(1\.24 or newer/);
    const forTests = await script(["--for-tests"]);
    assert.equal(forTests.code, 0);
    assert.match(forTests.stderr, /Go is needed[^]*tests that need these programs are named at the end/);
  });

  it("knows no other names", async () => {
    const { code, stderr } = await script(["--where", "kubeadm"]);
    assert.equal(code, 2);
    assert.match(stderr, /^tiercel: no program is called kubeadm; there are kube-apiserver/);
  });
});
