import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { steps } from "../../scripts/demo/steps.ts";
import { root } from "../support/reference.ts";
import { needCapture } from "./support/agent.ts";
import { run } from "./support/commands.ts";

const left = () =>
  [tmpdir(), "/dev/shm", "/usr/local/bin"].flatMap((folder) =>
    readdirSync(folder).filter((name) => /^(tiercel-demo-|\.?demo\d+-)/.test(name)),
  );

describe("make demo", function () {
  this.timeout(120_000);

  it("raises the rule of every step, in plain lines, and leaves nothing behind", async function () {
    needCapture(this);
    const before = left();
    const { code, stdout, stderr } = await run(`${root}scripts/demo.sh`, []);
    assert.equal(stderr, "");
    for (const { what, rule } of steps) {
      const line = stdout.split("\n").find((text) => text.includes(what))!;
      assert.ok(line.includes(rule), `${what}: ${line}`);
    }
    assert.doesNotMatch(stdout, /\x1b/);
    assert.equal(code, 0);
    assert.deepEqual(left(), before);
  });

  it("says what is missing where BPF cannot be used, and shows a recording of the same steps", async function () {
    needCapture(this);
    const before = left();
    const hidden = `mount -t tmpfs none /sys/kernel/btf && exec ${root}scripts/demo.sh`;
    const { code, stdout, stderr } = await run("unshare", ["-m", "sh", "-c", hidden]);
    assert.match(stderr, /BTF/);
    assert.match(
      stdout,
      /cannot be watched here .* so nothing was done on this machine; this is a recording of the same steps/,
    );
    for (const { what, rule } of steps) {
      const line = stdout.split("\n").find((text) => text.includes(what))!;
      assert.ok(line.includes(rule), `${what}: ${line}`);
    }
    assert.equal(code, 0);
    assert.deepEqual(left(), before);
  });
});
