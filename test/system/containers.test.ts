import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { type Containers, needContainers, startContainers } from "./support/containers.ts";
import { type Trigger, compileTrigger } from "./support/trigger.ts";

describe("containers for tests", function () {
  this.timeout(60_000);
  let trigger: Trigger;
  let containers: Containers;

  before(async function () {
    needContainers(this);
    trigger = await compileTrigger();
    containers = await startContainers([trigger.path]);
  });
  after(async () => {
    await containers?.close();
    trigger?.remove();
  });

  it("stand in a cgroup as real runtimes make it, and are gone after their end", async () => {
    const container = await containers.run();
    const inside = await container.exec(["cat", "/proc/self/cgroup"]);
    assert.match(inside.stdout, new RegExp(`:/k8s\\.io/${container.id}$`, "m"));
    assert.match(container.id, /^[0-9a-f]{64}$/);
    await container.remove();
    for (const hierarchy of readdirSync("/sys/fs/cgroup")) {
      assert.equal(existsSync(`/sys/fs/cgroup/${hierarchy}/k8s.io/${container.id}`), false, hierarchy);
    }
  });

  it("give a program a terminal only where one is asked for", async () => {
    const container = await containers.run();
    assert.match((await container.exec(["tty"], { terminal: true })).stdout, /\/dev\/pts\/\d/);
    assert.match((await container.exec(["tty"])).stdout, /not a tty/);
    await container.remove();
  });

  it("run the test program, which says what the kernel answered", async () => {
    const outcome = await containers.runToEnd(["trigger", "open", "openat2", "r", "/nothing"]);
    assert.match(outcome.stderr, /No such file or directory \(errno 2\)/);
    assert.equal(outcome.code, 2);
    assert.equal((await containers.runToEnd(["trigger", "ptrace", "seize"])).code, 0);
  });

  it("leave no mount and no folder behind", async () => {
    const own = await startContainers();
    const container = await own.run();
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("tiercel-ctr-"));
    await container.exec(["true"]);
    await own.close();
    const left = readdirSync(tmpdir()).filter((name) => name.startsWith("tiercel-ctr-"));
    assert.equal(left.length, before.length - 1);
    const gone = before.find((name) => !left.includes(name))!;
    assert.equal(readFileSync("/proc/mounts", "utf8").includes(gone), false);
  });
});
