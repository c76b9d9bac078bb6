import assert from "node:assert/strict";
import fc from "fast-check";
import type { Expr, FieldNode, TransformerNode, ValueNode } from "../../../../agent/rules/condition/ast.ts";
import { checkCondition } from "../../../../agent/rules/condition/check.ts";
import { ConditionError } from "../../../../agent/rules/condition/error.ts";
import { eventCodes } from "../../../../agent/rules/condition/event-codes.ts";
import { expandMacros } from "../../../../agent/rules/condition/macros.ts";
import { parseCondition } from "../../../../agent/rules/condition/parser.ts";
import { printCondition } from "../../../../agent/rules/condition/printer.ts";
import { madeCatalogue, madeEvents, madeSource } from "../../../support/made-catalogue.ts";
import { randomCondition } from "../../../support/random-conditions.ts";

const place = { at: 0, end: 0 };
const identifier = fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/).filter((name) => !/^(not|and|or)$/.test(name));
const bytes = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 12,
});
const quotedValue = bytes.map((text): ValueNode => ({ kind: "value", text, quoted: true, ...place }));
const bareValue = fc
  .stringMatching(/^[^()"' \t\n\v\f\r=,]{1,8}$/)
  .filter((text) => /^[\x21-\x7e]+$/.test(text))
  .map((text): ValueNode => ({ kind: "value", text, quoted: false, ...place }));
const fieldNode = fc
  .tuple(
    fc.stringMatching(/^[a-z]{1,3}(\.[a-z][a-z0-9_]{0,3}){1,2}$/),
    fc.option(
      fc.oneof(
        bytes.map((argument) => ({
          argument: Buffer.from(argument, "latin1").toString(),
          quotedArgument: true,
        })),
        fc.stringMatching(/^[a-z0-9/*.]{1,5}$/).map((argument) => ({ argument })),
      ),
    ),
  )
  .map(([name, argument]): FieldNode => ({ kind: "field", name, ...argument, ...place }));
const transformerNode = fc
  .tuple(
    fc.constantFrom<TransformerNode["name"]>("tolower", "concat", "getopt"),
    fc.array(
      fc.oneof(
        fieldNode,
        quotedValue,
        fc.array(fieldNode, { maxLength: 2 }).map((items) => ({ kind: "list" as const, items, ...place })),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    fc.option(fc.constantFrom("c", "a b", "]")),
  )
  .map(([name, args, argument]): TransformerNode => ({
    kind: "transformer",
    name,
    args,
    ...(argument !== null && { argument }),
    ...place,
  }));
const oddCheck = fc.oneof(
  fc
    .tuple(fc.oneof(fieldNode, transformerNode), fc.oneof(quotedValue, bareValue))
    .map(([left, right]): Expr => ({ kind: "check", left, operator: "=", right, ...place })),
  fc
    .tuple(
      fieldNode,
      fc.array(fc.oneof(quotedValue, bareValue), { maxLength: 4 }),
      fc.constantFrom<"in" | "pmatch" | "intersects">("in", "pmatch", "intersects"),
    )
    .map(([left, items, operator]): Expr => ({
      kind: "check",
      left,
      operator,
      right: { kind: "list", items, ...place },
      ...place,
    })),
  fc.tuple(fieldNode, fc.constantFrom("-1", "+5", "1.5", "2.e+3", "0xAf")).map(([left, text]): Expr => ({
    kind: "check",
    left,
    operator: "<=",
    right: { kind: "value", text, quoted: false, ...place },
    ...place,
  })),
  identifier.map((name): Expr => ({ kind: "macro", name, ...place })),
);

/** Any tree that the parser can give. */
const randomTree = fc.letrec<{ tree: Expr }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(oddCheck, randomCondition),
    tie("tree").map((arg): Expr => ({ kind: "not", arg, ...place })),
    fc
      .tuple(
        fc.constantFrom<"and" | "or">("and", "or"),
        fc.array(tie("tree"), { minLength: 2, maxLength: 4 }),
      )
      .map(([kind, args]): Expr => ({ kind, args, ...place })),
  ),
})).tree;

const withoutPlaces = (expr: Expr): unknown =>
  JSON.parse(
    JSON.stringify(expr, (key, value: unknown) => (key === "at" || key === "end" ? undefined : value)),
  );

const roundTrip = (print: (expr: Expr) => string) =>
  fc.property(randomTree, (tree) => {
    assert.deepEqual(withoutPlaces(parseCondition(print(tree))), withoutPlaces(tree));
  });

describe("printing and parsing a condition", () => {
  it("gives the same tree", () => fc.assert(roundTrip(printCondition), { numRuns: 2000 }));

  const faults: Record<string, (expr: Expr) => string> = {
    "a backslash that is not doubled": (expr) => printCondition(expr).replaceAll("\\\\", "\\"),
    "brackets left out around an or": (expr) =>
      expr.kind === "not" && expr.arg.kind === "or"
        ? `not ${printCondition(expr.arg)}`
        : printCondition(expr),
    "a comma forgotten": (expr) => printCondition(expr).replace(", ", " "),
  };
  for (const [name, print] of Object.entries(faults))
    it(`is told from a printer with a planted fault: ${name}`, () => {
      assert.ok(fc.check(roundTrip(print), { numRuns: 20_000, endOnFailure: true }).failed);
    });
});

const words = [
  "and",
  "or",
  "not",
  "(",
  ")",
  "in",
  "=",
  "!=",
  "<",
  "exists",
  "oneof",
  "val(",
  "tolower(",
  "proc.name",
  "evt.type",
  "[",
  "]",
  ",",
  '"',
  "'",
  "\\",
  " ",
  "\n",
  "0x1",
  "1.5e+3",
  "a",
  "é",
  "😀",
  "\u0000",
  "\ud800",
  "%",
  "pmatch",
  "regex ",
  "(a|",
];
const noise = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((parts) => parts.join("")),
  fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((parts) => parts.join(" ")),
  fc
    .tuple(randomCondition.map(printCondition), fc.nat(), fc.constantFrom(...words))
    .map(
      ([text, at, word]) =>
        text.slice(0, at % (text.length + 1)) + word + text.slice((at % (text.length + 1)) + 1),
    ),
);

/** Everything the language does with a text before there is an event. */
function load(text: string): void {
  const expr = expandMacros(parseCondition(text), () => undefined);
  checkCondition(expr, madeSource, madeCatalogue);
  eventCodes(expr, madeEvents);
}

const onlyTypedErrors = (run: (text: string) => void) =>
  fc.property(noise, (text) => {
    try {
      run(text);
    } catch (error) {
      assert.ok(error instanceof ConditionError, String(error));
      assert.ok(
        error.at >= 0 && error.end >= error.at && error.end <= text.length,
        `${error.at}-${error.end}`,
      );
    }
  });

describe("a text that is no condition", () => {
  it("gives the typed error with a place within the text, and nothing else", () => {
    fc.assert(onlyTypedErrors(load), { numRuns: 10_000 });
  });

  it("is told from a parser that breaks on some texts", () => {
    const broken = (text: string) => {
      if (text.includes("]")) throw new TypeError("planted");
      load(text);
    };
    assert.ok(fc.check(onlyTypedErrors(broken), { endOnFailure: true }).failed);
  });
});
