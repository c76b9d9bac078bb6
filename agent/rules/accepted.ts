/** What files hold, as the set its digest is taken over: one form for host and cluster. */
import type { Json } from "./canonical-json.ts";
import type { NamedItem, Origin } from "./files/items.ts";
import type { YamlNode } from "./files/yaml-tree.ts";
import type { CompileOptions } from "./options.ts";
import { priorityNames } from "./plan.ts";
import { choicesOf } from "./set/choices.ts";
import type { RuleSet, SetObject } from "./set/rule-set.ts";
import { maxDepth, maxNodes, setObject } from "./set/set-object.ts";

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

  toSet({ namespace = "", selection, minimumPriority = 7 }: CompileOptions): RuleSet {
    return {
      version: 1,
      operatorNamespace: namespace,
      choices: choicesOf(selection ?? []),
      priority: priorityNames[minimumPriority],
      objects: this.#objects.map(
        ({
          origin: { namespace, object, source, sinks, selector },
          order,
          lists,
          macros,
          rules,
        }): SetObject =>
          setObject({ namespace, name: object, order, source, lists, macros, rules, sinks, selector }),
      ),
    };
  }
}
