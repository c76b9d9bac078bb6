/** Plain values as YAML that every parser of YAML 1.1 and 1.2 reads as the same texts. */
import { Document, Scalar, visit } from "yaml";
import type { Plain } from "./values.ts";

/** Words and numbers that some parser takes for something else than text. */
const ambiguous = /^(?:|~|null|true|false|yes|no|on|off|y|n|=|<<|[-+]?\.(?:inf|nan)|[-+.]?\d.*)$/i;

const wideAfter = 100;

/** One document, without its mark. Long texts are folded, ambiguous ones quoted. */
export function yamlText(value: Plain): string {
  const document = new Document(value, { version: "1.1", aliasDuplicateObjects: false });
  visit(document, {
    Scalar(key, node) {
      if (typeof node.value !== "string" || key === "key") return;
      if (ambiguous.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
      else if (
        node.value.length > wideAfter &&
        !node.value.includes("\n") &&
        node.value.trim() === node.value
      )
        node.type = Scalar.BLOCK_FOLDED;
    },
    Seq(_key, node) {
      const short = node.items.every((item) => item instanceof Scalar && String(item.value).length < 40);
      if (
        short &&
        node.items.reduce<number>((sum, item) => sum + String((item as Scalar).value).length + 2, 0) < 90
      )
        node.flow = true;
    },
  });
  return document.toString({ lineWidth: wideAfter, directives: false, flowCollectionPadding: false });
}
