import assert from "node:assert/strict";
import { checkCondition } from "../../../../agent/rules/condition/check.ts";
import { compileCondition, conditionFields } from "../../../../agent/rules/condition/compile.ts";
import { parseCondition } from "../../../../agent/rules/condition/parser.ts";
import { madeCatalogue, madeReaders, madeSource } from "../../../support/made-catalogue.ts";
import type { MadeEvent } from "../../../support/made-catalogue.ts";
import type { Value } from "../../../../agent/rules/catalogue.ts";

const typed = (condition: string) =>
  checkCondition(parseCondition(condition), madeSource, madeCatalogue).typed;
const holds = (condition: string, event: MadeEvent) => compileCondition(typed(condition), madeReaders)(event);

/** `field` is the field's value; yes and no are what follows it in a condition. */
interface Case {
  readonly field: string;
  readonly value: Value;
  readonly yes?: readonly string[];
  readonly no?: readonly string[];
}

const ip = (...bytes: number[]) => String.fromCharCode(...bytes);
const fe80 = ip(0xfe, 0x80, ...Array<number>(13).fill(0), 1);

const groups: Readonly<Record<string, readonly Case[]>> = {
  "missing values": [
    {
      field: "proc.name",
      value: undefined,
      no: [
        "= a",
        "!= a",
        "in (a)",
        "contains a",
        "exists",
        "< 1",
        "pmatch (/)",
        "= val(proc.name)",
        "!= val(fd.name)",
        "glob *",
        "!= oneof (a)",
        "= allof (a)",
      ],
    },
    { field: "proc.aname", value: undefined, no: ["!= a", "= a", "exists"] },
    { field: "fd.ip", value: undefined, no: ["!= 1.2.3.4", "= 1.2.3.4"] },
    { field: "ka.images", value: undefined, no: ["in (a)", "intersects (a)", "exists"] },
    {
      field: "proc.name",
      value: "",
      yes: ["exists", '= ""', "!= a", 'contains ""', "pmatch (/)"],
      no: ["!= val(fd.name)", "= val(fd.name)"],
    },
  ],
  equality: [
    {
      field: "proc.name",
      value: "vim",
      yes: ["= vim", "== vim", "!= vi", "in (vi, vim)", "intersects (a, b, c, vim)"],
      no: ["= VIM", "!= vim", "in (vi)", "in ()", "in (a, b, c, d, e)"],
    },
    {
      field: "proc.name",
      value: "runc:[1:CHILD]",
      yes: ['in (dockerd, "runc:[1:CHILD]")', "in (dockerd, runc:[1:CHILD])"],
    },
    { field: "proc.name", value: "\xc3\xa9", yes: ["= é", '= "\\xc3\\xa9"'], no: ["= e", '= "\\xe9"'] },
    {
      field: "proc.pid",
      value: 9007199254740993n,
      yes: ["= 9007199254740993", "!= 9007199254740992", "> 9007199254740992"],
    },
    { field: "user.uid", value: 4294967295, yes: ["= 4294967295", "= -1", "in (0, -1)"] },
    { field: "evt.failed", value: false, yes: ["= false", "!= true", "in (true, false)"], no: ["= true"] },
  ],
  order: [
    { field: "proc.pid", value: 5, yes: ["< 6", "<= 5", "> -1", ">= 5"], no: ["< 5", "<= 4", "> 5", ">= 6"] },
    { field: "proc.name", value: "10", yes: ["< 9", ">= 10"], no: ["> 9"] },
    { field: "proc.fdusage", value: 2.5, yes: ["> 2", "< 3"], no: ["= 2"] },
  ],
  "parts of texts": [
    {
      field: "proc.name",
      value: "Bash",
      yes: [
        "contains as",
        "icontains BASH",
        "icontains as",
        "startswith Ba",
        "endswith sh",
        'contains ""',
        'icontains ""',
      ],
      no: ["contains AS", "startswith ba", "endswith SH", "icontains bashx"],
    },
    { field: "proc.name", value: "\xc3\x89", no: ["icontains é"], yes: ["icontains É"] },
    {
      field: "evt.buffer",
      value: "\xca\xfe\xba\xbe",
      yes: ["bcontains CAFE", "bcontains feba", "bstartswith cafe", 'contains "\\xba"'],
      no: ["bstartswith feba", "bcontains 00"],
    },
  ],
  globs: [
    {
      field: "fd.name",
      value: "aba",
      yes: ["glob a*a", "glob a*b*a", "glob *a*a", "glob a*b*"],
      no: ["glob ab*ba", "glob aba*a", "glob *b*b*", "glob b*a"],
    },
    {
      field: "fd.name",
      value: "/etc/.passwd",
      yes: [
        "glob /etc/*",
        "glob *",
        "glob */*/*",
        "glob /etc/?passwd",
        "glob *wd",
        "glob *etc*",
        'glob "/[a-e]tc/*"',
        "glob [!a]*",
        "iglob /ETC/*",
      ],
      no: ["glob /etc", "glob etc*", "glob /etc/?", "glob /ETC/*", 'glob "[!/]*"'],
    },
    {
      field: "fd.name",
      value: "a]b",
      yes: ['glob "a[]]b"', 'glob "a[!a]b"', 'glob "a[]-]b"'],
      no: ['glob "a[!]]b"'],
    },
    { field: "fd.name", value: "a[b", yes: ["glob a[b", 'glob "a[[]b"', 'glob "a\\\\[b"'] },
    {
      field: "fd.name",
      value: "a*b",
      yes: ['glob "a\\\\*b"', 'glob "a[*]b"'],
      no: ['glob "a\\\\*c"', 'glob "a*b\\x5c"'],
    },
    {
      field: "fd.name",
      value: "axb",
      no: ['glob "a\\\\*b"', 'glob "a[*]b"'],
      yes: ['glob "a[[:alpha:]]b"', 'glob "a[[:alnum:]_]b"', 'iglob "A[W-Y]B"'],
    },
    { field: "fd.name", value: "5-", yes: ['glob "[[:digit:]][-a]"', 'glob "[0-9][a-]"'] },
  ],
  "regular expressions": [
    {
      field: "proc.name",
      value: "xa",
      yes: ['regex "xab*"', 'regex "xab?"', 'regex "xab{0,2}"', 'regex "xy|xa"', 'regex "xa(bc)?"'],
      no: ['regex "xab+"'],
    },
    { field: "proc.name", value: "a\nb", yes: ['regex "a\\n^b"', 'regex "a$\\nb"'] },
    {
      field: "proc.name",
      value: "a",
      yes: [
        'regex "ab+?"',
        'regex "ab{2}?"',
        "regex a**",
        'regex "(b|a)+*"',
        'regex "a(b*)??"',
        'regex "[[:alpha:]]++"',
      ],
    },
    {
      field: "proc.name",
      value: "abb",
      yes: ['regex "ab+?"', 'regex "ab{2}?"', 'regex "ab?*"'],
      no: ['regex "ab{3}?"', 'regex "a??"'],
    },
    { field: "proc.name", value: "a{2", yes: ['regex "a{2"', 'regex "a[{]2"'] },
    {
      field: "proc.name",
      value: "abc",
      yes: [
        "regex a.*",
        "regex .*b.*",
        'regex "[[:alpha:]]+"',
        'regex "(a|x)bc"',
        "regex ^abc$",
        "regex abc",
        'regex "a.*?c"',
        'regex "a(b|\\\\.)c"',
      ],
      no: ["regex b", "regex ab", "regex bc", 'regex "[[:digit:]]+"'],
    },
    {
      field: "proc.name",
      value: "a\nb",
      yes: ['regex "a[^x]b"', 'regex "a\\nb"'],
      no: ["regex a.b", "regex .*b", "regex a.*", "regex .*a.*"],
    },
    { field: "proc.name", value: "x\xff", yes: ["regex x.", 'regex "x\ufffd"'] },
    { field: "proc.name", value: "\xc3\xa9t\xc3\xa9", yes: ["regex .t.", "regex é.*", "regex été"] },
    { field: "proc.name", value: "a.b", yes: ["regex a\\.b", 'regex "a\\\\.b"'] },
    { field: "proc.name", value: "(?d", yes: ['regex "[(?]+d"'] },
  ],
  "path prefixes": [
    {
      field: "fd.name",
      value: "/var/run/docker.sock",
      yes: [
        "pmatch (/var/run)",
        "pmatch (var)",
        "pmatch (/x, /var/run/)",
        "pmatch (//var//run)",
        "pmatch (/)",
        'pmatch ("")',
        "pmatch (/var/run/docker.sock)",
        "pmatch (/var/*)",
        "pmatch (/v?r)",
        "pmatch (/*/run)",
        "pmatch (/a*, /v*/nothing, /*/run/d*)",
      ],
      no: [
        "pmatch (/var/ru)",
        "pmatch (/run)",
        "pmatch (/var/run/docker.sock/x)",
        "pmatch ()",
        "pmatch (/var/*/x)",
      ],
    },
    {
      field: "fd.name",
      value: "/tmp",
      yes: ["pmatch (/tmp)", "pmatch (/tmp, /tmp/a)"],
      no: ["pmatch (/tmp/*)", "pmatch (/tmp/a)"],
    },
    {
      field: "fd.name",
      value: "/home/ann/.ssh/id",
      yes: ["pmatch (/home/*/.ssh)"],
      no: ["pmatch (/*/.ssh)"],
    },
    { field: "fd.name", value: "/etc/passwd", no: ["pmatch (*/etc/passwd)"] },
  ],
  modifiers: [
    {
      field: "proc.name",
      value: "curl",
      yes: [
        "= oneof (curl, x)",
        "= anyof (x, curl)",
        "startswith allof (c, cu)",
        "!= oneof (curl, x)",
        "!= allof (a, b)",
        "glob anyof (x*, c*)",
        "regex oneof (c.*, x.*)",
      ],
      no: [
        "= oneof (curl, curl)",
        "= allof (curl, x)",
        "startswith oneof (c, cu)",
        "!= anyof (curl)",
        "= anyof ()",
        "!= allof ()",
        "= oneof ()",
      ],
    },
  ],
  addresses: [
    {
      field: "fd.sip",
      value: ip(10, 0, 0, 1),
      yes: ["= 10.0.0.1", "!= ::1", "in (::1, 10.0.0.1)"],
      no: ["= ::1", "!= 10.0.0.1", "in (::1)"],
    },
    {
      field: "fd.snet",
      value: ip(10, 200, 0, 1),
      yes: [
        "= 10.0.0.0/8",
        "in (fe80::/10, 10.128.0.0/9)",
        "!= 10.0.0.0/9",
        "!= fe80::/10",
        "= 0.0.0.0/0",
        "= 10.200.0.1/32",
      ],
      no: ["= 10.0.0.0/9", "= fe80::/10", "= 10.200.0.0/32"],
    },
    {
      field: "fd.ip",
      value: [ip(10, 0, 0, 1), ip(1, 2, 3, 4)],
      yes: ["= 10.0.0.1", "= 1.2.3.4", "!= 9.9.9.9", "in (9.9.9.9, 1.2.3.4)"],
      no: ["!= 1.2.3.4", "= 9.9.9.9", "in (9.9.9.9)"],
    },
    {
      field: "fd.net",
      value: [ip(10, 0, 0, 1), fe80],
      yes: ["= 10.0.0.0/8", "in (9.0.0.0/8, fe80::/10)", "!= 9.0.0.0/8"],
      no: ["!= fe80::/10"],
    },
    {
      field: "fd.net",
      value: ["\xfd" + "\0".repeat(14) + "\x01"],
      yes: ["in (fd00::/8)", "in (10.0.0.0/8, fd00::/8)"],
    },
    { field: "fd.net", value: ["\0".repeat(15) + "\x01"], no: ["in (fd00::/8)"] },
    {
      field: "fd.port",
      value: [40000, 443],
      yes: ["= https", "< 1000", "> 1000", "!= 1", "in (1, 443)"],
      no: ["!= 443", "= 1"],
    },
    { field: "fd.ip", value: [], no: ["!= 1.2.3.4"] },
  ],
  ancestors: [
    {
      field: "proc.aname",
      value: ["bash", "sshd"],
      yes: ["= sshd", "!= sshd", "in (x, bash)", "startswith ss", "= oneof (bash, x)", "pmatch (sshd)"],
      no: ["= init", "in (x)", "= anyof (x, bash)", "= oneof ()"],
    },
    { field: "proc.aname", value: ["bash"], no: ["!= bash"] },
    { field: "proc.apid", value: [10, 1], yes: ["= 1", "< 5", "!= 1"], no: ["> 10"] },
  ],
  lists: [
    {
      field: "ka.images",
      value: ["a", "b"],
      yes: ["in (a, b, c)", "intersects (b, x)", "exists", "in val(ka.images)"],
      no: ["in (a)", "intersects (x)", "in ()", "intersects ()"],
    },
    { field: "ka.numbers", value: [1, 2], yes: ["in (1, 2)", "intersects (2)"], no: ["in (1)"] },
    { field: "ka.flags", value: [true], yes: ["in (true)", "intersects (true, false)"], no: ["in (false)"] },
    {
      field: "ka.nets",
      value: [ip(10, 0, 0, 1), ip(11, 0, 0, 1)],
      yes: ["intersects (10.0.0.0/8)", "in (10.0.0.0/7)"],
      no: ["in (10.0.0.0/8)"],
    },
  ],
  "evt.around": [
    { field: "evt.around[1700000000000000000]", value: undefined, yes: ["= 5", "== 6"], no: ["= 4"] },
  ],
};

describe("a condition", () => {
  const time = { "evt.rawtime": 1700000000005000000n };
  for (const [group, cases] of Object.entries(groups))
    describe(`on ${group}`, () => {
      for (const { field, value, yes = [], no = [] } of cases) {
        const event = { ...time, [field]: value };
        for (const test of yes)
          it(`${field} ${test} holds`, () => assert.ok(holds(`${field} ${test}`, event)));
        for (const test of no) {
          it(`${field} ${test} fails`, () => assert.ok(!holds(`${field} ${test}`, event)));
          it(`not ${field} ${test} holds`, () => assert.ok(holds(`not ${field} ${test}`, event)));
        }
      }
    });

  it("joins checks by and and or, however many", () => {
    const event = { "proc.pid": 3, "proc.name": "a" };
    for (let count = 2; count <= 7; count++) {
      const hit = Array.from({ length: count }, (_, i) => `proc.pid ${i === count - 1 ? "=" : "!="} 3`);
      assert.ok(holds(hit.join(" or "), event));
      assert.ok(!holds(hit.join(" and "), event));
      assert.ok(holds(hit.map((text) => text.replace("!=", "=")).join(" and "), event));
    }
  });

  it("compares two fields of an event", () => {
    const event = {
      "proc.name": "bash",
      "proc.pname": "as",
      "fd.name": "b*",
      "proc.pid": 5,
      "proc.ppid": 4,
      "fd.cip": "\x01\x02\x03\x04",
      "fd.sip": "\x01\x02\x03\x04",
    };
    for (const text of [
      "proc.name contains val(proc.pname)",
      "proc.name glob val(fd.name)",
      "proc.pid > val(proc.ppid)",
      "proc.pid != val(proc.ppid)",
      "fd.cip = val(fd.sip)",
      "proc.name in val(proc.name)",
      "proc.name = tolower(proc.name)",
      "proc.pid = val(proc.pid)",
    ])
      assert.ok(holds(text, event), text);
    for (const text of [
      "proc.name startswith val(proc.pname)",
      "proc.pid <= val(proc.ppid)",
      "proc.name = val(proc.pname)",
    ])
      assert.ok(!holds(text, event), text);
  });

  it("finds a path among few and many names of one level", () => {
    for (const count of [1, 3, 8, 9, 50]) {
      const names = Array.from({ length: count }, (_, i) => `/d/n${i}`).join(", ");
      for (const i of [0, count >> 1, count - 1])
        assert.ok(holds(`fd.name pmatch (${names})`, { "fd.name": `/d/n${i}/x` }), `${i} of ${count}`);
      for (const path of [`/d/n${count}`, "/d/n", "/d"])
        assert.ok(!holds(`fd.name pmatch (${names})`, { "fd.name": path }), path);
    }
  });

  it("finds the alternatives of a long or by their common field", () => {
    const alternatives = Array.from({ length: 30 }, (_, i) => `(proc.name = n${i % 10} and proc.pid = ${i})`);
    const condition = `${alternatives.join(" or ")} or user.uid = 5 or (proc.pid = 99 and fd.num = 1)`;
    for (let i = 0; i < 30; i++) assert.ok(holds(condition, { "proc.name": `n${i % 10}`, "proc.pid": i }));
    assert.ok(!holds(condition, { "proc.name": "n1", "proc.pid": 2 }));
    assert.ok(holds(condition, { "proc.name": "n1", "user.uid": 5 }));
    assert.ok(holds(condition, { "proc.pid": 99, "fd.num": 1 }));
    assert.ok(!holds(condition, {}));
  });

  it("tells the fields it reads", () => {
    const fields = conditionFields(
      typed(
        'proc.name = a or not concat(fd.name, proc.pname) = val(user.name) or join(",", (proc.name, evt.res)) exists',
      ),
    );
    assert.deepEqual([...fields.keys()], ["proc.name", "fd.name", "proc.pname", "user.name", "evt.res"]);
  });
});

const event: MadeEvent = {
  "proc.name": "Bash",
  "proc.pname": "/usr/bin/SSHD",
  "proc.cmdline": "YWJj",
  "fd.name": "/a/b/",
  "proc.pid": 7,
  "fd.cip": "\x01\x02\x03\x04",
  "ka.images": ["-ab", "-xval", "--long", "-x", "v2", "-q", "-", "-a"],
  "ka.numbers": [1, 2, 3],
  "evt.buffer": "aGk",
};

/** Transformer → the one text or number it gives; undefined where it is missing. */
const transformed: readonly (readonly [text: string, value: string | undefined])[] = [
  ["tolower(proc.name)", "bash"],
  ["toupper(proc.name)", "BASH"],
  ["basename(proc.pname)", "SSHD"],
  ["basename(fd.name)", ""],
  ["basename(proc.name)", "Bash"],
  ["b64(proc.cmdline)", "abc"],
  ["b64(proc.name)", "\x05\xab\x21"],
  ["b64(proc.pname)", undefined],
  ["b64(evt.buffer)", "hi"],
  ["len(proc.name)", "4"],
  ["len(ka.images)", "8"],
  ["len(tolower(proc.name))", "4"],
  ['concat(proc.name, "-", proc.cmdline)', "Bash-YWJj"],
  ["concat(proc.name, 3)", "Bash3"],
  ["concat(proc.name, user.name)", undefined],
  ['join("/", (proc.name, "a", 3, proc.pid))', "Bash/a/3/7"],
  ['join(",", ())', ""],
  ['join(",", ka.numbers)', "1,2,3"],
  ['join(" ", (fd.cip, "x"))', "1.2.3.4 x"],
  ['join(",", (proc.name, user.name))', undefined],
  ['join(",", getopt(ka.images, "ax:"))', "a,?,x,val,x,v2,?"],
  ['join(",", getopt(ka.images, ":ax:"))', "a,?,x,val,x,v2,?"],
  ['join(",", getopt(ka.images, "a:"))', "a,b,?,?,a,l,?"],
  ['getopt(ka.images, "ax:")[x]', "v2"],
  ['join(",", getopt(("-a:b"), ":ab"))', "a,?,b"],
  ['getopt(ka.images, "abx:")[b]', "b"],
  ['getopt(ka.images, "x:")[c]', undefined],
  ['join(",", getopt(("-c"), "c:"))', ""],
  ['getopt(("-c"), "c:")[c]', ""],
  ['join(",", getopt(("-a", "--", "-b"), "ab"))', "a"],
  ['join(",", getopt(("-a", "", "-b"), "ab"))', "a"],
  ['join(",", getopt(("-a", "file", "-b"), "ab"))', "a"],
  ['toupper(getopt(("-cx"), "c:")[c])', "X"],
];

describe("transformers", () => {
  for (const [text, value] of transformed)
    it(`${text} ${value === undefined ? "is missing" : `gives ${JSON.stringify(value)}`}`, () => {
      if (value === undefined) assert.ok(!holds(`${text} exists`, event));
      else
        assert.ok(
          holds(
            `${text} = "${value.replace(/[\x05\xab]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`,
            event,
          ),
        );
    });

  it("change each element of a list", () => {
    assert.ok(holds("tolower(ka.images) intersects (-xval)", event));
    assert.ok(holds("toupper(ka.images) intersects (-XVAL)", event));
  });
});
