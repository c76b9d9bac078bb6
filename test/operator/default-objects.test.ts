import assert from "node:assert/strict";
import { buildCatalogue } from "../../agent/fields/index.ts";
import { defaultRules, exampleSinks } from "../../operator/default-objects.ts";
import { root } from "../support/reference.ts";

describe("rules and sinks that come with Tiercel", () => {
  it("are objects of moderate size that stand before people's own", () => {
    const objects = defaultRules(root, buildCatalogue(), true);
    assert.deepEqual(
      objects.map(({ kind, metadata }) => [kind, metadata.name]),
      [
        ["FalcoRule", "default"],
        ["FalcoRule", "audit"],
      ],
    );
    for (const object of objects as unknown as { spec: { order: number; rules: object[] } }[]) {
      assert.equal(object.spec.order, 10);
      assert.ok(object.spec.rules.length > 5);
      assert.ok(JSON.stringify(object).length < 200_000);
    }
  });

  it("are about audit events only where there are agents for them", () => {
    const names = defaultRules(root, buildCatalogue(), false).map(({ metadata }) => metadata.name);
    assert.deepEqual(names, ["default"]);
  });

  it("have an example of a sink, without a credential", () => {
    const [sink, ...others] = exampleSinks(root);
    assert.deepEqual([sink?.kind, others.length], ["AlertSink", 0]);
    assert.match(JSON.stringify(sink), /"webhookURL":\{"secretKeyRef"/);
  });
});
