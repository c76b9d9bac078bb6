import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import { convertFile } from "../../../../agent/cli/convert/convert-file.ts";
import { catalogue, load } from "../../../support/rules.ts";

const names = ["a", "b", "c"] as const;
const name = fc.constantFrom(...names);
const value = fc.constantFrom("x", "y z", "22", "yes", "'q'", "l_a", "l_b", "l_c");
const check = fc.constantFrom(
  "proc.name in (l_a)",
  "proc.name=x",
  "fd.num=1",
  "m_a",
  "m_b",
  "m_c",
  "not m_a",
  "(fd.num=1 or m_b)",
);
const condition = fc.array(check, { minLength: 1, maxLength: 3 }).map((checks) => checks.join(" and "));
const exceptions = fc.constantFrom(
  "",
  "  exceptions: [{name: e, fields: proc.name, values: [x, y z]}]\n",
  "  exceptions: [{name: f, fields: [proc.name, fd.num], comps: [in, =], values: [[[x, y], 3]]}]\n",
);

const items = fc.oneof(
  fc.record({ name, values: fc.array(value, { maxLength: 3 }), append: fc.boolean() }).map(
    ({ name, values, append }) =>
      `- list: l_${name}\n  items: [${values
        .filter((each) => each !== `l_${name}`)
        .map((each) => JSON.stringify(each))
        .join(", ")}]\n${append ? "  append: true\n" : ""}`,
  ),
  fc
    .record({ name, condition, append: fc.boolean() })
    .map(({ name, condition, append }) =>
      append
        ? `- macro: m_${name}\n  override: {condition: append}\n  condition: or ${condition}\n`
        : `- macro: m_${name}\n  condition: >\n    ${condition}\n`,
    ),
  fc
    .record({ name, condition, exceptions, enabled: fc.boolean(), tags: fc.subarray(["t", "n", "1"]) })
    .map(
      ({ name, condition, exceptions, enabled, tags }) =>
        `- rule: "r ${name}"\n  desc: d\n  condition: evt.type=open and ${condition}\n  output: "%proc.name"\n  priority: info\n  enabled: ${enabled}\n  tags: [${tags.join(", ")}]\n${exceptions}`,
    ),
  fc
    .record({ name, condition })
    .map(({ name, condition }) => `- rule: "r ${name}"\n  append: true\n  condition: and ${condition}\n`),
  fc
    .record({ name, enabled: fc.boolean() })
    .map(
      ({ name, enabled }) =>
        `- rule: "r ${name}"\n  override: {enabled: replace, tags: append}\n  enabled: ${enabled}\n  tags: [u]\n`,
    ),
);

/** What is there before, so that most changes have something to work on. */
const before = [
  ...names.map((each) => `- list: l_${each}\n  items: [${each}]\n`),
  ...names.map((each) => `- macro: m_${each}\n  condition: fd.num=${each.charCodeAt(0)}\n`),
  ...names.map(
    (each) =>
      `- rule: "r ${each}"\n  desc: d\n  condition: evt.type=open and m_${each}\n  output: o\n  priority: info\n`,
  ),
].join("");

const plans = (texts: readonly string[]) =>
  load(texts).plan?.rules.map((rule) => ({ ...rule, identity: undefined, conditionText: undefined }));

describe("convert, whatever the rules", () => {
  let compared = 0;

  for (const [title, base] of [
    ["in one file", []],
    ["over another file", [before]],
  ] as const)
    it(`gives the same set, both ways, ${title}`, () => {
      fc.assert(
        fc.property(fc.array(items, { minLength: 1, maxLength: 10 }), (parts) => {
          const text = (base.length === 0 ? before : "") + parts.join("");
          const want = plans([...base, text]);
          fc.pre(want !== undefined);
          const first = convertFile("x.yaml", text, catalogue);
          fc.pre(!first.remarks.some((remark) => remark.includes("name each other")));
          const manifest = first.documents.join("---\n");
          const back = convertFile("x.yaml", manifest, catalogue).documents.join("---\n");
          assert.deepEqual(plans([...base, manifest]), want, manifest);
          assert.deepEqual(plans([...base, back]), want, back);
          compared++;
        }),
        { numRuns: 80 },
      );
      assert.ok(compared > 50);
    });

  it("never fails otherwise than by findings, and writes YAML that can be read", () => {
    const piece = fc.constantFrom(
      "- rule: r\n",
      "  condition: x\n",
      "  items: [a]\n",
      "- list: l\n",
      "customRules:\n  a.yaml: |\n",
      "    - macro: m\n      condition: x\n",
      "config:\n",
      "  slack: {webhookurl: x}\n",
      "rules_file: x\n",
      "json_output: true\n",
      "apiVersion: tiercel.dev/v1\nkind: FalcoRule\n",
      "spec:\n  rules: []\n",
      "---\n",
      "x: [",
      "\u0000",
      "é🚨",
      "  append: true\n",
      "- macro: m\n  condition: y\n",
      "priority: debug\n",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (parts) => {
        const { documents } = convertFile("x.yaml", parts.join(""), catalogue);
        for (const document of parseAllDocuments(documents.join("---\n"), { version: "1.1" }))
          assert.deepEqual(document.errors, []);
      }),
      { numRuns: 500 },
    );
  });
});
