/** A compiled rule as plain data. */
import type { CompiledRule } from "./compile-rules.ts";
import type { RulePlan } from "./plan.ts";

/** The plan of one rule; `onlyNamespace` confines it to the pods of a namespace. */
export function rulePlan(
  { entry, conditionText, condition, output }: CompiledRule,
  onlyNamespace?: string,
): RulePlan {
  const { origin } = entry;
  return {
    identity: { namespace: origin.namespace, object: origin.object, rule: entry.name },
    rule: entry.name,
    desc: entry.desc,
    priority: entry.priority,
    tags: [...entry.tags].sort(),
    source: entry.source,
    condition: condition.typed,
    conditionText,
    events: condition.events,
    output,
    ...(origin.sinks === undefined ? {} : { sinks: origin.sinks }),
    ...(onlyNamespace === undefined ? {} : { onlyNamespace }),
    ...(origin.selector === undefined ? {} : { selector: origin.selector }),
    ...(entry.capture ? { capture: { duration: entry.captureDuration } } : {}),
  };
}
