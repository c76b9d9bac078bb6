import assert from "node:assert/strict";
import { PathViewTries, usesPaths, type PathViewsSetting } from "../../../agent/engine/path-views.ts";
import { pathViews, type SyscallContext } from "../../../agent/fields/context.ts";
import { parts } from "../../../agent/events/record.ts";
import type { FieldReaders, FieldUse, Value } from "../../../agent/rules/catalogue.ts";
import type { TypedExpr } from "../../../agent/rules/condition/typed.ts";
import { record } from "../state/records.ts";

type Paths = Partial<Record<"asked" | "real" | "fileSystem", string>>;

/** Which views are shown for an event whose fd.name reads so, in order. */
function shown(setting: PathViewsSetting, paths: Paths, field = "fd.name"): string[] {
  const names = Object.keys(pathViews) as (keyof typeof pathViews)[];
  const readers: FieldReaders<SyscallContext> = {
    reader:
      (use) =>
      (event): Value =>
        use.name === field ? paths[names[event.view]!] : undefined,
    exists: () => () => true,
  };
  const event = {
    view: pathViews.asked,
    record: record("openat", {}, { [parts.REALPATH]: "/resolved" }),
  } as SyscallContext;
  const tries = new PathViewTries(readers, setting);
  tries.begin();
  const result: string[] = [];
  for (let index = 0; tries.show(event, index); index++) result.push(names[event.view]!);
  return result;
}

describe("views of an event's paths", () => {
  const cases: { name: string; setting?: PathViewsSetting; paths: Paths; want: string[] }[] = [
    {
      name: "are one where all say the same",
      paths: { asked: "/a", real: "/a", fileSystem: "/a" },
      want: ["asked"],
    },
    {
      name: "are two where a link was followed",
      paths: { asked: "/l", real: "/a", fileSystem: "/a" },
      want: ["asked", "real"],
    },
    {
      name: "are two where only the mount hides the source",
      paths: { asked: "/m/a", real: "/m/a", fileSystem: "/a" },
      want: ["asked", "fileSystem"],
    },
    {
      name: "are three where all differ",
      paths: { asked: "/l", real: "/m/a", fileSystem: "/a" },
      want: ["asked", "real", "fileSystem"],
    },
    {
      name: "leave out a file system's path that was asked for",
      paths: { asked: "/a", real: "/m/a", fileSystem: "/a" },
      want: ["asked", "real"],
    },
    { name: "are the asked one where nothing was resolved", paths: { asked: "/a" }, want: ["asked"] },
    { name: "are the asked one where there is no path", paths: {}, want: ["asked"] },
    {
      name: "under asked are the asked one",
      setting: "asked",
      paths: { asked: "/l", real: "/a" },
      want: ["asked"],
    },
    {
      name: "under resolved leave the asked one out",
      setting: "resolved",
      paths: { asked: "/l", real: "/a", fileSystem: "/b" },
      want: ["real", "fileSystem"],
    },
    {
      name: "under resolved are the asked one where nothing was resolved",
      setting: "resolved",
      paths: { asked: "/l" },
      want: ["asked"],
    },
    {
      name: "under resolved keep a file system's path that was asked for",
      setting: "resolved",
      paths: { asked: "/b", real: "/a", fileSystem: "/b" },
      want: ["real", "fileSystem"],
    },
  ];
  for (const { name, setting = "both", paths, want } of cases)
    it(name, () => assert.deepEqual(shown(setting, paths), want));

  it("look at both paths of calls by name", () => {
    for (const field of ["fs.path.name", "fs.path.source", "fs.path.target"])
      assert.deepEqual(shown("both", { asked: "/l", real: "/a", fileSystem: "/a" }, field), [
        "asked",
        "real",
      ]);
  });
});

describe("the file system's view of a file on a mount of all of it", () => {
  const readers: FieldReaders<SyscallContext> = {
    reader: (use) => (event) =>
      use.name !== "fd.name" ? undefined : event.view === pathViews.fileSystem ? "/boot/key" : "/m/key",
    exists: () => () => true,
  };
  const views = (point: string | undefined) => {
    const event = {
      view: pathViews.asked,
      record: record("openat", {}, { [parts.REALPATH]: "/m/key", [parts.FSPATH]: "/key" }),
      host: { mountPoint: () => point },
    } as unknown as SyscallContext;
    const tries = new PathViewTries(readers, "both");
    tries.begin();
    let count = 0;
    while (tries.show(event, count)) count++;
    return count;
  };
  const cases = [
    { name: "is no view of its own where the node has the same mount", point: "/m", want: 1 },
    { name: "is none where the node has no such mount", point: undefined, want: 1 },
    { name: "is one where the node has it elsewhere", point: "/boot", want: 2 },
    { name: "is one where the node has it elsewhere, by a name as long", point: "/n", want: 2 },
    { name: "is one where it is the node's root", point: "/", want: 2 },
  ];
  for (const { name, point, want } of cases) it(name, () => assert.equal(views(point), want));
});

describe("a condition's use of path fields", () => {
  const use = (name: string): FieldUse => ({
    text: name,
    name,
    type: "CHARBUF",
    list: false,
    quantifier: "none",
  });
  const field = (name: string) => ({ kind: "field", field: use(name) }) as const;
  const check = (left: Extract<TypedExpr, { kind: "check" }>["left"], right?: typeof left): TypedExpr => ({
    kind: "check",
    left,
    operator: "=",
    ...(right ? { right } : { values: ["x"] }),
  });
  const wrapped = (name: string) => ({ kind: "transformer", name: "tolower", args: [field(name)] }) as const;
  const joined = (name: string) =>
    ({
      kind: "transformer",
      name: "join",
      args: [
        { kind: "constant", value: "," },
        { kind: "list", items: [field(name)] },
      ],
    }) as const;
  const cases: { name: string; condition: TypedExpr; want: boolean }[] = [
    { name: "a check", condition: check(field("fd.name")), want: true },
    { name: "another field", condition: check(field("fd.nameraw")), want: false },
    {
      name: "a not inside an or",
      condition: {
        kind: "or",
        args: [check(field("proc.name")), { kind: "not", arg: check(field("fs.path.target")) }],
      },
      want: true,
    },
    { name: "a transformer", condition: check(wrapped("fd.directory")), want: true },
    { name: "a list in a transformer", condition: check(joined("fd.filename")), want: true },
    { name: "the right-hand side", condition: check(field("proc.name"), wrapped("fd.filename")), want: true },
    {
      name: "only fields without views",
      condition: { kind: "and", args: [check(field("proc.name")), check(wrapped("proc.exe"))] },
      want: false,
    },
  ];
  for (const { name, condition, want } of cases)
    it(`in ${name}: ${want}`, () => assert.equal(usesPaths(condition), want));
});
