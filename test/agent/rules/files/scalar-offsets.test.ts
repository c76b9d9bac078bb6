import assert from "node:assert/strict";
import fc from "fast-check";
import { SourceFile, wholeFile } from "../../../../agent/rules/files/source-text.ts";
import { readYaml } from "../../../../agent/rules/files/yaml-read.ts";
import { YamlScalar } from "../../../../agent/rules/files/yaml-tree.ts";

function scalar(text: string): { file: SourceFile; node: YamlScalar } {
  const file = new SourceFile("a.yaml", text);
  const root = readYaml(wholeFile(file)).documents[0];
  const item = root?.kind === "sequence" ? root.items[0] : undefined;
  const value = item?.kind === "mapping" ? item.entries[0]?.value : item;
  assert.ok(value instanceof YamlScalar, text);
  return { file, node: value };
}

describe("scalarOffsets", () => {
  const cases = [
    { name: "plain", text: "- condition: aaa XX b" },
    { name: "plain over lines", text: "- condition: aaa\n    bb\n\n    XX c" },
    { name: "single quotes", text: "- condition: 'it''s XX here'" },
    { name: "single quotes over lines", text: "- condition: 'it\n     ''s\n\n     XX'" },
    { name: "double quotes", text: '- condition: "a \\"b\\" \\x41 \\u00e9 XX"' },
    { name: "double quotes with joined lines", text: '- condition: "a\\\n     b\\n\n   c XX"' },
    { name: "folded", text: "- condition: >\n    a b\n    c\n\n      more\n    XX d\n" },
    { name: "folded with a comment on its head", text: "- condition: >- # XX not here\n    a\n    XX\n" },
    { name: "folded with given indentation", text: "- condition: >1\n     a\n   XX\n" },
    { name: "literal", text: "- condition: |\n    a\n      b\n\n    XX\n" },
    { name: "literal with CRLF", text: "- condition: |\r\n    a\r\n    b XX\r\n" },
    { name: "behind characters of two units", text: '- condition: "🚨🚨 é XX"' },
  ];
  for (const { name, text } of cases)
    it(`finds a word of a scalar in style ${name}`, () => {
      const { file, node } = scalar(text);
      const at = node.text.indexOf("XX");
      const place = node.placeOf(at, at + 2);
      assert.equal(file.text.slice(place.at, place.end), "XX");
      assert.equal(place.at, text.lastIndexOf("XX"));
    });

  it("maps every character that is no blank to itself, however the lines are folded", () => {
    const word = fc.stringMatching(/^[a-z(),=é🚨]{1,6}$/u);
    const lines = fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    const style = fc.constantFrom("|", ">", ">-", "plain");
    fc.assert(
      fc.property(lines, style, fc.integer({ min: 0, max: 3 }), (given, header, extra) => {
        const body = given
          .map((words, index) => `${" ".repeat(4 + (index % 2) * extra)}${words.join(" ")}`)
          .join("\n");
        const text = header === "plain" ? `- c: x${body.trimStart()}` : `- c: ${header}\n${body}\n`;
        const { file, node } = scalar(text);
        for (let index = 0; index < node.text.length; index++) {
          if (/\s/.test(node.text[index]!)) continue;
          const { at } = node.placeOf(index, index + 1);
          assert.equal(file.text[at], node.text[index]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
