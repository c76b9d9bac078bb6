/** What a rule set needs from capture: which calls, and what costs extra. */
import { eventCode, events, type EventRow } from "../events/table.ts";
import type { FieldUse } from "../rules/catalogue.ts";
import type { RuleSetPlan } from "../rules/plan.ts";
import { ruleFields } from "./plan-fields.ts";

/** What to switch on in the kernel. */
export interface Wanted {
  /** Codes of the event table, sorted. Fork, exec and exit are always among them: state follows them. */
  readonly codes: readonly number[];
  /** Environments of started programs. */
  readonly environment: boolean;
  /** Codes whose records must carry the working folder. */
  readonly cwd: readonly number[];
  /** Whether the kernel side resolves paths of files. */
  readonly paths: boolean;
  /** Codes whose records must carry what the task uses. */
  readonly task: readonly number[];
  /** Codes whose records must carry what descriptors 0, 1 and 2 lead to, and those that must carry their paths. */
  readonly streams: readonly number[];
  readonly streamPaths: readonly number[];
}

const code = (name: string) => eventCode(name)!;

/** What the process tree and its containers are kept from; clone and its sisters come through task_fork. */
const always = ["execve", "execveat", "procexit", "task_fork", "cgroup_mkdir"].map(code);

/** Fields that hold an environment variable, or all arguments of an exec, its environment among them. */
const environmentFields = new Set(["proc.env", "proc.aenv", "evt.args", "evt.info"]);

/** Fields that a path is put together or checked for. */
const pathFields = /^(fd\.|fs\.path\.|evt\.(abspath|args|info)$)/;

/** Parameters that are paths: as text they are absolute, so the folder they start from is needed. */
const pathParameters: ReadonlySet<string> = new Set(
  (events as readonly EventRow[]).flatMap(({ params }) =>
    params.flatMap(([name, type]) => (type === "FSPATH" || type === "FSRELPATH" ? [name] : [])),
  ),
);
const isPathArgument = (argument: string | undefined) =>
  argument !== undefined && (/^\d+$/.test(argument) || pathParameters.has(argument));

/** Fields of what a task uses. */
const taskFields =
  /^(proc\.(fdopencount|fdlimit|fdusage|vm.*)|thread\.(pfmajor|pfminor|vm.*|exectime|totexectime))$/;
const taskParameters: ReadonlySet<string> = new Set(
  ["fdlimit", "pgft_maj", "pgft_min"].concat(["vm_size", "vm_rss", "vm_swap"]),
);
/** Events that show the same among their parameters. */
const taskEvents: ReadonlySet<number> = new Set(
  (events as readonly EventRow[]).flatMap(({ params }, index) =>
    params.some(([name]) => taskParameters.has(name)) ? [index] : [],
  ),
);

function showsTask({ name, argument }: FieldUse, of: number): boolean {
  if (taskFields.test(name)) return true;
  if (!taskEvents.has(of)) return false;
  if (name === "evt.args" || name === "evt.info") return true;
  if (argument === undefined || !name.startsWith("evt.")) return false;
  return taskParameters.has(argument) || /^\d+$/.test(argument);
}

/** What records of a call carry only where a rule of that call shows it. */
const perCall = {
  cwd: ({ name }: FieldUse) => name === "proc.cwd",
  task: showsTask,
  streams: ({ name, argument }: FieldUse) =>
    /^proc\.std(in|out|err)\./.test(name) || (name === "fd.types" && argument !== undefined),
  streamPaths: ({ name }: FieldUse) => /^proc\.std(in|out|err)\.name$/.test(name),
} as const satisfies Partial<Record<keyof Wanted, (use: FieldUse, of: number) => boolean>>;
type PerCall = keyof typeof perCall;
const perCallNames = Object.keys(perCall) as PerCall[];

/** One value for each of them. */
function eachPerCall<T>(make: (name: PerCall) => T): Record<PerCall, T> {
  return Object.fromEntries(perCallNames.map((name) => [name, make(name)])) as Record<PerCall, T>;
}

/** Fields of a socket's two ends by role, which the kernel side learns when a connection is made. */
const roleFields = /^fd\.(name|[cs](ip|port|net|proto)(\.name)?|is_server|ip|port|net|proto|containername)$/;
const roleCalls = ["connect", "accept", "accept4"].map(code);

/** Calls on sockets whose records show roles without having set them up themselves. */
const socketCalls = new Set(
  [
    "sendto",
    "sendmsg",
    "recvfrom",
    "recvmsg",
    "listen",
    "dup",
    "dup2",
    "dup3",
    "fcntl",
    "shutdown",
    "setsockopt",
    "getsockopt",
  ].map(code),
);

const captured = events.flatMap((row, index) => ("captured" in row ? [index] : []));

/** What `plan`'s rules of source syscall need. */
export function wantedBy(plan: RuleSetPlan): Wanted {
  const codes = new Set(always);
  const extra = eachPerCall(() => new Set<number>());
  let environment = false;
  let paths = false;
  for (const rule of plan.rules) {
    if (rule.source !== "syscall") continue;
    const own = rule.events === "all" ? captured : rule.events;
    for (const each of own) codes.add(each);
    for (const use of ruleFields(rule)) {
      const { name, argument } = use;
      if (environmentFields.has(name) || (name.startsWith("evt.") && argument === "env")) environment = true;
      paths ||= pathFields.test(name) || (name === "evt.arg" && isPathArgument(argument));
      for (const what of perCallNames)
        for (const each of own) if (perCall[what](use, each)) extra[what].add(each);
      const ofSocket = roleFields.test(name) && own.some((each) => socketCalls.has(each));
      if (ofSocket || perCall.streamPaths(use)) for (const each of roleCalls) codes.add(each);
    }
  }
  const sorted = (set: Set<number>) => [...set].sort((a, b) => a - b);
  return { codes: sorted(codes), environment, paths, ...eachPerCall((what) => sorted(extra[what])) };
}

/** Everything that either of two sets wants: what capture delivers while one replaces the other. */
export function union(a: Wanted, b: Wanted): Wanted {
  const both = (x: readonly number[], y: readonly number[]) =>
    [...new Set([...x, ...y])].sort((m, n) => m - n);
  return {
    codes: both(a.codes, b.codes),
    environment: a.environment || b.environment,
    paths: a.paths || b.paths,
    ...eachPerCall((what) => both(a[what], b[what])),
  };
}

/** Before any rule. */
export const wantedAlways: Wanted = {
  codes: [...always].sort((a, b) => a - b),
  environment: false,
  paths: false,
  ...eachPerCall(() => []),
};
