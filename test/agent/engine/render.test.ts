import assert from "node:assert/strict";
import fc from "fast-check";
import { internalAlert, type Alert } from "../../../agent/engine/alert.ts";
import { alertJson, alertText, defaultFormat } from "../../../agent/engine/render.ts";
import { clock as localClock } from "../../../agent/fields/time.ts";

const time = 1700000000123456789n;
const shadow: Alert = {
  rule: "Shadow read",
  identity: { namespace: "", object: "", rule: "Shadow read" },
  priority: 4,
  source: "syscall",
  tags: ["filesystem", "mitre_credential_access"],
  time,
  hostname: "node7",
  message: "Shadow read by cat (depth=<NA>)",
  fields: [
    ["proc.name", "cat"],
    ["fd.name", "/etc/shadow"],
    ["proc.aname[2]", null],
    ["user.uid", 0],
  ],
  group: undefined,
  subject: undefined,
  sinks: undefined,
};
const clock = localClock(time, true);
const internal = internalAlert("metrics", 6, "Snapshot", { n: 3, a: "x y" }, { time, hostname: "node7" });

describe("alert text", () => {
  const cases = [
    {
      name: "has local time, priority and message",
      alert: shadow,
      want: `${clock}: Warning Shadow read by cat (depth=<NA>)`,
    },
    {
      name: "has UTC time where asked",
      alert: shadow,
      format: { ...defaultFormat, timeFormatIso8601: true },
      want: "2023-11-14T22:13:20.123456789+0000: Warning Shadow read by cat (depth=<NA>)",
    },
    {
      name: "escapes quotes, backslashes and control characters, not letters",
      alert: { ...shadow, message: 'a"b\\c\nd\u001b[2Je\u009bf\u202eg é ✨' },
      want: `${clock}: Warning a\\"b\\\\c\\nd\\u001b[2Je\\u009bf\\u202eg é ✨`,
    },
    {
      name: "names Informational in full",
      alert: { ...shadow, priority: 6 as const },
      want: `${clock}: Informational Shadow read by cat (depth=<NA>)`,
    },
    {
      name: "of an internal alert has local time and its fields sorted",
      alert: internal,
      format: { ...defaultFormat, timeFormatIso8601: true },
      want: `${clock}: Informational Snapshot (a="x y" n=3)`,
    },
  ];
  for (const { name, alert, format, want } of cases)
    it(name, () => assert.equal(alertText(alert, format), want));
});

describe("alert JSON", () => {
  it("has the keys of the format sorted, and the time with all its digits", () => {
    assert.equal(
      alertJson(shadow),
      `{"hostname":"node7","output":"${clock}: Warning Shadow read by cat (depth=<NA>)",` +
        `"output_fields":{"evt.time":1700000000123456789,"fd.name":"/etc/shadow","proc.aname[2]":null,"proc.name":"cat","user.uid":0},` +
        `"priority":"Warning","rule":"Shadow read","source":"syscall","tags":["filesystem","mitre_credential_access"],` +
        `"time":"2023-11-14T22:13:20.123456789Z"}`,
    );
  });

  const only = {
    timeFormatIso8601: true,
    jsonIncludeOutputProperty: false,
    jsonIncludeMessageProperty: true,
    jsonIncludeOutputFieldsProperty: false,
    jsonIncludeTagsProperty: false,
  };
  it("leaves out and adds keys by the settings", () => {
    assert.equal(
      alertJson(shadow, only),
      `{"hostname":"node7","message":"Shadow read by cat (depth=<NA>)","priority":"Warning","rule":"Shadow read",` +
        `"source":"syscall","time":"2023-11-14T22:13:20.123456789Z"}`,
    );
  });

  it("of an internal alert has no tags and takes no notice of the settings", () => {
    assert.equal(
      alertJson(internal, only),
      `{"hostname":"node7","output":"Snapshot","output_fields":{"a":"x y","n":3},"priority":"Informational",` +
        `"rule":"Tiercel internal: metrics","source":"internal","time":"2023-11-14T22:13:20.123456789Z"}`,
    );
  });

  it("names the time after the field that the text shows", () => {
    const text = alertJson({ ...shadow, fields: [] }, { ...defaultFormat, timeFormatIso8601: true });
    assert.match(text, /"output_fields":\{"evt.time.iso8601":1700000000123456789\}/);
  });

  it("gives the same text twice (R54)", () => {
    assert.equal(alertJson(shadow), alertJson(shadow));
    assert.equal((JSON.parse(alertJson(shadow)) as { output: string }).output, alertText(shadow));
  });

  it("keeps 64-bit numbers, booleans, lists and doubles", () => {
    const fields: Alert["fields"] = [
      ["big", 18446744073709551615n],
      ["double", 0.1],
      ["large", 2 ** 60],
      ["list", ["a", 1]],
      ["no", false],
      ["not a number", NaN],
    ];
    assert.match(
      alertJson({ ...shadow, fields }),
      /"big":18446744073709551615,"double":0.1,"evt.time":\d+,"large":1152921504606846976,"list":\["a",1\],"no":false,"not a number":null/,
    );
  });

  it("is what JSON.parse reads back, in one line without control characters, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (message, value) => {
        const text = alertJson(
          { ...shadow, message, fields: [["f", value]] },
          { ...defaultFormat, jsonIncludeMessageProperty: true },
        );
        assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
        const read = JSON.parse(text) as { message: string; output_fields: { f: string } };
        assert.equal(read.message, message);
        assert.equal(read.output_fields.f, value);
      }),
    );
  });
});
