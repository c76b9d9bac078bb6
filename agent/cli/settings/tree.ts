/** A settings text as a tree in which each value knows its place. All scalars are text; the schema types them later. */
import { isAlias, isMap, isScalar, isSeq, parseDocument, type Document, type Node } from "yaml";
import type { Mistake, Place, Source } from "./mistake.ts";

export interface ScalarTree {
  readonly kind: "scalar";
  readonly text: string;
  /** Written without quotes, so that an empty one, `~` or `null` means "as if it were not there". */
  readonly plain: boolean;
  /** An environment variable was put in. */
  readonly expanded: boolean;
  readonly place: Place;
}
export interface MapTree {
  readonly kind: "map";
  readonly entries: Map<string, { readonly key: Place; value: Tree }>;
  readonly place: Place;
}
export interface ListTree {
  readonly kind: "list";
  readonly items: Tree[];
  readonly place: Place;
}
export type Tree = ScalarTree | MapTree | ListTree;

/** Most values of one file, those behind aliases counted each time: a bound on alias bombs. */
export const maximumNodes = 20_000;

/** What `readTree` returns; `tree` is absent where there was a mistake. An empty text is an empty map. */
export interface TreeResult {
  readonly tree?: MapTree;
  readonly mistakes: readonly Mistake[];
  /** Names of environment variables that were asked for but are not set, with their places. */
  readonly unset: readonly { readonly name: string; readonly place: Place }[];
}

/**
 * Reads YAML 1.2. `environment` is what ${NAME} in scalars stands for; undefined leaves them as they are.
 */
export function readTree(
  source: Source,
  environment: Readonly<Record<string, string | undefined>> | undefined,
): TreeResult {
  const result = readNode(source, environment);
  if (result.mistakes.length > 0 || result.tree === undefined)
    return { mistakes: result.mistakes, unset: [] };
  if (result.tree.kind === "map") return { tree: result.tree, mistakes: [], unset: result.unset };
  const empty = result.tree.kind === "scalar" && result.tree.plain && result.tree.text === "";
  if (empty)
    return { tree: { kind: "map", entries: new Map(), place: result.tree.place }, mistakes: [], unset: [] };
  const message = `settings are keys with values (a mapping), this is a ${result.tree.kind === "list" ? "list" : "text"}`;
  return { mistakes: [{ code: "SETTINGS_YAML", message, place: result.tree.place }], unset: [] };
}

/** As readTree, but any kind of value may be at the top: for `--set KEY={…}`. */
export function readNode(
  source: Source,
  environment: Readonly<Record<string, string | undefined>> | undefined,
): { tree?: Tree; mistakes: readonly Mistake[]; unset: TreeResult["unset"] } {
  let document: Document.Parsed;
  try {
    document = parseDocument(source.text, { schema: "failsafe", prettyErrors: false, logLevel: "silent" });
  } catch {
    const place = { source, start: 0, end: 0 };
    return {
      mistakes: [{ code: "SETTINGS_YAML", message: "the YAML is nested too deeply", place }],
      unset: [],
    };
  }
  if (document.errors.length > 0) {
    const mistakes = document.errors.map(({ message, pos: [start, end] }): Mistake => {
      return { code: "SETTINGS_YAML", message: `YAML: ${message}`, place: { source, start, end } };
    });
    return { mistakes, unset: [] };
  }
  const reader = new Reader(source, document, environment);
  const tree = reader.read(document.contents, { source, start: 0, end: 0 }, 0);
  return { tree, mistakes: reader.mistakes, unset: reader.unset };
}

class Reader {
  readonly mistakes: Mistake[] = [];
  readonly unset: { name: string; place: Place }[] = [];
  readonly #source: Source;
  readonly #document: Document.Parsed;
  readonly #environment: Readonly<Record<string, string | undefined>> | undefined;
  #nodes = 0;

  constructor(
    source: Source,
    document: Document.Parsed,
    environment: Readonly<Record<string, string | undefined>> | undefined,
  ) {
    this.#source = source;
    this.#document = document;
    this.#environment = environment;
  }

  read(node: unknown, fallback: Place, depth: number): Tree {
    this.#nodes++;
    const place = this.#place(node as Node | null, fallback);
    if (this.#nodes > maximumNodes || depth > 64) {
      if (this.mistakes.length === 0)
        this.mistakes.push({
          code: "SETTINGS_YAML",
          message: `more than ${maximumNodes} values, or nested more than 64 deep (aliases count each time)`,
          place,
        });
      return { kind: "scalar", text: "", plain: true, expanded: false, place };
    }
    if (isAlias(node)) return this.read(node.resolve(this.#document), place, depth + 1);
    if (isMap(node)) {
      const entries = new Map<string, { key: Place; value: Tree }>();
      for (const pair of node.items) {
        const key = this.#place(pair.key as Node | null, place);
        const name = scalarText(pair.key);
        entries.set(name, { key, value: this.read(pair.value, key, depth + 1) });
      }
      return { kind: "map", entries, place };
    }
    if (isSeq(node))
      return { kind: "list", items: node.items.map((item) => this.read(item, place, depth + 1)), place };
    const raw = scalarText(node);
    const plain = !isScalar(node) || node.type === undefined || node.type === "PLAIN";
    const { text, unset, expanded } =
      this.#environment === undefined
        ? { text: raw, unset: [], expanded: false }
        : expand(raw, this.#environment);
    for (const name of unset) this.unset.push({ name, place });
    return { kind: "scalar", text, plain, expanded, place };
  }

  #place(node: Node | null, fallback: Place): Place {
    const range = node?.range;
    if (range === undefined || range === null) return fallback;
    return { source: this.#source, start: range[0], end: Math.max(range[1], range[0]) };
  }
}

/** The text of a scalar as the failsafe schema leaves it; empty for anything else. */
function scalarText(node: unknown): string {
  return isScalar(node) && typeof node.value === "string" ? node.value : "";
}

/**
 * Puts environment variables in: `${NAME}` is its value, empty where it is not set; `$${NAME}` is `${NAME}` itself.
 * Once only: a value that holds `${X}` stays as it is.
 */
export function expand(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): { text: string; unset: readonly string[]; expanded: boolean } {
  const unset: string[] = [];
  let expanded = false;
  const result = text.replace(
    /(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g,
    (whole, escape: string, name: string) => {
      if (escape !== "") return whole.slice(1);
      expanded = true;
      const value = environment[name];
      if (value === undefined) unset.push(name);
      return value ?? "";
    },
  );
  return { text: result, unset, expanded };
}

/** Plain data as a tree, all of it at one place: a list's default that --set adds to. */
export function treeOf(value: unknown, place: Place): Tree {
  if (Array.isArray(value)) return { kind: "list", items: value.map((item) => treeOf(item, place)), place };
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(
      ([key, inner]) => [key, { key: place, value: treeOf(inner, place) }] as const,
    );
    return { kind: "map", entries: new Map(entries), place };
  }
  return { kind: "scalar", text: String(value), plain: false, expanded: false, place };
}
