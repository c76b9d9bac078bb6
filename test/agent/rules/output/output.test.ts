import assert from "node:assert/strict";
import fc from "fast-check";
import type { Value } from "../../../../agent/rules/catalogue.ts";
import { compileOutput } from "../../../../agent/rules/output/compile.ts";
import { OutputError } from "../../../../agent/rules/output/error.ts";
import {
  deprecatedInOutput,
  parseOutput,
  parseOutputField,
  withoutContainerInfo,
} from "../../../../agent/rules/output/parse.ts";
import { valueJson, valueText } from "../../../../agent/rules/output/render.ts";
import type { RenderOptions, ValueShape } from "../../../../agent/rules/output/render.ts";
import { madeReaders, madeSource } from "../../../support/made-catalogue.ts";
import type { MadeEvent } from "../../../support/made-catalogue.ts";

const event: MadeEvent = {
  "evt.rawtime": 1700000000123456789n,
  "evt.time": "14:03:07.123456789",
  "evt.reltime.ns": 49551,
  "evt.arg.flags": "O_RDONLY",
  "evt.rawarg.flags": 0x1001,
  "evt.rawarg.mode": 0o644,
  "evt.failed": false,
  "proc.name": "curl",
  "proc.pname": "bash",
  "proc.cmdline": "sh -c \xc3\xa9\xff",
  "proc.aname": ["bash", "sshd"],
  "proc.aname[2]": "sshd",
  "proc.apid[0]": 42,
  "proc.pid": 42,
  "proc.fdusage": 0.1,
  "fd.name": "/etc/x",
  "fd.dev": -1,
  "fd.ip": ["\x01\x02\x03\x04", "\x01\x02\x03\x05"],
  "fd.cip": "\x01\x02\x03\x04",
  "fd.sip": "\xfe\x80" + "\0".repeat(13) + "\x01",
  "fd.port": [1, 2],
  "fd.sport": 443,
  "fd.snet": "\x01\x02\x03\x04",
  "evt.buffer": "a\x00\xe9b",
  "ka.images": ["nginx", "b,c"],
  "evt.type.is.open": 1,
};

function output(text: string, options: RenderOptions = {}) {
  const compiled = compileOutput<MadeEvent>(
    { ...parseOutput(text, madeSource), extra: [] },
    madeReaders,
    options,
  );
  return { text: compiled.text(event), fields: Object.fromEntries(compiled.fields(event)) };
}

/** Template → text, and the keys of output_fields. */
const templates: readonly (readonly [template: string, text: string, ...keys: string[]])[] = [
  ["plain text", "plain text"],
  ["*%proc.name ran", "curl ran", "proc.name"],
  ["%proc.namefoo", "curlfoo", "proc.name"],
  ["%proc.name[2]", "curl[2]", "proc.name"],
  ["%proc.aname[2]", "sshd", "proc.aname[2]"],
  ["%evt.arg.flagsx", "O_RDONLYx", "evt.arg.flags"],
  ["(%proc.name)", "(curl)", "proc.name"],
  ["%fd.name.", "/etc/x.", "fd.name"],
  ["%fd.name.more", "/etc/x.more", "fd.name"],
  ["%proc.name%proc.pname", "curlbash", "proc.name", "proc.pname"],
  ["%proc.name %proc.name", "curl curl", "proc.name"],
  ["[%10proc.name]", "[curl      ]", "proc.name"],
  ["[%2proc.name]", "[cu]", "proc.name"],
  ["[%9proc.cmdline]", "[sh -c é\ufffd ]", "proc.cmdline"],
  ["%user.name", "<NA>", "user.name"],
  ["%evt.failed", "false", "evt.failed"],
  ["%ka.images", "(nginx,b,c)", "ka.images"],
  ["%evt.reltime.ns", "000049551", "evt.reltime.ns"],
  ["%evt.rawarg.flags", "1001", "evt.rawarg.flags"],
  ["%evt.rawarg.mode", "644", "evt.rawarg.mode"],
  ["%fd.dev", "FFFFFFFF", "fd.dev"],
  ["%fd.cip %fd.sip %fd.sport", "1.2.3.4 fe80::1 443", "fd.cip", "fd.sip", "fd.sport"],
  ["%fd.ip %fd.port %fd.snet %fd.net", "<NA> <NA> <IPNET> <IPNET>", "fd.ip", "fd.port", "fd.snet", "fd.net"],
  ["%evt.type.is.open", "<NA>", "evt.type.is.open"],
  ["%proc.aname", "bash sshd", "proc.aname"],
  ["%proc.apid", "42", "proc.apid"],
  ["%evt.outputtime", "<NA>", "evt.outputtime"],
  ["%evt.buffer", "a..b", "evt.buffer"],
  ["%toupper(proc.name)", "CURL", "proc.name"],
  ['%concat(proc.name, "-", proc.pname)!', "curl-bash!", "proc.name", "proc.pname"],
  ['%join(",", (proc.name, "a", 3))', "curl,a,3", "proc.name"],
  ["%len(ka.images)", "2", "ka.images"],
  ["%8toupper(proc.name)|", "CURL    |", "proc.name"],
  ["%toupper(proc.name)[2]", "CURL[2]", "proc.name"],
  ["%toupper(user.name)", "<NA>", "user.name"],
  ["a 100 %proc.name\nb 👀", "a 100 curl\nb 👀", "proc.name"],
];

const refused: readonly (readonly [template: string, message: RegExp, place: string, help?: RegExp])[] = [
  ["", /^empty formatting token$/, ""],
  ["*", /^empty formatting token$/, ""],
  ["ends in %", /^invalid formatting syntax: formatting cannot end with a %$/, "%"],
  ["%5", /^invalid formatting syntax: formatting cannot end with a %$/, "%5"],
  ["a %% b", /^unknown filter: /, "%", /cannot be printed/],
  ["is 5% of", /^unknown filter: /, "%", /cannot be printed/],
  [
    "x %proc.nam y",
    /^unknown filter: filter_check called with nonexistent field proc.nam$/,
    "%proc.nam",
    /proc.name/,
  ],
  ["%*proc.name", /^unknown filter: /, "%*proc.name", /very beginning/],
  ["%proc", /^unknown filter: no field begins at '%proc'$/, "%proc"],
  ["%evt.arg", /^unknown filter: filter syntax error: evt.arg$/, "%evt.arg"],
  [
    "%k8s.pod.label.role",
    /^unknown filter: k8s.pod.label requires an argument/,
    "%k8s.pod.label.role",
    /label\[role\]/,
  ],
  ["%val(proc.name)", /^unknown filter: /, "%val"],
  ["%toupper(proc.pid)", /^unknown filter: can't add field transformer/, "%toupper(proc.pid)"],
  ["%toupper(proc.name", /^unknown filter: expected a '\)' token$/, "%toupper(proc.name"],
];

describe("an output template", () => {
  for (const [template, text, ...keys] of templates)
    it(`${JSON.stringify(template)} prints ${JSON.stringify(text)}`, () => {
      const result = output(template);
      assert.equal(result.text, text);
      assert.deepEqual(Object.keys(result.fields), keys);
    });

  for (const [template, message, place, help] of refused)
    it(`${JSON.stringify(template)} is refused`, () => {
      assert.throws(
        () => parseOutput(template, madeSource),
        (error: OutputError) => {
          assert.ok(error instanceof OutputError);
          assert.match(error.message, message);
          assert.equal(template.slice(error.at, error.end).slice(0, place.length), place);
          if (help !== undefined) assert.match(`${error.hint} ${error.suggestions.join(" ")}`, help);
          return true;
        },
      );
    });

  it("with several mistakes tells all of them", () => {
    assert.throws(
      () => parseOutput("%proc.nam %proc.name 100% %evt.arg %", madeSource),
      (error: OutputError) => [error, ...error.others].map(({ at }) => at).join() === "0,24,26,35",
    );
  });

  it("of noise prints, or is refused with a place within it, and nothing else", () => {
    const words = [
      "%",
      "%5",
      "*",
      "proc.name",
      "evt.arg.flags",
      "[",
      "]",
      "tolower(",
      "concat(",
      ")",
      ",",
      '"',
      "\\",
      " ",
      "é",
      "\ud800",
      "proc.aname[2]",
      ".",
    ];
    const noise = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.constantFrom(...words)).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(noise, (template) => {
        try {
          output(template);
        } catch (error) {
          assert.ok(error instanceof OutputError, String(error));
          for (const { at, end } of [error, ...error.others])
            assert.ok(at >= 0 && at <= end && end <= template.length, `${at}-${end}`);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("gives typed fields", () => {
    const { fields } = output(
      "%evt.time %proc.name %user.name %proc.pid %evt.failed %ka.images %evt.rawarg.flags %fd.dev %evt.reltime.ns %proc.fdusage %fd.sip %fd.ip %fd.snet %proc.aname %proc.cmdline %toupper(proc.pname)",
    );
    assert.deepEqual(fields, {
      "evt.time": 1700000000123456789n,
      "proc.name": "curl",
      "user.name": null,
      "proc.pid": 42,
      "evt.failed": false,
      "ka.images": ["nginx", "b,c"],
      "evt.rawarg.flags": "1001",
      "fd.dev": "FFFFFFFF",
      "evt.reltime.ns": 49551,
      "proc.fdusage": 0.1,
      "fd.sip": "fe80::1",
      "fd.ip": null,
      "fd.snet": "<IPNET>",
      "proc.aname": "bash sshd",
      "proc.cmdline": "sh -c é\ufffd",
      "proc.pname": "bash",
    });
  });

  it("puts extra fields last, raw or formatted", () => {
    const compiled = compileOutput<MadeEvent>(
      {
        ...parseOutput("%proc.name", madeSource),
        extra: [
          { kind: "field", field: parseOutputField("proc.pid", madeSource) },
          { kind: "format", key: "note", tokens: parseOutput("by %proc.pname", madeSource).tokens },
          { kind: "format", key: "proc.name", tokens: parseOutput("over", madeSource).tokens },
        ],
      },
      madeReaders,
    );
    assert.deepEqual(compiled.fields(event), [
      ["proc.name", "curl"],
      ["proc.pid", 42],
      ["note", "by bash"],
      ["proc.name", "over"],
    ]);
  });

  it("shows byte strings in base64 where asked", () => {
    const { text, fields } = output("%evt.buffer", { base64Buffers: true });
    assert.deepEqual([text, fields["evt.buffer"]], ["YQDpYg==", "YQDpYg=="]);
  });

  it("takes only a plain field as a raw extra field", () => {
    for (const text of ["proc.nam", "toupper(proc.name)", "proc.name x", ""])
      assert.throws(() => parseOutputField(text, madeSource), OutputError);
  });

  it("loses %container.info but not the blank before it", () => {
    assert.deepEqual(withoutContainerInfo("a %container.info b%container.info"), {
      text: "a  b",
      removed: 2,
    });
    assert.deepEqual(withoutContainerInfo("a %container.id"), { text: "a %container.id", removed: 0 });
  });

  it("tells deprecated fields anywhere in its text", () => {
    assert.deepEqual(deprecatedInOutput("x %evt.dirs", madeSource), ["evt.dir"]);
    assert.deepEqual(deprecatedInOutput("x %proc.name", madeSource), []);
  });
});

const rendered: readonly (readonly [shape: ValueShape, value: Value, text: string, json: unknown])[] = [
  [{ type: "UINT64" }, 18446744073709551615n, "18446744073709551615", 18446744073709551615n],
  [{ type: "INT64" }, -5, "-5", -5],
  [{ type: "INT64", format: "hex" }, -1n, "FFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFF"],
  [{ type: "UINT32", format: "oct" }, 0, "0", "0"],
  [{ type: "DOUBLE" }, 0.1 + 0.2, "0.3", 0.1 + 0.2],
  [{ type: "DOUBLE" }, 1234567, "1.23457e+06", 1234567],
  [{ type: "DOUBLE" }, 0.00001234, "1.234e-05", 0.00001234],
  [{ type: "DOUBLE" }, 100, "100", 100],
  [{ type: "IPADDR" }, "\0".repeat(16), "::", "::"],
  [{ type: "IPADDR" }, "\0".repeat(10) + "\xff\xff\x01\x02\x03\x04", "::ffff:1.2.3.4", "::ffff:1.2.3.4"],
  [
    { type: "IPADDR" },
    "\x20\x01\x0d\xb8" + "\0".repeat(4) + "\0\x01" + "\0".repeat(4) + "\0\x01",
    "2001:db8::1:0:0:1",
    "2001:db8::1:0:0:1",
  ],
  [
    { type: "IPADDR" },
    "\0\x01\0\0\0\x02\0\x03\0\x04\0\x05\0\x06\0\x07",
    "1:0:2:3:4:5:6:7",
    "1:0:2:3:4:5:6:7",
  ],
  [{ type: "BOOL" }, true, "true", true],
  [{ type: "CHARBUF" }, undefined, "<NA>", null],
  [{ type: "CHARBUF" }, [], "()", []],
];

describe("a value", () => {
  for (const [shape, value, text, json] of rendered)
    it(`of type ${shape.type} prints ${text}`, () => {
      assert.equal(valueText(value, shape), text);
      assert.deepEqual(valueJson(value, shape), json);
    });
});
