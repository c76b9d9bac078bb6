import assert from "node:assert/strict";
import { statusFault } from "../../../agent/kube/fault.ts";
import type { AgentFacts, RuleFact } from "../../../agent/report/node-agent/facts.ts";
import { changesOf, newsOf, untilWrite } from "../../../agent/report/node-agent/schedule.ts";
import { StatusMaker } from "../../../agent/report/node-agent/status.ts";
import { MadeReport, noFacts } from "./sample.ts";

const rule = (name: string, matches: number): RuleFact => ({
  namespace: "tiercel-system",
  object: "rules",
  rule: name,
  matches,
  lastMatch: 1_700_000_000_000_000_000n,
});
const all = { ...noFacts, heldBack: [] };
const writes = ({ api }: MadeReport) => api.requests.filter(({ method }) => method === "PATCH").length;

describe("the NodeAgent", () => {
  it("is made once, with its owner, and its status says what runs", async () => {
    const owner = { name: "tiercel-agent", uid: "u-1" };
    const identity = { name: "node-1", node: "node-1", role: "node", labels: { a: "b" }, owner } as const;
    const made = await new MadeReport().open({ identity });
    await made.clock.advance(1000);
    const [object] = made.api.of("NodeAgent");
    assert.deepEqual(object!["spec"], { node: "node-1", role: "node" });
    assert.deepEqual(object!.metadata["ownerReferences"], [
      { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", ...owner },
    ]);
    assert.deepEqual([object!.status!["digest"], object!.status!["ruleCount"]], ["d1", 3]);
    const next = await new MadeReport(made.api, made.clock).open();
    next.facts = { ...next.facts, startTime: next.facts.startTime + 60_000 };
    await next.clock.advance(1000);
    assert.equal(made.api.of("NodeAgent").length, 1);
    assert.equal(object!.status!["startTime"], "2023-11-14T22:14:20Z");
  });

  it("is written at once for new rules, 30 s apart for counts, and else seldom", async () => {
    const made = await new MadeReport().open();
    await made.clock.advance(2000);
    assert.equal(writes(made), 1);
    made.facts = { ...made.facts, digest: "d2" };
    made.report.changed();
    await made.clock.advance(100);
    assert.equal(writes(made), 2);
    for (let second = 0; second < 300; second++) {
      made.facts = { ...made.facts, rules: [rule("R", second + 1)] };
      await made.clock.advance(1000);
    }
    assert.ok(writes(made) <= 12 && writes(made) >= 9, `${writes(made)} writes`);
    const before = writes(made);
    await made.clock.advance(60_000);
    for (let second = 0; second < 600; second++) {
      made.facts = { ...made.facts, events: second };
      await made.clock.advance(1000);
    }
    assert.ok(writes(made) - before <= 4, `${writes(made) - before} writes while only events pass`);
    assert.equal(
      (made.api.of("NodeAgent")[0]!.status!["events"] as number) > 0,
      true,
      "heartbeats tell them",
    );
  });

  it("comes more seldom the larger it is", async () => {
    const count = async (rules: number) => {
      const made = await new MadeReport().open();
      made.facts = {
        ...made.facts,
        rules: Array.from({ length: rules }, (_, index) => rule(`R${index}`, 1)),
      };
      await made.clock.advance(60_000);
      const before = writes(made);
      await made.clock.advance(6 * 3_600_000);
      return writes(made) - before;
    };
    const [small, large] = [await count(0), await count(200)];
    assert.ok(small >= 55 && small <= 75, `${small} heartbeats in six hours`);
    assert.ok(large >= 10 && large < small / 2, `${large} of a large one`);
  });

  it("lists 200 rules that matched, always the same ones, and sums the rest", () => {
    const maker = new StatusMaker();
    const rules = Array.from({ length: 300 }, (_, index) => rule(`R${index}`, index));
    const first = maker.make({ ...all, rules, goneMatches: 5 }, 0);
    assert.equal(first.rules.length, 200);
    assert.equal(first.rules[0]!.rule, "R1", "rules without a match are left out");
    const total = (299 * 300) / 2;
    assert.equal(first.matches, total + 5, "rules that left the set are counted here alone");
    assert.equal(first.rules.reduce((sum, { matches }) => sum + matches, 0) + first.otherMatches, total);
    const more = maker.make({ ...all, rules: [rule("new", 1000), ...rules] }, 0);
    assert.deepEqual(
      more.rules.map(({ rule: name }) => name),
      first.rules.map(({ rule: name }) => name),
    );
  });

  it("adds up a rule that is listed twice, and leaves rules of files out of the list", () => {
    const { rules, matches, otherMatches } = new StatusMaker().make(
      { ...all, rules: [rule("R", 1), rule("R", 2), { ...rule("F", 7), namespace: "", object: "" }] },
      0,
    );
    assert.deepEqual([rules.length, rules[0]!.matches, matches, otherMatches], [1, 3, 10, 0]);
  });

  it("is bounded, whatever the node has", () => {
    const long = "\u001b".repeat(100_000);
    const many = <T>(count: number, make: (index: number) => T) =>
      Array.from({ length: count }, (_, i) => make(i));
    const status = new StatusMaker().make(
      {
        ...all,
        version: long,
        kernel: long,
        failures: many(500, () => ({ message: long })),
        capabilities: many(500, (index) => ({ name: `${index}`, message: long })),
        drops: many(500, (index) => ({ cause: `c${index}`, count: 1 })),
        sinks: many(500, (index) => ({
          name: `shop/${index}`,
          delivered: 1,
          failed: 0,
          dropped: 0,
          spooled: 0,
          lastDelivery: 0,
          lastError: long,
        })),
      },
      0,
    );
    assert.deepEqual(
      [
        status.version.length,
        status.kernel.length,
        status.failures.length,
        status.failures[0]!.message.length,
      ],
      [63, 128, 50, 1024],
    );
    assert.deepEqual(
      [status.capabilities.length, Object.keys(status.drops).length, status.dropped, status.sinks.length],
      [64, 64, 500, 100],
    );
    assert.equal(status.drops["others"], 437);
  });

  it("says when nobody watched before it did", () => {
    const said = (absence: AgentFacts["absence"]) => {
      const { status, reason, message } = new StatusMaker().make({ ...all, absence }, 0).conditions[2]!;
      return [status, reason, message];
    };
    assert.deepEqual(said(undefined), ["True", "FirstStart", "no earlier agent is known here"]);
    assert.deepEqual(said({ text: "for 3 s", killed: false }), ["False", "StartedAnew", "for 3 s"]);
    assert.deepEqual(said({ text: "for 4 s", killed: true }), ["False", "Killed", "for 4 s"]);
  });

  it("tells at once when nobody watched, though it was written for its rules just before", () => {
    const status = (absence: AgentFacts["absence"]) => new StatusMaker().make({ ...all, absence }, 0);
    const news = newsOf(status(undefined));
    const written = { at: 0, news, changes: changesOf(status(undefined)), jitter: 0 };
    assert.equal(untilWrite(status({ text: "for 3 s", killed: true }), written, 1000), 0);
    assert.ok(untilWrite(status(undefined), written, 1000) > 0);
  });

  it("says what failed, and since when", () => {
    const maker = new StatusMaker();
    const at = (now: number, failed: boolean) =>
      maker.make({ ...all, failures: failed ? [{ message: "no such field" }] : [] }, now).conditions[0]!;
    assert.deepEqual(at(0, false), {
      type: "Ready",
      status: "True",
      reason: "Running",
      message: "the rule set is in force",
      lastTransitionTime: "1970-01-01T00:00:00Z",
    });
    assert.equal(at(5000, false).lastTransitionTime, "1970-01-01T00:00:00Z");
    const failed = at(9000, true);
    assert.deepEqual(
      [failed.status, failed.reason, failed.message, failed.lastTransitionTime],
      ["False", "RulesFailed", "no such field", "1970-01-01T00:00:09Z"],
    );
    assert.equal(maker.make({ ...all, digest: "" }, 0).conditions[0]!.reason, "NoRules");
  });

  it("is made anew where somebody deleted it, and waits where it may not be made", async () => {
    const made = await new MadeReport().open();
    await made.clock.advance(1000);
    made.api.objects.clear();
    made.facts = { ...made.facts, digest: "d2" };
    await made.clock.advance(40_000);
    assert.equal(made.api.of("NodeAgent")[0]!.status!["digest"], "d2");
    const refused = new MadeReport();
    refused.api.refuse = () => statusFault(403, { message: "cannot create resource" });
    await refused.open();
    await refused.clock.advance(3_600_000);
    assert.ok(refused.api.requests.length < 30, `${refused.api.requests.length} requests in an hour`);
    assert.match(refused.said.join(), /NodeAgent node-1 is not written: HTTP 403: cannot create resource/);
  });

  it("is written once more at the end, if something changed", async () => {
    const made = await new MadeReport().open();
    await made.clock.advance(2000);
    made.facts = { ...made.facts, rules: [rule("R", 1)] };
    await made.report.stop(1000);
    assert.equal((made.api.of("NodeAgent")[0]!.status!["rules"] as RuleFact[])[0]!.matches, 1);
    const before = made.api.requests.length;
    await made.clock.advance(3_600_000);
    assert.equal(made.api.requests.length, before, "nothing comes after it");
  });
});
