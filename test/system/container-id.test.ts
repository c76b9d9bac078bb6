/** Whose an event is: containers older than the agent, gone at once, with cgroups of their own below theirs. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { needCapture } from "./support/agent.ts";
import { eventually } from "./support/commands.ts";
import { needContainers } from "./support/containers.ts";
import { Stage } from "./support/stage.ts";

const rule = "file of the test";

/** Process with this word among its arguments, by its number on the host. */
function processWith(word: string): number | undefined {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [program = "", ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      if (program === "trigger" && args.includes(word)) return Number(pid);
    } catch {
      continue; // ended meanwhile
    }
  }
  return undefined;
}

/** Makes a cgroup below a container's in every hierarchy that has it, and moves a process there. */
function moveBelow(id: string, pid: number): string[] {
  const folders = ["", ...readdirSync("/sys/fs/cgroup")]
    .map((hierarchy) => join("/sys/fs/cgroup", hierarchy, "k8s.io", id))
    .filter((folder) => existsSync(join(folder, "cgroup.procs")))
    .map((folder) => join(folder, "system.slice"));
  for (const folder of folders) {
    mkdirSync(folder);
    // A new cpuset takes no process before it has processors and memory.
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      const own = join(folder, file);
      if (existsSync(own)) writeFileSync(own, readFileSync(join(folder, "..", file)));
    }
    writeFileSync(join(folder, "cgroup.procs"), String(pid));
  }
  return folders;
}

describe("the container of an event", function () {
  this.timeout(60_000);
  let stage: Stage;

  before(async function () {
    needCapture(this);
    needContainers(this);
    stage = await Stage.open();
    const rules = stage.rulesFile(
      "container.yaml",
      `
- rule: ${rule}
  desc: Tells whose it is.
  condition: evt.type in (open, openat, openat2) and fd.name endswith /for-the-test
  output: "%fd.name container=%container.full_id program=%proc.exepath"
  priority: NOTICE
- rule: program of the test
  desc: Tells whose it is.
  condition: evt.type = execve and proc.args contains for-the-test
  output: "%proc.cmdline container=%container.full_id program=%proc.exepath"
  priority: NOTICE
`,
    );
    await stage.watch([rules]);
  });
  after(async () => {
    await stage?.close();
  });

  it("R42: is known where the container is older than the agent", async () => {
    const raised = await stage.during(() => stage.plain.exec(["sh", "-c", "echo a > /for-the-test"]));
    const files = raised.filter((alert) => alert.rule === rule);
    assert.deepEqual(
      files.map(({ output_fields: fields }) => fields["container.full_id"]),
      [stage.plain.id],
    );
  });

  it("is known where the container is gone as soon as it came", async () => {
    const raised = await stage.during(async () => {
      const { id } = await stage.containers.runToEnd(["true", "for-the-test"]);
      stage.own(id);
    });
    assert.match(raised.map(({ output }) => output).join("\n"), /true for-the-test container=[0-9a-f]{64} /);
  });

  it("is the same in a cgroup that was made below its own, as by systemd inside", async () => {
    const raised = await stage.during(async () => {
      const running = stage.plain.exec([
        "trigger",
        "after",
        "1500",
        "open",
        "openat",
        "create",
        "/below/for-the-test",
      ]);
      const pid = await eventually("the process runs", () => processWith("/below/for-the-test"));
      const folders = moveBelow(stage.plain.id, pid);
      await running;
      for (const folder of folders) rmdirSync(folder);
    });
    const files = raised.filter((alert) => alert.rule === rule);
    assert.deepEqual(
      files.map(({ output_fields: fields }) => fields["container.full_id"]),
      [stage.plain.id],
    );
  });

  it("is the host for what runs outside, wherever its files lie", async () => {
    const raised = await stage.during(() =>
      stage.host("trigger", "open", "openat", "create", join(stage.folder, "for-the-test")),
    );
    assert.deepEqual(
      new Set(raised.map(({ output_fields: fields }) => fields["container.full_id"])),
      new Set(["host"]),
    );
  });
});
