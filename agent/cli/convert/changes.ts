/** Changes whose base is not in the input: they stay changes, folded to one item a name. */
import type { NamedItem } from "../../rules/files/items.ts";
import { changedValues, type Plain, type PlainObject } from "./values.ts";

/** Keys in the order in which they are written. */
const keyOrder: readonly string[] = [
  "items",
  "condition",
  "output",
  "desc",
  "priority",
  "tags",
  "exceptions",
  "enabled",
  "capture",
  "capture_duration",
  "warn_evttypes",
  "skip-if-unknown-filter",
];

type Kind = "list" | "macro" | "rule";
type Operation = "append" | "replace";

interface Change {
  readonly kind: Kind;
  readonly name: string;
  readonly source?: string;
  readonly keys: Map<string, { readonly operation: Operation; readonly value: Plain }>;
}

const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value);
const nameOf = (value: Plain) =>
  typeof value === "object" && value !== null && "name" in value ? value.name : undefined;

/** Exceptions of both, those of one name with the values of both. */
function joinExceptions(old: readonly Plain[], added: readonly Plain[]): Plain[] {
  const joined = [...old];
  for (const exception of added) {
    const index = joined.findIndex((each) => nameOf(each) === nameOf(exception));
    const base = joined[index] as PlainObject | undefined;
    if (base === undefined) joined.push(exception);
    else {
      const values = [base, exception as PlainObject].flatMap(
        (each) => (each["values"] as Plain[] | undefined) ?? [],
      );
      joined[index] = { ...base, values };
    }
  }
  return joined;
}

/** What two changes of one key come to when made one after the other. */
function joined(key: string, old: Plain, added: Plain): Plain {
  if (key === "exceptions" && isList(old) && isList(added)) return joinExceptions(old, added);
  if (key === "tags" && isList(old) && isList(added)) return [...new Set([...old, ...added])];
  if (isList(old) && isList(added)) return [...old, ...added];
  return typeof old === "string" && typeof added === "string" ? `${old} ${added}` : added;
}

/** Collects changes in the order of their names' first one. */
export class Changes {
  readonly #changes = new Map<string, Change>();

  add(item: NamedItem): void {
    switch (item.kind) {
      case "list":
        return this.#set("list", item, "append", { items: item.items.map(({ text }) => text) });
      case "macro":
        return this.#set("macro", item, "append", { condition: item.condition.text.replace(/\s+$/, "") });
      case "rule-enable":
        return this.#set("rule", item, "replace", { enabled: item.enabled });
      case "rule-update":
        this.#set("rule", item, "append", changedValues(item.append));
        return this.#set("rule", item, "replace", changedValues(item.replace));
      case "rule":
      case "broken":
        return undefined;
    }
  }

  /** Forgets a name that was defined after all. */
  drop(kind: Kind, name: string): void {
    this.#changes.delete(`${kind} ${name}`);
  }

  #set(kind: Kind, item: NamedItem, operation: Operation, values: PlainObject): void {
    const id = `${kind} ${item.name}`;
    const source = item.kind === "rule-update" ? item.source?.text : undefined;
    const change: Change = this.#changes.get(id) ?? {
      kind,
      name: item.name,
      ...(source === undefined ? {} : { source }),
      keys: new Map<string, { operation: Operation; value: Plain }>(),
    };
    this.#changes.set(id, change);
    for (const [key, value] of Object.entries(values)) {
      if (value === undefined) continue;
      const old = change.keys.get(key);
      if (operation === "append" && old !== undefined)
        change.keys.set(key, { operation: old.operation, value: joined(key, old.value, value) });
      else change.keys.set(key, { operation, value });
    }
  }

  /** The changes of one kind as items with `override`. */
  objects(kind: Kind): PlainObject[] {
    return [...this.#changes.values()]
      .filter((change) => change.kind === kind)
      .map(({ name, source, keys }) => {
        const sorted = [...keys].sort(([left], [right]) => keyOrder.indexOf(left) - keyOrder.indexOf(right));
        return {
          [kind]: name,
          source,
          ...Object.fromEntries(sorted.map(([key, { value }]) => [key, value])),
          override: Object.fromEntries(sorted.map(([key, { operation }]) => [key, operation])),
        };
      });
  }
}
