import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmdirSync, statSync } from "node:fs";
import type { Context } from "mocha";
import type { Capture, CaptureOptions, CgroupDrops } from "../../agent/capture/index.ts";
import { end, eventually } from "../system/support/commands.ts";
import { type Trigger, compileTrigger } from "../system/support/trigger.ts";
import { codes, copy, openCapture, text, type Captured } from "./capturing.ts";

const ringBytes = 1 << 20;
/** Never reached: all take what they get. */
const unshared = { ringLevel: 2 * ringBytes };
const attacks = 20;
const attack = `i=0; while [ $i -lt ${attacks} ]; do : </etc/hostname; /bin/true; i=$((i+1)); done`;

describe("a ring that nobody reads, one cgroup that floods it and one that is attacked", function () {
  this.timeout(60_000);
  let trigger: Trigger;
  let holder: ChildProcess;
  /** First process of a PID namespace of the test's own, so that nothing else of the machine is in the ring. */
  let first = "";
  let capture: Capture | undefined;
  let folders: readonly string[] = [];
  before(async () => {
    trigger = await compileTrigger();
    holder = spawn("unshare", ["-p", "--fork", "--kill-child", "sleep", "1000"]);
    first = await eventually("a PID namespace", () => {
      const child = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8").trim();
      if (child === "") return undefined;
      return readFileSync(`/proc/${child}/comm`, "utf8") === "sleep\n" ? child : undefined;
    });
  });
  afterEach(() => {
    capture?.close();
    capture = undefined;
    for (const folder of folders) rmdirSync(folder);
    folders = [];
  });
  after(async () => {
    trigger?.remove();
    if (holder !== undefined) await end(holder);
  });

  // Twice what the ring has room for, the reserve apart.
  const opens = () => `${trigger.path} times 12000 open openat r /etc/passwd`;
  const forks = () => `${trigger.path} times 4000 fork cd / chmod /nothing 0`;

  /** Floods in one cgroup, or in more of them, then attacks in another; reads only afterwards. */
  function run(opened: Capture, flood: string, { floods = 1 } = {}) {
    const roots = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"];
    const root = roots.find((each) => existsSync(`${each}/cgroup.procs`));
    assert.ok(root);
    const names = [...Array.from({ length: floods }, (_, index) => `flood-${index}`), "attack"];
    folders = names.map((name) => `${root}/tiercel-${process.pid}-${name}`);
    for (const folder of folders) mkdirSync(folder);
    const inodes = folders.map((folder) => statSync(folder, { bigint: true }).ino);
    const [flooding, attacked] = [inodes[0], inodes.at(-1)];
    opened.drain(() => {}, 1000);
    const wanted = codes(["openat", "execve", "task_fork", "procexit"]);
    opened.setWanted({ codes: wanted, environment: false, cwd: [] });
    for (const [i, words] of names.map((name) => (name === "attack" ? attack : flood)).entries())
      spawnSync("nsenter", [
        "-t",
        first,
        "-p",
        "/bin/sh",
        "-c",
        `echo $$ >${folders[i]}/cgroup.procs; ${words}`,
      ]);
    opened.setWanted({ codes: [], environment: false, cwd: [] });
    const seen: Captured[] = [];
    while (opened.drain((view) => seen.push(copy(view)), 1000) > 0);
    const ours = seen.filter((each) => each.header.cgroup === attacked);
    const count = (event: string) =>
      ours.filter((each) => each.event === event && each.comm === "true").length;
    const drops = opened.dropsByCgroup();
    const demand = opened.demandByCgroup();
    return {
      opened: ours.filter((each) => text(each, 1) === "/etc/hostname").length,
      started: count("execve"),
      ended: count("procexit"),
      lost: drops.filter((each) => each.cgroup === attacked),
      flood: drops.filter((each) => each.cgroup === flooding),
      floodDemand: demand.get(flooding!) ?? 0,
      demand: demand.get(attacked!) ?? 0,
    };
  }

  function start(context: Context, options: CaptureOptions = {}): Capture {
    const pidns = Number(/\d+/.exec(readlinkSync(`/proc/${first}/ns/pid`))![0]);
    return (capture = openCapture(context, { ringBytes, scope: { tgid: 0, level: 1, pidns }, ...options }));
  }
  const sum = (drops: readonly CgroupDrops[]) => drops.reduce((total, { count }) => total + count, 0);

  for (const [name, flood, type] of [
    ["opens", opens, "openat"],
    ["forks", forks, "task_fork"],
  ] as const)
    it(`loses nothing of the attack in a flood of ${name}; what is lost stands under the flood`, function () {
      const seen = run(start(this), flood());
      assert.deepEqual([seen.opened, seen.started, seen.ended], [attacks, attacks, attacks]);
      assert.deepEqual(seen.lost, []);
      assert.ok(sum(seen.flood.filter((each) => each.type === codes([type])[0])) > 1000);
      assert.ok(seen.flood.every((each) => each.cause === "ring_share"));
      assert.ok(seen.floodDemand > 10 * seen.demand);
    });

  it("loses of what the attack opened where one flooder has many cgroups, each with a share, but no process", function () {
    const seen = run(start(this), opens(), { floods: 8 });
    assert.ok(seen.opened < attacks, `${seen.opened}`);
    assert.deepEqual([seen.started, seen.ended], [attacks, attacks]);
    assert.ok(sum(seen.lost) > 0);
  });

  it("would lose what the attack opened if the ring were not shared, but no process", function () {
    const seen = run(start(this, unshared), opens());
    assert.ok(seen.opened < attacks, `${seen.opened}`);
    assert.deepEqual([seen.started, seen.ended], [attacks, attacks]);
    assert.ok(sum(seen.lost) > 0);
  });

  it("would lose its processes too without the reserve", function () {
    const seen = run(start(this, { ...unshared, ringReserve: 0 }), opens());
    assert.ok(seen.started < attacks, `${seen.started}`);
  });

  it("would lose its processes in a flood of forks if the reserve were not shared", function () {
    const seen = run(start(this, unshared), forks());
    assert.ok(seen.started < attacks, `${seen.started}`);
  });
});
