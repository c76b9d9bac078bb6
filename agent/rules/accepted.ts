/** What a rule set is made of, as the plain values its digest is taken over: one form for host and cluster. */
import type { Origin, NamedItem } from "./files/items.ts";
import type { YamlNode } from "./files/yaml-tree.ts";
import type { Json } from "./canonical-json.ts";

/** Depth and number of nodes an item may have in the digest: far beyond any real one, bounds what aliases can multiply. */
const maxDepth = 8;
const maxNodes = 200_000;

/** A node as plain values: scalars as text, null as null. What lies beyond the bounds is left out. */
function plain(node: YamlNode, budget: { left: number }, depth = 0): Json {
  if (depth > maxDepth || budget.left-- <= 0) return null;
  if (node.kind === "scalar") return node.isNull ? null : node.text;
  if (node.kind === "sequence") return node.items.map((item) => plain(item, budget, depth + 1));
  return Object.fromEntries(
    node.entries
      .map(({ key, value }): [string, Json] => [key.text, plain(value, budget, depth + 1)])
      .filter(([key]) => key !== "__proto__"),
  );
}

interface AcceptedObject {
  readonly origin: Origin;
  readonly order: number;
  readonly lists: Json[];
  readonly macros: Json[];
  readonly rules: Json[];
}

/** Gathers items object by object; order among lists, macros and rules of one object carries no meaning. */
export class AcceptedSet {
  readonly #objects: AcceptedObject[] = [];

  /** Starts an object; its items follow. */
  object(origin: Origin, order: number): void {
    this.#objects.push({ origin, order, lists: [], macros: [], rules: [] });
  }

  add(item: NamedItem): void {
    const object = this.#objects.at(-1);
    if (object === undefined || item.kind === "broken") return;
    const value = plain(item.node, { left: maxNodes });
    if (item.kind === "list") object.lists.push(value);
    else if (item.kind === "macro") object.macros.push(value);
    else object.rules.push(value);
  }

  toJson(): Json {
    return this.#objects.map(({ origin, order, lists, macros, rules }) => ({
      namespace: origin.namespace,
      name: origin.object,
      order,
      source: origin.source ?? "syscall",
      lists,
      macros,
      rules,
      sinks: origin.sinks ?? [],
      selector: { ...origin.selector } as Json,
    }));
  }
}
