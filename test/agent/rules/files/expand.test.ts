import assert from "node:assert/strict";
import fc from "fast-check";
import { ListExpander } from "../../../../agent/rules/files/expand-lists.ts";
import { MappedText } from "../../../../agent/rules/files/mapped-text.ts";
import { Tables } from "../../../../agent/rules/files/tables.ts";
import { SourceFile, wholeFile } from "../../../../agent/rules/files/source-text.ts";
import { YamlScalar } from "../../../../agent/rules/files/yaml-tree.ts";
import { allErrors, conditionOf, errors, load, rule, rulesOf, warnings } from "../../../support/rules.ts";

const scalar = (text: string) =>
  new YamlScalar(wholeFile(new SourceFile("a", text)), 0, text.length, text, "plain");

/** Tables with lists, in order of definition. */
function tables(lists: Record<string, readonly string[]>): Tables {
  const made = new Tables();
  for (const [name, items] of Object.entries(lists)) {
    const entry = { name, items: items.map(scalar), chain: [], nameNode: scalar(name) };
    made.lists.set(name, {
      ...entry,
      origin: { namespace: "", object: "" },
      ...made.place(undefined),
    });
  }
  return made;
}

const expand = (condition: string, lists: Record<string, readonly string[]>) =>
  new ListExpander(tables(lists)).expand(MappedText.of(scalar(condition))).text;

describe("lists in conditions", () => {
  const cases: readonly {
    name: string;
    condition: string;
    lists: Record<string, readonly string[]>;
    want: string;
  }[] = [
    { name: "a list alone", condition: "x in (l)", lists: { l: ["a", "b"] }, want: "x in ( a, b )" },
    {
      name: "in front, in the middle and at the end",
      condition: "x in (l, y, l , z,l)",
      lists: { l: ["a"] },
      want: "x in ( a , y, a , z, a )",
    },
    {
      name: "blanks and line ends around it are swallowed",
      condition: "x in ( \n\tl\r\n )",
      lists: { l: ["a"] },
      want: "x in ( a )",
    },
    { name: "as a scalar", condition: "x=l and y = l", lists: { l: ["a"] }, want: "x= a and y = a " },
    {
      name: "not within a word",
      condition: "x in (ll, l.b, a-l)",
      lists: { l: ["a"] },
      want: "x in (ll, l.b, a-l)",
    },
    {
      name: "not within a word beside it",
      condition: "x in (l, al, l2, a.l)",
      lists: { l: ["a"] },
      want: "x in ( a , al, l2, a.l)",
    },
    {
      name: "two that name each other",
      condition: "x in (a)",
      lists: { a: ["b"], b: ["a"] },
      want: "x in ( b )",
    },
    {
      name: "within quotes, between blanks",
      condition: 'x = "run l now"',
      lists: { l: ["a"] },
      want: 'x = "run a now"',
    },
    {
      name: "an item with a blank gets quotes",
      condition: "x in (l)",
      lists: { l: ["a b", '"c d"', "'e f'"] },
      want: 'x in ( "a b", "c d", \'e f\' )',
    },
    { name: "empty, alone", condition: "x in (l)", lists: { l: [] }, want: "x in (  )" },
    {
      name: "empty, its left comma goes",
      condition: "x in (a, l, b)",
      lists: { l: [] },
      want: "x in (a  , b)",
    },
    {
      name: "empty at the front, its right comma goes",
      condition: "x in (l, b)",
      lists: { l: [] },
      want: "x in (   b)",
    },
    {
      name: "nested, whatever the order of definition",
      condition: "x in (outer)",
      lists: { inner: ["a"], outer: ["inner", "b"] },
      want: "x in ( a, b )",
    },
    {
      name: "one level only",
      condition: "x in (c)",
      lists: { a: ["1"], b: ["a"], c: ["b"] },
      want: "x in ( a )",
    },
    {
      name: "a deeper one by luck of the order",
      condition: "x in (a)",
      lists: { a: ["b"], b: ["c"], c: ["1"] },
      want: "x in ( 1 )",
    },
    {
      name: "what was put in is not scanned again for the same list",
      condition: "x in (l)",
      lists: { l: ["l"] },
      want: "x in ( l )",
    },
  ];
  for (const { name, condition, lists, want } of cases)
    it(name, () => assert.equal(expand(condition, lists), want));

  it("a list redefined later with one that came after it takes it in", () => {
    const texts = [
      "- list: a\n  items: [x]\n- list: b\n  items: [y]\n- list: a\n  items: [b]\n",
      rule("R", "evt.type=open and proc.name in (a)"),
    ];
    assert.match(JSON.stringify(rulesOf(texts)[0]?.condition), /"values":\["y"\]/);
  });

  it("do not grow without bound", () => {
    const items = (name: string, of: string) =>
      `- list: ${name}\n  items: [${Array(3000).fill(of).join(", ")}]\n`;
    assert.match(
      allErrors([
        `${items("a", "xxxxxxxx")}${items("b", "a")}${rule("R", "evt.type=open and proc.name in (b)")}`,
      ]).join(),
      /longer than 1048576 characters/,
    );
  });

  it("are never found in a text that has none of their names", () => {
    fc.assert(fc.property(fc.string(), (text) => assert.equal(expand(text, { "\u0001": ["x"] }), text)));
  });

  it("count as used when another list has them", () => {
    const { results } = load(["- list: a\n  items: [x]\n- list: b\n  items: [a]\n"]);
    assert.deepEqual(warnings(results[0]), [
      "LOAD_UNUSED_LIST 3:9 List not referred to by any other rule/macro",
    ]);
  });

  it("leave what stands behind them in its place", () => {
    const text = `- list: l\n  items: [a, b, c]\n${rule("R", "evt.type=open and proc.name in (l) and no.such=1", "  exceptions: [{name: e, fields: proc.name, values: [x]}]\n")}`;
    assert.deepEqual(allErrors([text]), [
      "LOAD_ERR_COMPILE_CONDITION 5:53 filter_check called with nonexistent field no.such",
    ]);
  });

  it("show the item where it is wrong", () => {
    const text = `- list: ports\n  items: [80, 0x50]\n${rule("R", "evt.type=connect and fd.sport in (ports)")}`;
    assert.match(allErrors([text])[0] ?? "", /^LOAD_ERR_COMPILE_CONDITION 2:15 .*0x50/);
  });
});

describe("macros", () => {
  const macro = (name: string, condition: string) => `- macro: ${name}\n  condition: ${condition}\n`;

  it("may stand behind the rule that uses them", () => {
    assert.equal(rulesOf([rule("R", "evt.type=open and m") + macro("m", "fd.num=1")]).length, 1);
  });

  it("may not stand behind the macro that uses them", () => {
    const { results } = load([macro("a", "fd.num=1 and b") + macro("b", "fd.num=2")]);
    assert.deepEqual(errors(results[0]), ["LOAD_ERR_VALIDATE 2:27 Undefined macro 'b' used in filter."]);
    assert.match(results[0]?.errors[0]?.help ?? "", /move it up/);
  });

  it("may use a later one when they are given again behind it (R06)", () => {
    const text =
      macro("a", "evt.num=0") +
      macro("b", "evt.num=1") +
      macro("a", "evt.num=2 or b") +
      rule("R", "evt.type=open and a");
    assert.match(JSON.stringify(rulesOf([text])[0]?.condition), /"values":\[2\].*"values":\[1\]/);
  });

  it("may not lead back to themselves", () => {
    const loop = macro("a", "fd.num=0") + macro("b", "a") + macro("a", "b");
    assert.match(allErrors([loop]).join("\n"), /reference loop in macro '[ab]'/);
    assert.deepEqual(allErrors([macro("a", "a")]), [
      "LOAD_ERR_VALIDATE 2:14 Undefined macro 'a' used in filter.",
    ]);
  });

  it("keep their meaning as a whole", () => {
    const text = macro("m", "fd.num=1 or fd.num=2") + rule("R", "evt.type=open and not m");
    assert.equal(JSON.stringify(rulesOf([text])[0]?.condition).includes('"not"'), true);
  });

  it("are parsed even when nobody uses them, but their fields are not looked at", () => {
    assert.match(allErrors([macro("m", "fd.num=")])[0] ?? "", /^LOAD_ERR_COMPILE_CONDITION 2:/);
    assert.deepEqual(allErrors([macro("m", "no.such=1")]), []);
    assert.deepEqual(allErrors([macro("m", "no.such=1") + rule("R", "evt.type=open and m")]), [
      "LOAD_ERR_COMPILE_CONDITION 2:14 filter_check called with nonexistent field no.such",
    ]);
  });

  it("are blamed once, however many rules use them", () => {
    const text =
      macro("m", "no.such=1") + rule("R", "evt.type=open and m") + rule("S", "evt.type=open and m");
    assert.equal(allErrors([text]).length, 1);
    assert.match(load([text]).results[0]?.errors[0]?.related?.message ?? "", /macro 'm' is used by rule 'R'/);
  });

  it("that do not exist are all named at once", () => {
    assert.deepEqual(allErrors([rule("R", "a and b or not a and no.such=1")]), [
      "LOAD_ERR_VALIDATE 3:14 Undefined macro 'a' used in filter.",
      "LOAD_ERR_VALIDATE 3:20 Undefined macro 'b' used in filter.",
      "LOAD_ERR_COMPILE_CONDITION 3:35 filter_check called with nonexistent field no.such",
    ]);
  });

  it("cannot make a condition grow without bound", () => {
    const chain = Array.from({ length: 40 }, (_, n) =>
      macro(`m${n}`, n === 0 ? "fd.num=1" : `m${n - 1} and m${n - 1}`),
    );
    const start = performance.now();
    assert.match(
      allErrors([chain.join("") + rule("R", "evt.type=open and m39")]).join(),
      /more than 100000 checks/,
    );
    assert.ok(performance.now() - start < 3000);
  });
});

describe("exceptions", () => {
  const withExceptions = (...lines: string[]) =>
    rule("R", "evt.type=open", `  exceptions:\n${lines.map((text) => `  - ${text}\n`).join("")}`);
  const expanded: readonly { name: string; exceptions: readonly string[]; want: string }[] = [
    { name: "without values change nothing", exceptions: ["{name: e, fields: fd.sip}"], want: "" },
    {
      name: "in single form are an in (R02)",
      exceptions: ["{name: e, fields: fd.sip, values: [1.2.3.4, 5.6.7.8]}"],
      want: " and not (fd.sip in (1.2.3.4, 5.6.7.8))",
    },
    {
      name: "in single form with another list operator",
      exceptions: ["{name: e, fields: fd.name, comps: pmatch, values: [/a, /b c]}"],
      want: ' and not (fd.name pmatch (/a, "/b c"))',
    },
    {
      name: "in single form with a modifier",
      exceptions: ["{name: e, fields: fd.name, comps: startswith oneof, values: [/a]}"],
      want: " and not (fd.name startswith oneof (/a))",
    },
    {
      name: "in list form compare with =",
      exceptions: ["{name: e, fields: [proc.name, fd.directory], values: [[a, /b], [c, /d e]]}"],
      want: ' and not ((proc.name = a and fd.directory = /b) or (proc.name = c and fd.directory = "/d e"))',
    },
    {
      name: "in list form with operators",
      exceptions: [
        "{name: e, fields: [proc.name, fd.name], comps: [in, startswith], values: [[[a, b c], /x]]}",
      ],
      want: ' and not ((proc.name in (a, "b c") and fd.name startswith /x))',
    },
    {
      name: "put lists into parentheses unless they have them",
      exceptions: ["{name: e, fields: [proc.name], comps: [in], values: [[a], ['(b, c)'], [[d]]]}"],
      want: " and not ((proc.name in (a)) or (proc.name in (b, c)) or (proc.name in (d)))",
    },
    {
      name: "leave quotes alone",
      exceptions: [`{name: e, fields: [proc.cmdline], values: [['"a b"'], ["'c d'"]]}`],
      want: ` and not ((proc.cmdline = "a b") or (proc.cmdline = 'c d'))`,
    },
    {
      name: "may wrap fields",
      exceptions: ["{name: e, fields: tolower(proc.name), values: [a]}"],
      want: " and not (tolower(proc.name) in (a))",
    },
    {
      name: "may be many",
      exceptions: [
        "{name: e, fields: proc.name, values: [a]}",
        "{name: f, fields: proc.name}",
        "{name: g, fields: fd.num, values: [1]}",
      ],
      want: " and not (proc.name in (a)) and not (fd.num in (1))",
    },
  ];
  for (const { name, exceptions, want } of expanded)
    it(name, () => assert.equal(conditionOf(withExceptions(...exceptions)), `(evt.type=open)${want}`));

  it("name lists, which are put in later", () => {
    const text = `- list: l\n  items: [a, b]\n${withExceptions("{name: e, fields: proc.name, values: [l, c]}")}`;
    assert.match(JSON.stringify(rulesOf([text])[0]?.condition), /"values":\["a","b","c"\]/);
  });

  it("of the same name are both kept, with a warning", () => {
    const text = withExceptions(
      "{name: e, fields: proc.name, values: [a]}",
      "{name: e, fields: proc.name, values: [b]}",
    );
    assert.deepEqual(warnings(load([text]).results[0]), [
      "LOAD_EXCEPTION_NAME_NOT_UNIQUE 8:5 Multiple definitions of exception 'e' in the same rule",
    ]);
    assert.match(conditionOf(text) ?? "", /\(a\).*\(b\)/);
  });

  const Y = "LOAD_ERR_YAML_VALIDATE";
  const V = "LOAD_ERR_VALIDATE";
  const C = "LOAD_ERR_COMPILE_CONDITION";
  const refused: readonly { name: string; exception: string; want: string }[] = [
    {
      name: "no name",
      exception: "{fields: proc.name}",
      want: `${Y} 7:5 Item has no mapping for key 'name'`,
    },
    { name: "no fields", exception: "{name: e}", want: `${Y} 7:5 Item has no mapping for key 'fields'` },
    { name: "no mapping", exception: "e", want: `${Y} 7:5 Rule exception must be a mapping` },
    {
      name: "values that are no list",
      exception: "{name: e, fields: proc.name, values: a}",
      want: `${Y} 7:42 Rule exception values must be a sequence`,
    },
    {
      name: "fewer comps than fields",
      exception: "{name: e, fields: [proc.name, fd.num], comps: [=]}",
      want: `${V} 7:52 Fields and comps lists must have equal length`,
    },
    {
      name: "one comps for a list of fields",
      exception: "{name: e, fields: [proc.name], comps: in}",
      want: `${V} 7:43 Fields and comps lists must have equal length`,
    },
    {
      name: "an operator that is none",
      exception: "{name: e, fields: [proc.name], comps: [like]}",
      want: `${V} 7:44 'like' is not a supported comparison operator`,
    },
    {
      name: "two blanks before a modifier",
      exception: "{name: e, fields: [proc.name], comps: ['startswith  oneof']}",
      want: `${V} 7:44 'startswith  oneof' is not a supported comparison operator`,
    },
    {
      name: "an unknown field",
      exception: "{name: e, fields: [proc.nmae]}",
      want: `${V} 7:24 'proc.nmae' is not a supported filter field`,
    },
    {
      name: "a list of comps for one field",
      exception: "{name: e, fields: proc.name, comps: [in]}",
      want: `${V} 7:42 Fields and comps must both be strings`,
    },
    {
      name: "a plain operator for one field",
      exception: "{name: e, fields: proc.name, comps: startswith}",
      want: `${V} 7:41 When fields is a single value, comps must be one of (in, pmatch, intersects) or a modifier operator (e.g. startswith oneof)`,
    },
    {
      name: "a tuple that is too short",
      exception: "{name: e, fields: [proc.name, fd.num], values: [[a]]}",
      want: `${V} 7:53 Fields and values lists must have equal length`,
    },
    {
      name: "a scalar in place of a tuple",
      exception: "{name: e, fields: [proc.name], values: [a]}",
      want: `${V} 7:45 Fields and values lists must have equal length`,
    },
    {
      name: "a list in single form",
      exception: "{name: e, fields: proc.name, values: [[a]]}",
      want: `${V} 7:43 Expected values array to contain a list of strings`,
    },
    {
      name: "exists",
      exception: "{name: e, fields: [proc.name], comps: [exists], values: [[a]]}",
      want: `${C} 7:63 expected a ')' token`,
    },
    {
      name: "a value with a blank under in, in list form",
      exception: "{name: e, fields: [proc.name], comps: [in], values: [[my value]]}",
      want: `${C} 7:62 expected a ')' token`,
    },
  ];
  for (const { name, exception, want } of refused)
    it(`are refused: ${name}`, () => assert.deepEqual(allErrors([withExceptions(exception)]), [want]));

  it("with an unknown field are refused even where unknown fields are to be skipped", () => {
    const text = rule(
      "R",
      "evt.type=open",
      "  skip-if-unknown-filter: true\n  exceptions: [{name: e, fields: no.such}]\n",
    );
    assert.match(
      allErrors([text])[0] ?? "",
      /^LOAD_ERR_VALIDATE .*'no.such' is not a supported filter field/,
    );
  });

  describe("appended", () => {
    const base = withExceptions("{name: e, fields: proc.name, values: [a]}");
    const append = (exception: string) => `- rule: R\n  append: true\n  exceptions:\n  - ${exception}\n`;
    it("add values to one of the same name", () => {
      assert.equal(
        conditionOf(base, append("{name: e, values: [b]}")),
        "(evt.type=open) and not (proc.name in (a, b))",
      );
    });
    it("are new where the name is", () => {
      assert.equal(
        conditionOf(base, append("{name: f, fields: fd.num, values: [1]}")),
        "(evt.type=open) and not (proc.name in (a)) and not (fd.num in (1))",
      );
    });
    it("warn where they have no values", () => {
      assert.match(
        warnings(load([base, append("{name: e}")]).results[1]).join(),
        /LOAD_APPEND_NO_VALUES 4:5 Overriding\/appending exception with no values/,
      );
    });
    it("are checked for length when all is put together", () => {
      const tuples = withExceptions("{name: e, fields: [proc.name, fd.num], values: [[a, 1]]}");
      assert.deepEqual(allErrors([tuples, append("{name: e, values: [[b]]}")]), [
        "LOAD_ERR_VALIDATE 4:24 Fields and values lists must have equal length",
      ]);
    });
    const wrong: readonly [string, string][] = [
      ["{name: f, values: [1]}", "Rule exception must have fields property with a list of fields"],
      ["{name: f, fields: fd.num}", "Rule exception must have values property with a list of values"],
      [
        "{name: e, fields: proc.name, values: [b]}",
        "Can not append exception fields to existing exception, only values",
      ],
      [
        "{name: e, comps: in, values: [b]}",
        "Can not append exception comps to existing exception, only values",
      ],
    ];
    for (const [exception, message] of wrong)
      it(`are refused: ${exception}`, () => {
        assert.deepEqual(
          load([base, append(exception)]).results[1]?.errors.map((each) => each.message),
          [message],
        );
      });
    it("are replaced as a whole by an override", () => {
      const replace =
        "- rule: R\n  override: {exceptions: replace}\n  exceptions: [{name: x, fields: fd.num, values: [2]}]\n";
      assert.equal(conditionOf(base, replace), "(evt.type=open) and not (fd.num in (2))");
    });
  });
});
