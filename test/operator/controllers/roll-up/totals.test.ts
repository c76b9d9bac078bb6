import assert from "node:assert/strict";
import fc from "fast-check";
import { Totals } from "../../../../operator/controllers/roll-up/totals.ts";

const row = (totals: Totals) => Object.fromEntries(totals.rows("o"))["r"];

describe("totals of what agents count", () => {
  it("go on where an agent begins anew, and where it goes", () => {
    const totals = new Totals();
    totals.begin("o", []);
    totals.add("o", "r", 0, 10, false, 5);
    assert.deepEqual(row(totals), { total: 10, running: 10, last: 5 });
    totals.add("o", "r", 10, 3, true, 7);
    assert.deepEqual(row(totals), { total: 13, running: 3, last: 7 });
    totals.add("o", "r", 3, 2, false);
    assert.deepEqual(row(totals), { total: 15, running: 2, last: 7 }, "less than before is a new beginning");
    totals.leave("o", "r", 2);
    assert.deepEqual(row(totals), { total: 15, running: 0, last: 7 });
  });

  it("begin with what the status says and what came since", () => {
    const totals = new Totals();
    totals.add("o", "r", 0, 10, true, 9);
    totals.add("o", "new", 0, 4, true, 3);
    totals.begin("o", [["r", { total: 100, running: 7, last: 5 }]]);
    assert.deepEqual(Object.fromEntries(totals.rows("o")), {
      r: { total: 103, running: 10, last: 9 },
      new: { total: 4, running: 4, last: 3 },
    });
  });

  it("never fall, whatever went while nobody looked", () => {
    const totals = new Totals();
    totals.add("o", "r", 0, 2, true);
    totals.begin("o", [["r", { total: 100, running: 50, last: 0 }]]);
    assert.equal(row(totals)!.total, 100);
  });

  it("count for no object that is not there, until it comes", () => {
    const totals = new Totals();
    totals.add("o", "r", 0, 2, true);
    assert.deepEqual([...totals.rows("o")], []);
    totals.begin("o", []);
    totals.end("o");
    assert.equal(totals.has("o"), false);
    totals.begin("o", []);
    assert.equal(row(totals)!.total, 2);
  });

  it("are the sum of all lives of all agents, across operators that start anew, at random", () => {
    const step = fc.record({
      do: fc.constantFrom("match", "match", "match", "restart", "leave", "operator"),
      agent: fc.nat(3),
      by: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let totals = new Totals();
        totals.begin("o", []);
        const counts = [0, 0, 0, 0];
        let wanted = 0;
        for (const { do: what, agent, by } of steps) {
          const before = counts[agent]!;
          if (what === "match") {
            totals.add("o", "r", before, (counts[agent] = before + by), false);
            wanted += by;
          } else if (what === "restart") {
            totals.add("o", "r", before, (counts[agent] = by), true);
            wanted += by;
          } else if (what === "leave") {
            totals.leave("o", "r", before);
            counts[agent] = 0;
          } else {
            // Another operator, which finds the status and the agents; one match came in between.
            const stored = [...totals.rows("o")];
            totals = new Totals();
            counts[agent] = before + by;
            wanted += by;
            for (const count of counts) if (count > 0) totals.add("o", "r", 0, count, true);
            totals.begin("o", stored);
          }
          assert.equal(row(totals)?.total ?? 0, wanted);
          assert.equal(
            row(totals)?.running ?? 0,
            counts.reduce((sum, count) => sum + count, 0),
          );
        }
      }),
    );
  });
});
