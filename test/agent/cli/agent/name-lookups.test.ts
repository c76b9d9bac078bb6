import assert from "node:assert/strict";
import { MAX_NAMES, NameLookups } from "../../../../agent/cli/agent/name-lookups.ts";

describe("look-ups of host names", () => {
  it("give all names of an address", async () => {
    const lookups = new NameLookups(async (name) =>
      name === "two" ? ["10.0.0.1", "10.0.0.2"] : ["10.0.0.1"],
    );
    lookups.set(["one", "two"]);
    await lookups.refresh();
    assert.deepEqual(
      lookups.byAddress(),
      new Map([
        ["10.0.0.1", ["one", "two"]],
        ["10.0.0.2", ["two"]],
      ]),
    );
  });

  it("follow a name that moved, keep one that fails, forget one that nobody asks for", async () => {
    let answers: Record<string, string[]> = { moves: ["10.0.0.1"], fails: ["10.0.0.2"], goes: ["10.0.0.3"] };
    const lookups = new NameLookups(async (name) => answers[name] ?? Promise.reject(new Error("ENOTFOUND")));
    lookups.set(["moves", "fails", "goes"]);
    await lookups.refresh();
    answers = { moves: ["10.0.0.9"] };
    lookups.set(["moves", "fails"]);
    await lookups.refresh();
    assert.deepEqual(
      lookups.byAddress(),
      new Map([
        ["10.0.0.9", ["moves"]],
        ["10.0.0.2", ["fails"]],
      ]),
    );
  });

  it("ask one after the other, also where two refreshes meet", async () => {
    let now = 0;
    let most = 0;
    const lookups = new NameLookups(async () => {
      most = Math.max(most, ++now);
      await Promise.resolve();
      now--;
      return [];
    });
    lookups.set(["a", "b", "c"]);
    await Promise.all([lookups.refresh(), lookups.refresh()]);
    assert.equal(most, 1);
  });

  it("are bounded, and say how many names were too many", async () => {
    let asked = 0;
    const lookups = new NameLookups(async () => {
      asked++;
      return [];
    });
    lookups.set(Array.from({ length: MAX_NAMES + 3 }, (_, index) => `host${index}`));
    await lookups.refresh();
    assert.deepEqual([asked, lookups.beyond], [MAX_NAMES, 3]);
  });
});
