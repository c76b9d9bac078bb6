import assert from "node:assert/strict";
import { Agents } from "../../../../operator/controllers/roll-up/agents.ts";
import {
  loadedVerdict,
  loadingOf,
  readyVerdict,
  summarize,
} from "../../../../operator/controllers/roll-up/loaded.ts";
import { projectAgent, projectRule } from "../../../../operator/controllers/roll-up/views.ts";
import { condition, falcoRule, nodeAgent, sets, type MadeAgent, type MadeRule } from "./sample.ts";

const history = sets({
  "set-1": { "shop/a": "object-1", "shop/b": "object-1" },
  "set-2": { "shop/a": "object-2", "shop/b": "object-1" },
});

interface Case {
  readonly name: string;
  readonly rule?: MadeRule & { readonly name?: string };
  readonly agents: readonly MadeAgent[];
  readonly desired?: { node: number; audit: number };
  readonly text: string;
  readonly failed?: number;
  readonly loaded: readonly [status: string, reason: string, message: string];
  readonly ready?: readonly [status: string, reason: string];
}

const set2 = { digest: "set-2" };
const audit = { role: "audit" } as const;

const cases: readonly Case[] = [
  {
    name: "is loaded where all agents run a set with its version",
    agents: [{}, {}, {}],
    text: "3/3",
    loaded: ["True", "Loaded", "3 of 3 agents run these rules"],
    ready: ["True", "Ready"],
  },
  {
    name: "is loaded where another object's edit made the set",
    rule: { name: "b" },
    agents: [{}, set2, {}],
    text: "3/3",
    loaded: ["True", "Loaded", "3 of 3 agents run these rules"],
  },
  {
    name: "progresses while agents run an older version of it",
    rule: { digest: "object-2" },
    agents: [{}, set2, {}],
    text: "1/3",
    loaded: ["False", "Progressing", "1 of 3 agents runs these rules"],
    ready: ["False", "Progressing"],
  },
  {
    name: "does not count agents that run a set nobody knows",
    agents: [{}, { digest: "older" }, { digest: "" }],
    text: "1/3",
    loaded: ["False", "Progressing", "1 of 3 agents runs these rules"],
  },
  {
    name: "wants an agent on each node that should have one",
    agents: [{}],
    desired: { node: 3, audit: 0 },
    text: "1/3",
    loaded: ["False", "Progressing", "1 of 3 agents runs these rules"],
  },
  {
    name: "failed where an agent says so of it, though it runs the set",
    agents: [{}, { failures: [{ namespace: "shop", object: "a", message: "no such call" }] }],
    text: "1/2",
    failed: 1,
    loaded: ["False", "SomeNodesFailed", "1 of 2 agents could not load these rules; node-1: no such call"],
    ready: ["False", "SomeNodesFailed"],
  },
  {
    name: "did not fail where an agent says so of another object",
    agents: [{ failures: [{ namespace: "shop", object: "b", message: "no such call" }] }],
    text: "1/1",
    loaded: ["True", "Loaded", "1 of 1 agent runs these rules"],
  },
  {
    name: "failed where a whole set could not be loaded that it is newer in",
    rule: { digest: "object-2" },
    agents: [{ failures: [{ message: "out of memory" }] }, set2],
    text: "1/2",
    failed: 1,
    loaded: ["False", "SomeNodesFailed", "1 of 2 agents could not load these rules; node-0: out of memory"],
  },
  {
    name: "did not fail where the set before, which runs, has the same version of it",
    rule: { name: "b" },
    agents: [{ failures: [{ message: "out of memory" }] }, set2],
    text: "2/2",
    loaded: ["True", "Loaded", "2 of 2 agents run these rules"],
  },
  {
    name: "asks audit agents where its rules are about audit events",
    rule: { source: "k8s_audit" },
    agents: [{}, {}, audit],
    text: "1/1",
    loaded: ["True", "Loaded", "1 of 1 agent runs these rules"],
  },
  {
    name: "asks both where its rules are about both",
    rule: { sources: ["syscall", "k8s_audit"] },
    agents: [{}, audit],
    text: "2/2",
    loaded: ["True", "Loaded", "2 of 2 agents run these rules"],
  },
  {
    name: "has nobody where no agent has events of its source",
    rule: { source: "k8s_audit" },
    agents: [{}],
    text: "0/0",
    loaded: [
      "False",
      "NoAgentForSource",
      "no agent has events of the source k8s_audit; operator.audit.enabled runs one",
    ],
    ready: ["False", "NoAgentForSource"],
  },
  {
    name: "is not ready where its last good version runs",
    rule: { accepted: condition("Accepted", "False", "LastGood", "rules[0]: line 1") },
    agents: [{}],
    text: "1/1",
    loaded: ["True", "Loaded", "1 of 1 agent runs these rules"],
    ready: ["False", "LastGood"],
  },
  {
    name: "runs nowhere where no version of it was ever right",
    rule: { digest: "", accepted: condition("Accepted", "False", "Invalid") },
    agents: [{}],
    text: "0/1",
    loaded: ["False", "Progressing", "0 of 1 agent run these rules"],
    ready: ["False", "Invalid"],
  },
];

describe("a FalcoRule", () => {
  for (const { name, rule, agents: made, desired, text, failed, loaded, ready } of cases)
    it(name, () => {
      const agents = new Agents();
      for (const [index, each] of made.entries())
        agents.change(undefined, projectAgent(nodeAgent(`node-${index}`, each)));
      const view = projectRule(falcoRule(rule?.name ?? "a", rule));
      const loading = loadingOf(view, history, summarize(agents, desired ?? { node: 0, audit: 0 }));
      assert.equal(`${loading.loaded}/${loading.wanted}`, text);
      assert.equal(loading.failed, failed ?? 0);
      const verdict = loadedVerdict(view, loading);
      assert.deepEqual([verdict.status, verdict.reason, verdict.message], loaded);
      if (ready === undefined) return;
      const { status, reason } = readyVerdict(view, verdict);
      assert.deepEqual([status, reason], ready);
    });

  it("names the first five agents that failed", () => {
    const agents = new Agents();
    for (let index = 9; index > 0; index--) {
      const failures = [{ namespace: "shop", object: "a", message: `m${index}` }];
      agents.change(undefined, projectAgent(nodeAgent(`node-${index}`, { failures })));
    }
    const loading = loadingOf(projectRule(falcoRule("a")), history, summarize(agents, { node: 0, audit: 0 }));
    assert.equal(loading.failed, 9);
    assert.deepEqual(
      loading.failures.map(({ node }) => node),
      ["node-1", "node-2", "node-3", "node-4", "node-5"],
    );
  });
});
