import assert from "node:assert/strict";
import { noCounters } from "../../../../agent/cli/agent/counters.ts";
import { agentFacts, identityOf } from "../../../../agent/cli/agent/open-report.ts";
import { defaultSettings } from "../../../../agent/cli/settings/check.ts";

describe("the NodeAgent of an agent", () => {
  const settings = defaultSettings();
  const { cluster } = settings;
  const audit = { ...settings.sources, syscall: { enabled: false } };
  const labels = {
    "app.kubernetes.io/name": "tiercel",
    "app.kubernetes.io/instance": "tiercel",
    "app.kubernetes.io/component": "agent",
  };

  it("has the node's name, or the pod's where it is of no node", () => {
    assert.deepEqual(identityOf(settings, "node-1", { POD_NAME: "p" }), {
      ...{ name: "node-1", node: "node-1", role: "node", labels, owner: undefined },
    });
    assert.deepEqual(identityOf({ cluster, sources: audit }, "node-1", { POD_NAME: "p" }), {
      ...{ name: "audit-p", node: "node-1", role: "audit", labels, owner: undefined },
    });
  });

  it("is owned by the ClusterRole that the settings name", () => {
    const owned = { ...cluster, owner_name: "tiercel-agent", owner_uid: "u" };
    assert.deepEqual(identityOf({ ...settings, cluster: owned }, "n", {}).owner, {
      name: "tiercel-agent",
      uid: "u",
    });
  });

  it("says what did not load: objects, a set that was refused, a set that is not there", () => {
    const left = [{ namespace: "shop", object: "own", message: "spec.rules[0]: no" }];
    const rules = { digest: "d", rules: 3, failures: 1, lastFailure: "damaged", since: 1, left };
    const status = {
      ...{ connected: true, lastSync: 1, wanted: "e", faults: new Map(), reads: 1, stored: "d" },
      ...{ problem: "not whole", storeFailures: 0 },
    };
    const facts = agentFacts({
      startTime: 5,
      rules: () => rules,
      cluster: () => status,
      counters: () => [
        { ...noCounters("syscall"), events: 7, gone: { matches: 2, suppressed: 0, faults: 0 } },
        { ...noCounters("k8s_audit"), events: 1, drops: [{ cause: "c", event: "", count: 4 }] },
      ],
      sinks: () => [],
      absence: () => ({ from: 0, until: 2500, killed: true }),
      watched: "node",
      blindSpots: () => [{ name: "n", message: "m" }],
    });
    assert.deepEqual(facts.capabilities, [{ name: "n", message: "m" }]);
    assert.deepEqual(facts.absence, {
      text: "nothing was watched on this node for 2.5 s, from 1970-01-01T00:00:00.000Z until 1970-01-01T00:00:02.500Z: the agent was killed, or the node went down",
      killed: true,
    });
    assert.deepEqual(facts.failures, [...left, { message: "damaged" }, { message: "not whole" }]);
    assert.deepEqual([facts.digest, facts.ruleCount, facts.events, facts.goneMatches], ["d", 3, 8, 2]);
    assert.deepEqual(facts.drops, [{ cause: "c", event: "", count: 4 }]);
  });
});
