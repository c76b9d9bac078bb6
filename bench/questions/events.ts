/** How many events a second one thread takes through state and rules, without kernel and ring. */
import { readFileSync } from "node:fs";
import { encodeRecord } from "../../agent/events/encode.ts";
import { RecordView } from "../../agent/events/record-view.ts";
import { parts, recordFlags } from "../../agent/events/record.ts";
import { eventCode, events as eventTable } from "../../agent/events/table.ts";
import { buildEngine } from "../../agent/engine/build.ts";
import { RuleCounts } from "../../agent/engine/rule-counts.ts";
import { rememberingReaders } from "../../agent/engine/remembering-readers.ts";
import { syscallAccess } from "../../agent/engine/syscall-access.ts";
import { SyscallEvent } from "../../agent/engine/syscall-event.ts";
import { buildCatalogue, readersOf } from "../../agent/fields/index.ts";
import { compileRuleSet } from "../../agent/rules/compile.ts";
import { CgroupPaths } from "../../agent/state/cgroup-paths.ts";
import { HostFacts } from "../../agent/state/host.ts";
import { State } from "../../agent/state/state.ts";
import { median, thousands } from "../numbers.ts";
import type { Figure, Question, QuestionContext } from "../question.ts";

const ROUNDS = 7;
const EVENTS = 200_000;

/** An open for reading of a file that no rule is about, by a program that no rule is about. */
const bytes = encodeRecord({
  type: eventCode("openat")!,
  header: {
    flags: recordFlags.LEADER,
    time: 1_000_000_000n,
    start_time: 5n,
    cgroup: 1,
    pid: 200,
    tid: 200,
    vpid: 200,
    vtid: 200,
    ret: 3,
    comm: "opens",
  },
  parts: new Map<number, number | string>([
    [0, -100],
    [1, "/etc/hostname"],
    [2, 0],
    [3, 0],
    [parts.REALPATH, "/etc/hostname"],
  ]),
  file: { dev: 1_048_577, ino: 7, mode: 0o100644, nlink: 1, fs_magic: 0xef53 },
});
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const open = new RecordView();
/** As the ring does it for each record. */
const next = (): RecordView => {
  open.attach(bytes, view, 0, bytes.length);
  return open;
};

function ask({ publicRules, defaultRules, print }: QuestionContext): Promise<Figure[]> {
  const name = publicRules ?? defaultRules;
  const { plan } = compileRuleSet([{ name, text: readFileSync(name, "utf8") }], buildCatalogue());
  if (plan === undefined) throw new Error(`${name} does not load`);
  const cgroups = new CgroupPaths();
  cgroups.learn(1n, "/");
  const state = new State({ cgroups });
  const nobody = { user: () => undefined, group: () => undefined };
  const host = new HostFacts({
    hostname: "bench",
    bootTime: 0n,
    users: nobody,
    process: (pid) => state.process(pid),
  });
  const readers = rememberingReaders(readersOf(new Map()));
  let faults = 0;
  const work = buildEngine(plan, {
    source: "syscall",
    readers,
    access: syscallAccess(readers, "bench", "both"),
    counts: new RuleCounts({ rate: 100, burst: 1000 }),
    codes: eventTable.map(({ name }) => name),
    base64Buffers: false,
    options: { matching: "all", emit: () => {}, onFault: () => faults++ },
  });
  let step = work.next();
  while (step.done !== true) step = work.next();
  const engine = step.value;
  const event = new SyscallEvent(host);
  // Processor time, not the clock's: what else runs here does not count.
  const nanoseconds = (take: () => void): number => {
    const rounds = Array.from({ length: ROUNDS }, () => {
      const begin = process.cpuUsage();
      for (let i = 0; i < EVENTS; i++) take();
      const { user, system } = process.cpuUsage(begin);
      return ((user + system) * 1000) / EVENTS;
    });
    return median(rounds);
  };
  const stateOnly = nanoseconds(() => state.apply(next()));
  let matched = 0;
  const both = nanoseconds(() => {
    event.next(next(), state.apply(open));
    matched += engine.process(event);
  });
  print(
    `  ${plan.rules.length} rules; ${matched} matches, ${faults} faults; state ${stateOnly.toFixed(0)} ns, all ${both.toFixed(0)} ns an open`,
  );
  return Promise.resolve([
    { name: "opens through state and rules", value: `${thousands(1e9 / both)} /s`, aim: "" },
    { name: "of that, state", value: `${stateOnly.toFixed(0)} ns`, aim: "" },
    { name: "all", value: `${both.toFixed(0)} ns`, aim: "" },
  ]);
}

export const events: Question = {
  name: "events",
  asks: "How many opens that no rule wants can one thread take through state and rules?",
  ask,
};
