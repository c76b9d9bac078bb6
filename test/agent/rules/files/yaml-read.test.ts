import assert from "node:assert/strict";
import { SourceFile, wholeFile } from "../../../../agent/rules/files/source-text.ts";
import { maxAliases, readYaml } from "../../../../agent/rules/files/yaml-read.ts";
import type { YamlNode } from "../../../../agent/rules/files/yaml-tree.ts";
import { allErrors, hints, load, rule, rulesOf } from "../../../support/rules.ts";

const read = (text: string) => readYaml(wholeFile(new SourceFile("a.yaml", text)));

/** A tree as plain values; null where YAML has a null. */
function plain(node: YamlNode): unknown {
  if (node.kind === "scalar") return node.isNull ? null : node.text;
  if (node.kind === "sequence") return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key.text, plain(value)]));
}

describe("readYaml", () => {
  const values = [
    {
      name: "keeps scalars as written",
      text: "- [0x10, 022, yes, 1.0, '1', \"a\\tb\"]",
      want: [["0x10", "022", "yes", "1.0", "1", "a\tb"]],
    },
    {
      name: "knows nulls only unquoted",
      text: '- {a: , b: ~, c: null, d: "null", e: ""}',
      want: [{ a: null, b: null, c: null, d: "null", e: "" }],
    },
    { name: "takes the first of a repeated key", text: "- a: 1\n  a: 2", want: [{ a: "1" }] },
    {
      name: "does not follow merge keys",
      text: "- &b {x: 1}\n- <<: *b\n  y: 2",
      want: [{ x: "1" }, { "<<": { x: "1" }, y: "2" }],
    },
    { name: "follows aliases", text: "- &b [x]\n- *b", want: [["x"], ["x"]] },
    {
      name: "reads a comment glued to a token",
      text: "- a: [x]# note\n  b: 'y'# note",
      want: [{ a: ["x"], b: "y" }],
    },
    {
      name: "reads a list further left than its key",
      text: "- a:\n    b: [x,\n y,\nz\n]\n  c: 1",
      want: [{ a: { b: ["x", "y", "z"] }, c: "1" }],
    },
    { name: "reads CRLF", text: "- a: >\r\n    x\r\n    y\r\n", want: [{ a: "x y\n" }] },
    { name: "joins lines of a plain scalar", text: "- a: x\n    y\n\n    z", want: [{ a: "x y\nz" }] },
  ];
  for (const { name, text, want } of values)
    it(name, () => {
      const { documents, problems } = read(text);
      assert.deepEqual(problems, []);
      assert.deepEqual(documents.map(plain)[0], want);
    });

  it("reads all documents and skips empty ones", () => {
    assert.deepEqual(read("---\n- a\n---\n---\nnull\n---\n- b\n").documents.map(plain), [["a"], ["b"]]);
    assert.deepEqual(read("# nothing\n").documents, []);
  });

  const problems = [
    { name: "a tab as indentation", text: "- a: 1\n\tb: 2\n", want: /^tabs are not allowed/ },
    { name: "a tab behind a dash", text: "-\ta: 1\n", want: /^tabs are not allowed/ },
    { name: "two colons on a line", text: "- a: b: c\n", want: /^illegal map value/ },
    { name: "an open quote", text: '- a: "x\n', want: /never closed/ },
    { name: "a reserved character", text: "- a: @x\n", want: /quote the value/ },
    { name: "an unknown anchor", text: "- *x\n", want: /'x' is not defined/ },
    { name: "an anchor inside itself", text: "- &x [*x]\n", want: /'x' is not defined/ },
  ];
  for (const { name, text, want } of problems)
    it(`refuses ${name}`, () => assert.match(read(text).problems[0]?.message ?? "", want));

  it("gives one problem for one mistake", () => {
    assert.equal(read("- a: [b,\nc\n- d: e\n- f: g\n").problems.length, 1);
  });

  it("reads a file whose byte order mark would shift its first column", () => {
    const { results, plan } = load([`\ufeff${rule("R", "evt.type=execve")}`]);
    assert.equal(plan?.rules.length, 1);
    assert.deepEqual(hints(results[0]), [
      "TIERCEL_YAML_BOM 1:1 the file starts with a byte order mark; save it without",
    ]);
    assert.equal(load(["\ufeff- rule: 1\n"]).results[0]?.errors[0]?.place?.at, 2);
  });

  it("hints at what other parsers refuse, with its place", () => {
    const text = `${rule("R", "evt.type=open", "  tags: [a]# note\n  desc: again\n")}- list: l\n  items: [a,\n b]\n`;
    assert.deepEqual(
      load([text])
        .results[0]?.hints.filter(({ code }) => code.startsWith("TIERCEL_YAML"))
        .map(({ code, place }) => `${code} ${place?.file.position(place.at).line}`),
      ["TIERCEL_YAML_INDENT 9", "TIERCEL_YAML_COMMENT 5", "TIERCEL_YAML_DUPLICATE_KEY 6"],
    );
  });
});

describe("hostile YAML", () => {
  it("is bounded in aliases", () => {
    const text = `- &a x\n${"- *a\n".repeat(maxAliases + 1)}`;
    assert.match(read(text).problems[0]?.message ?? "", /more than 10000 aliases/);
  });

  it("does not multiply: a bomb of aliases costs nothing", () => {
    const levels = Array.from({ length: 30 }, (_, level) =>
      level === 0
        ? "- &a0 [x]"
        : `- &a${level} [${Array(10)
            .fill(`*a${level - 1}`)
            .join(", ")}]`,
    );
    const start = performance.now();
    const bomb = `${levels.join("\n")}\n- list: l\n  items: *a29\n${rule("R", "evt.type=open", "  exceptions: *a29\n")}`;
    assert.match(allErrors([bomb]).join("\n"), /Unexpected element type/);
    assert.ok(performance.now() - start < 2000);
  });

  it("does not multiply in exceptions", () => {
    const tuple = `&t [${Array(500).fill("aaaaaaaa").join(", ")}]`;
    const text = rule(
      "R",
      "evt.type=open",
      `  exceptions:\n  - name: e\n    fields: [${Array(500).fill("proc.name").join(", ")}]\n    values: [${tuple}${", *t".repeat(5000)}]\n`,
    );
    const start = performance.now();
    assert.match(allErrors([text]).join("\n"), /longer than 1048576 characters/);
    assert.ok(performance.now() - start < 3000);
  });

  it("is refused at once when the file is too large", () => {
    const start = performance.now();
    assert.deepEqual(allErrors([" ".repeat(10 << 20)]), [
      "LOAD_ERR_YAML_PARSE 1:1 the file has 10485760 bytes; a rules file may have 1048576",
    ]);
    assert.ok(performance.now() - start < 500);
  });

  it("may nest deeply without harm", () => {
    for (const unit of ["[", "{a: ", "- ", "? ", "- a: [{b: "])
      assert.match(
        read(`- ${unit.repeat(20_000)}`).problems[0]?.message ?? "",
        /^collections are nested too deeply$/,
      );
    assert.deepEqual(read(`- ${"[".repeat(150)}${"]".repeat(150)}`).problems, []);
  });

  it("may name keys after what objects have", () => {
    assert.equal(
      rulesOf([`- __proto__: 1\n  constructor: 2\n${rule("R", "evt.type=open", "  toString: 3\n")}`]).length,
      1,
    );
  });
});
