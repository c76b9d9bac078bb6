import assert from "node:assert/strict";
import { ConditionError } from "../../../../agent/rules/condition/error.ts";
import { eventCodes } from "../../../../agent/rules/condition/event-codes.ts";
import { expandMacros } from "../../../../agent/rules/condition/macros.ts";
import { parseCondition } from "../../../../agent/rules/condition/parser.ts";
import { madeEvents } from "../../../support/made-catalogue.ts";

const macros: Readonly<Record<string, string>> = {
  never_true: "(evt.num=0)",
  always_true: "(evt.num>=0)",
  opens: "evt.type in (open, openat)",
  slips: "evt.type = opn",
};

function codes(text: string): string {
  const expr = expandMacros(parseCondition(text), (name) =>
    macros[name] === undefined ? undefined : parseCondition(macros[name]),
  );
  const found = eventCodes(expr, madeEvents);
  if (found === "all") return "all";
  if (found.length < 100) return [...new Set(found.map((code) => madeEvents.name(code)))].join(" ");
  const left = new Set(found);
  return `all but ${[...Array(madeEvents.size).keys()]
    .filter((code) => !left.has(code))
    .map((code) => madeEvents.name(code))
    .join(" ")}`;
}

const table: readonly (readonly [text: string, expected: string])[] = [
  ["evt.type = open", "open"],
  ["evt.type == open", "open"],
  ["syscall.type = open", "open"],
  ["evt.type in (open, close)", "open close"],
  ["evt.type in (socket)", "socket"],
  ["evt.type = socket", "socket"],
  ["evt.type != open", "all but open"],
  ["not evt.type = open", "all but open"],
  ["not evt.type != open", "open"],
  ["not evt.type in (open, close)", "all but open close"],
  ["evt.type exists", "all"],
  ["not evt.type exists", ""],
  ["evt.type in ()", ""],
  ["not evt.type in ()", "all"],
  ["evt.type contains open", "all"],
  ["evt.type startswith open", "all"],
  ["not evt.type contains open", "all"],
  ["evt.type = oneof (open, nosuch)", "all"],
  ["evt.type startswith val(proc.name)", "all"],
  ["tolower(evt.type) contains open", "all"],
  ["proc.name = val(evt.type)", "all"],
  ["proc.name = open", "all"],
  ["not proc.name = open", "all"],
  ["evt.type = open or proc.name = x", "all"],
  ["evt.type = open and proc.name = x", "open"],
  ["evt.type = open and evt.type = close", ""],
  ["evt.type = open or evt.type = close", "open close"],
  ["(evt.type = open and a.b = 1) or (evt.type = close and c.d = 2)", "open close"],
  ["not (evt.type = open or evt.type = close)", "all but open close"],
  ["not (evt.type != open and evt.type != close)", "open close"],
  ["not (evt.type = open and proc.name = x)", "all"],
  ["not (evt.type = open or proc.name = x)", "all but open"],
  ["evt.type in (open, close) and not evt.type = close", "open"],
  ["opens", "open openat"],
  ["not opens and evt.type in (open, close)", "close"],
  ["never_true", ""],
  ["not never_true", "all"],
  ["always_true", "all"],
  ["not always_true", ""],
  ["evt.type = open and not never_true", "open"],
  ["evt.type = open or never_true", "open"],
  ["evt.num = 0", ""],
  ["evt.num == 0", ""],
  ["evt.num < 0", ""],
  ["evt.num < 1", ""],
  ["evt.num <= 0", ""],
  ["evt.num in (0, 0)", ""],
  ["evt.num in ()", ""],
  ["not evt.num in ()", "all"],
  ["evt.num != 0", "all"],
  ["evt.num > 0", "all"],
  ["evt.num >= 0", "all"],
  ["evt.num >= 1", "all"],
  ["not evt.num != 0", ""],
  ["not evt.num > 0", ""],
  ["not evt.num >= 1", ""],
  ["evt.num = -1", "all"],
  ["not evt.num = 1", "all"],
  ["evt.num < 2", "all"],
  ["not evt.num >= 2", "all"],
  ["evt.num = 0x0", "all"],
  ["evt.num <= 0.0", "all"],
  ["evt.num in (0, 1)", "all"],
  ["evt.num exists", "all"],
];

const refused: readonly (readonly [text: string, message: RegExp, place: string, suggestion?: string])[] = [
  ["evt.type = opn", /^unknown event type opn$/, "opn", "open"],
  ["not evt.type in (open, conect)", /^unknown event type conect$/, "conect", "connect"],
  ["evt.type != nosuch", /^unknown event type nosuch$/, "nosuch"],
  ["evt.type contains ope", /^unknown event type ope$/, "ope"],
  ["evt.type startswith anything", /^unknown event type anything$/, "anything"],
  ["tolower(evt.type) contains ope", /^unknown event type ope$/, "ope"],
  ["evt.type = val(proc.name)", /^evt.type cannot be compared with another field$/, "val(proc.name)"],
  ["syscall.type in val(proc.name)", /^syscall.type cannot be compared with another field$/, "val("],
  ["tolower(evt.type) = open", /through a transformer$/, "tolower(evt.type)"],
  ['concat("a", evt.type) exists', /through a transformer$/, "concat("],
  ['join(",", ("a", tolower(syscall.type))) != x', /through a transformer$/, "join("],
];

describe("event codes of a condition", () => {
  for (const [text, expected] of table)
    it(`${text}: ${expected || "none"}`, () => assert.equal(codes(text), expected));

  for (const [text, message, place, suggestion] of refused)
    it(`refuses ${text}`, () => {
      assert.throws(
        () => codes(text),
        (error: ConditionError) => {
          assert.ok(error instanceof ConditionError);
          assert.match(error.message, message);
          assert.ok(text.slice(error.at, error.end).startsWith(place));
          if (suggestion !== undefined) assert.equal(error.suggestions[0], suggestion);
          return true;
        },
      );
    });

  it("tells all unknown names, one of a macro used twice once", () => {
    assert.throws(
      () => codes("evt.type in (opn, open, clos) or slips or not slips"),
      (error: ConditionError) =>
        [error, ...error.others].map(({ message }) => message.split(" ").at(-1)).join() === "opn,clos,opn",
    );
  });

  it("names the macro in which an unknown name stands", () => {
    assert.throws(
      () => codes("opens and slips"),
      (error: ConditionError) => error.macros.join() === "slips" && error.at === 11,
    );
  });
});
