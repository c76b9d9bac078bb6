import assert from "node:assert/strict";
import { planRetention, type AlertView } from "../../../../operator/controllers/retention/plan.ts";

const hour = 3_600_000;
const now = 1_800_000_000_000;
/** An alert that was last seen so many hours ago. */
const alert = (name: string, hours: number, closed = false): AlertView => ({
  key: `shop/${name}`,
  namespace: "shop",
  uid: name,
  closed,
  seen: now - hours * hour,
});
const names = (alerts: readonly AlertView[]) => alerts.map(({ uid }) => uid);

describe("retention of SecurityAlerts", () => {
  const cases = [
    {
      name: "keeps what is young and few",
      alerts: [alert("a", 1), alert("b", 2)],
      age: 3,
      most: 2,
      remove: [],
    },
    {
      name: "takes what is old, closed or not",
      alerts: [alert("a", 1), alert("b", 3), alert("c", 4, true)],
      age: 3,
      most: 9,
      remove: ["b", "c"],
    },
    {
      name: "takes closed ones first where there are too many",
      alerts: [alert("a", 3), alert("b", 1, true), alert("c", 2, true), alert("d", 1)],
      age: 9,
      most: 3,
      remove: ["c"],
    },
    {
      name: "then those not seen for longest",
      alerts: [alert("a", 3), alert("b", 1, true), alert("c", 2), alert("d", 1)],
      age: 9,
      most: 2,
      remove: ["b", "a"],
    },
    {
      name: "counts old ones as gone already",
      alerts: [alert("a", 10), alert("b", 1), alert("c", 2)],
      age: 9,
      most: 2,
      remove: ["a"],
    },
    { name: "knows no bound of age", alerts: [alert("a", 10_000)], age: 0, most: 2, remove: [] },
    { name: "knows no bound of number", alerts: [alert("a", 1), alert("b", 2)], age: 3, most: 0, remove: [] },
  ];
  for (const { name, alerts, age, most, remove } of cases)
    it(name, () => {
      const plan = planRetention(alerts, { age: age * hour, perNamespace: most }, now);
      assert.deepEqual(names(plan.remove), remove);
    });

  it("comes again when the next one is too old", () => {
    const retention = { age: 3 * hour, perNamespace: 9 };
    assert.equal(planRetention([alert("a", 1), alert("b", 2)], retention, now).after, hour);
    assert.equal(planRetention([], retention, now).after, undefined);
    assert.equal(planRetention([alert("a", 1)], { ...retention, age: 0 }, now).after, undefined);
  });
});
