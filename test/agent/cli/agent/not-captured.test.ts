import assert from "node:assert/strict";
import { notCaptured } from "../../../../agent/cli/agent/not-captured.ts";
import { eventCatalogue } from "../../../../agent/fields/event-catalogue.ts";
import type { EventCatalogue } from "../../../../agent/rules/catalogue.ts";
import type { RulePlan } from "../../../../agent/rules/plan.ts";

const names = ["open", "close", "read"];
const events: EventCatalogue = {
  codes: () => undefined,
  size: names.length,
  name: (code) => names[code]!,
  captured: (code) => code === 0,
  names,
};

describe("rules on calls that are not captured", () => {
  const cases: { name: string; rules: [string, RulePlan["events"], string?][]; want: string[] }[] = [
    {
      name: "are not mentioned where there are none",
      rules: [
        ["A", [0]],
        ["B", "all"],
      ],
      want: [],
    },
    { name: "of another source are nobody's business", rules: [["A", [1], "k8s_audit"]], want: [] },
    {
      name: "are named with what they miss",
      rules: [
        ["A", [0, 1]],
        ["B", [1, 2]],
        ["C", [2]],
      ],
      want: [
        "rules that can never match, because their calls are not captured: B, C; rules that miss calls which are not captured: A (calls: close, read)",
      ],
    },
  ];
  for (const { name, rules, want } of cases)
    it(name, () => {
      const plans = rules.map(
        ([rule, codes, source = "syscall"]) => ({ rule, events: codes, source }) as RulePlan,
      );
      assert.deepEqual(notCaptured({ digest: "", rules: plans }, events), want);
    });

  it("are not those of an event with two codes, one of which is made", () => {
    const codes = eventCatalogue.codes("container")!;
    assert.equal(codes.length, 2);
    const plan = { rule: "A", events: codes, source: "syscall" } as unknown as RulePlan;
    assert.deepEqual(notCaptured({ digest: "", rules: [plan] }, eventCatalogue), []);
  });

  it("are named up to a bound", () => {
    const plans = Array.from(
      { length: 30 },
      (_, i) => ({ rule: `R${i}`, events: [1], source: "syscall" }) as unknown as RulePlan,
    );
    assert.match(notCaptured({ digest: "", rules: plans }, events)[0]!, /R19 and 10 more \(calls: close\)$/);
  });
});
