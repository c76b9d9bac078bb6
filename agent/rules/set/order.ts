/** The order of objects in a namespace, and what is said where it stands in the way. */
import type { NameHelp } from "../files/compile-conditions.ts";
import type { ReadObject } from "./read-object.ts";
import type { SetObject } from "./rule-set.ts";

/** `namespace/name`. */
export const objectKey = ({ namespace, name }: Pick<SetObject, "namespace" | "name">) =>
  `${namespace}/${name}`;

/** By order, then by name. */
export const byOrder = (left: SetObject, right: SetObject) =>
  left.order - right.order || (left.name < right.name ? -1 : left.name > right.name ? 1 : 0);

/** Says which object defines a name, of those that come after one in its namespace. */
export function laterIn(reads: readonly ReadObject[], object: SetObject): NameHelp["later"] {
  return (kind, name) => {
    const found = reads.find(
      (read) =>
        byOrder(read.object, object) > 0 &&
        read.items.some((item) => item.kind === kind && item.name === name),
    );
    return found === undefined
      ? undefined
      : `is defined by FalcoRule ${found.object.name}, which comes later: give that one a smaller spec.order`;
  };
}
