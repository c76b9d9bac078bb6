/** What the agent writes fits our CRDs, whatever a container puts into it: agent/report may not import operator/api. */
import assert from "node:assert/strict";
import { validateResource } from "../../../operator/api/validate.ts";
import type { Kind } from "../../../operator/api/resources.ts";
import { hostAlert, MadeReport, podAlert } from "../../agent/report/sample.ts";

const hostile = "\u001b]0;x\u0007\n\u009b31m\u202e\ud800😀\ufffd".repeat(10_000);

async function written(): Promise<MadeReport> {
  const made = await new MadeReport().open({ least: { alerts: 7, events: 7 } });
  const many = Array.from({ length: 300 }, (_, index) => index);
  const failures = many.map((index) => ({ namespace: "shop", object: `o${index}`, message: hostile }));
  const counts = { delivered: 1, failed: 2, dropped: 3, spooled: 4, lastDelivery: 5, lastError: hostile };
  made.facts = {
    ...made.facts,
    version: hostile,
    kernel: hostile,
    failures: [...failures, { message: "the whole set" }],
    capabilities: many.map((index) => ({ name: `${hostile.slice(0, 200)}${index}`, message: hostile })),
    events: Number.MAX_SAFE_INTEGER,
    drops: many.map((index) => ({ cause: `cause-${index}`, count: index })),
    rules: many.map((index) => ({
      namespace: "shop",
      object: "o",
      rule: `R${index}`,
      matches: index,
      lastMatch: 1_700_000_000_123_456_789n,
    })),
    sinks: many.map((index) => ({ name: `shop/s${index}`, ...counts })),
  };
  const fields = [
    ["__proto__", hostile],
    [hostile, 2n ** 64n],
    ["list", ["a", 1n, true]],
    ...many.map((index) => [`field-${index}`, hostile] as const),
  ] as const;
  const subject = { namespace: "shop", pod: "web-0", podUid: "u-1", container: hostile, image: hostile };
  made.report.publish([
    podAlert("web-0", "/f", { time: 1n }),
    podAlert("web-0", "/f", { time: 2n, message: hostile }),
    podAlert("web-0", hostile, {
      rule: hostile,
      message: hostile,
      tags: [hostile, hostile],
      subject,
      fields,
    }),
    hostAlert("/f", { rule: "", identity: undefined, message: "" }),
  ]);
  await made.clock.advance(60_000);
  return made;
}

describe("what the agent writes", () => {
  it("is what the CRDs allow", async () => {
    const { api } = await written();
    for (const [kind, count] of [
      ["SecurityAlert", 3],
      ["NodeAgent", 1],
    ] as const satisfies [Kind, number][]) {
      const objects = api.of(kind);
      assert.equal(objects.length, count);
      for (const object of objects) {
        // As it comes out of JSON: no half of a pair of surrogates, nothing undefined.
        const sent = JSON.parse(JSON.stringify(object)) as unknown;
        assert.deepEqual(validateResource(kind, sent), []);
        assert.ok(object.status !== undefined);
      }
    }
  });

  it("is refused where it is not, so the check above can fail", async () => {
    const { api } = await written();
    const [alert] = api.of("SecurityAlert");
    assert.notDeepEqual(validateResource("SecurityAlert", { ...alert, spec: { rule: "R" } }), []);
  });
});
