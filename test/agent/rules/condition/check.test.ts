import assert from "node:assert/strict";
import type { Operator } from "../../../../agent/rules/condition/ast.ts";
import { analyseCondition } from "../../../../agent/rules/condition/analyse.ts";
import { checkCondition } from "../../../../agent/rules/condition/check.ts";
import type { CheckedCondition } from "../../../../agent/rules/condition/check.ts";
import { ConditionError } from "../../../../agent/rules/condition/error.ts";
import { expandMacros } from "../../../../agent/rules/condition/macros.ts";
import { operatorFacts, operators } from "../../../../agent/rules/condition/operators.ts";
import { parseCondition } from "../../../../agent/rules/condition/parser.ts";
import type { TypedExpr } from "../../../../agent/rules/condition/typed.ts";
import { madeCatalogue, madeSource } from "../../../support/made-catalogue.ts";

const check = (text: string): CheckedCondition =>
  checkCondition(parseCondition(text), madeSource, madeCatalogue);

function mistake(text: string): ConditionError {
  try {
    check(text);
  } catch (error) {
    assert.ok(error instanceof ConditionError, String(error));
    return error;
  }
  throw new Error(`${text} was accepted`);
}

type Check = Extract<TypedExpr, { kind: "check" }>;
const values = (text: string) => (check(text).typed as Check).values;

/** Classes of the reference's operator table: a field and a constant of each. */
const classes = {
  numeric: { field: "proc.pid", constant: "5", noun: "numeric filters" },
  time: { field: "proc.duration", constant: "5", noun: "numeric filters" },
  double: { field: "proc.fdusage", constant: "5", noun: "numeric filters" },
  bool: { field: "evt.failed", constant: "true", noun: "numeric filters" },
  string: { field: "proc.name", constant: "5", noun: "string filters" },
  bytes: { field: "evt.buffer", constant: "55", noun: "buffer filters" },
  address: { field: "fd.cip", constant: "1.2.3.4", noun: "ip address and network filters" },
  network: { field: "fd.snet", constant: "1.2.3.0/24", noun: "ip address and network filters" },
  list: { field: "ka.images", constant: "5", noun: "" },
};
type Class = keyof typeof classes;

/** Condition-language 4, row by row. */
const table: Readonly<Record<Operator, readonly Class[]>> = {
  "=": ["numeric", "time", "double", "bool", "string", "bytes", "address", "network"],
  "==": ["numeric", "time", "double", "bool", "string", "bytes", "address", "network"],
  "!=": ["numeric", "time", "double", "bool", "string", "bytes", "address", "network"],
  "<": ["numeric", "time", "double", "string"],
  "<=": ["numeric", "time", "double", "string"],
  ">": ["numeric", "time", "double", "string"],
  ">=": ["numeric", "time", "double", "string"],
  contains: ["string", "bytes"],
  icontains: ["string"],
  bcontains: ["bytes"],
  bstartswith: ["bytes"],
  startswith: ["string", "bytes"],
  endswith: ["string", "bytes"],
  glob: ["string"],
  iglob: ["string"],
  regex: ["string"],
  pmatch: ["string"],
  in: ["numeric", "time", "double", "bool", "string", "bytes", "address", "network", "list"],
  intersects: ["numeric", "time", "double", "bool", "string", "bytes", "address", "network", "list"],
  exists: ["numeric", "time", "double", "bool", "string", "bytes", "address", "network", "list"],
};

function conditionOf(operator: Operator, { field, constant }: (typeof classes)[Class]): string {
  switch (operatorFacts[operator].form) {
    case "unary":
      return `${field} exists`;
    case "list":
      return `${field} ${operator} (${constant})`;
    case "number":
      return `${field} ${operator} 5`;
    case "string":
      return `${field} ${operator} ${constant}`;
  }
}

describe("operators and types", () => {
  for (const operator of operators)
    for (const [name, facts] of Object.entries(classes)) {
      const text = conditionOf(operator, facts);
      if (table[operator].includes(name as Class)) it(`${text} is accepted`, () => void check(text));
      else
        it(`${text} is refused`, () => {
          const expected = name === "list" ? "not supported list filters" : `not supported for ${facts.noun}`;
          assert.equal(mistake(text).message, `filter error: '${operator}' operator ${expected}`);
        });
    }
});

const tooLong = "x".repeat(256);

/** Condition, message, what stands at the place, part of the hint or a suggestion. */
const refused: readonly (readonly [text: string, message: string, place: string, help?: string])[] = [
  ["proc.nmae = x", "filter_check called with nonexistent field proc.nmae", "proc.nmae", "proc.name"],
  ["proc.name[1] = x", "filter_check called with nonexistent field proc.name[1]", "proc.name[1]"],
  ["proc.args[x] = x", "filter_check called with nonexistent field proc.args[x]", "proc.args[x]"],
  ["evt.arg = x", "filter syntax error: evt.arg", "evt.arg"],
  [
    "k8s.pod.label.role = x",
    "k8s.pod.label requires an argument but none provided",
    "k8s.pod.label.role",
    "k8s.pod.label\\[role\\]",
  ],
  [
    "evt.outputtime = 1",
    "field 'evt.outputtime' is for outputs only and cannot be used in a condition",
    "evt.outputtime",
  ],
  ["proc.pid = 0x10", "0x10 is not a valid number", "0x10", "16"],
  ["proc.pid < 0x10", "0x10 is not a valid number", "0x10"],
  ["proc.pid = 1.5", "1.5 is not a valid number", "1.5"],
  ["proc.pid < 1e+3", "1e+3 is not a valid number", "1e+3"],
  ["proc.fdusage > 1.5", "1.5 is not a valid number", "1.5"],
  ['proc.pid = ""', " is not a valid number", '""'],
  ["proc.duration > 5s", "unexpected token after '5', expecting 'or', 'and'", "s"],
  ["proc.duration = 5s", "5s is not a valid number", "5s", "nanoseconds"],
  ["proc.pid in (1, my_pids)", "my_pids is not a valid number", "my_pids", "no list named"],
  ["fd.sport = foo", "unrecognized protocol foo", "foo", "no list named"],
  ["fd.sport = -1", "unrecognized protocol -1", "-1"],
  ["evt.failed = yes", "filter error: unrecognized boolean value yes", "yes"],
  ["fd.cip = 1.2.3.4/8", "unrecognized IPv4 address 1.2.3.4/8", "1.2.3.4/8", "net field"],
  ["fd.cip = 1.2.3.256", "unrecognized IPv4 address 1.2.3.256", "1.2.3.256"],
  ["fd.cip = 01.2.3.4", "unrecognized IPv4 address 01.2.3.4", "01.2.3.4"],
  ["fd.cip = ::ffff:1.2.3.4", "unrecognized IPv4 address ::ffff:1.2.3.4", "::ffff:1.2.3.4"],
  ["fd.cip in (later)", "unrecognized IPv6 address later", "later", "no list named 'later'"],
  ["fd.cip = 1::2::3", "unrecognized IPv6 address 1::2::3", "1::2::3"],
  ["fd.cip = 1:2:3:4:5:6:7:8:9", "unrecognized IPv6 address 1:2:3:4:5:6:7:8:9", "1:2:3"],
  ["fd.snet = 10.0.0.1", "unrecognized IP network 10.0.0.1", "10.0.0.1", "mask"],
  ["fd.snet = 10.0.0.1/33", "unrecognized IP network 10.0.0.1/33", "10.0.0.1/33"],
  ["fd.snet in (later)", "invalid v6 netmask later", "later", "no list named"],
  ["fd.snet = fe80::/0", "invalid v6 netmask 0", "fe80::/0"],
  ["fd.snet = fe80::/129", "invalid v6 netmask 129", "fe80::/129"],
  ["fd.snet = xyz::/8", "unrecognized IPv6 address xyz::", "xyz::/8"],
  [`proc.name = ${tooLong}`, `filter parameter too long (used=257, available=256):${tooLong}`, tooLong],
  ['proc.name = "a\\x00b"', "filter error: a value cannot contain a NUL byte", '"a'],
  [
    "evt.buffer bcontains CAF",
    "filter error: bcontains and bstartswith operator support hex strings only",
    "CAF",
  ],
  [
    "evt.buffer bstartswith hello",
    "filter error: bcontains and bstartswith operator support hex strings only",
    "hello",
  ],
  [
    "ka.doubles in (1)",
    "filter error: list filters are not supported for type 'DOUBLE'",
    "ka.doubles in (1)",
  ],
  ["ka.images pmatch (/a)", "filter error: 'pmatch' operator not supported list filters", "ka.images"],
  ["evt.rawarg.ruid = 1", "filter error: '=' operator not supported for type 'UID'", "evt.rawarg.ruid"],
  [
    "evt.rawarg.proto in (1)",
    "filter error: 'in' operator not supported for type 'L4PROTO'",
    "evt.rawarg.proto",
  ],
  ["evt.around[5] > 1", "filter error: '>' operator not supported for evt.around", "evt.around[5]"],
  [
    "fd.cip = anyof (1.2.3.4)",
    "filter error: '=' with modifier not supported for ip address and network filters",
    "fd.cip",
  ],
  [
    "fd.snet != oneof (1.0.0.0/8)",
    "filter error: '!=' with modifier not supported for ip address and network filters",
    "fd.snet",
  ],
  ['proc.name regex "a(b"', "invalid regex pattern: missing ): a(b", '"a(b"'],
  ['proc.name regex "[a"', "invalid regex pattern: missing ]: [a", '"[a"'],
  ["proc.name regex *a", "invalid regex pattern: no argument for repetition operator: *", "*a"],
  [
    'proc.name regex "\\\\d+"',
    "invalid regex pattern: invalid escape sequence: \\d",
    '"',
    "\\[\\[:digit:\\]\\]",
  ],
  ['proc.name regex "[\\\\w]"', "invalid regex pattern: invalid escape sequence: \\w", '"'],
  ['proc.name regex "\\\\bx"', "invalid regex pattern: invalid escape sequence: \\b", '"'],
  ['proc.name regex "(?:a)"', "invalid regex pattern: no argument for repetition operator: ?", '"(?:a)"'],
  ['proc.name regex "(?i)a"', "invalid regex pattern: no argument for repetition operator: ?", '"(?i)a"'],
  [
    "proc.pid = val(proc.name)",
    "field 'proc.pid' has type 'INT64' while the right-hand side field 'proc.name' has incompatible type 'CHARBUF'",
    "val(proc.name)",
  ],
  [
    "proc.pid = val(proc.duration)",
    "field 'proc.pid' has type 'INT64' while the right-hand side field 'proc.duration' has incompatible type 'RELTIME'",
    "val(",
  ],
  [
    "ka.images in val(proc.name)",
    "field 'ka.images' has type 'LIST(CHARBUF)' while the right-hand side field 'proc.name' has incompatible type 'CHARBUF'",
    "val(",
  ],
  ["proc.aname = val(proc.name)", "field 'proc.aname' doesn't support right-hand side fields", "val("],
  ["fd.types in val(ka.images)", "field 'fd.types' doesn't support right-hand side fields", "val("],
  ["proc.name = val(proc.aname)", "field 'proc.aname' can't be used as a right-hand side field", "val("],
  ["proc.name pmatch val(fd.name)", "operator 'PMATCH' doesn't support right-hand side fields", "val("],
  ["proc.name regex tolower(fd.name)", "operator 'REGEX' doesn't support right-hand side fields", "tolower("],
  ["proc.name = val(fd.name)[x]", "filter error: transformer 'val' does not support field arguments", "val("],
  [
    "toupper(proc.name)[x] = a",
    "filter error: transformer 'toupper' does not support field arguments",
    "toupper(",
  ],
  ["tolower(proc.aname) = x", "field 'proc.aname' does not support transformers", "proc.aname"],
  [
    "tolower(proc.pid) = x",
    "can't add field transformer: type 'INT64' is not supported by 'tolower' transformer applied on field 'proc.pid'",
    "tolower(",
  ],
  [
    "toupper(len(proc.name)) = x",
    "can't add field transformer: type 'UINT64' is not supported by 'toupper' transformer applied on field 'proc.name'",
    "toupper(",
  ],
  [
    "len(proc.pid) = 1",
    "can't add field transformer: type 'INT64' is not supported by 'len' transformer applied on field 'proc.pid'",
    "len(",
  ],
  [
    "basename(ka.images) in (x)",
    "can't add field transformer: type 'LIST(CHARBUF)' is not supported by 'basename' transformer applied on field 'ka.images'",
    "basename(",
  ],
  ["join(proc.name) = x", "join() requires exactly 2 arguments: separator and list", "join("],
  [
    "join(ka.images, ka.images) = x",
    "join() first argument (separator) must be a single value, not a list",
    "join(",
  ],
  ['join(",", proc.name) = x', "join() second argument must be a list", "join("],
  ['join(",", ka.images)[1] = x', "transformer 'join' does not support field arguments", "join("],
  ["concat(proc.name) = x", "concat() requires at least 2 arguments", "concat("],
  ["concat(proc.name, proc.pid) = x", "concat() arguments must be strings", "concat("],
  ["concat(proc.name, ka.images) = x", "concat() arguments must be strings", "concat("],
  ["getopt(ka.images) in (x)", "getopt() requires exactly 2 arguments: args list and optstring", "getopt("],
  ['getopt(proc.args, "x") in (x)', "getopt() first argument must be a list", "getopt("],
  [
    "getopt(ka.images, ka.images) in (x)",
    "getopt() second argument (optstring) must be a single value",
    "getopt(",
  ],
  ['getopt(ka.numbers, "x") in (x)', "getopt() arguments must be strings", "getopt("],
  ['getopt(ka.images, "x")[xy] = x', "getopt() field argument must be a single option character", "getopt("],
  ['getopt(ka.images, "x") = x', "filter error: '=' operator not supported list filters", "getopt("],
];

describe("checking a condition", () => {
  for (const [text, message, place, help] of refused)
    it(`refuses ${text.slice(0, 60)}`, () => {
      const error = mistake(text);
      assert.equal(error.message, message);
      assert.ok(text.slice(error.at).startsWith(place), text.slice(error.at));
      if (help !== undefined)
        assert.match(`${error.hint ?? ""} ${error.suggestions.join(" ")}`, new RegExp(help));
    });

  it("finds all mistakes at once, in text order", () => {
    const first = mistake("proc.nmae = x and (not proc.pid = y or fd.nam exists)");
    assert.deepEqual(
      [first, ...first.others].map((error) => error.message),
      [
        "filter_check called with nonexistent field proc.nmae",
        "y is not a valid number",
        "filter_check called with nonexistent field fd.nam",
      ],
    );
  });

  it("is done with that of event types, all mistakes of both together", () => {
    const analyse = (text: string) => analyseCondition(parseCondition(text), madeSource, madeCatalogue);
    assert.deepEqual(analyse("evt.type = open and proc.name = x").events, [0]);
    assert.throws(
      () => analyse("proc.nmae = x and evt.type = opn and proc.pid = y"),
      (error: ConditionError) => {
        assert.deepEqual(
          [error, ...error.others].map(({ at }) => at),
          [29, 0, 48],
        );
        return true;
      },
    );
  });

  it("names the macros around a mistake, and tells one of a macro used twice once", () => {
    const macros: Record<string, string> = { outer: "x.y exists or inner", inner: "proc.pid = z" };
    const expr = expandMacros(parseCondition("outer and outer"), (name) => parseCondition(macros[name]!));
    assert.throws(
      () => checkCondition(expr, madeSource, madeCatalogue),
      (error: ConditionError) => {
        const found = [error, ...error.others].map(({ message, macros: around }) => [
          message,
          around.join(" "),
        ]);
        assert.deepEqual(found, [
          ["filter_check called with nonexistent field x.y", "outer"],
          ["z is not a valid number", "outer inner"],
        ]);
        return true;
      },
    );
  });
});

const constants: readonly (readonly [text: string, expected: unknown])[] = [
  ["proc.pid = 010", [10]],
  ["proc.pid = +5", [5]],
  ["proc.pid = -5", [-5]],
  ['proc.pid = "7"', [7]],
  ["user.uid = -1", [4294967295]],
  ["user.uid = 4294967296", [0]],
  ["evt.rawarg.small = 257", [1]],
  ["evt.cpu = 65535", [-1]],
  ["proc.duration = -1", [18446744073709551615n]],
  ["proc.duration = 99999999999999999999", [18446744073709551615n]],
  ["proc.pid = 99999999999999999999", [9223372036854775807n]],
  ["proc.pid = 9007199254740993", [9007199254740993n]],
  ["proc.fdusage = 3", [3]],
  ["fd.sport = https", [443]],
  ['fd.sport = ""', [0]],
  ["fd.sport in (22, https)", [22, 443]],
  ["evt.failed = true", [true]],
  ["fd.cip = 1.2.3.4", ["\x01\x02\x03\x04"]],
  ["fd.cip = ::1", ["\0".repeat(15) + "\x01"]],
  ["fd.cip = 1::", ["\0\x01" + "\0".repeat(14)]],
  ["fd.cip = 1:2:3:4:5:6:7:abcd", ["\0\x01\0\x02\0\x03\0\x04\0\x05\0\x06\0\x07\xab\xcd"]],
  ["fd.snet = 10.1.2.3/8", [{ address: "\x0a\0\0\0", prefix: 8 }]],
  ["fd.snet = 10.255.2.3/12", [{ address: "\x0a\xf0\0\0", prefix: 12 }]],
  ["fd.snet = ffff::1/9", [{ address: "\xff\x80" + "\0".repeat(14), prefix: 9 }]],
  ["proc.name = é", ["\xc3\xa9"]],
  ["evt.buffer bcontains CAFE", ["\xca\xfe"]],
  ["evt.buffer contains CAFE", ["CAFE"]],
  ["proc.name < 10", ["10"]],
  [`proc.name = ${"x".repeat(255)}`, ["x".repeat(255)]],
];

describe("constants", () => {
  for (const [text, expected] of constants)
    it(`${text.slice(0, 60)} is understood`, () => assert.deepEqual(values(text), expected));
});

/** Condition → codes and messages of its warnings. */
const warned: readonly (readonly [
  text: string,
  ...warnings: (readonly [code: string, message: string])[],
])[] = [
  [
    "proc.name = proc.pname",
    ["LOAD_COMPILE_CONDITION", "'proc.pname' may be a valid field misused as a const string value"],
  ],
  [
    'proc.name in (a, "proc. pname")',
    ["LOAD_COMPILE_CONDITION", "'proc. pname' may be a valid field misused as a const string value"],
  ],
  [
    "proc.name contains proc.aname[2]",
    ["LOAD_COMPILE_CONDITION", "'proc.aname[2]' may be a valid field misused as a const string value"],
  ],
  ["proc.name = proc.nosuch"],
  ["proc.name = evt.arg"],
  [
    'proc.name = "tolower(proc.nosuch)"',
    [
      "LOAD_COMPILE_CONDITION",
      "'tolower(proc.nosuch)' may be a valid field transformer misused as a const string value",
    ],
  ],
  [
    'proc.name = "val( x )"',
    ["LOAD_COMPILE_CONDITION", "'val( x )' may be a valid field transformer misused as a const string value"],
  ],
  ['proc.name = "other(proc.name)"'],
  ["proc.name = tolower(proc.pname)"],
  [
    'proc.name regex "^.*abc.*$"',
    [
      "LOAD_COMPILE_CONDITION",
      "regex check with '^.*abc.*$' may be optimized with simpler operators such as '=', 'contains', 'startswith', 'endswith'",
    ],
  ],
  [
    "proc.name regex abc",
    [
      "LOAD_COMPILE_CONDITION",
      "regex check with 'abc' may be optimized with simpler operators such as '=', 'contains', 'startswith', 'endswith'",
    ],
  ],
  [
    'proc.name regex "abc.+"',
    [
      "LOAD_COMPILE_CONDITION",
      "regex check with 'abc.+' may be optimized with simpler operators such as '=', 'contains', 'startswith', 'endswith'",
    ],
  ],
  ['proc.name regex "a.c"'],
  ['proc.name regex "a|b"'],
  ["ka.verb = <NA>", ["LOAD_UNSAFE_NA_CHECK", ""]],
  ['not ka.verb in (x, "<NA>")', ["LOAD_UNSAFE_NA_CHECK", ""]],
  ["jevt.value[/a] != <NA>", ["LOAD_UNSAFE_NA_CHECK", ""]],
  ["tolower(ka.verb) = <NA>", ["LOAD_UNSAFE_NA_CHECK", ""]],
  ["concat(proc.name, ka.verb) = <NA>", ["LOAD_UNSAFE_NA_CHECK", ""]],
  ["concat(ka.verb, proc.name) = <NA>"],
  ['join(",", (ka.verb, ka.verb)) = <NA>'],
  ["ka.verb contains <NA>"],
  ["proc.name = <NA>"],
  ["evt.dir = < and not evt.dir = >", ["LOAD_DEPRECATED_ITEM", "field 'evt.dir' is deprecated"]],
  ["proc.name != tolower(evt.dir)", ["LOAD_DEPRECATED_ITEM", "field 'evt.dir' is deprecated"]],
  [
    "proc.aname = oneof (a, b)",
    [
      "TIERCEL_MODIFIER_FIRST_ONLY",
      "'oneof' has no effect on proc.aname: only the first value of the list is compared",
    ],
  ],
  ["container.healthcheck exists", ["TIERCEL_NEVER_SET", "container.healthcheck: nothing sets it any more"]],
];

describe("warnings of a condition", () => {
  for (const [text, ...expected] of warned)
    it(`${text}: ${expected.map(([code]) => code).join() || "none"}`, () => {
      const found = check(text).warnings.map(({ code, message }) => [code, message]);
      assert.deepEqual(found, expected);
    });

  it("say the deprecated field and the place", () => {
    const text = "proc.name = x and evt.dir = <";
    const [warning] = check(text).warnings;
    assert.equal(warning?.field, "evt.dir");
    assert.equal(text.slice(warning.at, warning.end), "evt.dir");
  });
});
