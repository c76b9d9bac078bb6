import assert from "node:assert/strict";
import { collect, leastAge, mostAge } from "../../../../operator/controllers/falco-rules/collect.ts";

const now = 10_000_000;
const unwanted = (...ages: readonly number[]) => new Map(ages.map((age) => [`age-${age}`, now - age]));

describe("shards of earlier sets", () => {
  it("stay for a while though all agents moved on: one may just be reading them", () => {
    assert.deepEqual(collect(unwanted(leastAge - 1), 0, now), { remove: [], after: 1 });
    assert.deepEqual(collect(unwanted(leastAge), 0, now), { remove: [`age-${leastAge}`], after: undefined });
  });
  it("stay longer while an agent is behind, but not for ever", () => {
    assert.deepEqual(collect(unwanted(leastAge, mostAge), 1, now), {
      remove: [`age-${mostAge}`],
      after: leastAge,
    });
  });
  it("are looked at again when the first of them is due, and once a minute", () => {
    assert.equal(collect(unwanted(0, leastAge - 500), 0, now).after, 500);
    assert.equal(collect(unwanted(0), 3, now).after, leastAge);
    assert.equal(collect(unwanted(), 3, now).after, undefined);
  });
});
