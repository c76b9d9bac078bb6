/** What a rule set needs from capture: which calls, and what costs extra. */
import { eventCode, events, type EventRow } from "../events/table.ts";
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
  const cwd = new Set<number>();
  let environment = false;
  let paths = false;
  for (const rule of plan.rules) {
    if (rule.source !== "syscall") continue;
    const own = rule.events === "all" ? captured : rule.events;
    for (const each of own) codes.add(each);
    for (const { name, argument } of ruleFields(rule)) {
      if (environmentFields.has(name) || (name.startsWith("evt.") && argument === "env")) environment = true;
      paths ||= pathFields.test(name) || (name === "evt.arg" && isPathArgument(argument));
      if (name === "proc.cwd") for (const each of own) cwd.add(each);
      if (roleFields.test(name) && own.some((each) => socketCalls.has(each)))
        for (const each of roleCalls) codes.add(each);
    }
  }
  const sorted = (set: Set<number>) => [...set].sort((a, b) => a - b);
  return { codes: sorted(codes), environment, cwd: sorted(cwd), paths };
}

/** Everything that either of two sets wants: what capture delivers while one replaces the other. */
export function union(a: Wanted, b: Wanted): Wanted {
  const both = (x: readonly number[], y: readonly number[]) =>
    [...new Set([...x, ...y])].sort((m, n) => m - n);
  return {
    codes: both(a.codes, b.codes),
    environment: a.environment || b.environment,
    cwd: both(a.cwd, b.cwd),
    paths: a.paths || b.paths,
  };
}

/** Before any rule. */
export const wantedAlways: Wanted = {
  codes: [...always].sort((a, b) => a - b),
  environment: false,
  cwd: [],
  paths: false,
};
