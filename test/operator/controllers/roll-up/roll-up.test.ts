import assert from "node:assert/strict";
import { RollUp, type Write } from "../../../../operator/controllers/roll-up/roll-up.ts";
import { projectAgent, projectRule, projectSink } from "../../../../operator/controllers/roll-up/views.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";
import { validateResource } from "../../../../operator/api/validate.ts";
import { alertSink, condition, falcoRule, nodeAgent, sets, type MadeAgent } from "./sample.ts";

const object1 = "object-1";

/** A cluster of agents, rules and sinks before a roll-up whose writes come back as an API server's would. */
class MadeCluster {
  readonly writes: { at: number; write: Write }[] = [];
  readonly #objects = new Map<string, KubeObject>();
  readonly #agents = new Map<string, KubeObject>();
  readonly known: Record<string, Record<string, string>> = {};
  rollUp: RollUp;
  now = 1_800_000_000_000;
  #next = 0;

  constructor() {
    this.rollUp = new RollUp(sets(this.known));
  }

  agent(name: string, more?: MadeAgent): void {
    const before = this.#agents.get(name);
    const after = more === undefined ? undefined : nodeAgent(name, more);
    if (after === undefined) this.#agents.delete(name);
    else this.#agents.set(name, after);
    this.rollUp.agent(before && projectAgent(before), after && projectAgent(after));
    this.#next = 0;
  }

  put(object: KubeObject): void {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    this.#objects.set(`${object.kind} ${key}`, object);
    if (object.kind === "FalcoRule") this.rollUp.rule(key, projectRule(object));
    else this.rollUp.sink(key, projectSink(object));
    this.#next = 0;
  }

  /** Another operator begins with what there is. */
  restart(): void {
    this.rollUp = new RollUp(sets(this.known));
    for (const agent of this.#agents.values()) this.rollUp.agent(undefined, projectAgent(agent));
    for (const object of [...this.#objects.values()]) this.put(object);
  }

  status(
    kind: string,
    name: string,
  ): Record<string, unknown> & {
    conditions: { type: string; status: string; reason: string; message: string }[];
  } {
    return (this.#objects.get(`${kind} shop/${name}`) as unknown as { status: never }).status;
  }

  /** Time goes on; `each` second something may happen. */
  advance(seconds: number, each: (second: number) => void = () => {}): void {
    for (let second = 0; second < seconds; second++) {
      each(second);
      this.now += 1000;
      if (this.now < this.#next) continue;
      const { writes, after } = this.rollUp.plan(this.now);
      this.#next = after === undefined ? Infinity : this.now + after;
      for (const write of writes) this.#take(write);
    }
  }

  #take(write: Write): void {
    this.writes.push({ at: this.now, write });
    const id = `${write.kind} ${write.key}`;
    const object = this.#objects.get(id) as KubeObject & { status: { conditions: { type: string }[] } };
    const types = new Set(write.status.conditions.map(({ type }) => type));
    const conditions = [
      ...object.status.conditions.filter(({ type }) => !types.has(type)),
      ...write.status.conditions,
    ];
    this.put({ ...object, status: { ...object.status, ...write.status, conditions } } as KubeObject);
  }
}

/** Agents and rules, all in one set that all run. */
function cluster(agents: number, rules: number): MadeCluster {
  const made = new MadeCluster();
  made.known["set-1"] = Object.fromEntries(
    Array.from({ length: rules }, (_, index) => [`shop/r${index}`, object1]),
  );
  for (let index = 0; index < agents; index++) made.agent(`node-${index}`, {});
  for (let index = 0; index < rules; index++) made.put(falcoRule(`r${index}`));
  return made;
}

describe("the roll-up", () => {
  it("writes what runs and what matched, in a form that the CRD allows", () => {
    const made = cluster(3, 1);
    made.agent("node-1", { rules: { "r0/R1": 5 } });
    made.advance(10);
    const { conditions, ...status } = made.status("FalcoRule", "r0");
    assert.deepEqual(
      { ...status, conditions: conditions.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`) },
      {
        observedGeneration: 1,
        digest: object1,
        nodes: { wanted: 3, loaded: 3, failed: 0, text: "3/3", failures: [] },
        rules: [{ name: "R1", matches: 5, running: 5, lastMatch: "2026-01-01T00:10:00Z" }],
        matches: 5,
        lastMatch: "2026-01-01T00:10:00Z",
        conditions: [
          "Accepted=True Accepted",
          "Distributed=True Distributed",
          "Loaded=True Loaded",
          "Ready=True Ready",
        ],
      },
    );
    const spec = {
      rules: [{ rule: "R1", desc: "d", condition: "evt.num = 1", output: "o", priority: "NOTICE" }],
    };
    const object = { apiVersion: "tiercel.dev/v1alpha1", kind: "FalcoRule", metadata: { name: "r0" }, spec };
    assert.deepEqual(validateResource("FalcoRule", { ...object, status: { ...status, conditions } }), []);
  });

  it("adds up lives of agents, and goes on where an operator begins anew", () => {
    const made = cluster(2, 1);
    const matches = () => made.status("FalcoRule", "r0")["matches"];
    made.agent("node-0", { rules: { "r0/R1": 5 } });
    made.agent("node-1", { rules: { "r0/R1": 7 } });
    made.advance(30);
    assert.equal(matches(), 12);
    made.agent("node-0", { startTime: "2026-01-02T00:00:00Z", rules: { "r0/R1": 2 } });
    made.advance(30);
    assert.equal(matches(), 14);
    made.restart();
    made.agent("node-1", { rules: { "r0/R1": 10 } });
    made.advance(30);
    assert.equal(matches(), 17);
    made.agent("node-1");
    made.advance(30);
    assert.equal(matches(), 17);
    made.restart();
    made.advance(30);
    assert.equal(matches(), 17);
    assert.equal((made.status("FalcoRule", "r0")["nodes"] as { text: string }).text, "1/1");
  });

  it("says where counts are incomplete", () => {
    const made = cluster(2, 2);
    made.agent("node-0", { rules: { "r0/R1": 5 }, otherMatches: 100 });
    made.advance(30);
    const message = (name: string) =>
      made.status("FalcoRule", name).conditions.find(({ type }) => type === "Loaded")!.message;
    assert.equal(message("r0"), "2 of 2 agents run these rules");
    assert.match(message("r1"), /matches are counted incompletely/);
    made.agent("node-0", { rules: { "r0/R1": 5, "r1/R1": 1 } });
    made.advance(30);
    assert.doesNotMatch(message("r1"), /incompletely/);
  });

  it("writes one status for one edit once agents have it, and none for other objects", () => {
    const made = cluster(3, 300);
    made.advance(600);
    const before = made.writes.length;
    assert.equal(before, 300);
    made.known["set-2"] = { ...made.known["set-1"], "shop/r7": "object-2" };
    made.put(
      falcoRule("r7", {
        generation: 2,
        digest: "object-2",
        status: {
          ...made.status("FalcoRule", "r7"),
          conditions: made.status("FalcoRule", "r7").conditions.slice(2),
        },
      }),
    );
    made.rollUp.setsChanged();
    made.advance(1);
    for (let index = 0; index < 3; index++) {
      made.agent(`node-${index}`, { digest: "set-2" });
      made.advance(1);
    }
    made.advance(60);
    const after = made.writes.slice(before).map(({ write }) => write.key);
    assert.deepEqual(after, ["shop/r7"]);
    const ready = made.status("FalcoRule", "r7").conditions.find(({ type }) => type === "Ready")!;
    assert.deepEqual(
      [ready.status, (ready as { observedGeneration?: number }).observedGeneration],
      ["True", 2],
    );
  });

  it("waits with a version that was not judged yet", () => {
    const made = cluster(1, 1);
    const object = falcoRule("r0", { generation: 2 });
    made.put({ ...object, metadata: { ...object.metadata, generation: 3 } });
    made.advance(60);
    assert.equal(made.writes.length, 0);
  });

  it("says soon that agents do not load a version, and at once that they failed", () => {
    const made = cluster(2, 1);
    made.advance(10);
    const reason = () =>
      made.status("FalcoRule", "r0").conditions.find(({ type }) => type === "Loaded")!.reason;
    made.agent("node-1", { digest: "" });
    made.advance(3);
    assert.equal(reason(), "Loaded", "a restart is over in a moment");
    made.advance(10);
    assert.equal(reason(), "Progressing");
    made.agent("node-1", { failures: [{ namespace: "shop", object: "r0", message: "no" }] });
    made.advance(6);
    assert.equal(reason(), "SomeNodesFailed");
  });

  it("writes nothing in five idle minutes of heartbeats", () => {
    const made = cluster(50, 100);
    made.advance(900);
    const before = made.writes.length;
    made.advance(300, (second) => {
      for (let index = 0; index < 50; index++)
        made.agent(`node-${index}`, {
          events: second * 1000,
          heartbeat: `2026-01-01T00:00:${String(second % 60).padStart(2, "0")}Z`,
        });
    });
    assert.equal(made.writes.length, before);
  });

  it("writes less than once a second for 500 agents and 1,000 rules that all match, and every object in turn", function () {
    this.timeout(120_000);
    const made = cluster(500, 1000);
    // Until what the start took of the budget is there again.
    made.advance(3000);
    const before = made.writes.length;
    const seconds = 240;
    made.advance(seconds, (second) => {
      // Each agent writes every 30 s; each of its 200 rules has matched again.
      for (let agent = second % 30; agent < 500; agent += 30) {
        const first = (agent * 7) % 1000;
        const rules = Object.fromEntries(
          Array.from({ length: 200 }, (_, index) => [`r${(first + index * 5) % 1000}/R1`, second + 1]),
        );
        made.agent(`node-${agent}`, { rules });
      }
    });
    const count = made.writes.length - before;
    assert.ok(count < seconds, `${count} writes in ${seconds} s`);
    assert.ok(count > seconds / 2, `${count} writes: the budget is used`);
    const keys = new Set(made.writes.slice(before).map(({ write }) => write.key));
    assert.equal(keys.size, count, "no object twice before all had their turn");
  });

  it("lets a changed condition pass a crowd of numbers", () => {
    const made = cluster(1, 1000);
    made.advance(1500);
    made.agent("node-0", {
      rules: Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`r${index}/R1`, 1])),
    });
    made.advance(30);
    made.put(falcoRule("r999", { accepted: condition("Accepted", "False", "Invalid"), digest: "" }));
    const before = made.writes.length;
    made.advance(3);
    assert.ok(made.writes.slice(before).some(({ write }) => write.key === "shop/r999"));
  });

  it("gives an object that took the name of a deleted one no counts of it but those of agents that run", () => {
    const made = cluster(1, 1);
    made.agent("node-0", { rules: { "r0/R1": 5 } });
    made.advance(30);
    made.agent("node-0", { startTime: "2026-01-02T00:00:00Z", rules: { "r0/R1": 1 } });
    made.advance(30);
    assert.equal(made.status("FalcoRule", "r0")["matches"], 6);
    made.rollUp.rule("shop/r0", undefined);
    made.put(falcoRule("r0", { uid: "another" }));
    made.advance(30);
    assert.equal(made.status("FalcoRule", "r0")["matches"], 1);
  });
});

describe("the roll-up of an AlertSink", () => {
  const sink = (more: object) => ({
    name: "shop/slack",
    delivered: 0,
    failed: 0,
    dropped: 0,
    spooled: 0,
    ...more,
  });
  const ready = (made: MadeCluster) => {
    const { status, reason, message } = made
      .status("AlertSink", "slack")
      .conditions.find(({ type }) => type === "Ready")!;
    return [status, reason, message];
  };

  it("adds up what agents delivered, and says where the last delivery failed", () => {
    const made = new MadeCluster();
    made.put(alertSink("slack"));
    made.advance(5);
    assert.deepEqual(ready(made), ["True", "NothingSent", "no alert went to it yet"]);
    made.agent("node-0", { sinks: [sink({ delivered: 5, lastDelivery: "2026-01-01T00:00:05Z" })] });
    made.agent("node-1", { sinks: [sink({ delivered: 1, failed: 2, spooled: 3, lastError: "HTTP 500" })] });
    made.advance(30);
    const { conditions, ...status } = made.status("AlertSink", "slack");
    assert.deepEqual(status, {
      observedGeneration: 1,
      delivered: 6,
      failed: 2,
      dropped: 0,
      spooled: 3,
      running: { delivered: 6, failed: 2, dropped: 0 },
      lastDelivery: "2026-01-01T00:00:05Z",
      lastError: "node-1: HTTP 500",
    });
    assert.deepEqual(ready(made), [
      "False",
      "DeliveryFailed",
      "the last delivery failed on a node; node-1: HTTP 500",
    ]);
    const object = {
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "AlertSink",
      metadata: { name: "slack" },
      spec: { stdout: {} },
    };
    assert.deepEqual(validateResource("AlertSink", { ...object, status: { ...status, conditions } }), []);
    made.restart();
    made.agent("node-1", { startTime: "2026-01-02T00:00:00Z", sinks: [sink({ delivered: 2 })] });
    made.advance(30);
    assert.equal(made.status("AlertSink", "slack")["delivered"], 8);
    assert.deepEqual(ready(made), ["True", "Delivered", "the last delivery worked"]);
  });

  it("is not ready where it was not accepted", () => {
    const made = new MadeCluster();
    made.put(alertSink("slack", {}, condition("Accepted", "False", "MissingReference", "no Secret slack")));
    made.advance(5);
    assert.deepEqual(ready(made), ["False", "MissingReference", "no Secret slack"]);
  });
});
