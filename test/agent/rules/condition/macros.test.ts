import assert from "node:assert/strict";
import type { Expr } from "../../../../agent/rules/condition/ast.ts";
import { ConditionError } from "../../../../agent/rules/condition/error.ts";
import { expandMacros, macroNames } from "../../../../agent/rules/condition/macros.ts";
import { parseCondition } from "../../../../agent/rules/condition/parser.ts";
import { printCondition } from "../../../../agent/rules/condition/printer.ts";

function expand(text: string, macros: Readonly<Record<string, string>>): Expr {
  const parsed = new Map(
    Object.entries(macros).map(([name, condition]) => [name, parseCondition(condition)]),
  );
  return expandMacros(parseCondition(text), (name) => parsed.get(name));
}

const error = (text: string, macros: Readonly<Record<string, string>>): ConditionError => {
  try {
    expand(text, macros);
  } catch (thrown) {
    assert.ok(thrown instanceof ConditionError, String(thrown));
    return thrown;
  }
  throw new Error(`${text} was accepted`);
};

describe("macros", () => {
  it("are put in as trees, so that not negates the whole", () => {
    const expr = expand("not m and a.b = 1", { m: "c.d = 1 or n", n: "e.f = 1" });
    assert.equal(printCondition(expr), "not (c.d = 1 or (e.f = 1)) and a.b = 1");
  });

  it("that do not exist are refused at their place, within the macro that uses them", () => {
    const own = error("a.b = 1 and nosuch", {});
    assert.deepEqual(
      [own.message, own.code, own.at],
      ["Undefined macro 'nosuch' used in filter.", "LOAD_ERR_VALIDATE", 12],
    );
    const inner = error("m", { m: "a.b = 1 or n", n: "not nosuch" });
    assert.deepEqual([inner.at, inner.macros], [4, ["m", "n"]]);
  });

  it("that lead back to themselves are refused", () => {
    assert.equal(error("m", { m: "a.b = 1 or n", n: "m" }).message, "reference loop in macro 'm'");
    assert.equal(error("m", { m: "m" }).code, "LOAD_ERR_VALIDATE");
  });

  it("may be used many times but not make a condition of millions of checks", () => {
    const doubling = (levels: number) =>
      Object.fromEntries(
        Array.from({ length: levels }, (_, i) => [`m${i}`, i === 0 ? "a.b = 1" : `m${i - 1} or m${i - 1}`]),
      );
    expand("m9", doubling(10));
    assert.match(error("m39", doubling(40)).message, /^more than 100000 checks/);
  });

  it("that form a long chain give an error, not an overflow", () => {
    const chain = Object.fromEntries(
      Array.from({ length: 50_000 }, (_, i) => [`m${i}`, i === 0 ? "a.b = 1" : `not (m${i - 1})`]),
    );
    assert.match(error("m49999", chain).message, /^exceeded max depth limit/);
  });

  it("or not: a condition of too many checks is refused", () => {
    assert.match(
      error(Array<string>(300_000).fill("a.b = 1").join(" or "), {}).message,
      /^more than 100000 checks/,
    );
  });

  it("are listed by name, each once, in text order", () => {
    assert.deepEqual([...macroNames(parseCondition("b and not (a or a.b = c or b)"))], ["b", "a"]);
  });
});
