/** Finds rules where users keep them besides rules files: Helm values, ConfigMaps, objects of other platforms. */
import type { FilePlace, SourceText } from "./source-text.ts";
import { get, isNull, placeOf, textAt, YamlScalar, type YamlMapping, type YamlNode } from "./yaml-tree.ts";
import { readYaml } from "./yaml-read.ts";

/** Rules found inside something else. */
export interface EmbeddedRules {
  /** Path of keys, as `customRules."my-rules.yaml"`. */
  readonly path: string;
  readonly place: FilePlace;
  /** A text that is a rules file of its own, or the items themselves. */
  readonly content: SourceText | readonly YamlNode[];
}

/** How deep and how wide a document is searched. */
const maxDepth = 12;
const maxVisits = 100_000;

const itemKeys = ["rule", "macro", "list", "required_engine_version", "required_plugin_versions"];

/** A text whose first line that says anything begins an item. */
const looksLikeRules = (text: string) =>
  /^(?:\ufeff|[ \t]*(?:#[^\n]*|---[ \t]*)?\r?\n)*[ \t]*-[ \t]+["']?(?:rule|macro|list|required_engine_version|required_plugin_versions)["']?[ \t]*:/.test(
    text,
  );

const looksLikeValues = (text: string) => /^[ \t]*["']?customRules["']?[ \t]*:/m.test(text);

/** The text of a scalar as something to read YAML from, its places mapped to the file. */
export function scalarSource(node: YamlScalar): SourceText {
  const toFile = (offset: number) => node.placeOf(offset, offset).at;
  return { file: node.source.file, text: node.text, toFile };
}

const isItem = (node: YamlNode) =>
  node.kind === "mapping" && itemKeys.some((key) => get(node, key)?.kind === "scalar");

/** An item written as `rule: {name: …, condition: …}`. */
const isNestedItem = (node: YamlNode) =>
  node.kind === "mapping" && ["rule", "macro", "list"].some((key) => get(node, key)?.kind === "mapping");

const otherSources: Readonly<Record<string, string>> = { Syscall: "syscall", K8sAudit: "k8s_audit" };

/** `rule: {name: N, …}` as `rule: N, …`. */
export function flatten(node: YamlNode): YamlNode {
  if (node.kind !== "mapping") return node;
  const kind = ["rule", "macro", "list"].find((key) => get(node, key)?.kind === "mapping");
  if (kind === undefined) return node;
  const inner = get(node, kind) as YamlMapping;
  const entries = inner.entries.map(({ key, value }) => {
    if (key.text === "name") return { key: renamed(key, kind), value };
    if (key.text === "source" && value.kind === "scalar")
      return { key, value: renamed(value, otherSources[value.text] ?? value.text) };
    return { key, value };
  });
  return { ...inner, entries };
}

const renamed = (node: YamlScalar, text: string) =>
  new YamlScalar(node.source, node.at, node.end, text, node.style);

const quotedKey = (key: string) => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key));

class Search {
  readonly found: EmbeddedRules[] = [];
  #visits = 0;
  readonly #seen = new Set<YamlNode>();

  visit(node: YamlNode, path: string, depth: number): void {
    if (depth > maxDepth || this.#visits++ > maxVisits || this.#seen.has(node)) return;
    this.#seen.add(node);
    if (node.kind === "scalar") this.#text(node, path, depth);
    else if (node.kind === "sequence") this.#sequence(node.items, node, path, depth);
    else
      for (const { key, value } of node.entries)
        this.visit(value, path === "" ? quotedKey(key.text) : `${path}.${quotedKey(key.text)}`, depth + 1);
  }

  #text(node: YamlScalar, path: string, depth: number): void {
    if (looksLikeRules(node.text))
      this.found.push({ path, place: placeOf(node), content: scalarSource(node) });
    else if (looksLikeValues(node.text))
      for (const root of readYaml(scalarSource(node)).documents) this.visit(root, path, depth + 1);
  }

  #sequence(items: readonly YamlNode[], node: YamlNode, path: string, depth: number): void {
    if (items.some(isItem)) this.found.push({ path, place: placeOf(node), content: items });
    else if (items.some(isNestedItem))
      this.found.push({ path, place: placeOf(node), content: items.map(flatten) });
    else for (const [index, item] of items.entries()) this.visit(item, `${path}[${index}]`, depth + 1);
  }
}

/** All rules inside a document that is no rules file itself, in order of the text. */
export function findRules(root: YamlNode): EmbeddedRules[] {
  const search = new Search();
  search.visit(root, "", 0);
  return search.found;
}

/** What kind of file a document is, in the words its users know; undefined where nothing is known. */
export function describeDocument(root: YamlMapping): string | undefined {
  const kind = textAt(root, "kind");
  const version = textAt(root, "apiVersion");
  if (kind !== undefined && version !== undefined) return `an object of kind ${kind} (${version})`;
  if (get(root, "customRules") !== undefined) return "Helm values";
  if (["rules", "macros", "lists"].some((key) => !isNull(get(root, key)) && get(root, key) !== undefined))
    return "a mapping with rules, macros and lists as its own keys";
  return undefined;
}
