import assert from "node:assert/strict";
import { waitingRules } from "../../../../agent/cli/agent/waiting-rules.ts";
import type { RulePlan } from "../../../../agent/rules/plan.ts";

const plan = (...sources: string[]) => ({ rules: sources.map((source) => ({ source }) as RulePlan) });

describe("rules and sources that do not meet", () => {
  for (const { name, rules, sources, shared, want } of [
    { name: "are none where each has the other", rules: ["syscall"], sources: ["syscall"], want: [] },
    {
      name: "are rules of sources that are off",
      rules: ["syscall", "k8s_audit", "k8s_audit", "guest"],
      sources: ["syscall"],
      want: [
        "2 rules wait for the source k8s_audit, which sources.k8s_audit.listen switches on",
        "1 rule waits for the source guest",
      ],
    },
    {
      name: "are sources without rules",
      rules: ["syscall"],
      sources: ["k8s_audit"],
      want: [
        "1 rule waits for the source syscall, which sources.syscall.enabled switches on",
        "no rule looks at the source k8s_audit",
      ],
    },
    {
      name: "are no rules that other agents of a cluster try, but those of a source that nobody has",
      rules: ["k8s_audit", "guest"],
      sources: ["syscall"],
      shared: true,
      want: ["1 rule waits for the source guest", "no rule looks at the source syscall"],
    },
  ])
    it(name, () => assert.deepEqual(waitingRules(plan(...rules), sources, shared ?? false), want));
});
