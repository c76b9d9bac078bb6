/** Values of a test file: YAML's plain scalars as YAML 1.2 takes them, texts as the bytes that fields hold. */
import type { YamlMapping, YamlNode, YamlScalar } from "../../rules/files/yaml-tree.ts";
import { didYouMean } from "../suggest.ts";
import type { Mistakes } from "./mistakes.ts";

export type ScalarValue = string | number | bigint | boolean | null;

/** What a scalar stands for. Integers beyond 2^53 are bigint, so that no digit is lost. */
export function scalarValue(node: YamlScalar): ScalarValue {
  const { text } = node;
  if (node.isNull) return null;
  if (node.style !== "plain") return text;
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (/^[-+]?\d+$|^0x[0-9a-fA-F]+$|^0o[0-7]+$/.test(text)) return integer(text);
  if (/^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(text)) return Number(text);
  return text;
}

function integer(text: string): number | bigint {
  const negative = text.startsWith("-");
  const value = BigInt(text.replace(/^[-+]/, "")) * (negative ? -1n : 1n);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Text as a byte string (catalogue.ts): its UTF-8 bytes, one a character. */
export function byteString(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Reads the keys of one mapping and says which are unknown or of the wrong shape. */
export class Reader {
  readonly mapping: YamlMapping;
  private readonly mistakes: Mistakes;

  constructor(mapping: YamlMapping, keys: readonly string[], mistakes: Mistakes) {
    this.mapping = mapping;
    this.mistakes = mistakes;
    for (const { key } of mapping.entries)
      if (!keys.includes(key.text))
        mistakes.at(
          key,
          `unknown key ${key.text}${didYouMean(key.text, keys)}; known are ${keys.join(", ")}`,
        );
  }

  /** The node below a key; undefined where it is not given or null. */
  node(key: string): YamlNode | undefined {
    const found = this.mapping.entries.find((entry) => entry.key.text === key)?.value;
    return found?.kind === "scalar" && found.isNull ? undefined : found;
  }

  mappingAt(key: string): YamlMapping | undefined {
    const found = this.node(key);
    if (found === undefined || found.kind === "mapping") return found;
    return this.mistakes.at(found, `${key} must be a mapping`);
  }

  /** A reader of the mapping below a key; an empty one where it is not given. */
  readerAt(key: string, keys: readonly string[]): Reader {
    return new Reader(this.mappingAt(key) ?? { ...this.mapping, entries: [] }, keys, this.mistakes);
  }

  items(key: string): readonly YamlNode[] | undefined {
    const found = this.node(key);
    if (found === undefined) return undefined;
    if (found.kind === "sequence") return found.items;
    return this.mistakes.at(found, `${key} must be a list`);
  }

  /** Unicode text of a scalar. */
  text(key: string): string | undefined {
    const found = this.node(key);
    if (found === undefined) return undefined;
    if (found.kind === "scalar") return found.text;
    return this.mistakes.at(found, `${key} must be a text`);
  }

  /** The same as a byte string. */
  bytes(key: string): string | undefined {
    const text = this.text(key);
    return text === undefined ? undefined : byteString(text);
  }

  /** An integer from `least` to `most`. */
  integer(key: string, least: number, most: number): number | undefined {
    const found = this.node(key);
    if (found === undefined) return undefined;
    const value = found.kind === "scalar" ? scalarValue(found) : null;
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    return this.mistakes.at(found, `${key} must be a whole number from ${least} to ${most}`);
  }

  /** Texts of a list of scalars, as byte strings. */
  list(key: string): string[] | undefined {
    return this.items(key)?.flatMap((item) => {
      if (item.kind === "scalar") return [byteString(item.text)];
      this.mistakes.at(item, `an item of ${key} must be a text`);
      return [];
    });
  }
}
