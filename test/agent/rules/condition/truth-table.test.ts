import assert from "node:assert/strict";
import { checkCondition } from "../../../../agent/rules/condition/check.ts";
import { compileCondition } from "../../../../agent/rules/condition/compile.ts";
import { parseCondition } from "../../../../agent/rules/condition/parser.ts";
import { madeCatalogue, madeReaders, madeSource } from "../../../support/made-catalogue.ts";
import type { MadeEvent } from "../../../support/made-catalogue.ts";

function holds(condition: string, event: MadeEvent): boolean {
  const { typed } = checkCondition(parseCondition(condition), madeSource, madeCatalogue);
  return compileCondition(typed, madeReaders)(event);
}

/** A successful open of /etc/x by curl, parent bash, then make and init; no socket. */
const open: MadeEvent = {
  "evt.type": "open",
  "evt.num": 7,
  "evt.arg.fd": "<f>/etc/x",
  "evt.rawarg.fd": 3,
  "proc.name": "curl",
  "proc.pname": "bash",
  "proc.aname": ["bash", "make", "init"],
  "proc.aname[0]": "curl",
  "proc.aname[1]": "bash",
  "proc.env[NOPE]": "",
  "proc.args[99]": "",
  "fd.num": 3,
  "fd.name": "/etc/x",
};

const connect: MadeEvent = {
  "fd.num": 4,
  "fd.ip": ["\xfe\x80" + "\0".repeat(13) + "\x01", "\x20\x01" + "\0".repeat(13) + "\x02"],
  "fd.net": ["\xfe\x80" + "\0".repeat(13) + "\x01", "\x20\x01" + "\0".repeat(13) + "\x02"],
  "fd.sip": "\x20\x01" + "\0".repeat(13) + "\x02",
};

const sigaction: MadeEvent = { "evt.type": "rt_sigaction", "syscall.type": "rt_sigaction", "evt.dir": "<" };

const table: { event: string; fields: MadeEvent; yes: string[]; no: string[] }[] = [
  {
    event: "an open",
    fields: open,
    yes: [
      "not fd.sip = 1.2.3.4",
      "not fd.sip in (1.2.3.4)",
      "fd.ip exists",
      "fd.port exists",
      "fd.net exists",
      "proc.aname = bash",
      "proc.aname in (bash)",
      "proc.aname startswith b",
      "proc.aname != bash",
      "proc.aname[0] = curl",
      "proc.aname[1] = bash",
      "proc.aname = oneof (bash, x)",
      "proc.name = anyof (curl, x)",
      "proc.name startswith allof (c, cu)",
      "proc.name != oneof (curl, x)",
      "proc.name != allof (a, x)",
      "evt.rawarg.fd = 3",
      "evt.rawarg.fd in (3, 4)", // false in Falco; R26
      "fd.num in (3, 4)",
      'fd.name glob "/etc/*"',
      'fd.name regex "/etc/.*"',
      "fd.name pmatch (/etc)",
      "fd.name pmatch (etc)",
      "fd.name pmatch (/)",
      'fd.name pmatch ("/e*")',
      "proc.name iglob CU*",
      "proc.name icontains CUR",
      "proc.name intersects (curl)",
      "proc.env[NOPE] exists",
      'proc.env[NOPE] = ""',
      "proc.args[99] exists",
      "proc.name != val(proc.pname)",
      "len(proc.name) = 4",
      'concat(proc.name, "-", proc.pname) = "curl-bash"',
      'join("/", (proc.name, "a", 3)) = "curl/a/3"',
      "b64(proc.name) exists",
    ],
    no: [
      "fd.sip != 1.2.3.4",
      "fd.ip != 1.2.3.4",
      "fd.sip exists",
      "proc.aname = curl",
      "proc.aname[9] exists",
      "proc.aname = anyof (x, bash)",
      "proc.name = oneof (curl, curl)",
      "evt.arg.fd = 3",
      'fd.name regex "etc"',
      "fd.name pmatch (/et)",
      "proc.name = CURL",
      "proc.name in ()",
      "evt.arg[99] exists",
      "evt.arg.path exists",
    ],
  },
  {
    event: "an IPv6 connection",
    fields: connect,
    yes: [
      "fd.ip != 1.2.3.4",
      "fd.sip != 1.2.3.4",
      "fd.net in (2000::/3, fe80::/10)",
      "fd.net in (fe80::/10, 2000::/3)",
      "fd.net in (10.0.0.0/8, 2000::/3)", // false in Falco; R26
    ],
    no: ["fd.ip = 1.2.3.4"],
  },
  {
    event: "a call without parameters",
    fields: sigaction,
    yes: ["evt.dir = <", "syscall.type exists"],
    no: ["evt.res exists", "evt.rawres exists", "evt.failed exists"],
  },
];

describe("the truth table of the reference", () => {
  for (const { event, fields, yes, no } of table) {
    for (const condition of yes)
      it(`${condition} holds for ${event}`, () => assert.ok(holds(condition, fields)));
    for (const condition of no)
      it(`${condition} fails for ${event}`, () => assert.ok(!holds(condition, fields)));
  }
});
