import assert from "node:assert/strict";
import fc from "fast-check";
import { glimpse } from "../../../../agent/sources/k8s-audit/glimpse.ts";
import { JsonError, JsonWalk, MOST_LEVELS } from "../../../../agent/sources/k8s-audit/json-walk.ts";
import { limits } from "../../../../agent/sources/k8s-audit/limits.ts";
import { readEvent } from "../../../../agent/sources/k8s-audit/read-event.ts";
import { BodyError, splitBody } from "../../../../agent/sources/k8s-audit/split-body.ts";
import { timeOf } from "../../../../agent/sources/k8s-audit/time.ts";

/** Whether the walk takes a text as JSON. */
function walks(text: string): boolean {
  const walk = new JsonWalk(Buffer.from(text));
  try {
    walk.value();
    return walk.next() === undefined;
  } catch (error) {
    assert.ok(error instanceof JsonError, String(error));
    return false;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The texts of a body's events. */
const split = (text: string, events = 100) => {
  const body = Buffer.from(text);
  return splitBody(body, { events }).map(({ start, end }) => body.toString("utf8", start, end));
};

const refused = (text: string, events = 100) => {
  try {
    split(text, events);
  } catch (error) {
    assert.ok(error instanceof BodyError, String(error));
    return `${error.outcome}: ${error.message}`;
  }
  return "taken";
};

// prettier-ignore
const texts = [
  "", " ", "{", "[", "]", "}", "[1,]", "[,1]", "{,}", '{"a"}', '{"a":}', '{"a":1,}', "{a:1}", "[1 2]", "[}", "{]",
  "tru", "True", "nul", "nan", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "1.5e-3", "-0", "1E5", "-1.0e+10",
  '"', '"\\', '"\\x"', '"\\u12"', '"\\u12g4"', '"\\uD800"', '"a\nb"', '"\0"', '"\x1f"', '"\x7f"', "'a'", '"é€😀"',
  "null", " true ", "\t[\n]\r", "\v1", "\u00a01", "\ufeff1", "1 1", "[[[[]]]]", '{"a":{"b":[{}]}}', '{"":0}',
  "123456789012345678901234567890", "1e999", "-1e-999", '{"a":1,"a":2}', '{"__proto__":{"x":1}}',
];

describe("a walk over JSON", () => {
  for (const text of texts)
    it(`judges ${JSON.stringify(text)} as JSON.parse does`, () => assert.equal(walks(text), parses(text)));

  it("judges damaged JSON as JSON.parse does", () => {
    const bytes = fc.constantFrom(...'{}[],:"\\u0t.e- \n', "");
    const damaged = fc
      .tuple(fc.jsonValue({ maxDepth: 4 }), fc.nat(), bytes, fc.boolean())
      .map(([value, place, put, cut]) => {
        const text = JSON.stringify(value);
        const at = place % (text.length + 1);
        return text.slice(0, at) + put + text.slice(cut ? at + 1 : at);
      });
    fc.assert(
      fc.property(damaged, (text) => walks(text) === parses(text)),
      { numRuns: 3000 },
    );
  });

  it("judges whatever bytes there are without any other error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const text = Buffer.from(bytes).toString("latin1");
        walks(text);
        refused(text);
      }),
      { numRuns: 2000 },
    );
  });

  it("counts levels, and takes no deeper text than it says", () => {
    const walk = new JsonWalk(Buffer.from('[1,{"a":[2]},[]]'));
    walk.value();
    assert.equal(walk.levels, 3);
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    assert.equal(walks(nested(MOST_LEVELS)), true);
    assert.equal(walks(nested(MOST_LEVELS + 1)), false);
    assert.equal(walks("[".repeat(1_000_000)), false);
    assert.equal(walks('{"a":'.repeat(1_000_000)), false);
  });
});

describe("a body", () => {
  const list = (items: string) =>
    `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":${items}}`;

  for (const { name, text, want } of [
    { name: "an EventList", text: list('[{"a":1}, {"b":[2]}\n,{}]'), want: ['{"a":1}', '{"b":[2]}', "{}"] },
    { name: "an EventList whose kind comes last", text: '{"items":[{}],"kind":"EventList"}', want: ["{}"] },
    { name: "an EventList without events", text: list("[]"), want: [] },
    { name: "an EventList of null", text: list("null"), want: [] },
    { name: "an older version", text: list("[{}]").replace("/v1", "/v1beta1"), want: ["{}"] },
    { name: "one Event", text: ' {"kind":"Event","items":[1]} ', want: ['{"kind":"Event","items":[1]}'] },
    { name: "a list of Events", text: '[{"kind":"Event"},{}]', want: ['{"kind":"Event"}', "{}"] },
    { name: "items given twice", text: '{"items":[1],"kind":"EventList","items":[2]}', want: ["1", "2"] },
    { name: "an escaped name", text: '{"kind":"EventList","\\u0069tems":[{}]}', want: ["{}"] },
    { name: "a kind given twice", text: '{"kind":"x","kind":"EventList","items":[{}]}', want: ["{}"] },
  ])
    it(`${name} has its events, in order`, () => assert.deepEqual(split(text), want));

  for (const { name, text, want } of [
    { name: "nothing", text: "", want: /^malformed: the body is no JSON from byte 0 on$/ },
    { name: "a number", text: "5", want: /^malformed/ },
    { name: "another kind", text: '{"kind":"Pod","items":[]}', want: /kind must be EventList or Event/ },
    { name: "no kind", text: '{"items":[{}]}', want: /kind must be EventList or Event/ },
    { name: "a kind that is no text", text: '{"kind":{"a":1}}', want: /kind must be EventList or Event/ },
    {
      name: "another version",
      text: list("[]").replace("/v1", "/v1alpha1"),
      want: /apiVersion must be audit.k8s.io\/v1/,
    },
    { name: "a torn end", text: list('[{"a":1},{"b":2}]').slice(0, -3), want: /^malformed/ },
    { name: "something behind the end", text: `${list("[]")}x`, want: /^malformed/ },
    {
      name: "broken JSON in one event",
      text: list('[{"a":1},{"b":tru},{}]'),
      want: /^malformed: .* from byte \d+ on/,
    },
    {
      name: "more events than are taken",
      text: list("[1,2,3,4]"),
      want: /^too_large: a body may have 3 events$/,
    },
  ])
    it(`with ${name} is refused as a whole`, () => assert.match(refused(text, 3), want));

  it("is split as JSON.parse would, whatever the events hold", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 6 }), (items) => {
        const found = split(JSON.stringify({ kind: "EventList", items }, null, 1));
        const parsed = found.map((text) => JSON.parse(text) as unknown);
        assert.equal(JSON.stringify(parsed), JSON.stringify(items));
      }),
    );
  });
});

describe("an event of a body", () => {
  const now = 1_800_000_000_000_000_000n;
  const read = (text: string, bounds = {}) => {
    const body = Buffer.from(`[${text}]`);
    const [span] = splitBody(body, { events: 1 });
    return readEvent(body, span!, now, { ...limits, ...bounds });
  };
  const request = '"requestReceivedTimestamp":"2026-11-26T04:00:00.000001Z"';

  for (const { name, text, time } of [
    {
      name: "its stage",
      text: `{"stageTimestamp":"2026-11-26T04:00:00.130789Z",${request}}`,
      time: 1_795_665_600_130_789_000n,
    },
    { name: "its request where the stage has none", text: `{${request}}`, time: 1_795_665_600_000_001_000n },
    { name: "its coming where it says none", text: '{"stageTimestamp":null}', time: now },
    { name: "its coming where it says nonsense", text: '{"stageTimestamp":"yesterday"}', time: now },
    {
      name: "its coming where it says the next century",
      text: '{"stageTimestamp":"2126-11-26T04:00:00Z"}',
      time: now,
    },
  ])
    it(`has the time of ${name}`, () => {
      const event = read(text);
      assert.ok("time" in event);
      assert.equal(event.time, time);
    });

  it("is left out where it is too large, too deep, or none", () => {
    const nested = (levels: number) => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
    assert.deepEqual(read("5"), { drop: "no event" });
    assert.deepEqual(read("[]"), { drop: "no event" });
    assert.ok("event" in read(nested(20), { levels: 20 }));
    assert.deepEqual(read(nested(21), { levels: 20 }), { drop: "event too deep" });
    assert.ok("event" in read('{"a":"é"}', { event: 10 }));
    assert.deepEqual(read('{"a":"éx"}', { event: 10 }), { drop: "event too large" });
  });

  it("keeps __proto__ as a member like any other", () => {
    const text = '{"__proto__":{"auditID":"x"},"stageTimestamp":"2026-11-26T04:00:00Z"}';
    const found = read(text);
    assert.ok("event" in found);
    assert.equal(JSON.stringify(found.event), text);
    assert.equal(({} as Record<string, unknown>)["auditID"], undefined);
  });

  it("that is left out is named by its short facts", () => {
    const members = [
      '"auditID":"a-1","verb":"create"',
      `"user":{"username":"${"é".repeat(300)}"}`,
      '"requestObject":{"auditID":"no"}',
      '"objectRef":{"resource":"pods","name":7,"namespace":"x"}',
      `"__proto__":1,"responseObject":"${"x".repeat(5000)}"`,
    ];
    const body = Buffer.from(`[{${members.join()}}]`);
    const [span] = splitBody(body, { events: 1 });
    assert.deepEqual(glimpse(body, span!), {
      "ka.auditid": "a-1",
      "ka.verb": "create",
      "ka.user.name": "é".repeat(256),
      "ka.target.resource": "pods",
      "ka.target.namespace": "x",
    });
  });
});

describe("a time of Kubernetes", () => {
  for (const [text, want] of [
    ["1970-01-01T00:00:00Z", 0n],
    ["2026-11-26T04:00:00.123456Z", 1_795_665_600_123_456_000n],
    ["2026-11-26T04:00:00.123456789Z", 1_795_665_600_123_456_789n],
    ["2026-11-26T04:00:00.1234567899Z", 1_795_665_600_123_456_789n],
    ["2026-11-26T05:30:00+01:30", 1_795_665_600_000_000_000n],
    ["2026-11-26t02:00:00-02:00", 1_795_665_600_000_000_000n],
    ["2024-02-29T00:00:00Z", 1_709_164_800_000_000_000n],
    ["2016-12-31T23:59:60Z", 1_483_228_800_000_000_000n],
    ["9999-12-31T23:59:59.999999999Z", 253_402_300_799_999_999_999n],
    ["2026-02-29T00:00:00Z", undefined],
    ["2026-13-01T00:00:00Z", undefined],
    ["2026-11-26T24:00:00Z", undefined],
    ["1969-12-31T23:59:59Z", undefined],
    ["0001-01-01T00:00:00Z", undefined],
    ["2026-11-26T04:00:00", undefined],
    ["2026-11-26 04:00:00Z", undefined],
    ["", undefined],
    ["x".repeat(100_000), undefined],
  ] as const)
    it(`${text.slice(0, 40)} is ${want}`, () => assert.equal(timeOf(text), want));
});
