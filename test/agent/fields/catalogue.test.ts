import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { buildCatalogue } from "../../../agent/fields/index.ts";
import { root } from "../../support/reference.ts";

const catalogue = buildCatalogue();
const syscall = catalogue.sources.get("syscall")!;
const audit = catalogue.sources.get("k8s_audit")!;

describe("catalogue", () => {
  const rows = readFileSync(`${root}test/agent/fields/fields.tsv`, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));

  it("has every field of the reference with its type, shape and argument", () => {
    const wrong: string[] = [];
    for (const [source, name, type, shape, argument] of rows) {
      const info = catalogue.sources.get(source!)!.fields.find((each) => each.name === name);
      const got =
        info === undefined ? "nothing" : `${info.type} ${info.list ? "list" : "scalar"} ${info.argument}`;
      const want = `${type} ${shape} ${argument}`;
      if (got !== want) wrong.push(`${name}: want ${want}, got ${got}`);
    }
    assert.deepEqual(wrong, []);
    assert.ok(rows.length > 380);
  });

  it("has each field once, with a sentence and an example", () => {
    for (const source of [syscall, audit]) {
      assert.equal(new Set(source.fields.map(({ name }) => name)).size, source.fields.length);
      for (const { name, help, example } of source.fields) {
        assert.match(help, /^[\p{L}0-9a-z<].*\.$/u, name);
        assert.ok(example?.startsWith(name) || example?.startsWith(`%${name}`), `${name}: ${example}`);
      }
    }
  });

  it("gives every source the generic fields", () => {
    for (const name of ["evt.num", "evt.time", "evt.rawtime", "evt.source", "evt.hostname"])
      for (const source of [syscall, audit])
        assert.ok("type" in source.resolve(name), `${source.name} ${name}`);
  });

  it("says which fields are suggested for outputs, in Falco's order", () => {
    assert.deepEqual(
      syscall.fields.filter((info) => info.suggestedOutput).map((info) => info.name),
      [
        "container.id",
        "container.name",
        "container.image.repository",
        "container.image.tag",
        "k8s.pod.name",
        "k8s.ns.name",
      ],
    );
  });

  it("counts the plugins that public files ask for as loaded", () => {
    assert.deepEqual([...catalogue.plugins.keys()], ["container", "k8saudit", "json", "k8smeta"]);
    assert.deepEqual(catalogue.engineVersion, [0, 63, 0]);
  });

  it("holds static fields for every source", () => {
    const other = buildCatalogue({ staticFields: new Map([["site", "berlin"]]) });
    for (const source of other.sources.values()) assert.ok("type" in source.resolve("static.site"));
    assert.ok("message" in syscall.resolve("static.site"));
  });
});

describe("resolve", () => {
  const uses = [
    { token: ["proc.name"], want: { text: "proc.name", name: "proc.name", type: "CHARBUF" } },
    { token: ["proc.aname"], want: { name: "proc.aname", quantifier: "any" } },
    { token: ["proc.aname", "2"], want: { text: "proc.aname[2]", argument: "2", quantifier: "none" } },
    { token: ["proc.args", "-1"], want: { argument: "-1" } },
    { token: ["proc.env", "A B"], want: { argument: "A B" } },
    { token: ["proc.env", ""], want: { argument: "" } },
    { token: ["evt.arg.flags"], want: { name: "evt.arg", argument: "flags", type: "CHARBUF" } },
    { token: ["evt.arg", "01"], want: { text: "evt.arg[01]", argument: "1" } },
    { token: ["evt.rawarg.flags"], want: { argument: "flags", type: "FLAGS32", format: "hex" } },
    { token: ["evt.rawarg.uid"], want: { type: "UINT32" } },
    { token: ["evt.rawarg.ruid"], want: { type: "UID" } },
    { token: ["evt.rawarg.mode"], want: { type: "UINT32", format: "oct" } },
    { token: ["evt.arg.ID"], want: { argument: "ID" } },
    { token: ["evt.abspath"], want: { name: "evt.abspath" } },
    { token: ["evt.abspath.dst"], want: { argument: "dst" } },
    { token: ["evt.type.is.open"], want: { argument: "open", type: "UINT32" } },
    { token: ["thread.cgroup.cpu"], want: { argument: "cpu" } },
    { token: ["thread.cgroups"], want: { name: "thread.cgroups" } },
    { token: ["fd.net"], want: { quantifier: "either", type: "IPNET" } },
    { token: ["fd.types", "1"], want: { list: true, argument: "1" } },
    { token: ["container.mount.dest", "/proc*"], want: { argument: "/proc*" } },
    { token: ["k8s.pod.label", "app"], want: { argument: "app" } },
    { token: ["evt.rawtime.ns"], want: { format: "ns9" } },
  ] as const;
  for (const { token, want } of uses)
    it(`takes ${token.join(" [")}`, () => {
      const got = syscall.resolve(token[0], token[1]);
      assert.ok("type" in got, JSON.stringify(got));
      for (const [key, value] of Object.entries(want)) assert.equal(got[key as keyof typeof got], value, key);
      assert.equal(syscall.info(got).name, got.name);
    });

  const nonexistent = (name: string) => `filter_check called with nonexistent field ${name}`;
  const problems = [
    { token: ["proc.nmae"], message: nonexistent("proc.nmae"), suggests: "proc.name" },
    { token: ["proc.namefoo"], message: nonexistent("proc.namefoo"), suggests: "proc.name" },
    { token: ["proc.name", "1"], message: nonexistent("proc.name[1]"), suggests: "proc.name" },
    { token: ["proc.args", "x"], message: nonexistent("proc.args[x]"), suggests: "proc.args[0]" },
    { token: ["proc.aname.x"], message: nonexistent("proc.aname.x") },
    { token: ["evt.arg"], message: "filter syntax error: evt.arg" },
    { token: ["evt.arg", "flags"], message: "flags is not a valid number", suggests: "evt.arg.flags" },
    { token: ["evt.arg.falgs"], message: "unknown event argument falgs", suggests: "evt.arg.flags" },
    { token: ["evt.rawarg", "1"], message: "evt.arg fields must be expressed explicitly" },
    { token: ["evt.type.is"], message: "filter syntax error: evt.type.is" },
    {
      token: ["evt.type.is", "open"],
      message: "filter syntax error: evt.type.is[open]",
      suggests: "evt.type.is.open",
    },
    { token: ["evt.type.is.opne"], message: "unknown event type opne" },
    { token: ["evt.abspath.x"], message: nonexistent("evt.abspath.x") },
    { token: ["thread.cgroup"], message: "filter syntax error: thread.cgroup" },
    {
      token: ["thread.cgroup", "cpu"],
      message: "filter syntax error: thread.cgroup[cpu]",
      suggests: "thread.cgroup.cpu",
    },
    {
      token: ["k8s.pod.label.role"],
      message: "k8s.pod.label requires an argument but none provided",
      suggests: "k8s.pod.label[role]",
    },
    { token: ["k8s.pod.label"], message: "k8s.pod.label requires an argument but none provided" },
    {
      token: ["container.mount.dst", "/etc"],
      message: "container.mount requires an argument but none provided",
      suggests: "container.mount.dest[/etc]",
    },
    { token: ["k8s.pod.label", "a b"], message: "unbalanced argument brackets" },
    { token: ["syslog.message"], message: nonexistent("syslog.message") },
    { token: ["ka.verb"], message: nonexistent("ka.verb") },
  ] as const;
  for (const { token, message, ...rest } of problems)
    it(`refuses ${token.join(" [")}`, () => {
      const got = syscall.resolve(token[0], token[1]);
      assert.ok("message" in got, JSON.stringify(got));
      assert.equal(got.message, message);
      if ("suggests" in rest) assert.equal(got.suggestions[0], rest.suggests);
    });

  it("suggests nothing where nothing is near", () => {
    assert.deepEqual(syscall.resolve("syslog.message"), {
      message: nonexistent("syslog.message"),
      suggestions: [],
    });
  });

  it("takes fields of the audit source there only", () => {
    for (const [name, argument] of [
      ["ka.verb"],
      ["jevt.value", "/stage"],
      ["jevt.rawtime"],
      ["ka.req.pod.containers.image"],
    ])
      assert.ok("type" in audit.resolve(name!, argument), name);
    assert.ok("message" in audit.resolve("proc.name"));
    assert.ok("message" in audit.resolve("jevt.value"));
  });
});

describe("event catalogue", () => {
  const { events } = catalogue;
  it("knows rows of the table, generic system calls and events of plugins", () => {
    for (const name of [
      "execve",
      "openat2",
      "procexit",
      "reboot",
      "mremap",
      "socketcall",
      "mseal",
      "container",
      "container_removed",
    ])
      assert.ok(events.codes(name) !== undefined, name);
    for (const name of ["opne", "task_fork", "", "toString"])
      assert.equal(events.codes(name), undefined, name);
  });
  it("names every code as it was asked for", () => {
    for (const name of events.names)
      for (const code of events.codes(name)!) assert.equal(events.name(code), name);
    assert.ok(events.size > 500);
  });
  it("says what is captured", () => {
    assert.equal(events.captured(events.codes("openat")![0]!), true);
    assert.equal(events.captured(events.codes("read")![0]!), false);
    assert.equal(events.captured(events.codes("reboot")![0]!), false);
  });
  it("knows ports of common services", () => {
    assert.equal(catalogue.servicePort("https"), 443);
    assert.equal(catalogue.servicePort("foo"), undefined);
    assert.equal(buildCatalogue({ servicePort: () => 7 }).servicePort("foo"), 7);
  });
});
