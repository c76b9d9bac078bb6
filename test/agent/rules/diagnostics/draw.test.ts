import assert from "node:assert/strict";
import { drawResult } from "../../../../agent/rules/diagnostics/draw.ts";
import { loadResultsJson } from "../../../../agent/rules/diagnostics/load-json.ts";
import { printable, snippetOf } from "../../../../agent/rules/diagnostics/snippet.ts";
import { SourceFile } from "../../../../agent/rules/files/source-text.ts";
import { golden } from "../../../support/golden.ts";
import { load } from "../../../support/rules.ts";

/** One mistake of each kind that people make, in our own words. */
const mistakes = `# Rules of a shop, with mistakes.
- list: shop_shells
  items: [ash, bash]# the usual
- macro: shop_pods
  condition: k8s.ns.name startswith shop-
- macro: shop_started
  condition: >
    evt.type in (execve, execveat)
    and shop_pod
- rule: Shell in the shop 🚨
  desc: Somebody opened a shell.
  condition: >
    evt.type = execve and shop_pods
    and proc.nmae in (shop_shells)
    and fd.sport = htps
  output: "Shell 🚨 %proc.nmae by %user.name"
  priority: HIGH
  tag: [shop]
- rule: Ledger read
  desc: The ledger was opened.
  condition: evt.type = opne and fd.name = "/srv/ledger
  priority: WARNING
  exceptions:
  - name: auditor
    fields: [proc.name, user.nam]
    comps: [=]
    values: [[auditd, root]]
- rule: No such rule
  condition: and proc.name != cat
  override: {condition: append, output: replace}
`;

describe("drawResult", () => {
  const { results } = load([mistakes]);

  it("shows all mistakes, each with place, words, reason and what to do", () => {
    golden("validate/mistakes.txt", results.map((result) => drawResult(result)).join(""));
  });

  it("gives the same in Falco's JSON, with hints", () => {
    golden("validate/mistakes.json", `${JSON.stringify(loadResultsJson(results), undefined, 2)}\n`);
  });

  it("says Ok, and Ok with warnings", () => {
    const texts = ["- macro: m\n  condition: evt.type=open\n", ""].map((text) => load([text]).results[0]!);
    assert.match(drawResult(texts[0]!), /^a.yaml: Ok, with warnings\n1 Warning:\n/);
    assert.equal(drawResult(texts[1]!), "a.yaml: Ok\n");
  });

  it("colours only where asked", () => {
    assert.ok(!drawResult(results[0]!).includes("\u001b"));
    assert.ok(drawResult(results[0]!, true).includes("\u001b[31mInvalid\u001b[0m"));
  });

  it("lets no file write to the terminal", () => {
    const text = '- rule: "\\e]0;owned\\a"\n  condition: "\u009b31m"\n- "\u202e"\n';
    const drawn = drawResult(load([text]).results[0]!);
    assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(drawn), drawn);
    assert.equal(printable("\u001b[31m\t\u202e"), "\\u001b[31m \\u202e");
  });
});

describe("snippetOf", () => {
  const mark = (text: string, word: string) => {
    const at = text.indexOf(word);
    return snippetOf({ file: new SourceFile("a", text), at, end: at + word.length });
  };

  it("puts the mark under the words, wide characters counted as the terminal shows them", () => {
    assert.deepEqual(mark("x\n🚨특 abc", "abc"), { line: 2, text: "🚨특 abc", mark: "     ^^^" });
    assert.equal(mark("Te\u0302p.name", "p.name").mark, "  ^^^^^^");
  });

  it("cuts long lines around the mark", () => {
    const { text, mark: under } = mark(`${"a".repeat(500)} HERE ${"b".repeat(500)}`, "HERE");
    assert.ok(text.length < 120);
    assert.equal(text.slice(under.indexOf("^"), under.lastIndexOf("^") + 1), "HERE");
  });
});
