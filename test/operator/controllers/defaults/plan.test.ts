import assert from "node:assert/strict";
import { planDefaults } from "../../../../operator/controllers/defaults/plan.ts";
import type { ManagedFields } from "../../../../operator/api/object-meta.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";

type Rule = Readonly<Record<string, unknown>>;

const shell = { rule: "Shell", condition: "a", output: "o" };
const fieldsOf = (rules: readonly Rule[]) => ({
  "f:spec": {
    "f:order": {},
    "f:rules": Object.fromEntries(
      rules.map((rule) => [
        `k:${JSON.stringify({ rule: rule["rule"] })}`,
        { ".": {}, ...Object.fromEntries(Object.keys(rule).map((name) => [`f:${name}`, {}])) },
      ]),
    ),
  },
});
const by = (manager: string, operation: string, fieldsV1: ManagedFields["fieldsV1"]): ManagedFields => ({
  manager,
  operation,
  apiVersion: "tiercel.dev/v1alpha1",
  ...(fieldsV1 !== undefined && { fieldsV1 }),
});
const object = (rules: readonly Rule[], managedFields?: readonly ManagedFields[]): KubeObject =>
  ({
    apiVersion: "tiercel.dev/v1alpha1",
    kind: "FalcoRule",
    metadata: { name: "x", namespace: "n", ...(managedFields && { managedFields, resourceVersion: "7" }) },
    spec: { order: 10, rules },
  }) as KubeObject;
const edited = (field: string) =>
  by("kubectl-edit", "Update", { "f:spec": { "f:rules": { 'k:{"rule":"Shell"}': { [`f:${field}`]: {} } } } });
const rulesOf = (one: KubeObject) => (one as unknown as { spec: { rules: Rule[] } }).spec.rules;

describe("what comes with Tiercel", () => {
  const ours = (rules: readonly Rule[]) => by("tiercel-operator", "Apply", fieldsOf(rules));

  it("is made where it is missing", () => {
    const wanted = object([shell]);
    assert.deepEqual(planDefaults([{ wanted, live: undefined }]), [{ object: wanted, edits: [] }]);
  });

  it("is not written where it is right", () => {
    assert.deepEqual(planDefaults([{ wanted: object([shell]), live: object([shell], [ours([shell])]) }]), []);
  });

  it("is changed by a new release, in the version that was read", () => {
    const [step] = planDefaults([
      { wanted: object([{ ...shell, condition: "b" }]), live: object([shell], [ours([shell])]) },
    ]);
    assert.equal(rulesOf(step!.object)[0]!["condition"], "b");
    assert.equal(step!.object.metadata.resourceVersion, "7");
    assert.deepEqual(step!.edits, []);
  });

  it("stays switched off", () => {
    const live = object([{ ...shell, enabled: false }], [ours([shell]), edited("enabled")]);
    assert.deepEqual(planDefaults([{ wanted: object([shell]), live }]), []);
    const [step] = planDefaults([{ wanted: object([{ ...shell, output: "new" }]), live }]);
    assert.deepEqual(rulesOf(step!.object), [{ ...shell, output: "new" }]);
  });

  it("keeps what people wrote in place of ours, and says so", () => {
    const mine = { rule: "Shell", output: "o" };
    const live = object([{ ...shell, condition: "theirs" }], [ours([mine]), edited("condition")]);
    assert.deepEqual(planDefaults([{ wanted: object([shell]), live }]), []);
    const [step] = planDefaults([{ wanted: object([{ ...shell, output: "new" }]), live }]);
    assert.deepEqual(rulesOf(step!.object), [{ rule: "Shell", output: "new" }]);
    assert.deepEqual(step!.edits, ["spec.rules[Shell].condition"]);
  });

  it("keeps a field that somebody else set to the same", () => {
    const live = object([shell], [ours([shell]), edited("condition")]);
    assert.deepEqual(planDefaults([{ wanted: object([shell]), live }]), []);
  });

  it("does not take the status for somebody's edit", () => {
    const status = { ...edited("condition"), subresource: "status" };
    const [step] = planDefaults([
      { wanted: object([{ ...shell, condition: "b" }]), live: object([shell], [ours([shell]), status]) },
    ]);
    assert.deepEqual(step!.edits, []);
  });

  it("is put back where somebody took a rule out of it", () => {
    const [step] = planDefaults([
      { wanted: object([shell]), live: object([], [by("kubectl-edit", "Update", {})]) },
    ]);
    assert.deepEqual(rulesOf(step!.object), [shell]);
  });
});
