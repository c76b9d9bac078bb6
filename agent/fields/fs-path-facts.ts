/** Which parameters are the paths of fs.path.*, and where they begin. */
import { events, type EventRow } from "../events/table.ts";
import { absoluteOf } from "./arguments.ts";
import { pathViews, type SyscallContext } from "./context.ts";
import { name as descriptorName, rawName } from "./fd-names.ts";
import type { Read } from "./field.ts";

type Role = "name" | "source" | "target";

/** Parameter of each event in each role; "fd" stands for the event's descriptor (fields.md 6). */
// prettier-ignore
const parameters: Readonly<Record<string, Partial<Record<Role, string>>>> = {
  mkdir: { name: "path" }, mkdirat: { name: "path" }, rmdir: { name: "path" },
  unlink: { name: "path" }, unlinkat: { name: "name" },
  open: { name: "fd" }, openat: { name: "fd" }, openat2: { name: "fd" },
  chmod: { name: "filename" }, fchmodat: { name: "filename" }, fchmodat2: { name: "filename" }, fchmod: { name: "fd" },
  chown: { name: "path" }, lchown: { name: "path" }, fchown: { name: "fd" }, fchownat: { name: "pathname" },
  quotactl: { name: "special" }, umount: { name: "name" }, umount2: { name: "name" },
  rename: { source: "oldpath", target: "newpath" }, renameat: { source: "oldpath", target: "newpath" },
  renameat2: { source: "oldpath", target: "newpath" },
  link: { source: "newpath", target: "oldpath" }, linkat: { source: "newpath", target: "oldpath" },
  symlink: { source: "linkpath", target: "target" }, symlinkat: { source: "linkpath", target: "target" },
  mount: { source: "dev", target: "dir" },
};

const eventsWith = (role: Role) =>
  Object.entries(parameters).flatMap(([event, roles]) => (roles[role] === undefined ? [] : [event]));
/** Events that have fs.path.name, and those that have source and target. */
export const onName: readonly string[] = eventsWith("name");
export const onTwo: readonly string[] = eventsWith("source");

/** Opens count as done unless they return -1, as in Falco: a failure with another error still shows its path. */
const opens: ReadonlySet<string> = new Set(["open", "openat", "openat2"]);

interface Place {
  readonly position: number | "fd";
  readonly open: boolean;
  /** A name that is no path where it has no slash: the source of a mount. */
  readonly plain: boolean;
}

function placesOf(role: Role): readonly (Place | undefined)[] {
  return (events as readonly EventRow[]).map((row) => {
    const parameter = parameters[row.name]?.[role];
    if (parameter === undefined) return undefined;
    const position = row.params.findIndex(([name]) => name === parameter);
    return {
      position: parameter === "fd" ? "fd" : position,
      open: opens.has(row.name),
      plain: row.name === "mount" && role === "source",
    };
  });
}

function done(c: SyscallContext, place: Place): boolean {
  const { ret } = c.record;
  return place.open ? ret !== -1 : ret === 0;
}

function absoluteText(c: SyscallContext, place: Place, position: number): string | undefined {
  const text = c.record.text(position - 1);
  if (text === undefined || (place.plain && !text.includes("/"))) return text;
  return absoluteOf(c, position, text);
}

/** The path in the view that is being tried; calls by name leave no file behind, so they have no third view. */
export function absolute(role: Role): Read {
  const places = placesOf(role);
  return (c) => {
    const place = places[c.record.type];
    if (place === undefined || !done(c, place)) return undefined;
    if (place.position === "fd") return descriptorName(c);
    return c.view === pathViews.fileSystem ? undefined : absoluteText(c, place, place.position);
  };
}

/** The bytes as passed. */
export function asked(role: Role): Read {
  const places = placesOf(role);
  return (c) => {
    const place = places[c.record.type];
    if (place === undefined || !done(c, place)) return undefined;
    return place.position === "fd" ? rawName(c) : c.record.text(place.position - 1);
  };
}

/** Below the resolved folder that the path starts from; of opened files the resolved path. Only of calls that succeeded. */
export function resolved(role: Role): Read {
  const places = placesOf(role);
  return (c) => {
    const place = places[c.record.type];
    if (place === undefined || c.record.ret < 0) return undefined;
    if (place.position !== "fd") return absoluteText(c, place, place.position);
    const { view } = c;
    c.view = pathViews.real;
    const path = descriptorName(c);
    c.view = view;
    return path;
  };
}
