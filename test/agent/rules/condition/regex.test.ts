import assert from "node:assert/strict";
import { compileRegex } from "../../../../agent/rules/condition/regex.ts";
import { toBytes } from "../../../../agent/rules/condition/text.ts";

/** Whether the whole of a text matches. */
function matches(pattern: string, text: string): boolean {
  const regex = compileRegex(toBytes(pattern));
  if (typeof regex !== "function") throw new Error(regex.problem);
  return regex(toBytes(text));
}

describe("a regular expression of a rule", () => {
  // Each takes a backtracking engine twice as long for each further letter.
  it("takes no longer than the text is long, whatever the pattern", () => {
    const text = "a".repeat(5000);
    for (const pattern of ["(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*)*x", "a*a*a*a*a*a*b"]) {
      assert.equal(matches(pattern, text), false, pattern);
      assert.equal(matches(pattern.replace(/[bx]$/, ""), text), true, pattern);
    }
  });

  it("is refused where it would have to look back", () => {
    assert.throws(() => matches("(a)\\1", "aa"));
  });

  it("is refused where it would grow too large", () => {
    assert.throws(() => matches("((a{100}){100}){100}", "a"));
  });
});
