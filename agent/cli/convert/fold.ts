/** Items of one file or object, folded so that each name is there once. */
import type { SourceCatalogue } from "../../rules/catalogue.ts";
import type { Findings } from "../../rules/diagnostics/collector.ts";
import type { NamedItem, PluginRequirement } from "../../rules/files/items.ts";
import { Merger } from "../../rules/files/merge.ts";
import { Tables, type ListEntry, type MacroEntry } from "../../rules/files/tables.ts";
import { Changes } from "./changes.ts";
import { macroObject, ruleObject, type PlainObject } from "./values.ts";

export interface Folded {
  readonly lists: readonly PlainObject[];
  readonly macros: readonly PlainObject[];
  readonly rules: readonly PlainObject[];
  readonly plugins: readonly PlainObject[];
  /** Lists that hold each other in a way that one definition of each cannot say. */
  readonly inexact: readonly string[];
}

/** Any source counts as known: what it is, is not the converter's business. */
class AnySource extends Map<string, SourceCatalogue> {
  override has(): boolean {
    return true;
  }
  override get(name: string): SourceCatalogue {
    return {
      name,
      fields: [],
      resolve: () => ({ message: "", suggestions: [] }),
      info: () => {
        throw new Error("a converter resolves no fields");
      },
    };
  }
}

/** Entries with those they are made of in front, else in slot order. */
function ordered<E extends { readonly name: string; readonly index: number; readonly visibility: number }>(
  entries: ReadonlyMap<string, E>,
  uses: (entry: E) => Iterable<string>,
): E[] {
  const done = new Set<E>();
  const open = new Set<E>();
  const result: E[] = [];
  const visit = (entry: E): void => {
    if (done.has(entry) || open.has(entry)) return;
    open.add(entry);
    for (const name of uses(entry)) {
      const used = entries.get(name);
      if (used !== undefined && used.index < entry.visibility) visit(used);
    }
    open.delete(entry);
    done.add(entry);
    result.push(entry);
  };
  for (const entry of entries.values()) visit(entry);
  return result;
}

const usedMacros = ({ condition }: MacroEntry) => condition.text.match(/[A-Za-z]\w*/g) ?? [];

interface FlatList {
  readonly name: string;
  readonly index: number;
  readonly items: readonly string[];
}

/** Items with the names of lists that were there before replaced by theirs, one level deep (rules-files 9.1). */
function nested(
  items: readonly string[],
  visibility: number,
  lists: ReadonlyMap<string, FlatList>,
): string[] {
  return items.flatMap((item) => {
    const found = lists.get(item);
    return found !== undefined && found.index < visibility ? found.items : [item];
  });
}

/** Whether a list holds another one that, itself or by others, holds it. */
function namesBack(name: string, lists: ReadonlyMap<string, FlatList>): boolean {
  const seen = new Set<string>();
  const open = [...(lists.get(name)?.items ?? [])].filter((item) => item !== name);
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (item === name) return true;
    if (seen.has(item)) continue;
    seen.add(item);
    open.push(...(lists.get(item)?.items ?? []));
  }
  return false;
}

/**
 * Lists in slot order, each given once and meaning the same: what it held of lists that came later is written out where
 * its name alone would not do. `inexact` names those for which neither does.
 */
function foldLists(entries: ReadonlyMap<string, ListEntry>): { lists: PlainObject[]; inexact: string[] } {
  const texts = ({ items }: ListEntry) => items.map(({ text }) => text);
  const old = new Map([...entries.values()].map((entry) => [entry.name, { ...entry, items: texts(entry) }]));
  const fresh = new Map<string, FlatList>();
  const inexact: string[] = [];
  for (const [index, entry] of [...entries.values()].entries()) {
    const want = nested(texts(entry), entry.visibility, old);
    const means = (items: readonly string[]) => nested(items, index, fresh).join("\n") === want.join("\n");
    const items = [texts(entry), want].find(means);
    // Which of two that name each other came first is another matter where a file before has them too.
    if (items === undefined || namesBack(entry.name, old)) inexact.push(entry.name);
    fresh.set(entry.name, { name: entry.name, index, items: items ?? want });
  }
  return { lists: [...fresh.values()].map(({ name, items }) => ({ list: name, items })), inexact };
}

/** Takes items one by one and folds them. */
export class Folder {
  readonly #tables = new Tables();
  readonly #changes = new Changes();
  readonly #merger: Merger;
  readonly #plugins: PlainObject[] = [];

  constructor(findings: Findings) {
    this.#merger = new Merger(
      this.#tables,
      { sources: new AnySource() },
      () => undefined,
      findings,
      () => "",
      (item) => this.#changes.add(item),
    );
  }

  item(item: NamedItem): void {
    if (item.kind === "rule" || item.kind === "list" || item.kind === "macro") {
      const defines = item.kind === "rule" || item.change === "define";
      if (defines) this.#changes.drop(item.kind, item.name);
    }
    this.#merger.merge(item);
  }

  requirement({ choices }: PluginRequirement): void {
    const [first, ...others] = choices;
    if (first === undefined) return;
    const alternatives = others.map(({ name, version }) => ({ name, version }));
    this.#plugins.push({ ...first, alternatives: alternatives.length === 0 ? undefined : alternatives });
  }

  result(): Folded {
    const { macros, rules } = this.#tables;
    const { lists, inexact } = foldLists(this.#tables.lists);
    return {
      inexact,
      lists: [...lists, ...this.#changes.objects("list")],
      macros: [...ordered(macros, usedMacros).map(macroObject), ...this.#changes.objects("macro")],
      rules: [...[...rules.values()].map(ruleObject), ...this.#changes.objects("rule")],
      plugins: this.#plugins,
    };
  }
}
