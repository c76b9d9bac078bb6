/** Writes what the rule set says of each FalcoRule into its status, where it is not there already. */
import type { FalcoRuleStatus } from "../../api/generated/falcorules.ts";
import { isConflict, isMissing } from "../../kube/cluster-client.ts";
import type { Context } from "../../kube/context.ts";
import { watch, type Controller } from "../../kube/controller.ts";
import type { Informer } from "../../kube/informer.ts";
import type { KubeObject } from "../../kube/object.ts";
import { apiVersionOf, resources } from "../../kube/resources.ts";
import { wouldChange } from "../../kube/would-change.ts";
import type { RuleSets } from "./rule-sets.ts";
import { statusOf } from "./status.ts";
import type { RuleView } from "./view.ts";

type WithStatus = KubeObject & { readonly status: FalcoRuleStatus };

/** The write that makes a status right; undefined where it is right. Pure. */
export function statusWrite(
  rule: RuleView,
  sets: Pick<RuleSets, "status">,
  now: number,
): WithStatus | undefined {
  const said = sets.status(rule.key);
  if (said === undefined || said.uid !== rule.uid) return undefined;
  const { namespace, name, uid } = rule.metadata;
  const common = { apiVersion: apiVersionOf(resources.falcoRules), kind: resources.falcoRules.kind };
  // With its uid, so that an object that took the name of a deleted one is not told what that one was.
  const metadata = { name, ...(namespace !== undefined && { namespace }), ...(uid !== undefined && { uid }) };
  const wanted: WithStatus = { ...common, metadata, status: statusOf(said, rule.status, now) };
  const there = { ...common, metadata: rule.metadata, status: rule.status } as KubeObject;
  return wouldChange(wanted, there, "status") ? wanted : undefined;
}

export function falcoRuleStatusController(
  context: Context,
  sets: RuleSets,
  rules: Informer<RuleView>,
): Controller {
  return {
    name: "falcorule-status",
    workers: 4,
    watches: [watch(rules), { follow: (add) => sets.onStatus(add), everything: () => [] }],
    async reconcile(key, signal) {
      const rule = rules.get(key);
      const write = rule === undefined ? undefined : statusWrite(rule, sets, context.clock.now());
      if (write === undefined) return;
      try {
        await context.client.applyStatus(write, signal);
      } catch (error) {
        // It is gone, or another one: the informer will say so.
        if (!isMissing(error) && !isConflict(error)) throw error;
      }
    },
  };
}
