/** Which views of an event's paths a rule is tried on (design.md 3.3). */
import { pathViews, type PathView, type SyscallContext } from "../fields/context.ts";
import type { FieldReader, FieldReaders, FieldUse, Value } from "../rules/catalogue.ts";
import { fileFactFlags, parts } from "../events/record.ts";
import { fileAt } from "../events/record-view.ts";
import { conditionFields } from "../rules/condition/compile.ts";
import type { TypedExpr } from "../rules/condition/typed.ts";
import type { PathTries } from "./engine.ts";

/** Setting path_views. */
export type PathViewsSetting = "both" | "asked" | "resolved";

/** Fields whose value changes with the view. */
const pathFields: ReadonlySet<string> = new Set([
  "fd.name",
  "fd.directory",
  "fd.filename",
  "fd.containername",
  "fd.containerdirectory",
  "fs.path.name",
  "fs.path.source",
  "fs.path.target",
]);

/** Whether a field's value changes with the view. */
export function isPathField(name: string): boolean {
  return pathFields.has(name);
}

/** Whether a condition reads a path field anywhere, right-hand sides and transformers included. */
export function usesPaths(condition: TypedExpr): boolean {
  for (const field of conditionFields(condition).values()) if (pathFields.has(field.name)) return true;
  return false;
}

/** The fields that tell whether two views differ: all others of `pathFields` follow from these. */
const telling = ["fd.name", "fs.path.name", "fs.path.source", "fs.path.target"];

function plainUse(name: string): FieldUse {
  return { text: name, name, type: "CHARBUF", list: false, quantifier: "none" };
}

/** Finds the views of one event that differ from each other, when a rule first asks for a second one. */
export class PathViewTries implements PathTries<SyscallContext> {
  private readonly readers: readonly FieldReader<SyscallContext>[];
  private readonly setting: PathViewsSetting;
  private readonly values = { asked: [] as Value[], real: [] as Value[], fileSystem: [] as Value[] };
  private readonly order: PathView[] = [pathViews.asked, pathViews.asked, pathViews.asked];
  /** Entries of `order` in use; 0 while not known. */
  private count = 0;

  constructor(readers: FieldReaders<SyscallContext>, setting: PathViewsSetting) {
    this.readers = telling.map((name) => readers.reader(plainUse(name)));
    this.setting = setting;
  }

  begin(): void {
    this.count = 0;
  }

  show(event: SyscallContext, index: number): boolean {
    if (this.setting === "asked" || (index === 0 && this.setting === "both")) {
      event.view = pathViews.asked;
      return index === 0;
    }
    if (this.count === 0) this.find(event);
    if (index >= this.count) return false;
    event.view = this.order[index]!;
    return true;
  }

  private find(event: SyscallContext): void {
    const { asked, real, fileSystem } = this.values;
    if (this.setting === "both") {
      event.view = pathViews.asked;
      if (hasNoPath(event) || isAsAsked(event, this.readers[0]!(event))) return this.add(pathViews.asked);
    }
    this.read(event, pathViews.asked, asked);
    this.read(event, pathViews.real, real);
    this.read(event, pathViews.fileSystem, fileSystem);
    const resolvedToo = real.some((value) => value !== undefined);
    if (this.setting === "both" || !resolvedToo) this.add(pathViews.asked);
    if (!resolvedToo) return;
    if (this.count === 0 || differs(real, asked)) this.add(pathViews.real);
    if (differs(fileSystem, real) && (this.setting === "resolved" || differs(fileSystem, asked)))
      this.add(pathViews.fileSystem);
  }

  private read(event: SyscallContext, view: PathView, values: Value[]): void {
    event.view = view;
    for (let i = 0; i < this.readers.length; i++) values[i] = this.readers[i]!(event);
  }

  private add(view: PathView): void {
    this.order[this.count++] = view;
  }
}

/**
 * Whether the event's file was found under the very path that was asked for, and the node has it there too: by far the
 * commonest case, seen without reading the other views.
 */
function isAsAsked({ record, host }: SyscallContext, name: Value): boolean {
  const inside = record.partLength(parts.FSPATH);
  if (inside >= 0) {
    if ((record.file(parts.FILE, fileAt.flags) & fileFactFlags.PARTIAL_MOUNT) !== 0) return false;
    const point = host.mountPoint(record.file(parts.FILE, fileAt.dev));
    // Where all of a file system is mounted, the end of the resolved path is the path inside it.
    if (point !== undefined && typeof name === "string") {
      const there = (point === "/" ? 0 : point.length) + inside;
      if (name.length !== there || !name.startsWith(point)) return false;
    }
  }
  return typeof name === "string" && record.partIs(parts.REALPATH, name);
}

/** Whether the record tells of no resolved path at all: calls without one, and those that failed. */
function hasNoPath({ record }: SyscallContext): boolean {
  return (
    record.partLength(parts.REALPATH) < 0 &&
    record.partLength(parts.FSPATH) < 0 &&
    record.partLength(parts.BASE) < 0 &&
    record.partLength(parts.BASE2) < 0
  );
}

/** Whether `values` say something that `others` do not. */
function differs(values: readonly Value[], others: readonly Value[]): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== undefined && values[i] !== others[i]) return true;
  return false;
}
