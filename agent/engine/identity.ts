/** Which fields tell who a container is: they may come later than its first events (design.md 3.13). */
import type { FieldUse } from "../rules/catalogue.ts";
import { conditionFields } from "../rules/condition/compile.ts";
import type { TypedExpr } from "../rules/condition/typed.ts";

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
export function withoutIdentity(condition: TypedExpr, favour = true): TypedExpr | boolean {
  switch (condition.kind) {
    case "check":
      return readsIdentity(condition) ? favour : condition;
    case "not": {
      const arg = withoutIdentity(condition.arg, !favour);
      return typeof arg === "boolean" ? !arg : { kind: "not", arg };
    }
    case "and":
    case "or": {
      /** The value that settles all, and the one that falls out. */
      const settles = condition.kind === "or";
      const args: TypedExpr[] = [];
      for (const each of condition.args) {
        const arg = withoutIdentity(each, favour);
        if (arg === settles) return settles;
        if (typeof arg !== "boolean") args.push(arg);
      }
      if (args.length === 0) return !settles;
      return args.length === 1 ? args[0]! : { kind: condition.kind, args };
    }
  }
}
