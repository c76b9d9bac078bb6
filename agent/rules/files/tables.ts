/** Lists, macros and rules as put together from all items so far (rules-files 7). */
import type { Location } from "../diagnostics/finding.ts";
import type { Priority } from "../plan.ts";
import type { ExceptionItem, Origin } from "./items.ts";
import type { MappedText } from "./mapped-text.ts";
import type { YamlNode, YamlScalar } from "./yaml-tree.ts";

interface Entry {
  readonly name: string;
  /** Slot: number of the first definition. */
  readonly index: number;
  /** Number of the last change. */
  readonly visibility: number;
  /** Chain of the item that changed it last. */
  readonly chain: readonly Location[];
  /** Origin of the first definition: a redefinition keeps its identity. */
  readonly origin: Origin;
  readonly nameNode: YamlScalar;
}

export interface ListEntry extends Entry {
  readonly items: readonly YamlScalar[];
}

export interface MacroEntry extends Entry {
  readonly condition: MappedText;
  /** The last condition's own node, for chains. */
  readonly conditionNode: YamlScalar;
}

/** An exception with its defaults filled in. */
export interface ExceptionEntry {
  readonly name: string;
  readonly isList: boolean;
  readonly fields: readonly YamlScalar[];
  /** One for each field; texts, since defaults were never written. */
  readonly operators: readonly string[];
  readonly values: readonly YamlNode[];
  readonly item: ExceptionItem;
}

export interface RuleEntry extends Entry {
  /** False where stand-ins fill in for mistakes. */
  readonly complete: boolean;
  readonly condition: MappedText;
  readonly conditionNode: YamlScalar;
  readonly output: MappedText;
  readonly outputNode: YamlScalar;
  readonly desc: string;
  readonly priority: Priority;
  readonly source: string;
  readonly unknownSource: boolean;
  readonly tags: ReadonlySet<string>;
  readonly exceptions: readonly ExceptionEntry[];
  readonly enabled: boolean;
  readonly capture: boolean;
  readonly captureDuration: number;
  readonly warnEvttypes: boolean;
  readonly skipIfUnknownFilter: boolean;
}

/**
 * The three tables. Entries are replaced, never changed, and Map keeps the place of a key that is set again, so
 * iteration is in slot order.
 */
export class Tables {
  readonly lists = new Map<string, ListEntry>();
  readonly macros = new Map<string, MacroEntry>();
  readonly rules = new Map<string, RuleEntry>();
  /** Names whose item had mistakes of its own, by kind: nothing is said about what refers to them. */
  readonly broken = {
    list: new Set<string>(),
    macro: new Set<string>(),
    rule: new Set<string>(),
  };
  #counter: number;

  /** `next` numbers the first definition: tables that stand behind others go on from theirs. */
  constructor(next = 0) {
    this.#counter = next;
  }

  /** The number the next definition gets. */
  get next(): number {
    return this.#counter;
  }

  /** Differs between two states of these tables whenever lists or macros, or which of them are broken, do. */
  get sharedState(): string {
    const last = (entries: Iterable<Entry>) => {
      let visibility = -1;
      for (const entry of entries) visibility = Math.max(visibility, entry.visibility);
      return visibility;
    };
    const { list, macro } = this.broken;
    return [last(this.lists.values()), last(this.macros.values()), ...list, "/", ...macro].join(" ");
  }

  /** Slot and visibility of a change: a new slot only where there was none. */
  place(existing: Entry | undefined): { readonly index: number; readonly visibility: number } {
    const visibility = this.#counter++;
    return { index: existing?.index ?? visibility, visibility };
  }
}
