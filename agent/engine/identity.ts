/** Which fields tell who a container is: they may come later than its first events (design.md 3.13). */
import type { FieldUse } from "../rules/catalogue.ts";
import { conditionFields } from "../rules/condition/compile.ts";
import type { TypedExpr } from "../rules/condition/typed.ts";
import { settle } from "./settle.ts";

/** What the cgroup tells, and what follows from the process. */
const known: ReadonlySet<string> = new Set([
  "container.id",
  "container.full_id",
  "container.start_ts",
  "container.duration",
]);

/** Whether a field's value comes from the container runtime or the Kubernetes API. */
export function isIdentity({ name }: Pick<FieldUse, "name">): boolean {
  if (name.startsWith("container.")) return !known.has(name);
  return name.startsWith("k8s.") || name.startsWith("k8smeta.");
}

/** Whether a condition reads such a field anywhere. */
export function readsIdentity(condition: TypedExpr): boolean {
  for (const field of conditionFields(condition).values()) if (isIdentity(field)) return true;
  return false;
}

/**
 * A condition that holds wherever `condition` may hold, whoever the container turns out to be, and that reads nothing
 * which is not known yet: each check of identity counts as what favours a match. A boolean where that settles it.
 */
export function withoutIdentity(condition: TypedExpr): TypedExpr | boolean {
  return settle(condition, (check, favour) => (readsIdentity(check) ? favour : check));
}
