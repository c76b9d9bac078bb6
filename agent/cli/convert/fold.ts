/** Items of one file or object, folded so that each name is there once. */
import type { SourceCatalogue } from "../../rules/catalogue.ts";
import type { Findings } from "../../rules/diagnostics/collector.ts";
import type { NamedItem, PluginRequirement } from "../../rules/files/items.ts";
import { Merger } from "../../rules/files/merge.ts";
import { Tables, type ListEntry, type MacroEntry } from "../../rules/files/tables.ts";
import { Changes } from "./changes.ts";
import { listObject, macroObject, ruleObject, type PlainObject } from "./values.ts";

export interface Folded {
  readonly lists: readonly PlainObject[];
  readonly macros: readonly PlainObject[];
  readonly rules: readonly PlainObject[];
  readonly plugins: readonly PlainObject[];
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

const usedLists = ({ items }: ListEntry) => items.map(({ text }) => text);
const usedMacros = ({ condition }: MacroEntry) => condition.text.match(/[A-Za-z]\w*/g) ?? [];

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
    const { lists, macros, rules } = this.#tables;
    return {
      lists: [...ordered(lists, usedLists).map(listObject), ...this.#changes.objects("list")],
      macros: [...ordered(macros, usedMacros).map(macroObject), ...this.#changes.objects("macro")],
      rules: [...[...rules.values()].map(ruleObject), ...this.#changes.objects("rule")],
      plugins: this.#plugins,
    };
  }
}
