import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import type { Capture } from "../../agent/capture/index.ts";
import { parts } from "../../agent/events/record.ts";
import { commandOf, doors, makeCalls, type Call } from "./calls.ts";
import { number, openCapture, record, text, type Captured } from "./capturing.ts";
import { eventCases } from "./cases.ts";

const VM = 0x100;
const VFORK = 0x4000;
const SIGCHLD = 17;
/** struct clone_args with flags and exit_signal. */
const cloneArgs = (flags: number) => {
  const bytes = Buffer.alloc(64);
  bytes.writeBigUInt64LE(BigInt(flags), 0);
  bytes.writeBigUInt64LE(BigInt(SIGCHLD), 32);
  return `b:${bytes.toString("hex")}`;
};
const CLONE_FILES = 0x400;

eventCases("clone, clone3, fork, vfork in the parent", [
  { name: "fork", event: "fork", calls: [["fork"]], want: { 0: 0 }, doors },
  { name: "vfork", event: "vfork", calls: [["vfork"]], want: { 0: VM | VFORK } },
  {
    name: "clone tells its flags without the signal",
    event: "clone",
    calls: [["clone", CLONE_FILES | SIGCHLD, 0, 0, 0, 0]],
    want: { 0: CLONE_FILES },
    doors,
  },
  {
    name: "clone3 reads its flags from memory",
    event: "clone3",
    calls: [["clone3", cloneArgs(CLONE_FILES), 64]],
    want: { 0: CLONE_FILES },
    doors,
  },
  {
    name: "clone that fails",
    event: "clone",
    calls: [["clone", 0x10000 | SIGCHLD, 0, 0, 0, 0]],
    want: { 0: 0x10000 },
    ret: -22,
  },
]);

describe("the life of tasks", () => {
  let capture: Capture;
  before(function () {
    capture = openCapture(this);
  });
  after(() => capture?.close());

  function life(calls: readonly Call[], thread = false) {
    let pid = 0;
    const all = record(capture, ["task_fork", "procexit", "fork", "clone", "clone3"], () => {
      pid = makeCalls(calls, { cwd: "/tmp", thread }).pid;
    });
    return { pid, all: all.filter((each) => each.comm.startsWith("calls")) };
  }
  const named = (all: readonly Captured[], name: string) => all.filter((each) => each.event === name);

  it("fork is told in parent, child, and as task_fork with the child's ids", () => {
    const { pid, all } = life([["fork"]]);
    const forks = named(all, "fork");
    const child = Number(forks.find((each) => each.header.pid === pid)!.header.ret);
    const inChild = forks.find((each) => each.header.pid === child)!;
    assert.equal(inChild.header.ret, 0);
    assert.equal(inChild.header.ppid, pid);
    const [task, ...more] = named(all, "task_fork");
    assert.deepEqual(more, []);
    assert.ok(task);
    assert.equal(task.header.pid, pid);
    assert.deepEqual([...task.parts.keys()], [0, 1, 2, 3, 4, 5, 6, 7, 8, parts.CWD]);
    assert.equal(number(task, 0), child);
    assert.equal(number(task, 1), child);
    assert.equal(task.parts.get(2)!.readBigUInt64LE(), inChild.header.start_time);
    assert.equal(number(task, 3), child);
    assert.equal(number(task, 4), child);
    assert.equal(number(task, 5), Number(task.header.cgroup));
    assert.equal(number(task, 6), task.header.pidns);
    assert.equal(number(task, 7), 0);
    assert.equal(number(task, 8), pid);
    assert.equal(text(task, parts.CWD), "/tmp");
  });

  it("a new thread is told as such, without a working folder", () => {
    const { pid, all } = life([["getpid"]], true);
    const [task] = named(all, "task_fork");
    assert.ok(task);
    assert.deepEqual([...task.parts.keys()], [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(number(task, 0), pid);
    assert.notEqual(number(task, 1), pid);
    assert.equal(number(task, 7), 1);
  });

  it("CLONE_PARENT makes a sibling", () => {
    const { pid, all } = life([["clone", 0x8000 | SIGCHLD, 0, 0, 0, 0]]);
    const [task] = named(all, "task_fork");
    assert.equal(task!.header.pid, pid);
    assert.equal(number(task!, 8), process.pid);
  });

  it("every thread's end is told, the last one with none alive", () => {
    const { pid, all } = life([["getpid"]], true);
    const ends = named(all, "procexit");
    assert.equal(ends.length, 2);
    const [thread, leader] = ends;
    assert.notEqual(thread!.header.tid, pid);
    assert.equal(number(thread!, 1), 1);
    assert.equal(leader!.header.tid, pid);
    assert.deepEqual([...leader!.parts.keys()], [0, 1]);
    assert.equal(number(leader!, 1), 0);
    assert.equal(number(leader!, 0), 0);
  });

  const ends: readonly { name: string; command: string; want: number }[] = [
    { name: "an exit status in the second byte", command: "exit 3", want: 0x300 },
    { name: "a signal in the lowest byte", command: "kill -9 $$", want: 9 },
  ];
  for (const { name, command, want } of ends)
    it(`an end has ${name}`, () => {
      let pid = 0;
      const all = record(capture, ["procexit"], () => {
        pid = spawnSync("sh", ["-c", command]).pid;
      });
      const [end] = all.filter((each) => each.header.pid === pid);
      assert.equal(end!.header.ret, want);
    });

  it("the children of the dead go to the nearest process that asked for them", () => {
    const hex = (each: string) => `#${Buffer.from(each).toString("hex")}`;
    const script = "sh -c 'sleep 0.3 & exit 5'; wait; sleep 0.4; exit 0";
    const command = commandOf([
      ["prctl", 36, 1],
      ["execve", "s:/bin/sh", `w:${hex("sh")},${hex("-c")},${hex(script)},0`, `w:${hex("PATH=/bin")},0`],
    ]);
    let pid = 0;
    const all = record(capture, ["procexit"], () => {
      pid = spawnSync(command[0]!, command.slice(1)).pid;
    });
    const end = all.find((each) => each.header.ret === 0x500 && each.header.ppid === pid)!;
    assert.equal(number(end, 0), pid);
  });

  it("and else to process 1 of their namespace", () => {
    const all = record(capture, ["procexit"], () => {
      spawnSync("unshare", ["-p", "--fork", "sh", "-c", "sh -c 'sleep 0.2 & exit 6'; exit 0"]);
    });
    const end = all.find((each) => each.header.ret === 0x600 && each.header.pid !== each.header.vpid)!;
    const init = all.find((each) => each.header.vpid === 1 && each.header.pidns === end.header.pidns)!;
    assert.equal(number(end, 0), init.header.tid);
  });
});
