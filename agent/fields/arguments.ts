/** evt.arg, evt.rawarg, evt.args, evt.abspath: the event's parameters, always as the call passed them. */
import { absolutePath, pathBelow } from "../events/path-text.ts";
import { parts } from "../events/record.ts";
import { parametersByCode, type Parameter } from "../events/parameters.ts";
import { rawText, resolvedText, type Names } from "../events/render.ts";
import { events, type EventRow } from "../events/table.ts";
import { pathViews, type SyscallContext } from "./context.ts";
import { descriptor, typeTag } from "./fd-facts.ts";
import { name as descriptorName } from "./fd-names.ts";
import { missing, type Read } from "./field.ts";
import { ownName } from "./process-texts.ts";
import { absoluteTime } from "./time.ts";

const rows = events as readonly EventRow[];
const unknown = "<NA>";

/** Names for the numbers of one event at a time: `context` is set before it is asked. */
class EventNames implements Names {
  context: SyscallContext | undefined;

  descriptor(fd: number): string | undefined {
    const c = this.context!;
    if (fd !== descriptor(c) && !isDuplicate(c, fd)) return undefined;
    const tag = typeTag(c);
    return tag === undefined ? undefined : `${tag}${asked(c)}`;
  }
  process(pid: number): string | undefined {
    const c = this.context!;
    if (pid === c.record.tid && c.process !== undefined) return ownName(c.process, pid);
    if (pid === c.record.pid) return c.process?.comm;
    return c.host.process(pid)?.comm;
  }
  user(uid: number): string {
    const c = this.context!;
    return c.host.users.user(uid, c.process)?.name ?? (uid === 0 ? "root" : unknown);
  }
  group(gid: number): string {
    const c = this.context!;
    return c.host.users.group(gid, c.process)?.name ?? (gid === 0 ? "root" : unknown);
  }
  path(parameter: Parameter, text: string): string | undefined {
    return absoluteOf(this.context!, parameter.position, text);
  }
  time(time: bigint): string {
    return absoluteTime(time);
  }
}
const names = new EventNames();

const F_DUPFD = 0;
const F_DUPFD_CLOEXEC = 1030;
const duplicates: readonly boolean[] = rows.map(({ name }) => ["dup", "dup2", "dup3"].includes(name));
const fcntl = rows.findIndex(({ name }) => name === "fcntl");

/** Whether `fd` is the other descriptor of a call that made two of one file. */
function isDuplicate({ record }: SyscallContext, fd: number): boolean {
  if (record.ret < 0) return false;
  if (duplicates[record.type] === true) return fd === record.number(0);
  const command = record.type === fcntl ? record.number(1) : undefined;
  return (command === F_DUPFD || command === F_DUPFD_CLOEXEC) && fd === record.ret;
}

/** fd.name as asked, whatever view is being tried. */
function asked(c: SyscallContext): string {
  const { view } = c;
  c.view = pathViews.asked;
  const text = descriptorName(c) ?? "";
  c.view = view;
  return text;
}

/** How the paths of each event begin: position of the parameter → part with the folder it starts from. */
const bases: readonly ReadonlyMap<number, number>[] = rows.map((row) => {
  // The program's resolved path, which exec has before the path that was passed, starts nowhere.
  const paths = row.params.flatMap(([name, type], position) =>
    (type === "FSPATH" || type === "FSRELPATH") && name !== "trusted_exepath" ? [position] : [],
  );
  return new Map(paths.map((position, i) => [position, i === 0 ? parts.BASE : parts.BASE2]));
});

const resolvePart: readonly number[] = rows.map(
  (row) => row.params.findIndex(([name]) => name === "resolve") - 1,
);
const RESOLVE_IN_ROOT = 0x10;

/** The path of a parameter, absolute; a relative one stays as it is where nobody knows where it started. */
export function absoluteOf(c: SyscallContext, position: number, text: string): string {
  const part = bases[c.record.type]?.get(position) ?? parts.BASE;
  const base = c.record.text(part);
  const resolve = resolvePart[c.record.type] ?? -2;
  if (base !== undefined && resolve >= 0 && (Number(c.record.number(resolve) ?? 0) & RESOLVE_IN_ROOT) !== 0)
    return pathBelow(base, text);
  return absolutePath(base ?? c.record.text(parts.CWD) ?? c.process?.cwd, text);
}

/** The resolved form of a parameter where there is one, else its raw form. */
function textOf(c: SyscallContext, parameter: Parameter): string {
  names.context = c;
  const value = parameter.read(c.record, c.process);
  const resolved = resolvedText(parameter, value, names);
  return resolved === undefined || resolved === "" ? rawText(parameter, value, names) : resolved;
}

/** Position of a parameter's name in each event, -1 where it has none. */
function positionsOf(name: string): readonly number[] {
  return parametersByCode.map((parameters) => parameters.findIndex((each) => each.name === name));
}

function one(argument: string | undefined): Read {
  if (argument === undefined) return missing;
  if (/^\d+$/.test(argument)) {
    const position = Number(argument);
    return (c) => {
      const parameter = parametersByCode[c.record.type]?.[position];
      return parameter === undefined ? undefined : textOf(c, parameter);
    };
  }
  const positions = positionsOf(argument);
  return (c) => {
    const position = positions[c.record.type] ?? -1;
    return position < 0 ? undefined : textOf(c, parametersByCode[c.record.type]![position]!);
  };
}

function all(c: SyscallContext): string {
  names.context = c;
  const parameters = parametersByCode[c.record.type] ?? [];
  return parameters
    .map((parameter) => {
      const value = parameter.read(c.record, c.process);
      const resolved = resolvedText(parameter, value, names);
      const raw = rawText(parameter, value, names);
      return `${parameter.name}=${raw}${resolved === undefined || resolved === "" ? "" : `(${resolved})`}`;
    })
    .join(" ");
}

/** evt.arg by name or position, and evt.args. */
export const argumentText = { one, all } as const;

/** evt.rawarg: the value itself. */
export function rawArgument(name: string): Read {
  const positions = positionsOf(name);
  return (c) => {
    const position = positions[c.record.type] ?? -1;
    return position < 0 ? undefined : parametersByCode[c.record.type]![position]!.read(c.record, c.process);
  };
}

/** Positions of the paths that start from a folder's descriptor, by event. */
const relativePaths: readonly (readonly number[])[] = rows.map((row) =>
  row.params.flatMap(([, type], position) => (type === "FSRELPATH" ? [position] : [])),
);

/** evt.abspath; .src and .dst on events with two paths, and only there. */
export function abspath(argument: string | undefined): Read {
  const wanted = argument === "dst" ? 1 : 0;
  return (c) => {
    const positions = relativePaths[c.record.type] ?? [];
    if (positions.length !== (argument === undefined ? 1 : 2)) return undefined;
    const position = positions[wanted]!;
    const text = c.record.text(position - 1);
    return text === undefined ? undefined : absoluteOf(c, position, text);
  };
}
