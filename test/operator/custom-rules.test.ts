import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildCatalogue } from "../../agent/fields/index.ts";
import { customRules } from "../../operator/custom-rules.ts";

const shell = (name: string, condition = "evt.type = execve") =>
  `- rule: ${name}\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: NOTICE\n`;

describe("rules files in the chart's values", () => {
  const catalogue = buildCatalogue();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-custom-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  };
  const read = () => customRules(folder, catalogue);

  it("become FalcoRules in the order of their names, behind ours and before people's", () => {
    write({ "b.yaml": shell("B"), "Team_A.yml": shell("A"), "notes.txt": "not rules" });
    const { objects, refused, remarks } = read();
    assert.deepEqual([refused, remarks], [[], []]);
    assert.deepEqual(
      objects.map(({ kind, metadata }) => [kind, metadata.name, metadata.labels]),
      ["custom-team-a", "custom-b"].map((name) => ["FalcoRule", name, { "tiercel.dev/origin": "values" }]),
    );
    const specs = objects.map((object) => (object as unknown as { spec: { order: number } }).spec);
    assert.deepEqual(
      specs.map(({ order }) => order),
      [40, 40],
    );
  });

  it("are found as a ConfigMap shows them: links to a folder that begins with dots", () => {
    mkdirSync(join(folder, "..2026.yaml"));
    writeFileSync(join(folder, "..2026.yaml", "a.yaml"), shell("A"));
    symlinkSync("..2026.yaml", join(folder, "..data"));
    symlinkSync("..data/a.yaml", join(folder, "a.yaml"));
    const { objects, refused } = read();
    assert.deepEqual([objects.map(({ metadata }) => metadata.name), refused], [["custom-a"], []]);
  });

  it("may change rules of others, as in Falco", () => {
    write({
      "a.yaml": "- rule: Terminal shell in container\n  enabled: false\n  override: {enabled: replace}\n",
    });
    const { objects, refused } = read();
    assert.deepEqual(refused, []);
    const [{ spec }] = objects as unknown as [{ spec: { rules: object[] } }];
    assert.deepEqual(spec.rules, [
      { rule: "Terminal shell in container", enabled: false, override: { enabled: "replace" } },
    ]);
  });

  it("are refused one by one, with file, line and column; the others are taken", () => {
    write({
      "a.yaml": shell("A"),
      "b.yaml": "- rule: B\n  desc: d\n  condition: [\n",
      "c.yaml": "- rule: C\n",
    });
    const { objects, refused } = read();
    assert.deepEqual(
      objects.map(({ metadata }) => metadata.name),
      ["custom-a"],
    );
    const [b, c] = refused;
    assert.deepEqual([b!.file, c!.file], ["b.yaml", "c.yaml"]);
    assert.match(b!.mistakes[0]!, /^b\.yaml:\d+:\d+: \S/);
    assert.match(c!.mistakes[0]!, /^c\.yaml:1:3: .*condition/);
    for (const name of ["custom-b", "custom-b-01"]) assert.equal(b!.mayHaveMade(name), true, name);
    for (const name of ["custom-c", "custom-bb", "custom-b-x", "b"])
      assert.equal(b!.mayHaveMade(name), false, name);
  });

  it("are refused where they are something else, or nothing", () => {
    const object = "apiVersion: tiercel.dev/v1alpha1\nkind: FalcoRule\nmetadata: {name: x}\nspec: {}\n";
    write({
      "empty.yaml": "",
      "object.yaml": object,
      "settings.yaml": "json_output: true\n",
      "text.yaml": "rules\n",
    });
    const { objects, refused } = read();
    assert.deepEqual(objects, []);
    assert.deepEqual(
      refused.map(({ file }) => file),
      ["empty.yaml", "object.yaml", "settings.yaml", "text.yaml"],
    );
    for (const { file, mistakes } of refused)
      assert.deepEqual(mistakes, [
        `${file}: is no Falco rules file: at its top must be a list of rules, macros and lists`,
      ]);
  });

  it("are refused where two would be one object", () => {
    write({ "a.yaml": shell("A"), "a.yml": shell("B") });
    const { objects, refused } = read();
    assert.equal(objects.length, 1);
    assert.match(refused[0]!.mistakes[0]!, /^a\.yml: its FalcoRule would have the name of a\.yaml's/);
  });

  it("leave all their objects where the folder cannot be read", () => {
    const missing = join(folder, "missing");
    const { objects, refused } = customRules(missing, catalogue);
    assert.deepEqual(objects, []);
    assert.deepEqual(refused[0]!.mistakes, [`${missing} cannot be read: ENOENT`]);
    assert.deepEqual(
      [refused[0]!.mayHaveMade("custom-x"), refused[0]!.mayHaveMade("default")],
      [true, false],
    );
    mkdirSync(join(folder, "x.yaml"));
    assert.match(read().refused[0]!.mistakes[0]!, /x\.yaml cannot be read: EISDIR/);
  });

  it("are none without a folder", () => {
    assert.deepEqual(customRules("", catalogue), { objects: [], refused: [], remarks: [] });
  });
});
