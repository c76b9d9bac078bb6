import assert from "node:assert/strict";
import { union, wantedAlways, wantedBy } from "../../../agent/engine/wanted.ts";
import { eventCode, events } from "../../../agent/events/table.ts";
import type { FieldUse } from "../../../agent/rules/catalogue.ts";
import type { RulePlan } from "../../../agent/rules/plan.ts";

const use = (name: string, argument?: string): FieldUse => ({
  text: name,
  name,
  type: "CHARBUF",
  list: false,
  quantifier: "none",
  ...(argument === undefined ? {} : { argument }),
});

interface Row {
  events: readonly string[] | "all";
  condition?: FieldUse;
  output?: FieldUse;
  source?: string;
}

const rule = ({ events: names, condition, output, source = "syscall" }: Row): RulePlan => ({
  identity: { namespace: "", object: "", rule: "R" },
  rule: "R",
  desc: "",
  priority: 4,
  tags: [],
  source,
  condition: {
    kind: "check",
    left: { kind: "field", field: condition ?? use("proc.name") },
    operator: "exists",
  },
  conditionText: "",
  events: names === "all" ? names : names.map((name) => eventCode(name)!),
  output: {
    tokens: output ? [{ kind: "value", operand: { kind: "field", field: output } }] : [],
    fields: [],
    extra: [],
  },
});

const names = (codes: readonly number[]) => codes.map((code) => events[code]!.name).sort();
const base = ["cgroup_mkdir", "execve", "execveat", "procexit", "task_fork"];

describe("what rules want from capture", () => {
  const cases: { name: string; rows: Row[]; codes?: string[]; environment?: boolean; cwd?: string[] }[] = [
    { name: "nothing but fork, exec and exit without rules", rows: [] },
    {
      name: "the calls of all rules",
      rows: [{ events: ["openat"] }, { events: ["unlink", "openat"] }],
      codes: ["openat", "unlink"],
    },
    { name: "nothing for rules of another source", rows: [{ events: ["openat"], source: "k8s_audit" }] },
    {
      name: "environments for proc.env in a condition",
      rows: [{ events: ["execve"], condition: use("proc.env", "A") }],
      environment: true,
    },
    {
      name: "environments for an ancestor's in an output",
      rows: [{ events: ["execve"], output: use("proc.aenv", "A") }],
      environment: true,
    },
    {
      name: "environments for the argument of that name",
      rows: [{ events: ["execve"], output: use("evt.arg", "env") }],
      environment: true,
    },
    {
      name: "the working folder on calls of rules that show it",
      rows: [{ events: ["mkdir"], output: use("proc.cwd") }, { events: ["openat"] }],
      codes: ["mkdir", "openat"],
      cwd: ["mkdir"],
    },
    {
      name: "connect and accept where roles are asked of other calls",
      rows: [{ events: ["dup2"], condition: use("fd.sip") }],
      codes: ["dup2", "connect", "accept", "accept4"],
    },
    {
      name: "no connect for a path",
      rows: [{ events: ["openat"], condition: use("fd.name") }],
      codes: ["openat"],
    },
  ];
  for (const { name, rows, codes = [], environment = false, cwd = [] } of cases)
    it(`is ${name}`, () => {
      const wanted = wantedBy({ digest: "", rules: rows.map(rule) });
      assert.deepEqual(names(wanted.codes), [...base, ...codes].sort());
      assert.equal(wanted.environment, environment);
      assert.deepEqual(names(wanted.cwd), cwd);
    });

  it("is paths where some rule shows or compares one", () => {
    const wants = (output: FieldUse) =>
      wantedBy({ digest: "", rules: [rule({ events: ["openat"], output })] }).paths;
    assert.deepEqual(
      ["proc.name", "fd.name", "fs.path.target", "evt.args", "fd.num"].map((name) => wants(use(name))),
      [false, true, true, true, true],
    );
    assert.deepEqual(
      ["path", "oldpath", "1", "flags"].map((argument) =>
        wants({ ...use("evt.arg"), text: `evt.arg.${argument}`, argument }),
      ),
      [true, true, true, false],
    );
  });

  const asked = (fields: FieldUse[], of = ["execve", "openat"]) => {
    const rules = fields.map((output) => rule({ events: of, output }));
    const { task, streams, streamPaths, codes } = wantedBy({ digest: "", rules });
    return {
      task: names(task),
      streams: names(streams),
      streamPaths: names(streamPaths),
      codes: names(codes),
    };
  };

  it("is what a task uses on calls of rules that show it", () => {
    for (const name of ["proc.vmsize", "proc.fdlimit", "proc.fdusage", "thread.pfmajor", "thread.vmrss.b"])
      assert.deepEqual(asked([use(name)]).task, ["execve", "openat"], name);
    // Of these only exec and clone have such parameters.
    for (const field of [
      use("evt.args"),
      use("evt.arg", "vm_size"),
      use("evt.rawarg", "fdlimit"),
      use("evt.arg", "7"),
    ])
      assert.deepEqual(asked([field]).task, ["execve"], field.text);
    for (const field of [use("proc.name"), use("evt.arg", "flags"), use("thread.tid"), use("proc.env", "7")])
      assert.deepEqual(asked([field]).task, [], field.text);
  });

  it("is the first three descriptors on calls of rules that show them, paths only for names", () => {
    const both = ["execve", "openat"];
    const types = asked([use("proc.stdin.type"), use("fd.types", "0")]);
    assert.deepEqual([types.streams, types.streamPaths], [both, []]);
    assert.ok(!types.codes.includes("connect"));
    const shown = asked([use("proc.stderr.name")]);
    assert.deepEqual([shown.streams, shown.streamPaths], [both, both]);
    assert.ok(
      ["connect", "accept"].every((call) => (shown.codes as string[]).includes(call)),
      "roles",
    );
    assert.deepEqual(asked([use("fd.types")]).streams, []);
  });

  it("is every captured call for a rule without event types", () => {
    const { codes } = wantedBy({ digest: "", rules: [rule({ events: "all" })] });
    const captured = events.flatMap((row) => ("captured" in row ? [row.name] : []));
    assert.deepEqual(names(codes), [...new Set([...captured, "task_fork", "cgroup_mkdir"])].sort());
  });

  it("is the union of both sets while one replaces the other", () => {
    const one = wantedBy({ digest: "", rules: [rule({ events: ["openat"], output: use("proc.cwd") })] });
    const other = wantedBy({ digest: "", rules: [rule({ events: ["unlink"], output: use("proc.env") })] });
    const both = union(one, other);
    assert.deepEqual(names(both.codes), [...base, "openat", "unlink"].sort());
    assert.deepEqual([both.environment, names(both.cwd)], [true, ["openat"]]);
    assert.deepEqual(union(one, wantedAlways), one);
  });
});
