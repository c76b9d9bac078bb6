import assert from "node:assert/strict";
import type { Alert } from "../../../agent/engine/alert.ts";
import { Conjunction, SharedTest } from "../../../agent/engine/conjunction.ts";
import {
  Engine,
  type CompiledRule,
  type EngineOptions,
  type EventAccess,
} from "../../../agent/engine/engine.ts";
import { RuleCounts } from "../../../agent/engine/rule-counts.ts";
import type { RulePlan } from "../../../agent/rules/plan.ts";

interface Made {
  code: number;
  time: bigint;
  /** Paths of the views worth trying. */
  paths: string[];
  shown: number;
}

const event = (facts: Partial<Made>): Made => ({ code: 1, time: 1n, paths: ["/a"], shown: 0, ...facts });

const access: EventAccess<Made> = {
  hostname: "node7",
  code: (made) => made.code,
  time: (made) => made.time,
  group: () => ({ pod: "", container: "host", exePath: "", object: "" }),
  subject: () => ({ namespace: "red", pod: "web", podUid: "u1", container: "nginx", image: "nginx:1" }),
  place: { namespace: () => undefined, podLabels: () => undefined, namespaceLabels: () => undefined },
  views: {
    begin: () => undefined,
    show: (made, index) => {
      if (index >= made.paths.length) return false;
      made.shown = index;
      return true;
    },
  },
};

const plan = (rule: string, facts: Partial<RulePlan>): RulePlan => ({
  identity: { namespace: "", object: "", rule },
  rule,
  desc: "",
  priority: 4,
  tags: [],
  source: "syscall",
  condition: { kind: "and", args: [] },
  conditionText: "",
  events: "all",
  output: { tokens: [], fields: [], extra: [] },
  ...facts,
});

interface Row {
  rule: string;
  matches: (made: Made) => boolean;
  usesPaths?: boolean;
  events?: RulePlan["events"];
}

/** An engine over made rules; what it raised is in `alerts` as `rule:message`. */
function made(
  rows: readonly Row[],
  options: Partial<EngineOptions<Made>> = {},
  rate = { rate: 100, burst: 1000 },
) {
  const alerts: string[] = [];
  const full: Alert[] = [];
  const faults: string[] = [];
  const counts = new RuleCounts(rate);
  const rules = rows.map(({ rule, matches, usesPaths = false, events = "all" }): CompiledRule<Made> => {
    const own = plan(rule, { events });
    const codes = events === "all" ? [0, 1, 2, 3] : events;
    const condition = new Conjunction([new SharedTest(matches, 1, usesPaths)]);
    return {
      plan: own,
      count: counts.of(own),
      variants: new Map(codes.map((code) => [code, { condition, withoutIdentity: () => condition }])),
      message: (e) => e.paths[e.shown] ?? "",
      fields: () => [],
      usesIdentity: false,
    };
  });
  const engine = new Engine("d", rules, 4, access, {
    matching: "all",
    emit: (alert) => {
      full.push(alert);
      alerts.push(`${alert.rule}:${alert.message}`);
    },
    onFault: (rule, error) => faults.push(`${rule.rule}: ${String(error)}`),
    ...options,
  });
  return { engine, alerts, full, faults, counts };
}

const yes = () => true;
const path = (want: string) => (e: Made) => e.paths[e.shown] === want;

describe("engine", () => {
  const cases: { name: string; rows: Row[]; event?: Partial<Made>; matching?: "first"; want: string[] }[] = [
    {
      name: "tries rules in order",
      rows: [
        { rule: "A", matches: yes },
        { rule: "B", matches: yes },
      ],
      want: ["A:/a", "B:/a"],
    },
    {
      name: "stops at the first match under first",
      matching: "first",
      rows: [
        { rule: "N", matches: () => false },
        { rule: "A", matches: yes },
        { rule: "B", matches: yes },
      ],
      want: ["A:/a"],
    },
    {
      name: "tries only rules of the event's code",
      rows: [
        { rule: "A", matches: yes, events: [2] },
        { rule: "B", matches: yes, events: [0, 1] },
      ],
      want: ["B:/a"],
    },
    {
      name: "keeps the order inside each code",
      rows: [
        { rule: "A", matches: yes, events: [1] },
        { rule: "B", matches: yes },
        { rule: "C", matches: yes, events: [1] },
      ],
      want: ["A:/a", "B:/a", "C:/a"],
    },
    {
      name: "takes no notice of a code beyond the table",
      rows: [{ rule: "A", matches: yes }],
      event: { code: 99 },
      want: [],
    },
    {
      name: "tries the other views of a rule with path fields and prints the one that matched",
      rows: [{ rule: "A", matches: path("/real"), usesPaths: true }],
      event: { paths: ["/a", "/real", "/fs"] },
      want: ["A:/real"],
    },
    {
      name: "does not try them for a rule without path fields",
      rows: [{ rule: "A", matches: path("/real") }],
      event: { paths: ["/a", "/real"] },
      want: [],
    },
    {
      name: "raises once where several views match",
      rows: [{ rule: "A", matches: yes, usesPaths: true }],
      event: { paths: ["/a", "/b"] },
      want: ["A:/a"],
    },
    {
      name: "begins each rule with the first view",
      rows: [
        { rule: "A", matches: path("/b"), usesPaths: true },
        { rule: "B", matches: yes, usesPaths: true },
      ],
      event: { paths: ["/a", "/b"] },
      want: ["A:/b", "B:/a"],
    },
    {
      name: "makes all tries of a rule before the next rule under first",
      matching: "first",
      rows: [
        { rule: "A", matches: path("/b"), usesPaths: true },
        { rule: "B", matches: path("/a"), usesPaths: true },
      ],
      event: { paths: ["/a", "/b"] },
      want: ["A:/b"],
    },
  ];
  for (const { name, rows, event: facts = {}, matching = "all", want } of cases)
    it(name, () => {
      const { engine, alerts } = made(rows, { matching });
      engine.process(event(facts));
      assert.deepEqual(alerts, want);
    });

  it("never tries a view leaf by leaf: one try sees one view only", () => {
    const asked = (e: Made) => e.paths[e.shown] === "/link" && e.paths[e.shown] === "/secret";
    const { engine, alerts } = made([{ rule: "A", matches: asked, usesPaths: true }]);
    engine.process(event({ paths: ["/link", "/secret"] }));
    assert.deepEqual(alerts, []);
  });

  it("counts a rule that throws, says it once, and goes on with the next", () => {
    const bad = () => {
      throw new Error("planted");
    };
    const { engine, alerts, faults, counts } = made([
      { rule: "A", matches: bad },
      { rule: "B", matches: yes },
    ]);
    for (let i = 0; i < 3; i++) engine.process(event({}));
    assert.deepEqual(alerts, ["B:/a", "B:/a", "B:/a"]);
    assert.deepEqual(faults, ["A: Error: planted"]);
    assert.equal([...counts.all()].find((count) => count.rule === "A")?.faults, 3);
  });

  it("counts every match, and holds back what the rate does not let through", () => {
    const { engine, alerts, counts } = made([{ rule: "A", matches: yes }], {}, { rate: 10, burst: 3 });
    for (let i = 0; i < 5; i++) engine.process(event({ time: 1_000_000_000n }));
    assert.equal(alerts.length, 3);
    engine.process(event({ time: 1_100_000_000n }));
    assert.equal(alerts.length, 4);
    const [count] = counts.all();
    assert.deepEqual([count?.matches, count?.suppressed, count?.lastMatch], [6, 2, 1_100_000_000n]);
    assert.deepEqual(counts.takeUnsaid(), [{ rule: "A", count: 2 }]);
    assert.deepEqual(counts.takeUnsaid(), []);
  });

  it("has one rate for a rule: whoever uses it up holds back alerts about others, which are counted", () => {
    const { engine, alerts, counts } = made([{ rule: "A", matches: yes }], {}, { rate: 1, burst: 1000 });
    for (let i = 0; i < 2000; i++) engine.process(event({ time: 1n }));
    engine.process(event({ time: 2n }));
    assert.equal(alerts.length, 1000);
    assert.deepEqual(
      [...counts.all()].map(({ matches, suppressed }) => [matches, suppressed]),
      [[2001, 1001]],
    );
  });

  it("gives alerts with the facts of rule, event and node", () => {
    const { engine, full } = made([{ rule: "A", matches: yes }]);
    engine.process(event({ time: 5n }));
    assert.deepEqual(full, [
      {
        rule: "A",
        identity: { namespace: "", object: "", rule: "A" },
        priority: 4,
        source: "syscall",
        tags: [],
        time: 5n,
        hostname: "node7",
        message: "/a",
        fields: [],
        group: { pod: "", container: "host", exePath: "", object: "" },
        subject: { namespace: "red", pod: "web", podUid: "u1", container: "nginx", image: "nginx:1" },
        sinks: undefined,
      },
    ]);
  });

  it("lists the codes that some rule wants", () => {
    assert.deepEqual(made([{ rule: "A", matches: yes, events: [1, 3] }]).engine.codes, [1, 3]);
    assert.deepEqual(made([{ rule: "A", matches: yes }]).engine.codes, [0, 1, 2, 3]);
  });
});

describe("rule counts", () => {
  it("go on over a new rule set and take its priority and tags", () => {
    const counts = new RuleCounts({ rate: 1, burst: 1 });
    counts.of(plan("A", {})).matches = 7;
    const again = counts.of(plan("A", { priority: 2, tags: ["t"] }));
    assert.deepEqual([again.matches, again.priority, again.tags], [7, 2, ["t"]]);
  });

  it("forget rules that left without a match and keep the others up to a bound", () => {
    const counts = new RuleCounts({ rate: 1, burst: 1 });
    for (let i = 0; i < 1005; i++) counts.of(plan(`used ${i}`, {})).matches = 2;
    counts.of(plan("never matched", {}));
    const stays = counts.of(plan("stays", {}));
    counts.keep(new Set([stays]));
    const names = [...counts.all()].map((count) => count.rule);
    assert.equal(names.length, 1001);
    assert.ok(names.includes("stays") && names.includes("used 1004") && !names.includes("used 4"));
    assert.equal(counts.gone.matches, 10);
  });
});
