/** Events that waited for their container's name say what they would have said at once: design.md 3.13. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Alert } from "../../../../agent/engine/alert.ts";
import type { RecordView } from "../../../../agent/events/record-view.ts";
import { parts } from "../../../../agent/events/record.ts";
import { containerFacts } from "../../state/container-samples.ts";
import { execRecord, exitRecord, forkRecord, record, type Header } from "../../state/records.ts";
import { madePipeline } from "./made-pipeline.ts";

const rules = `
- rule: All
  desc: d
  priority: NOTICE
  condition: evt.type in (openat, execve, kill, procexit, setns)
  output: >
    num=%evt.num delta=%evt.deltatime type=%evt.type name=%proc.name line=%proc.cmdline exe=%proc.exepath cwd=%proc.cwd
    parent=%proc.pname all=%proc.aname[2] %proc.aname[3] session=%proc.sname group=%proc.pgid leader=%proc.sid.exe
    thread=%thread.tid fd=%fd.name args=%evt.args caps=%thread.cap_effective threads=%proc.nthreads
    image=%container.image tty=%proc.tty vpid=%proc.vpid
- rule: Of an image
  desc: d
  priority: NOTICE
  condition: evt.type in (openat, execve) and container.image.repository endswith nginx and proc.name startswith a
  output: x
- rule: Not of an image
  desc: d
  priority: NOTICE
  condition: evt.type = openat and not container.image.repository endswith nginx and proc.aname contains b
  output: x
- rule: By its path
  desc: d
  priority: NOTICE
  condition: evt.type = openat and fd.name startswith /etc/ and not (container.privileged = true and proc.name = c)
  output: x
`;

const HOST = 1n;
const cgroups = [
  [HOST, "/"],
  [2n, "/k8s.io/first"],
  [3n, "/k8s.io/second"],
] as const;
const facts = [
  containerFacts({ id: "first", imageRepository: "docker.io/nginx" }),
  containerFacts({ id: "second", imageRepository: "redis", privileged: true }),
];

interface Step {
  readonly kind: "fork" | "exec" | "open" | "kill" | "thread" | "cwd" | "setsid" | "exit";
  readonly who: number;
  readonly word: string;
  readonly cgroup: bigint;
}

const step = fc.record<Step>({
  kind: fc.constantFrom("fork", "fork", "exec", "open", "open", "kill", "thread", "cwd", "setsid", "exit"),
  who: fc.nat(1000),
  word: fc.constantFrom("a", "b", "c", "ab"),
  cgroup: fc.constantFrom(HOST, 2n, 2n, 3n),
});

/** The same records for every run over the same steps. */
class Story {
  private readonly tasks: (Header & { pid: number })[] = [
    { pid: 1, start_time: 1n, comm: "init", cgroup: HOST, sid: 1, pgid: 1 },
  ];
  private next = 2;
  time = 1_000_000_000n;

  /** Gives the step's record to `take`. */
  tell({ kind, who, word, cgroup }: Step, take: (view: RecordView) => void): void {
    this.time += 1_000_000n;
    const index = who % this.tasks.length;
    const task = this.tasks[index]!;
    const header = (): Header => {
      return { ...task, time: this.time, cap_effective: BigInt(who) };
    };
    switch (kind) {
      case "fork": {
        const pid = this.next++;
        take(forkRecord(header(), { pid, start: this.time, cgroup }));
        this.tasks.push({ ...task, pid, ppid: task.pid, start_time: this.time, cgroup });
        return;
      }
      case "exec":
        task.comm = word;
        task.tty = who % 3;
        return take(execRecord(header(), `/bin/${word}`, [word, String(who)]));
      case "open":
        return take(record("openat", { ...header(), ret: 3 }, { 0: -100, 1: `/etc/${word}`, 2: 1 }));
      case "kill":
        return take(record("kill", header(), { 0: this.tasks[who % 7]?.pid ?? 1, 1: 9 }));
      case "thread":
        return take(record("openat", { ...header(), tid: 5000 + who, comm: word, ret: -2 }, { 1: "/x" }));
      case "cwd":
        return take(record("setns", header(), { [parts.CWD]: `/${word}` }));
      case "setsid":
        task.sid = task.pgid = task.pid;
        return take(record("setns", header(), {}));
      case "exit":
        if (index === 0) return;
        take(exitRecord(header(), 1));
        this.tasks.splice(index, 1);
        for (const other of this.tasks) if (other.ppid === task.pid) other.ppid = 1;
    }
  }
}

const shown = ({ rule, message, fields, time, group }: Alert) =>
  `${rule} ${time} ${message} ${JSON.stringify(fields, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))} ${JSON.stringify(group)}`;
const containerOf = ({ group }: Alert) => group?.container ?? "";

/** Runs the steps; container number i is named after `named[i]` of them. Alerts of each step. */
function run(steps: readonly Step[], named: readonly number[]) {
  const { alerts, take, input, pipeline } = madePipeline(rules, cgroups);
  const story = new Story();
  // One process in each container, before anything happens.
  for (const cgroup of [2n, 3n]) story.tell({ kind: "fork", who: 0, word: "a", cgroup }, take);
  const name = (at: number) => {
    for (const [index, when] of named.entries())
      if (when === at) input({ kind: "container", facts: facts[index]! });
  };
  const byStep: Alert[][] = [];
  for (const [at, each] of steps.entries()) {
    name(at);
    story.tell(each, take);
    byStep.push([...alerts]);
    alerts.length = 0;
  }
  for (const [index, when] of named.entries())
    if (when >= steps.length) input({ kind: "container", facts: facts[index]! });
  byStep.push([...alerts]);
  return { byStep, held: pipeline.held.counters.held };
}

describe("events that wait for their container's name", () => {
  it("say what they would have said at once, in order, and delay nobody else's", () => {
    let held = 0;
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 120 }),
        fc.tuple(fc.nat(140), fc.nat(140)),
        (steps, named) => {
          const atOnce = run(steps, [0, 0]);
          const late = run(steps, named);
          held += late.held;
          assert.equal(atOnce.held, 0);
          for (const container of ["host", "first", "second"]) {
            const of = (alerts: readonly Alert[][]) =>
              alerts
                .flat()
                .filter((alert) => containerOf(alert) === container)
                .map(shown);
            assert.deepEqual(of(late.byStep), of(atOnce.byStep));
          }
          const host = (alerts: readonly Alert[]) =>
            alerts.filter((each) => containerOf(each) === "host").map(shown);
          for (const [at, alerts] of atOnce.byStep.entries())
            assert.deepEqual(host(late.byStep[at]!), host(alerts), `the host's of step ${at}`);
        },
      ),
      { numRuns: 300 },
    );
    assert.ok(held > 300, `${held} events waited`);
  });
});
