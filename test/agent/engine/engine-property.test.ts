/** Whole rule sets against the slow evaluator: what rules share, remember and try in another order must not show. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { buildEngine } from "../../../agent/engine/build.ts";
import { Conjunction, FAILS, HOLDS, SharedTest } from "../../../agent/engine/conjunction.ts";
import type { EventAccess } from "../../../agent/engine/engine.ts";
import { isPathField } from "../../../agent/engine/path-views.ts";
import { RuleCounts } from "../../../agent/engine/rule-counts.ts";
import type { FieldReaders, Value } from "../../../agent/rules/catalogue.ts";
import type { Expr } from "../../../agent/rules/condition/ast.ts";
import { checkCondition } from "../../../agent/rules/condition/check.ts";
import type { RulePlan } from "../../../agent/rules/plan.ts";
import { madeCatalogue, madeReaders, madeSource, type MadeEvent } from "../../support/made-catalogue.ts";
import { randomCondition, randomEvent } from "../../support/random-conditions.ts";
import { slowlyHolds } from "../../support/slow-evaluator.ts";
import { slowlyInScope, type SlowPod } from "../../support/slow-scope.ts";

/** An event in the views of its paths: the first is the event itself, the others differ in path fields alone. */
interface Viewed {
  readonly views: readonly MadeEvent[];
  readonly pod: SlowPod | undefined;
  shown: number;
}

const place = { at: 0, end: 0 };

type Scope = Pick<RulePlan, "onlyNamespace" | "selector">;
interface Ruled {
  readonly expr: Expr;
  readonly scope: Scope;
}

const name = fc.constantFrom("shop", "bank");
const labels = fc.dictionary(fc.constantFrom("app", "tier"), fc.constantFrom("", "web"), { maxKeys: 2 });
const randomPod: fc.Arbitrary<SlowPod | undefined> = fc.option(
  fc.record({
    namespace: fc.option(name, { nil: undefined }),
    labels: fc.option(labels, { nil: undefined }),
    namespaceLabels: fc.option(labels, { nil: undefined }),
  }),
  { nil: undefined },
);
const labelSelector = fc.record(
  {
    matchLabels: labels,
    matchExpressions: fc.array(
      fc.record({
        key: fc.constantFrom("app", "tier"),
        operator: fc.constantFrom(
          "In" as const,
          "NotIn" as const,
          "Exists" as const,
          "DoesNotExist" as const,
        ),
        values: fc.constant(["web"]),
      }),
      { maxLength: 1 },
    ),
  },
  { requiredKeys: [] },
);
const randomScope: fc.Arbitrary<Scope> = fc.oneof(
  { arbitrary: fc.constant({}), weight: 2 },
  fc.record(
    {
      onlyNamespace: name,
      selector: fc.record(
        {
          namespaces: fc.uniqueArray(name, { maxLength: 2 }),
          namespaceSelector: labelSelector,
          podSelector: labelSelector,
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  ),
);

/** Rules that have parts and scopes in common: each is a conjunction of some of a few conditions. */
const randomRules: fc.Arbitrary<readonly Ruled[]> = fc
  .tuple(
    fc.array(randomCondition, { minLength: 1, maxLength: 4 }),
    fc.array(randomScope, { minLength: 1, maxLength: 3 }),
  )
  .chain(([parts, scopes]) =>
    fc.array(
      fc
        .tuple(fc.subarray(parts, { minLength: 1 }), fc.constantFrom(...scopes))
        .map(([args, scope]): Ruled => {
          const expr: Expr = args.length === 1 ? args[0]! : { kind: "and", args, ...place };
          return { expr, scope };
        }),
      { minLength: 1, maxLength: 5 },
    ),
  );

/** What the made catalogue has of the fields that change with the view is fd.name. */
const randomViewed = fc
  .tuple(randomEvent, fc.array(randomEvent, { maxLength: 2 }), randomPod)
  .map(([event, others, pod]): Viewed => ({
    pod,
    views: [
      event,
      ...others.map((other) =>
        Object.fromEntries([
          ...Object.entries(event).filter(([name]) => !isPathField(name)),
          ...Object.entries(other).filter(([name]) => isPathField(name)),
        ]),
      ),
    ],
    shown: 0,
  }));

const now = (event: Viewed) => event.views[event.shown]!;
const readers: FieldReaders<Viewed> = {
  reader: (use) => {
    const read = madeReaders.reader(use);
    return (event): Value => read(now(event));
  },
  exists: (use) => {
    const exists = madeReaders.exists(use);
    return (event) => exists(now(event));
  },
};
const access: EventAccess<Viewed> = {
  hostname: "",
  code: () => 0,
  time: () => 0n,
  group: () => ({ pod: "", container: "", exePath: "", object: "" }),
  subject: () => ({ namespace: "", pod: "", podUid: "", container: "", image: "" }),
  place: {
    namespace: ({ pod }) => pod?.namespace,
    podLabels: ({ pod }) => pod?.labels && Object.entries(pod.labels),
    namespaceLabels: ({ pod }) => pod?.namespaceLabels && Object.entries(pod.namespaceLabels),
  },
  views: {
    begin: () => undefined,
    show: (event, index) => {
      if (index < event.views.length) event.shown = index;
      return index < event.views.length;
    },
  },
};

function engineOf(ruled: readonly Ruled[], alerts: string[]) {
  const rules = ruled.map(({ expr, scope }, index): RulePlan => ({
    ...scope,
    identity: { namespace: "", object: "", rule: String(index) },
    rule: String(index),
    desc: "",
    priority: 4,
    tags: [],
    source: "syscall",
    condition: checkCondition(expr, madeSource, madeCatalogue).typed,
    conditionText: "",
    events: [0],
    output: { tokens: [], fields: [], extra: [] },
  }));
  const steps = buildEngine(
    { rules, digest: "" },
    {
      source: "syscall",
      readers,
      access,
      counts: new RuleCounts({ rate: 1e9, burst: 1e9 }),
      codes: ["openat"],
      base64Buffers: false,
      options: {
        matching: "all",
        emit: ({ rule }) => alerts.push(rule),
        onFault: (_, error) => {
          throw error;
        },
      },
    },
  );
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** Which rules match each event, and in which order, is what the slow evaluator says of each rule and view. */
const agreement = fc.property(
  randomRules,
  // More than the first samples, after which a conjunction leaves off at the first test that fails.
  fc.array(randomViewed, { minLength: 18, maxLength: 28 }),
  (rules, events) => {
    const alerts: string[] = [];
    const engine = engineOf(rules, alerts);
    for (const event of events) {
      engine.process(event);
      const want = rules.flatMap(({ expr, scope }, index) =>
        slowlyInScope(scope, event.pod) && event.views.some((view) => slowlyHolds(expr, view))
          ? [String(index)]
          : [],
      );
      assert.deepEqual(alerts.splice(0), want);
    }
  },
);

type Holds = SharedTest<unknown>["holds"];
type Evaluate = Conjunction<unknown>["evaluate"];

/** Runs the property with a method replaced by one that is made of it, and expects it to find that. */
function findsFault<Method>(owner: object, name: string, fault: (right: Method) => Method): void {
  const right = Reflect.get(owner, name) as Method;
  Reflect.set(owner, name, fault(right));
  try {
    const { errorInstance } = fc.check(agreement, { numRuns: 5_000, endOnFailure: true });
    assert.ok(errorInstance instanceof assert.AssertionError, "the property did not find the fault");
  } finally {
    Reflect.set(owner, name, right);
  }
}

describe("an engine", () => {
  it("says of each rule what the slow evaluator says, in any view and pod, whatever rules share", () => {
    fc.assert(agreement, { numRuns: 100 });
  });

  it("is told from one whose tests remember an event for the next", () => {
    findsFault<Holds>(
      SharedTest.prototype,
      "holds",
      (right) =>
        function (this: SharedTest<unknown>, event, _turn, view) {
          return right.call(this, event, 0, view);
        },
    );
  });

  it("is told from one whose tests remember a view for the next", () => {
    findsFault<Holds>(
      SharedTest.prototype,
      "holds",
      (right) =>
        function (this: SharedTest<unknown>, event, turn) {
          return right.call(this, event, turn, 0);
        },
    );
  });

  it("is told from one that takes the failure in one view for all", () => {
    findsFault<Evaluate>(
      Conjunction.prototype,
      "evaluate",
      (right) =>
        function (this: Conjunction<unknown>, event, turn, view) {
          return right.call(this, event, turn, view) === HOLDS ? HOLDS : FAILS;
        },
    );
  });

  it("begins to count its events anew without taking one for another", () => {
    const alerts: string[] = [];
    const expr = (text: string): Expr => ({
      kind: "check",
      left: { kind: "field", name: "proc.name", ...place },
      operator: "=",
      right: { kind: "value", text, quoted: true, ...place },
      ...place,
    });
    const engine = engineOf([{ expr: expr("a"), scope: {} }], alerts);
    const turns = engine as unknown as { turn: number };
    const event = (name: string): Viewed => ({ views: [{ "proc.name": name }], pod: undefined, shown: 0 });
    engine.process(event("a"));
    // As after a thousand million events: the next turn is the first one again.
    turns.turn = 2 ** 30;
    engine.process(event("b"));
    assert.deepEqual(alerts, ["0"]);
    assert.ok(turns.turn < 100);
  });
});
