/** Events for tests of fields: a record of plain facts, a process with ancestors, a node. */
import { encodeRecord, viewOf, type RecordFacts } from "../../../agent/events/encode.ts";
import { eventCode } from "../../../agent/events/table.ts";
import { buildCatalogue, syscallReaders } from "../../../agent/fields/index.ts";
import { pathViews, type PathView, type SyscallContext } from "../../../agent/fields/context.ts";
import type { Host, Process } from "../../../agent/state/types.ts";
import type { Value } from "../../../agent/rules/catalogue.ts";

export const catalogue = buildCatalogue();
export const syscall = catalogue.sources.get("syscall")!;

const second = 1_000_000_000n;
/** 2026-01-02T03:04:05Z, 100 s after boot. */
export const eventTime = 1_767_323_045n * second + 123_456_789n;
export const bootTime = eventTime - 100n * second;

export function process(facts: Partial<Process> = {}): Process {
  return {
    pid: 100,
    startTime: 1n,
    parent: undefined,
    ppid: 1,
    vpid: 7,
    pgid: 100,
    vpgid: 7,
    sid: 100,
    vsid: 7,
    tty: 0,
    comm: "cat",
    exe: "/bin/cat",
    args: ["-n", "/etc/shadow"],
    env: ["HOME=/root", "EMPTY=", "BLANK= x "],
    exePath: "/usr/bin/cat",
    exeFlags: 0,
    exeInode: 42,
    exeChangeTime: bootTime,
    exeModifyTime: bootTime - second,
    cwd: "/work",
    uid: 0,
    gid: 0,
    loginuid: 1000,
    cloneTime: 90n * second,
    pidnsStart: 50n * second,
    cgroup: 5n,
    container: { id: "host", type: "host", cgroupPath: "/user.slice" },
    threadNames: undefined,
    threads: 1,
    exited: false,
    ...facts,
  };
}

export const host: Host = {
  hostname: "node-1",
  bootTime,
  users: {
    user: (uid) => (uid === 1000 ? { name: "ada", home: "/home/ada", shell: "/bin/zsh" } : undefined),
    group: (gid) => (gid === 1000 ? { name: "staff" } : undefined),
  },
  process: () => undefined,
  serviceName: (port) => (port === 443 ? "https" : undefined),
  isLocalAddress: () => false,
  mountPoint: (dev) => (dev === 0x800001 ? "/data" : undefined),
};

export interface Given extends Omit<RecordFacts, "type"> {
  readonly event: string;
  readonly process?: Process | undefined;
  readonly host?: Partial<Host>;
  readonly view?: PathView;
}

/** The context that a field reads from. */
export function context(given: Given): SyscallContext {
  const who = "process" in given ? given.process : process();
  const header = {
    time: eventTime - bootTime,
    pid: who?.pid ?? 100,
    tid: who?.pid ?? 100,
    vpid: 7,
    vtid: 7,
    vpgid: 7,
    vsid: 7,
    pgid: 100,
    sid: 100,
    loginuid: 1000,
    comm: who?.comm ?? "cat",
    cpu: 3,
    ...given.header,
  };
  const bytes = encodeRecord({ ...given, header, type: eventCode(given.event)! });
  return {
    record: viewOf(bytes),
    process: who,
    host: { ...host, ...given.host },
    number: 17,
    time: eventTime,
    previousTime: eventTime - second - 5n,
    firstTime: eventTime - 10n * second - 7n,
    view: given.view ?? pathViews.asked,
    overrides: undefined,
  };
}

/** Resolves a token as a condition writes it: `proc.aname[2]`. */
export function useOf(token: string) {
  const found = /^([^[]+)(?:\[(.*)\])?$/.exec(token)!;
  const use = syscall.resolve(found[1]!, found[2]);
  if ("message" in use) throw new Error(use.message);
  return use;
}

/** The field's value in the event. */
export function read(token: string, c: SyscallContext): Value {
  return syscallReaders.reader(useOf(token))(c);
}

export function exists(token: string, c: SyscallContext): boolean {
  return syscallReaders.exists(useOf(token))(c);
}
