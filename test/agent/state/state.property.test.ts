/** Random histories of a small machine: State, fed with records only, against the machine itself. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { CgroupPaths } from "../../../agent/state/cgroup-paths.ts";
import { TICK, type ProcessFacts } from "../../../agent/state/facts.ts";
import { State } from "../../../agent/state/state.ts";
import type { Process } from "../../../agent/state/types.ts";
import { execRecord, exitRecord, forkRecord, record, type Header } from "./records.ts";
import type { RecordView } from "../../../agent/events/record-view.ts";

interface Task {
  pid: number;
  start: bigint;
  parent: number;
  session: number;
  program: string;
  /** Names of its threads by id, the main thread among them. */
  threads: Map<number, string>;
  subreaper: boolean;
}

/** What a kernel would do, as plainly as possible. Ids are used again soon, so that reuse happens. */
class Machine {
  readonly tasks = new Map<number, Task>();
  time = 1_000_000_000n;
  private nextId = 2;

  constructor() {
    this.tasks.set(1, {
      pid: 1,
      start: 1_000n,
      parent: 0,
      session: 1,
      program: "init",
      threads: new Map([[1, "init"]]),
      subreaper: false,
    });
  }

  tick(): bigint {
    this.time += TICK;
    return this.time;
  }

  freeId(): number {
    const used = new Set([...this.tasks.values()].flatMap((task) => [...task.threads.keys(), task.pid]));
    do this.nextId = this.nextId >= 40 ? 2 : this.nextId + 1;
    while (used.has(this.nextId));
    return this.nextId;
  }

  header(task: Task, tid = task.pid): Header {
    return {
      pid: task.pid,
      tid,
      start_time: task.start,
      ppid: task.parent,
      sid: task.session,
      pgid: task.session,
      time: this.time,
      cgroup: 1,
      pidns: 3,
      comm: task.threads.get(tid) ?? "",
    };
  }

  reaper(task: Task): number {
    for (let at = this.tasks.get(task.parent); at !== undefined; at = this.tasks.get(at.parent))
      if (at.subreaper) return at.pid;
    return 1;
  }

  /** What a reading of /proc says. */
  facts(): ProcessFacts[] {
    return [...this.tasks.values()].map((task) => ({
      pid: task.pid,
      startTicks: task.start / TICK,
      readAt: this.time,
      ppid: task.parent,
      pgid: task.session,
      sid: task.session,
      tty: 0,
      vpid: task.pid,
      vpgid: task.session,
      vsid: task.session,
      uid: 0,
      gid: 0,
      loginuid: 0,
      capabilities: [],
      threads: task.threads.size,
      threadName: task.threads.get(task.pid) ?? "",
      comm: task.threads.get(task.pid) ?? "",
      args: `${task.program}\0arg\0`,
      env: undefined,
      exePath: `/bin/${task.program}`,
      exeFlags: 0,
      exeInode: 0,
      exeChangeTime: 0n,
      exeModifyTime: 0n,
      cwd: "",
      pidns: 3,
      cgroupPath: "/",
    }));
  }
}

interface Step {
  do: "fork" | "exec" | "exit" | "open" | "thread" | "rename" | "threadExit" | "session" | "subreaper";
  who: number;
  thread: number;
  name: string;
  lost: boolean;
}

const steps = (lossy: boolean): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      do: fc.constantFrom<Step["do"]>(
        "fork",
        "fork",
        "fork",
        "exec",
        "exec",
        "exit",
        "exit",
        "open",
        "thread",
        "rename",
        "threadExit",
        "session",
        "subreaper",
      ),
      who: fc.nat(1000),
      thread: fc.nat(1000),
      name: fc.constantFrom("sh", "nginx", "a-name-of-15-chr", "curl", "").map((name) => name.slice(0, 15)),
      lost: lossy ? fc.boolean() : fc.constant(false),
    }),
    { maxLength: 120 },
  );

/** Carries one step out and tells `emit` the records of it. */
function run(machine: Machine, step: Step, emit: (record: RecordView) => void): void {
  const tasks = [...machine.tasks.values()];
  const task = tasks[step.who % tasks.length]!;
  const tids = [...task.threads.keys()];
  const tid = tids[step.thread % tids.length]!;
  machine.tick();
  switch (step.do) {
    case "fork": {
      if (machine.tasks.size > 20) return;
      const pid = machine.freeId();
      const start = machine.tick();
      const name = task.threads.get(tid) ?? "";
      emit(forkRecord(machine.header(task, tid), { pid, start }));
      machine.tasks.set(pid, {
        ...task,
        pid,
        start,
        parent: task.pid,
        threads: new Map([[pid, name]]),
        subreaper: false,
      });
      return;
    }
    case "exec":
      task.program = step.name;
      task.threads = new Map([[task.pid, step.name]]);
      emit(execRecord(machine.header(task), `/bin/${step.name}`, [step.name, "arg"]));
      return;
    case "exit": {
      if (task.pid === 1) return;
      const reaper = machine.reaper(task);
      emit(exitRecord(machine.header(task), reaper));
      machine.tasks.delete(task.pid);
      for (const child of machine.tasks.values()) if (child.parent === task.pid) child.parent = reaper;
      return;
    }
    case "open":
      emit(record("openat", machine.header(task, tid)));
      return;
    case "thread": {
      const id = machine.freeId();
      emit(
        forkRecord(machine.header(task, tid), { pid: task.pid, tid: id, start: machine.time, thread: true }),
      );
      task.threads.set(id, task.threads.get(tid) ?? "");
      return;
    }
    case "rename":
      task.threads.set(tid, step.name);
      emit(record("openat", machine.header(task, tid)));
      return;
    case "threadExit":
      if (tid === task.pid) return;
      emit(exitRecord(machine.header(task, tid), task.pid, task.threads.size - 1));
      task.threads.delete(tid);
      return;
    case "session":
      task.session = task.pid;
      emit(record("openat", machine.header(task, tid)));
      return;
    case "subreaper":
      task.subreaper = true;
  }
}

/** What a rule can see of a process, with all its ancestors. */
function seen(process: Process | undefined): unknown[] {
  const chain: unknown[] = [];
  for (let at = process; at !== undefined; at = at.parent)
    chain.push([at.pid, at.startTime, at.comm, at.exe, at.exePath, at.args.join(" "), at.sid, at.threads]);
  return chain;
}

function truth(machine: Machine, task: Task | undefined): unknown[] {
  const chain: unknown[] = [];
  for (let at = task; at !== undefined; at = machine.tasks.get(at.parent))
    chain.push([
      at.pid,
      at.start,
      at.threads.get(at.pid),
      at.program,
      `/bin/${at.program}`,
      "arg",
      at.session,
      at.threads.size,
    ]);
  return chain;
}

function compare(state: State, machine: Machine): void {
  for (const task of machine.tasks.values()) {
    assert.deepEqual(seen(state.process(task.pid)), truth(machine, task));
    const process = state.process(task.pid)!;
    for (const [tid, name] of task.threads)
      // A thread's name is known from its own records on; until then it counts as its process's.
      if (process.threadNames?.has(tid) === true) assert.equal(state.threadName(process, tid), name);
  }
  assert.equal(state.size, machine.tasks.size);
}

const start = (machine: Machine): State => {
  const cgroups = new CgroupPaths();
  cgroups.learn(1n, "/");
  const state = new State({ cgroups });
  state.apply(execRecord(machine.header(machine.tasks.get(1)!), "/bin/init", ["init", "arg"]));
  return state;
};

describe("state against a model", () => {
  it("is the machine's after every record, when none is lost", () => {
    fc.assert(
      fc.property(steps(false), (history) => {
        const machine = new Machine();
        const state = start(machine);
        for (const step of history) {
          run(machine, step, (view) => {
            const process = state.apply(view);
            const name = state.threadName(process!, view.tid);
            assert.equal(name, view.comm);
          });
          compare(state, machine);
        }
        assert.equal(state.counters.unknown, 1);
        assert.equal(state.counters.exitsMissed, 0);
      }),
      { numRuns: 300 },
    );
  });

  it("is the machine's again after a reading of /proc, whatever was lost", () => {
    fc.assert(
      fc.property(steps(true), (history) => {
        const machine = new Machine();
        const state = start(machine);
        for (const step of history) run(machine, step, (view) => void (step.lost || state.apply(view)));
        machine.time += 100n * TICK;
        state.load(machine.facts());
        for (const task of machine.tasks.values())
          for (const tid of task.threads.keys()) state.apply(record("openat", machine.header(task, tid)));
        compare(state, machine);
      }),
      { numRuns: 300 },
    );
  });

  it("has each process once when the scan runs in the midst of the records", () => {
    fc.assert(
      fc.property(steps(false), fc.nat(120), fc.nat(120), (history, from, scanAt) => {
        const machine = new Machine();
        const queue: (() => void)[] = [];
        const cgroups = new CgroupPaths();
        const state = new State({ cgroups });
        let facts: ProcessFacts[] = machine.facts();
        history.forEach((step, index) => {
          // Before capture is attached nobody hears; from then on records queue up until the scan is loaded.
          const keep = (view: RecordView) => {
            const bytes = Buffer.from(view.bytes.subarray(0, view.length));
            queue.push(() => {
              view.attach(bytes, new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
              state.apply(view);
            });
          };
          run(machine, step, (view) => {
            if (index >= from) keep(view);
          });
          if (index === Math.max(from, scanAt)) facts = machine.facts();
        });
        if (Math.max(from, scanAt) >= history.length) facts = machine.facts();
        state.load(facts);
        for (const apply of queue) apply();
        for (const task of machine.tasks.values()) state.apply(record("openat", machine.header(task)));
        assert.deepEqual(
          [...state.processes()].map(({ pid }) => pid).sort((a, b) => a - b),
          [...machine.tasks.keys()].sort((a, b) => a - b),
        );
        for (const task of machine.tasks.values()) {
          const process = state.process(task.pid);
          assert.deepEqual(
            [process?.startTime, process?.comm, process?.exePath, process?.parent?.pid],
            [
              task.start,
              task.threads.get(task.pid),
              `/bin/${task.program}`,
              task.parent === 0 ? undefined : task.parent,
            ],
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});
