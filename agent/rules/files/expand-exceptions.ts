/** A rule's exceptions as text behind its condition (rules-files 8.5). */
import type { Findings } from "../diagnostics/collector.ts";
import { takesList } from "./check-exception.ts";
import { maxConditionLength, TooLong } from "./expand-lists.ts";
import { MappedText } from "./mapped-text.ts";
import type { ExceptionEntry, RuleEntry } from "./tables.ts";
import type { YamlScalar } from "./yaml-tree.ts";
import { placeOf, type YamlNode } from "./yaml-tree.ts";

const startsQuoted = (text: string) => text.startsWith('"') || text.startsWith("'");

/** A scalar in quotes if it has a blank and none of its own. */
const quoted = (text: string) => (text.includes(" ") && !startsQuoted(text) ? `"${text}"` : text);

/** A scalar as it stands, mapped character by character, or in quotes, standing for the whole. */
function word(node: YamlScalar, quote: boolean): MappedText {
  const text = quote ? quoted(node.text) : node.text;
  return text === node.text ? MappedText.of(node) : MappedText.made(text, node);
}

/** Collects parts and refuses to grow without bound: aliases make large texts of small files. */
class Parts {
  readonly parts: MappedText[] = [];
  #length = 0;

  add(...parts: readonly MappedText[]): void {
    for (const part of parts) {
      this.#length += part.text.length;
      if (this.#length > maxConditionLength)
        throw new TooLong(
          `the condition is longer than ${maxConditionLength} characters with its exceptions`,
        );
      this.parts.push(part);
    }
  }
}

/** The nearest scalar of a node, for text that was made for it. */
function anchor(node: YamlNode, fallback: YamlScalar): YamlScalar {
  if (node.kind === "scalar") return node;
  const first = node.kind === "sequence" ? node.items[0] : node.entries[0]?.key;
  return first === undefined ? fallback : anchor(first, fallback);
}

function value(node: YamlNode, operator: string, out: Parts, near: YamlScalar): boolean {
  const list = takesList(operator);
  if (node.kind === "scalar") {
    const wrap = list && !node.text.startsWith("(");
    if (wrap) out.add(MappedText.made("(", node));
    out.add(word(node, !list));
    if (wrap) out.add(MappedText.made(")", node));
    return true;
  }
  if (node.kind === "mapping") return false;
  out.add(MappedText.made("(", near));
  for (const [index, item] of node.items.entries()) {
    if (item.kind !== "scalar") return false;
    if (index > 0) out.add(MappedText.made(", ", item));
    out.add(word(item, true));
  }
  out.add(MappedText.made(")", near));
  return true;
}

function tuples(
  exception: ExceptionEntry,
  out: Parts,
  fail: (message: string, node: YamlNode) => void,
): void {
  const near = exception.fields[0]!;
  const made = (text: string) => MappedText.made(text, near);
  out.add(made("("));
  for (const [index, tuple] of exception.values.entries()) {
    if (tuple.kind !== "sequence" || tuple.items.length !== exception.fields.length) {
      fail("Fields and values lists must have equal length", tuple);
      continue;
    }
    if (index > 0) out.add(made(" or "));
    out.add(made("("));
    for (const [column, item] of tuple.items.entries()) {
      const operator = exception.operators[column]!;
      const field = exception.fields[column]!;
      if (column > 0) out.add(made(" and "));
      out.add(MappedText.of(field), MappedText.made(` ${operator} `, field));
      if (!value(item, operator, out, anchor(item, field)))
        fail("Expected values array to contain a list of strings", item);
    }
    out.add(made(")"));
  }
  out.add(made(")"));
}

function singles(
  exception: ExceptionEntry,
  out: Parts,
  fail: (message: string, node: YamlNode) => void,
): void {
  const field = exception.fields[0]!;
  out.add(
    MappedText.made("(", field),
    MappedText.of(field),
    MappedText.made(` ${exception.operators[0]!} (`, field),
  );
  for (const [index, item] of exception.values.entries()) {
    if (item.kind !== "scalar") {
      fail("Expected values array to contain a list of strings", item);
      continue;
    }
    if (index > 0) out.add(MappedText.made(", ", item));
    out.add(word(item, true));
  }
  out.add(MappedText.made("))", field));
}

/**
 * The rule's condition with its exceptions; undefined where one is wrong (reported).
 * @throws TooLong where it grows beyond the bound.
 */
export function expandExceptions(rule: RuleEntry, findings: Findings): MappedText | undefined {
  if (rule.exceptions.length === 0) return rule.condition;
  const before = findings.errors.length;
  const out = new Parts();
  const node = rule.conditionNode;
  out.add(MappedText.made("(", node), rule.condition, MappedText.made(")", node));
  for (const exception of rule.exceptions) {
    if (exception.values.length === 0) continue;
    const near = exception.fields[0];
    if (near === undefined) continue;
    const fail = (message: string, at: YamlNode) => {
      findings.error("LOAD_ERR_VALIDATE", message, exception.item.chain, { place: placeOf(at) });
    };
    out.add(MappedText.made(" and not ", near));
    if (exception.isList) tuples(exception, out, fail);
    else singles(exception, out, fail);
  }
  return findings.errors.length > before ? undefined : MappedText.join(out.parts);
}
