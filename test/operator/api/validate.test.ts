/** The schemas of our kinds, run without a cluster. test/cluster/resources.test.ts asks a real API server the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { celTwins, durationMs } from "../../../operator/api/cel.ts";
import { schemas } from "../../../operator/api/generated/schemas.ts";
import { conditionTypes, reasons } from "../../../operator/api/reasons.ts";
import { root } from "../../support/reference.ts";
import { group, resources, version, type Kind } from "../../../operator/api/resources.ts";
import { validateResource } from "../../../operator/api/validate.ts";

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly { readonly name: string }[];
  };
}

/** All CEL rules below a node of a schema. */
function celRules(node: unknown): { readonly rule: string; readonly message: string }[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === "x-kubernetes-validations" ? (value as { rule: string; message: string }[]) : celRules(value),
  );
}

const object = (kind: Kind, spec: object, more: object = {}) => ({
  apiVersion: "tiercel.dev/v1alpha1",
  kind,
  metadata: { name: "a" },
  spec,
  ...more,
});
const rule = { rule: "r", desc: "d", condition: "evt.type = open", output: "o", priority: "Notice" };

describe("schemas of our kinds", () => {
  it("have a twin in code for each CEL rule, and none too many", () => {
    const messages = celRules(schemas)
      .filter(({ rule }) => !rule.includes("oldSelf"))
      .map(({ message }) => message);
    assert.deepEqual([...new Set(messages)].sort(), Object.keys(celTwins).sort());
  });

  it("take a rule with all its parts, and the status an operator writes", () => {
    const status = {
      observedGeneration: 1,
      conditions: [
        {
          type: conditionTypes.ready,
          status: "True",
          reason: reasons.ready,
          message: "",
          lastTransitionTime: "2026-01-02T03:04:05Z",
        },
      ],
      nodes: { wanted: 3, loaded: 3, failed: 0, text: "3/3" },
    };
    assert.deepEqual(validateResource("FalcoRule", object("FalcoRule", { rules: [rule] }, { status })), []);
  });

  it("stand under the names that the CRDs give them", () => {
    for (const [kind, { plural, namespaced }] of Object.entries(resources)) {
      const { spec } = parse(readFileSync(`${root}crds/${plural}.yaml`, "utf8")) as Definition;
      const { names, versions } = spec;
      assert.deepEqual(
        [spec.group, names.kind, names.plural, spec.scope, versions.map(({ name }) => name)],
        [group, kind, plural, namespaced ? "Namespaced" : "Cluster", [version]],
      );
    }
  });

  it("know a reason's form", () => {
    const form = /^[A-Z][A-Za-z]*$/;
    assert.deepEqual(
      [...Object.values(reasons), ...Object.values(conditionTypes)].filter((word) => !form.test(word)),
      [],
    );
  });

  it("say place and reason of each mistake at once", () => {
    const spec = { rules: [{ ...rule, desc: 5, colour: 1 }, rule], order: 100 };
    const said = validateResource("FalcoRule", object("FalcoRule", spec));
    assert.deepEqual(said.map(({ path, message }) => `${path}: ${message}`).sort(), [
      "spec.order: must be <= 99",
      'spec.rules: Duplicate value: {"rule":"r"}',
      "spec.rules[0].colour: unknown field",
      "spec.rules[0].desc: must be string",
    ]);
  });

  it("try CEL rules where the schema finds nothing", () => {
    const spec = { rules: [{ ...rule, priority: "urgent" }, { rule: "only a name" }] };
    assert.deepEqual(
      validateResource("FalcoRule", object("FalcoRule", spec)).map(({ path }) => path),
      ["spec.rules[0].priority", "spec.rules[1]"],
    );
  });

  it("read durations as Go does", () => {
    const cases = { "30s": 30_000, "1m30s": 90_000, "500ms": 500, "2h": 7_200_000 };
    for (const [text, ms] of Object.entries(cases)) assert.equal(durationMs(text), ms, text);
    for (const text of ["", "30", "s", "1.5h", "-1s"]) assert.equal(durationMs(text), undefined, text);
  });
});
