import assert from "node:assert/strict";
import { ConditionError } from "../../../../agent/rules/condition/error.ts";
import { parseCondition, parseOperand } from "../../../../agent/rules/condition/parser.ts";
import { printCondition, printOperand } from "../../../../agent/rules/condition/printer.ts";

/** Text → how the tree prints again: shows what belongs to what. */
const accepted: readonly (readonly [name: string, text: string, printed: string])[] = [
  ["not binds more than and, and more than or", "a or not b and c", "a or (not b and c)"],
  ["brackets stay a group of their own", "a and (b and c)", "a and (b and c)"],
  ["after and a bracket needs no blank", "a.b=1 and(c.d=2)", "a.b = 1 and c.d = 2"],
  ["before and nothing is needed after a bracket", "(x)and (y)", "x and y"],
  ["a bare value takes all up to a blank", "a.b=1and and c.d=2", "a.b = 1and and c.d = 2"],
  ["two nots are none", "not not x", "x"],
  ["not not( is none", "not not(x)", "x"],
  ["three nots are one", "not not not x", "not x"],
  [
    "a name may begin with not",
    "nothing and not_mine and notx.y exists",
    "nothing and not_mine and notx.y exists",
  ],
  ["in needs no blank", "proc.name in(a,b)", "proc.name in (a, b)"],
  ["exists needs no blank after it", "(proc.name exists)", "proc.name exists"],
  ["in glues to what follows", "evt.type inside", "evt.type in (side)"],
  ["a name right of a list operator is a list of one", "proc.name pmatch x", "proc.name pmatch (x)"],
  ["a list may be empty", "proc.name in ( )", "proc.name in ()"],
  ["blanks may stand around list items", "proc.name in ( a , 'b c' )", 'proc.name in (a, "b c")'],
  ["a number may be quoted after =", 'fd.num = "5"', 'fd.num = "5"'],
  [
    "a bare value may look like an operator",
    "evt.dir=< and proc.tty != <NA>",
    "evt.dir = < and proc.tty != <NA>",
  ],
  ["symbols need no blanks", "a.b>=5", "a.b >= 5"],
  ["numbers have signs and exponents", "a.b < -1.5e+3", "a.b < -1.5e+3"],
  ["hex numbers are numbers", "a.b > 0x1F", "a.b > 0x1F"],
  ["a modifier needs a list", "proc.name = oneof (a, b)", "proc.name = oneof (a, b)"],
  ["a modifier takes a list's name", "proc.name startswith anyof list", "proc.name startswith anyof (list)"],
  ["oneof alone is a value", "proc.name = oneof", "proc.name = oneof"],
  ["oneof before and is a value", "proc.name = oneof and x", "proc.name = oneof and x"],
  ["oneof glued to = is a value", "proc.name =oneof or x", "proc.name = oneof or x"],
  ["a name that begins with and is no and", "proc.name = allof android", "proc.name = allof (android)"],
  ["a value may be called like a transformer", "proc.name = tolower", "proc.name = tolower"],
  ["val is a right side", "proc.name != val( proc.pname )", "proc.name != val(proc.pname)"],
  ["in takes a right-hand field", "proc.name in val(proc.pname)", "proc.name in val(proc.pname)"],
  ["transformers nest", "len(tolower(proc.name))=4", "len(tolower(proc.name)) = 4"],
  ["transformers take values and lists", "join(',', (a.b, 'x', 3)) = y", 'join(",", (a.b, "x", 3)) = y'],
  [
    "a transformer may have an index",
    "getopt((a.b, c.d), 'x:')[x] exists",
    'getopt((a.b, c.d), "x:")["x"] exists',
  ],
  ["arguments are bare or quoted", "a.b[c/d] = 1 and a.b['x y'] = 2", 'a.b[c/d] = 1 and a.b["x y"] = 2'],
  ["a quoted empty argument is one", 'a.b[""] exists', 'a.b[""] exists'],
  ["blanks are blank, tab, backspace, line ends", " \t\b\r\na.b\n=\n1 ", "a.b = 1"],
  ["quotes of the other kind need no escape", `a.b = 'x"y'`, 'a.b = "x\\"y"'],
  ["escapes are resolved", String.raw`a.b = "\x41\t\/\ z"`, String.raw`a.b = "A\x09/\\z"`],
  ["a bare backslash is itself", String.raw`a.b = c:\x`, String.raw`a.b = c:\x`],
  ["an escaped quote does not close", String.raw`a.b = "x\"y" and c`, String.raw`a.b = "x\"y" and c`],
  ["keywords may be macro names where a check must stand", "and or or", "and or or"],
  [
    "R04: brackets and colons in a quoted item",
    'proc.name in (dockerd, "runc:[1:CHILD]")',
    'proc.name in (dockerd, "runc:[1:CHILD]")',
  ],
  [
    "R04: brackets and colons in a bare item",
    "proc.name in (dockerd, runc:[1:CHILD])",
    "proc.name in (dockerd, runc:[1:CHILD])",
  ],
];

const operatorMessage =
  "expected a valid check operator: one of 'exists', '<=', '<', '>=', '>', '==', '=', '!=', 'glob', 'iglob', 'contains', 'icontains', 'bcontains', 'startswith', 'bstartswith', 'endswith', 'regex', 'intersects', 'in', 'pmatch'";
const transformerPart =
  "a field with a valid transformer: 'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'";

/** Text, message, what stands at the place, part of the hint or a suggestion. */
const refused: readonly (readonly [text: string, message: string, place: string, help?: string])[] = [
  ["", "expected a '(' token, a field check, or an identifier", ""],
  ["proc.name", operatorMessage, "", "an operator and a value must follow proc.name"],
  ["a.b=1and c.d=2", "unexpected token after '1and', expecting 'or', 'and'", "c.d", "'1 and'"],
  ["k.d=pingand not x", "unexpected token after 'pingand', expecting 'or', 'and'", "not", "'ping and'"],
  ["evt.type = execve proc.name = x", "unexpected token after 'execve', expecting 'or', 'and'", "proc.name"],
  ["proc.name not in (a)", operatorMessage, "not", "not proc.name in"],
  ["a.b = 1 && c.d = 2", "unexpected token after '1', expecting 'or', 'and'", "&&", "'and'"],
  ["a.b = 1 || c.d = 2", "unexpected token after '1', expecting 'or', 'and'", "||", "'or'"],
  ["proc.name ==> x", "unexpected token after '>', expecting 'or', 'and'", "x", "no operators"],
  ["proc.name =~ x", "unexpected token after '~', expecting 'or', 'and'", "x", "regex"],
  ["proc.name is x", operatorMessage, "is", "="],
  ["proc.name contain x", operatorMessage, "contain", "contains"],
  ["proc.name CONTAINS x", operatorMessage, "CONTAINS", "contains"],
  ['proc.name contains"x"', operatorMessage, "contains", "a blank must follow"],
  ['fd.num < "5"', `expected a number value or ${transformerPart}`, '"5"', "without quotes"],
  ["fd.num <> 5", `expected a number value or ${transformerPart}`, ">"],
  ["proc.name =", `expected a string value or ${transformerPart}`, ""],
  ['proc.name = "a', `expected a string value or ${transformerPart}`, '"a', "never closed"],
  [
    String.raw`a.b = "c:\\"`,
    `expected a string value or ${transformerPart}`,
    String.raw`"c:\\"`,
    "never closed",
  ],
  ["proc.name in", `expected a list, an identifier, or ${transformerPart}`, ""],
  ["proc.name in [a]", `expected a list, an identifier, or ${transformerPart}`, "[a]", "round brackets"],
  ["proc.name in (a,)", "expected a string value", ")"],
  ["proc.name in (npm install, b)", "expected a ')' token", "install", "quotes"],
  ['proc.name in ("a" "b")', "expected a ')' token", '"b"', "comma"],
  ["proc.name in (a=b)", "expected a ')' token", "=b", "quotes"],
  ["proc.name in (a", "expected a ')' token", "", "never closed"],
  ["(proc.name = a", "expected a ')' token", "", "never closed"],
  ["proc.name in ('a\\q')", "unsupported string escape sequence: \\q", "\\q", "\\\\"],
  ["proc.name = '\\x4'", "unsupported string escape sequence: \\x4", "\\x4"],
  ["proc.name = '\\\"'", 'unsupported string escape sequence: \\"', '\\"'],
  ["a oreo", "expected blank or '(' after 'or'", "eo"],
  ["a.b exists and", "expected blank or '(' after 'and'", ""],
  ["not", "expected blank or '(' after 'not'", ""],
  ["a or", "expected blank or '(' after 'or'", ""],
  ["!proc.name = x", "expected a '(' token, a field check, or an identifier", "!proc.name", "'not'"],
  ["proc.name = a AND x", "unexpected token after 'a', expecting 'or', 'and'", "AND", "lower case"],
  ["procname = x", "unexpected token after 'procname', expecting 'or', 'and'", "=", "a field has a dot"],
  [
    "val(proc.name) = a",
    "unexpected token after 'val', expecting 'or', 'and'",
    "(proc.name",
    "right of an operator",
  ],
  [
    "proc.name = oneof(a)",
    "unexpected token after 'oneof', expecting 'or', 'and'",
    "(a",
    "a blank must follow",
  ],
  ["tolower (proc.name) = a", "unexpected token after 'tolower', expecting 'or', 'and'", "(proc.name"],
  ["proc.args[] = x", "expected a valid field argument: a quoted string or a bare string", "]"],
  ["proc.args[a b] = x", "expected a ']' token", "b]", "quotes"],
  ["proc.name = val(tolower(proc.name))", "expected a field: val() takes a plain field", "tolower"],
  ["container and Tập.name = x", "unexpected token after 'T', expecting 'or', 'and'", "ập.name", "U+1EAD"],
  ["proc.name = a “b”", "unexpected token after 'a', expecting 'or', 'and'", "“b”", "typographic"],
];

function mistake(text: string): ConditionError {
  try {
    parseCondition(text);
  } catch (error) {
    assert.ok(error instanceof ConditionError, String(error));
    return error;
  }
  throw new Error(`${text} was accepted`);
}

describe("the condition parser", () => {
  for (const [name, text, printed] of accepted)
    it(name, () => assert.equal(printCondition(parseCondition(text)), printed));

  for (const [text, message, place, help] of refused)
    it(`refuses ${text || "an empty text"}`, () => {
      const error = mistake(text);
      assert.equal(error.message, message);
      assert.ok(text.slice(error.at).startsWith(place), text.slice(error.at));
      assert.ok(error.end > error.at || error.at === text.length);
      if (place === "") assert.equal(error.at, text.length);
      if (help !== undefined)
        assert.match(
          `${error.hint ?? ""} ${error.suggestions.join(" ")}`,
          new RegExp(help.replace(/[\\=+]/g, "\\$&")),
        );
    });

  it("knows where each check stands", () => {
    const text = "a.b = 1 or (not c.d in (x, y))";
    const expr = parseCondition(text);
    assert.ok(expr.kind === "or");
    assert.deepEqual(
      expr.args.map(({ at, end }) => text.slice(at, end)),
      ["a.b = 1", "not c.d in (x, y)"],
    );
  });

  it("reads bytes that are no UTF-8 by escape, and others as their UTF-8", () => {
    const expr = parseCondition(String.raw`a.b = "\xffé"`);
    assert.ok(expr.kind === "check" && expr.right?.kind === "value");
    assert.equal(expr.right.text, "\xff\xc3\xa9");
  });

  it("nests 199 brackets and no more", () => {
    const nested = (depth: number) => `${"(".repeat(depth)}a.b = 1${")".repeat(depth)}`;
    assert.equal(printCondition(parseCondition(nested(199))), "a.b = 1");
    assert.equal(mistake(nested(200)).message, "exceeded max depth limit of 1000");
  });

  for (const [name, text] of [
    ["brackets", "(".repeat(100_000)],
    ["not brackets", "not(".repeat(100_000)],
    ["transformers", "tolower(".repeat(100_000)],
  ] as const)
    it(`gives an error, not an overflow, for 100,000 ${name}`, () => {
      assert.equal(mistake(text).message, "exceeded max depth limit of 1000");
    });

  it("takes long chains of or and of not", () => {
    const chain = parseCondition(Array<string>(50_000).fill("a.b = 1").join(" or "));
    assert.ok(chain.kind === "or" && chain.args.length === 50_000);
    assert.equal(printCondition(parseCondition(`${"not ".repeat(100_001)}a`)), "not a");
  });
});

describe("an operand alone", () => {
  it("is a field or a transformer call and nothing more", () => {
    for (const text of ["proc.name", "proc.aname[2]", "tolower(proc.name)"])
      assert.equal(printOperand(parseOperand(text)), text);
    for (const text of ["proc", "proc.name x", "val(proc.name)", "", " proc.name"])
      assert.throws(() => parseOperand(text), ConditionError);
  });
});
