import assert from "node:assert/strict";
import { parts } from "../../../agent/events/record.ts";
import { CgroupPaths } from "../../../agent/state/cgroup-paths.ts";
import type { ProcessFacts } from "../../../agent/state/facts.ts";
import { State } from "../../../agent/state/state.ts";
import type { Process } from "../../../agent/state/types.ts";
import { exePart, execRecord, exitRecord, forkRecord, record, type Header } from "./records.ts";

const second = 1_000_000_000n;
const container = "c0ffee".padEnd(64, "0");
const HOST = 1n;
const INSIDE = 77n;

/** Headers of the cast: systemd, a daemon below it. */
const init: Header = { pid: 1, start_time: second, comm: "systemd", cgroup: HOST, pgid: 1, sid: 1 };
const daemon: Header = {
  pid: 100,
  start_time: 2n * second,
  ppid: 1,
  comm: "sshd",
  cgroup: HOST,
  pgid: 100,
  sid: 100,
};
const shell = (more: Header = {}): Header => ({
  pid: 200,
  start_time: 3n * second,
  ppid: 100,
  comm: "sshd",
  cgroup: HOST,
  pgid: 200,
  sid: 200,
  ...more,
});

function facts(pid: number, more: Partial<ProcessFacts> = {}): ProcessFacts {
  return {
    pid,
    startTicks: 100n,
    readAt: 10n * second,
    ppid: 1,
    pgid: pid,
    sid: pid,
    tty: 0,
    vpid: pid,
    vpgid: pid,
    vsid: pid,
    uid: 0,
    gid: 0,
    loginuid: 4294967295,
    capabilities: [],
    threads: 1,
    threadName: "daemon",
    comm: "daemon",
    args: "/usr/sbin/daemon\0-n\0",
    env: undefined,
    exePath: "/usr/sbin/daemon",
    exeFlags: 0,
    exeInode: 5,
    exeChangeTime: 0n,
    exeModifyTime: 0n,
    cwd: "/",
    pidns: 9,
    cgroupPath: "/system.slice/daemon.service",
    ...more,
  };
}

function names(process: Process | undefined): string[] {
  const chain: string[] = [];
  for (let at = process; at !== undefined; at = at.parent) chain.push(at.comm);
  return chain;
}

describe("state", () => {
  let asked: number[];
  let contained: [string, number][];
  let cgroups: CgroupPaths;
  let state: State;
  beforeEach(() => {
    asked = [];
    contained = [];
    cgroups = new CgroupPaths();
    cgroups.learn(HOST, "/");
    cgroups.learn(INSIDE, `/k8s.io/${container}`);
    state = new State({
      cgroups,
      lookup: (pid) => asked.push(pid),
      onContainer: ({ id }, pid) => contained.push([id, pid]),
    });
  });

  /** systemd, sshd, and a child of it that has exec'd bash. */
  function tree(): Process {
    state.apply(record("openat", init));
    state.apply(forkRecord(init, { pid: 100, start: 2n * second }));
    state.apply(execRecord({ ...daemon, time: 2n * second }, "/usr/sbin/sshd", ["/usr/sbin/sshd", "-D"]));
    state.apply(forkRecord(daemon, { pid: 200, start: 3n * second }));
    const bash = state.apply(
      execRecord(shell({ comm: "bash", tty: 34816, time: 4n * second }), "/usr/bin/bash", ["-bash"], {
        [parts.CWD]: "/root",
        [parts.EXE]: exePart({ ino: 42n, flags: 1, ctime: 6n, mtime: 7n, pidns_start: 8n }),
        [parts.ENV]: "A=b\0C=\0",
      }),
    );
    assert.ok(bash);
    return bash;
  }

  describe("exec", () => {
    it("sets the program, its arguments and what the kernel knew of the file", () => {
      const bash = tree();
      assert.deepEqual(names(bash), ["bash", "sshd", "systemd"]);
      assert.equal(bash.exe, "-bash");
      assert.deepEqual(bash.args, []);
      assert.deepEqual(bash.env, ["A=b", "C="]);
      assert.equal(bash.exePath, "/usr/bin/bash");
      assert.equal(bash.cwd, "/root");
      assert.equal(bash.tty, 34816);
      assert.equal(bash.cloneTime, 4n * second);
      assert.deepEqual(
        [bash.exeInode, bash.exeFlags, bash.exeChangeTime, bash.exeModifyTime],
        [42, 1, 6n, 7n],
      );
      assert.equal(bash.pidnsStart, 8n);
      assert.deepEqual(state.process(100)?.args, ["-D"]);
      assert.equal(state.process(100)?.env, undefined);
    });

    it("sets capabilities, which a child has too and unshare does not change", () => {
      tree();
      const has = { cap_inheritable: 0x300000001n, cap_permitted: 4n, cap_effective: 0x800000000n };
      const words = [1, 3, 4, 0, 0, 8];
      const bash = state.apply(execRecord(shell({ ...has, comm: "bash" }), "/bin/bash", ["bash"]));
      assert.deepEqual(bash?.capabilities, words);
      state.apply(forkRecord(shell({ ...has, comm: "bash" }), { pid: 300, start: 5n * second }));
      const child: Header = { ...shell(), pid: 300, ppid: 200, start_time: 5n * second, uid: 7 };
      assert.deepEqual(state.process(300)?.capabilities, words);
      state.apply(record("unshare", { ...child, cap_permitted: 255n }));
      assert.deepEqual(state.process(300)?.capabilities, words);
      state.apply(record("openat", { ...child, uid: 8, cap_permitted: 255n }));
      assert.deepEqual(state.process(300)?.capabilities, [0, 0, 255, 0, 0, 0]);
    });

    it("keeps empty arguments and one that was cut", () => {
      tree();
      const process = state.apply(
        record("execve", { ...shell(), ret: 0 }, { [parts.ARGS]: "a\0\0b c\0\0cu", [parts.EXE_PATH]: "/a" }),
      );
      assert.equal(process?.exe, "a");
      assert.deepEqual(process?.args, ["", "b c", "", "cu"]);
    });

    it("changes nothing when it fails", () => {
      tree();
      const process = state.apply(
        record("execve", { ...shell({ comm: "bash" }), ret: -2 }, { 0: "/nowhere", [parts.ARGS]: "x\0" }),
      );
      assert.equal(process?.exePath, "/usr/bin/bash");
      assert.equal(process?.exe, "-bash");
    });

    it("in a thread ends the others and their names", () => {
      tree();
      const header = shell({ comm: "bash" });
      state.apply(forkRecord(header, { pid: 200, tid: 201, start: 5n * second, thread: true }));
      state.apply(record("openat", { ...header, tid: 201, comm: "worker" }));
      assert.equal(state.process(200)?.threads, 2);
      assert.equal(state.process(200)?.threadNames?.get(201), "worker");
      // The kernel gives the thread the leader's id and start time before the program runs.
      const process = state.apply(
        execRecord(shell({ comm: "id", time: 6n * second }), "/usr/bin/id", ["id"]),
      );
      assert.equal(process?.threads, 1);
      assert.equal(process?.threadNames, undefined);
      assert.equal(process?.comm, "id");
      assert.equal(state.size, 3);
    });
  });

  describe("names", () => {
    it("are handed on by fork, a thread's own by that thread", () => {
      tree();
      const header = shell({ comm: "bash" });
      state.apply(record("openat", { ...header, tid: 201, comm: "worker" }));
      state.apply(forkRecord({ ...header, tid: 201, comm: "worker" }, { pid: 300, start: 7n * second }));
      state.apply(forkRecord(header, { pid: 301, start: 7n * second }));
      assert.equal(state.process(300)?.comm, "worker");
      assert.equal(state.process(301)?.comm, "bash");
    });

    it("of a thread do not touch the process, those of the main thread do", () => {
      const bash = tree();
      state.apply(record("openat", shell({ tid: 201, comm: "worker" })));
      assert.equal(bash.comm, "bash");
      assert.equal(state.threadName(bash, 201), "worker");
      assert.equal(state.threadName(bash, 200), "bash");
      state.apply(record("openat", shell({ comm: "runc:[1:CHILD]" })));
      assert.equal(bash.comm, "runc:[1:CHILD]");
      state.apply(record("openat", shell({ tid: 201, comm: "runc:[1:CHILD]" })));
      assert.equal(bash.threadNames?.size, 0);
    });

    it("from a scan stay while the main thread keeps the name it had given itself", () => {
      state.load([
        facts(500, {
          threadName: "MainThread",
          comm: "node",
          args: "node\0x.js\0",
          exePath: "/usr/bin/node",
        }),
      ]);
      const header = { pid: 500, start_time: second + 1_234n, ppid: 1, cgroup: HOST };
      assert.equal(state.apply(record("openat", { ...header, comm: "MainThread" }))?.comm, "node");
      assert.equal(state.apply(record("openat", { ...header, comm: "title" }))?.comm, "title");
    });

    it("are kept up to a bound, then counted", () => {
      state = new State({ cgroups, threadNames: 2 });
      for (let tid = 201; tid <= 204; tid++) state.apply(record("openat", shell({ tid, comm: `w${tid}` })));
      // The first record made the process, and so its name.
      assert.equal(state.process(200)?.threadNames?.size, 2);
      assert.equal(state.counters.threadNamesRefused, 1);
      state.apply(exitRecord(shell({ tid: 202, comm: "w202" }), 0, 3));
      state.apply(record("openat", shell({ tid: 205, comm: "w205" })));
      assert.equal(state.process(200)?.threadNames?.has(205), true);
      state.apply(exitRecord(shell({}), 0, 0));
      state.apply(record("openat", { ...daemon, tid: 101, comm: "a" }));
      state.apply(record("openat", { ...daemon, tid: 102, comm: "b" }));
      assert.equal(state.process(100)?.threadNames?.size, 1);
    });
  });

  describe("exit", () => {
    it("gives the children to the reaper the kernel chose", () => {
      const bash = tree();
      state.apply(exitRecord(daemon, 1));
      assert.equal(state.process(100), undefined);
      assert.deepEqual(names(bash), ["bash", "systemd"]);
      assert.equal(bash.ppid, 1);
    });

    it("still shows the process to its own event", () => {
      tree();
      const ended = state.apply(exitRecord(shell({ comm: "bash" }), 1));
      assert.equal(ended?.exited, true);
      assert.deepEqual(names(ended), ["bash", "sshd", "systemd"]);
    });

    it("without a known reaper leaves the ended parents to be seen until the kernel names another", () => {
      const bash = tree();
      state.apply(exitRecord(daemon, 999));
      assert.deepEqual(names(bash), ["bash", "sshd", "systemd"]);
      assert.equal(bash.parent?.exited, true);
      state.apply(record("openat", shell({ comm: "bash", ppid: 1 })));
      assert.deepEqual(names(bash), ["bash", "systemd"]);
    });

    it("of a chain without known reapers keeps 16 ended ancestors", () => {
      tree();
      let header = shell({ comm: "bash" });
      for (let i = 0; i < 100; i++) {
        const next = shell({
          pid: 1000 + i,
          ppid: header.pid!,
          start_time: BigInt(10 + i) * second,
          comm: "bash",
        });
        state.apply(forkRecord(header, { pid: 1000 + i, start: BigInt(10 + i) * second }));
        state.apply(exitRecord(header, 0));
        header = next;
      }
      assert.equal(names(state.process(1099)).length, 17);
    });

    it("of one thread leaves the process, the last one ends it", () => {
      tree();
      const header = shell({ comm: "bash" });
      state.apply(forkRecord(header, { pid: 200, tid: 201, start: 5n * second, thread: true }));
      state.apply(exitRecord(header, 200, 1));
      assert.equal(state.process(200)?.threads, 1);
      state.apply(exitRecord(shell({ tid: 201, comm: "bash" }), 1, 0));
      assert.equal(state.process(200), undefined);
      assert.equal(state.size, 2);
    });

    it("told twice does not bring the process back", () => {
      tree();
      state.apply(exitRecord(shell(), 1));
      const again = state.apply(exitRecord(shell(), 1));
      assert.equal(again?.pid, 200);
      assert.equal(state.process(200), undefined);
      assert.deepEqual(asked, [1]);
    });
  });

  describe("healing", () => {
    it("makes a process of a header alone, asks for the rest once and takes the answer", () => {
      const process = state.apply(
        record("openat", { ...daemon, uid: 5, gid: 6, loginuid: 7, vpgid: 8, vsid: 9 }),
      );
      assert.deepEqual(asked, [100]);
      assert.deepEqual(
        [process?.comm, process?.uid, process?.gid, process?.loginuid, process?.vpgid, process?.vsid],
        ["sshd", 5, 6, 7, 8, 9],
      );
      assert.equal(process?.exePath, "");
      state.apply(record("openat", daemon));
      assert.deepEqual(asked, [100]);
      state.complete(
        100,
        facts(100, { startTicks: 200n, comm: "sshd", threadName: "sshd", exePath: "/usr/sbin/sshd" }),
      );
      assert.equal(process?.exePath, "/usr/sbin/sshd");
      assert.deepEqual(process?.args, ["-n"]);
      assert.equal(state.counters.unknown, 1);
    });

    it("does not take an answer about another process with the same id, or one older than an exec", () => {
      const process = state.apply(record("openat", daemon));
      state.complete(100, facts(100, { startTicks: 999n }));
      assert.equal(process?.exePath, "");
      state.apply(execRecord({ ...daemon, time: 11n * second }, "/bin/new", ["new"]));
      state.complete(100, facts(100, { startTicks: 200n, readAt: 10n * second }));
      assert.equal(process?.exePath, "/bin/new");
    });

    it("asks for no more than a bound at once", () => {
      state = new State({ cgroups, lookup: (pid) => asked.push(pid), lookups: 2 });
      for (const pid of [10, 11, 12]) state.apply(record("openat", { pid, start_time: second }));
      assert.deepEqual(asked, [10, 11]);
      assert.equal(state.counters.lookupsRefused, 1);
      state.complete(10, undefined);
      state.apply(record("openat", { pid: 13, start_time: second }));
      assert.deepEqual(asked, [10, 11, 13]);
    });

    it("takes ids, session and credentials from any record", () => {
      const bash = tree();
      state.apply(
        record("setuid", shell({ comm: "bash", uid: 1000, gid: 100, sid: 201, pgid: 202, tty: 5 })),
      );
      assert.deepEqual([bash.uid, bash.gid, bash.sid, bash.pgid, bash.tty], [1000, 100, 201, 202, 5]);
    });

    it("takes the parent from the header, where a clone gave the child its forker's parent", () => {
      tree();
      state.apply(forkRecord(shell({ comm: "bash" }), { pid: 300, start: 5n * second }));
      const child = state.apply(
        record("openat", { ...shell({ comm: "bash" }), pid: 300, start_time: 5n * second }),
      );
      assert.deepEqual(names(child), ["bash", "sshd", "systemd"]);
      state.apply(exitRecord(shell({ comm: "bash" }), 1));
      assert.deepEqual(names(child), ["bash", "sshd", "systemd"]);
    });

    it("takes the parent that a fork names, from the first event on", () => {
      tree();
      state.apply(forkRecord(shell({ comm: "bash" }), { pid: 300, start: 5n * second, parent: 100 }));
      assert.deepEqual(names(state.process(300)), ["bash", "sshd", "systemd"]);
      assert.equal(state.process(300)?.ppid, 100);
      state.apply(forkRecord(shell({ comm: "bash" }), { pid: 301, start: 5n * second, parent: 200 }));
      assert.equal(state.process(301)?.ppid, 200);
    });

    it("tells processes apart that had the same id", () => {
      const bash = tree();
      const other = state.apply(record("openat", shell({ start_time: 9n * second, comm: "later", ppid: 1 })));
      assert.notEqual(other, bash);
      assert.equal(bash.exited, true);
      assert.equal(state.process(200), other);
      assert.equal(state.counters.exitsMissed, 1);
      const late = state.apply(record("openat", shell({ comm: "bash" })));
      assert.equal(late?.comm, "bash");
      assert.equal(state.process(200), other);
      assert.equal(state.counters.stale, 1);
      assert.equal([...state.processes()].length, state.size);
    });

    it("lets a fork take the place of a process whose exit was lost", () => {
      const bash = tree();
      state.apply(forkRecord(init, { pid: 200, start: 9n * second }));
      assert.equal(bash.exited, true);
      assert.equal(state.process(200)?.comm, "systemd");
      assert.equal(state.process(200)?.startTime, 9n * second);
    });
  });

  describe("scan", () => {
    it("and records give each process once, whichever comes first", () => {
      state.load([
        facts(1, { ppid: 0 }),
        facts(100, { startTicks: 200n }),
        facts(200, { startTicks: 300n, ppid: 100 }),
      ]);
      assert.equal(state.process(200)?.parent?.pid, 100);
      assert.equal(state.process(100)?.parent?.pid, 1);
      // Queued meanwhile: the fork and exec of 200, which the scan had already seen; and one that it had not.
      state.apply(forkRecord({ ...daemon, time: 3n * second }, { pid: 200, start: 3n * second + 77n }));
      assert.equal(state.process(200)?.comm, "daemon");
      const precise = shell({ start_time: 3n * second + 77n, comm: "bash", time: 4n * second });
      const bash = state.apply(execRecord(precise, "/usr/bin/bash", ["bash"]));
      assert.equal(bash, state.process(200));
      assert.equal(bash?.startTime, 3n * second + 77n);
      assert.equal(bash?.exePath, "/usr/bin/bash");
      state.apply(forkRecord(precise, { pid: 300, start: 11n * second }));
      assert.deepEqual(names(state.process(300)), ["bash", "bash", "sshd", "daemon"]);
      state.apply(exitRecord(precise, 1));
      assert.equal(state.size, 3);
      assert.equal(state.counters.exitsMissed, 0);
    });

    it("finds the later process when an id was used again while it ran", () => {
      state.load([facts(200, { startTicks: 900n, comm: "later", threadName: "later" })]);
      state.apply(forkRecord(daemon, { pid: 200, start: 3n * second }));
      state.apply(execRecord(shell({ comm: "old" }), "/bin/old", ["old"]));
      state.apply(exitRecord(shell({ comm: "old" }), 1));
      assert.equal(state.process(200)?.comm, "later");
    });

    it("after drops mends an exec and an exit that were lost, and keeps what a program did to its arguments out", () => {
      const bash = tree();
      state.load([
        facts(1),
        facts(200, {
          startTicks: 300n,
          threadName: "curl",
          comm: "curl",
          exePath: "/usr/bin/curl",
          args: "curl\0-s\0",
        }),
      ]);
      assert.equal(bash.exePath, "/usr/bin/curl");
      assert.equal(bash.comm, "curl");
      assert.deepEqual(bash.args, ["-s"]);
      assert.equal(state.process(100), undefined);
      state.load([
        facts(1),
        facts(200, {
          startTicks: 300n,
          threadName: "curl",
          exePath: "/usr/bin/curl",
          args: "title\0",
          readAt: 12n * second,
        }),
      ]);
      assert.deepEqual(bash.args, ["-s"]);
    });

    it("leaves what began or changed after it", () => {
      const bash = tree();
      state.apply(execRecord(shell({ comm: "new", time: 20n * second }), "/bin/new", ["new"]));
      state.apply(forkRecord(init, { pid: 400, start: 21n * second }));
      state.load([facts(1), facts(200, { startTicks: 300n })]);
      assert.equal(bash.exePath, "/bin/new");
      assert.ok(state.process(400));
    });
  });

  describe("containers", () => {
    it("come from the cgroup's id, on fork, on a move, and when its path is told late", () => {
      tree();
      const header = shell({ comm: "bash" });
      state.apply(forkRecord(header, { pid: 300, start: 5n * second, cgroup: INSIDE }));
      assert.equal(state.process(300)?.container.id, container);
      assert.deepEqual(contained, [
        ["host", 1],
        [container, 300],
      ]);
      const process = state.apply(record("openat", { ...header, cgroup: 99n }));
      assert.deepEqual([process?.container.id, process?.container.type], ["", ""]);
      state.learnCgroups([[99n, `/default/${container.replace("c", "d")}`]]);
      assert.equal(process?.container.type, "containerd");
      assert.equal(contained.length, 3);
    });

    it("are not the host because a process read too late shows the root", () => {
      const process = state.apply(record("openat", shell({ cgroup: 99n })));
      state.complete(200, facts(200, { startTicks: 300n, cgroupPath: "/" }));
      assert.equal(process?.container.id, "");
      assert.equal(process?.exePath, "/usr/sbin/daemon");
      state.apply(record("openat", shell({ cgroup: 99n, start_time: 30n * second })));
      state.complete(200, facts(200, { startTicks: 3000n, cgroupPath: `/k8s.io/${container}` }));
      assert.equal(state.process(200)?.container.id, container);
    });

    it("have a PID namespace that begins with its first process", () => {
      tree();
      state.apply(
        forkRecord(shell({ comm: "bash", pidns: 4 }), { pid: 300, start: 5n * second, vpid: 1, pidns: 5 }),
      );
      assert.equal(state.process(300)?.pidnsStart, 5n * second);
      assert.equal(state.process(300)?.vpid, 1);
    });
  });

  describe("bounds", () => {
    it("are known by their cgroup's path from the moment it is made", () => {
      state.apply(record("cgroup_mkdir", daemon, { 0: 4711n, 1: `/k8s.io/${container.replace("c", "e")}` }));
      const process = state.apply(record("openat", { ...daemon, pid: 950, tid: 950, cgroup: 4711n }));
      assert.equal(process?.container.id, container.replace("c", "e"));
    });

    it("push out processes of the largest container, never another's", () => {
      state = new State({ cgroups, processes: 128 });
      state.apply(record("openat", init));
      state.apply(record("openat", daemon));
      const inside = { ...shell(), cgroup: INSIDE };
      state.apply(record("openat", inside));
      for (let i = 0; i < 1000; i++)
        state.apply(forkRecord(inside, { pid: 1000 + i, start: BigInt(10 + i) * second }));
      assert.ok(state.size <= 128);
      assert.ok(state.process(1) && state.process(100) && state.process(200));
      assert.equal(state.evicted, 1003 - state.size);
      assert.ok(state.process(1999), "the newest is there");
      assert.equal(state.process(1000), undefined);
    });

    it("hold for the text of arguments too, and spare the process whose exec it is", () => {
      state = new State({ cgroups, textBytes: 100_000 });
      for (let i = 0; i < 100; i++) {
        const process = state.apply(
          execRecord({ pid: 1000 + i, start_time: second, cgroup: INSIDE, comm: "x" }, "/x", [
            "x",
            "y".repeat(10_000),
          ]),
        );
        assert.equal(process?.args[0]?.length, 10_000);
        assert.equal(state.process(1000 + i), process);
      }
      assert.ok(state.size < 12);
      assert.ok(state.evicted >= 88);
    });

    it("are found again after they were pushed out, and linked to", () => {
      state = new State({ cgroups, processes: 128 });
      state.apply(record("openat", daemon));
      state.apply(forkRecord(daemon, { pid: 200, start: 3n * second }));
      for (let i = 0; i < 1000; i++)
        state.apply(record("openat", { pid: 1000 + i, start_time: second, cgroup: HOST }));
      const before = state.process(100);
      assert.equal(before, undefined);
      state.apply(record("openat", daemon));
      const child = state.apply(record("openat", shell()));
      assert.equal(child?.parent, state.process(100));
    });
  });

  it("takes a record of process 0 for nobody's", () => {
    assert.equal(state.apply(record("openat", { pid: 0 })), undefined);
    assert.equal(state.size, 0);
  });

  it("does not break on forks and exits with missing or odd parts", () => {
    tree();
    state.apply(record("task_fork", daemon));
    state.apply(record("task_fork", daemon, { 0: -5, 2: 7 }));
    state.apply(record("task_fork", daemon, { 0: 999, 2: "text" }));
    assert.equal(state.size, 3);
    state.apply(record("procexit", shell({ comm: "bash" })));
    assert.equal(state.size, 2);
  });
});
