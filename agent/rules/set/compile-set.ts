/** A whole set → a plan: what an agent loads. */
import type { Catalogue } from "../catalogue.ts";
import type { Findings } from "../diagnostics/collector.ts";
import { ConditionMemo } from "../files/condition-memo.ts";
import type { CompileOptions } from "../options.ts";
import type { RulePlan, RuleSetPlan } from "../plan.ts";
import { rulePlan } from "../rule-plan.ts";
import { selectRules } from "../select.ts";
import type { CompiledRule } from "../compile-rules.ts";
import { selectionOf } from "./choices.ts";
import { setDigest } from "./digest.ts";
import { readObject } from "./read-object.ts";
import type { RuleSet, SetObject } from "./rule-set.ts";
import { Scope, type ScopeOptions } from "./scope.ts";

/** What is to be said about one object of a set. It did not load where there are errors. */
export interface ObjectFindings {
  readonly object: SetObject;
  readonly findings: Findings;
}

export interface CompiledSet {
  /** The rules of all objects that load. */
  readonly plan: RuleSetPlan;
  /** One for each object, in order. */
  readonly objects: readonly ObjectFindings[];
}

/** Compiles the set an operator made. An object that this compiler refuses (its own engine is older) is left out alone. */
export function compileSet(
  set: RuleSet,
  catalogue: Catalogue,
  options: Pick<CompileOptions, "appendOutput"> = {},
): CompiledSet {
  const scopeOptions: ScopeOptions = {
    catalogue,
    memo: new ConditionMemo(),
    appendOutput: options.appendOutput ?? [],
    later: () => undefined,
  };
  const objects: ObjectFindings[] = [];
  const rules: { readonly compiled: CompiledRule; readonly onlyNamespace: string | undefined }[] = [];
  const addAll = (scope: Scope, namespace: string) => {
    for (const object of set.objects) {
      if (object.namespace !== namespace) continue;
      objects.push({ object, findings: scope.add(readObject(object, catalogue)).findings });
    }
    const onlyNamespace = namespace === set.operatorNamespace ? undefined : namespace;
    for (const compiled of scope.rules) rules.push({ compiled, onlyNamespace });
  };
  const platform = new Scope(scopeOptions);
  addAll(platform, set.operatorNamespace);
  for (const namespace of new Set(set.objects.map((object) => object.namespace)))
    if (namespace !== set.operatorNamespace) addAll(new Scope(scopeOptions, platform), namespace);
  return { plan: { digest: setDigest(set), rules: planned(rules, set) }, objects };
}

function planned(
  rules: readonly { readonly compiled: CompiledRule; readonly onlyNamespace: string | undefined }[],
  set: RuleSet,
): RulePlan[] {
  const selectable = rules.map((rule) => ({ ...rule.compiled.entry, ...rule }));
  return selectRules(selectable, selectionOf(set)).map(({ compiled, onlyNamespace }) =>
    rulePlan(compiled, onlyNamespace),
  );
}
