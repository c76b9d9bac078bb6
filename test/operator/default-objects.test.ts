import assert from "node:assert/strict";
import { buildCatalogue } from "../../agent/fields/index.ts";
import { defaultRules, exampleSinks } from "../../operator/default-objects.ts";
import { root } from "../support/reference.ts";

const user = "system:serviceaccount:security:falcon-operator";

describe("rules and sinks that come with Tiercel", () => {
  it("are objects of moderate size that stand before people's own", () => {
    const objects = defaultRules(root, buildCatalogue(), { audit: true, user });
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
    const names = defaultRules(root, buildCatalogue(), { audit: false, user }).map(
      ({ metadata }) => metadata.name,
    );
    assert.deepEqual(names, ["default"]);
  });

  it("leave the operator alone by its own name, and nobody who is called alike", () => {
    const objects = defaultRules(root, buildCatalogue(), { audit: true, user });
    const { spec } = objects.find(({ metadata }) => metadata.name === "audit") as unknown as {
      spec: { lists: { list: string; items: string[] }[]; macros: { macro: string; condition: string }[] };
    };
    assert.deepEqual(spec.lists.find(({ list }) => list === "tiercel_users")?.items, [user]);
    const own = spec.macros.find(({ macro }) => macro === "by_tiercel");
    assert.equal(own?.condition, "(ka.user.name in (tiercel_users))");
  });

  it("have an example of a sink, without a credential", () => {
    const [sink, ...others] = exampleSinks(root);
    assert.deepEqual([sink?.kind, others.length], ["AlertSink", 0]);
    assert.match(JSON.stringify(sink), /"webhookURL":\{"secretKeyRef"/);
  });
});
