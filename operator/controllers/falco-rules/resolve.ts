/** Namespace selectors of FalcoRules, resolved to the names they select now. */
import type { SetObject } from "../../../agent/rules/set/rule-set.ts";
import { selects } from "../../api/label-selector.ts";
import type { NamespaceView } from "./view.ts";

/** An object with its namespaces as they are now; the same value where they did not change. */
export function resolved(object: SetObject, namespaces: readonly NamespaceView[]): SetObject {
  const selector = object.selector?.namespaceSelector;
  if (selector === undefined) return object;
  const names = namespaces.flatMap(({ name, labels }) => (selects(selector, labels) ? [name] : [])).sort();
  const known = object.selector?.namespaces;
  if (known !== undefined && known.length === names.length && names.every((name, at) => name === known[at]))
    return object;
  return { ...object, selector: { ...object.selector, namespaces: names } };
}
