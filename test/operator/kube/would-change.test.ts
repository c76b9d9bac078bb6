import assert from "node:assert/strict";
import type { KubeObject } from "../../../operator/kube/object.ts";
import { wouldChange } from "../../../operator/kube/would-change.ts";

/** As a real server answers it (test/cluster/operator-client.test.ts asks one about each difference of eight kinds). */
const there = {
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name: "agent",
    namespace: "n",
    labels: { a: "1", theirs: "2" },
    managedFields: [
      { manager: "kubectl-edit", operation: "Update", apiVersion: "v1", fieldsV1: { "f:metadata": {} } },
      {
        manager: "tiercel-operator",
        operation: "Apply",
        apiVersion: "v1",
        fieldsV1: {
          "f:metadata": { "f:labels": { "f:a": {} } },
          "f:spec": {
            "f:selector": {},
            "f:finalizers": { 'v:"x"': {} },
            "f:ports": {
              'k:{"port":1,"protocol":"TCP"}': { ".": {}, "f:name": {}, "f:port": {} },
            },
          },
        },
      },
      {
        manager: "tiercel-operator",
        operation: "Apply",
        apiVersion: "v1",
        subresource: "status",
        fieldsV1: { "f:status": { "f:text": {} } },
      },
    ],
  },
  spec: {
    selector: { app: "a" },
    clusterIP: "10.0.0.1",
    finalizers: ["x", "theirs"],
    ports: [
      { port: 9, protocol: "TCP" },
      { name: "http", port: 1, protocol: "TCP", targetPort: 1 },
    ],
  },
  status: { text: "fine", other: 1 },
} satisfies KubeObject & Record<string, unknown>;

const wanted = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "agent", namespace: "n", labels: { a: "1" } },
  spec: { selector: { app: "a" }, finalizers: ["x"], ports: [{ name: "http", port: 1 }] },
};
const { metadata, spec } = wanted;

describe("whether an apply would change anything", () => {
  const cases: readonly (readonly [what: string, object: KubeObject, changes: boolean])[] = [
    ["nothing differs but what others set", wanted, false],
    ["an undefined field is none", { ...wanted, extra: undefined } as KubeObject, false],
    ["another label", { ...wanted, metadata: { ...metadata, labels: { a: "2" } } }, true],
    ["one label more", { ...wanted, metadata: { ...metadata, labels: { a: "1", b: "1" } } }, true],
    [
      "a label that is theirs",
      { ...wanted, metadata: { ...metadata, labels: { a: "1", theirs: "2" } } },
      true,
    ],
    ["no label any more", { ...wanted, metadata: { name: "agent" } }, true],
    [
      "a part that is taken as a whole",
      { ...wanted, spec: { ...spec, selector: { app: "a", b: "c" } } },
      true,
    ],
    ["another port", { ...wanted, spec: { ...spec, ports: [{ name: "http", port: 2 }] } }, true],
    ["a port less", { ...wanted, spec: { ...spec, ports: [] } }, true],
    ["a port more", { ...wanted, spec: { ...spec, ports: [...spec.ports, { port: 9 }] } }, true],
    ["a port's name", { ...wanted, spec: { ...spec, ports: [{ name: "web", port: 1 }] } }, true],
    [
      "another protocol",
      { ...wanted, spec: { ...spec, ports: [{ name: "http", port: 1, protocol: "UDP" }] } },
      true,
    ],
    ["another value of a set", { ...wanted, spec: { ...spec, finalizers: ["y"] } }, true],
    ["another version of the kind", { ...wanted, apiVersion: "v2" }, true],
  ] as (readonly [string, KubeObject, boolean])[];
  for (const [what, object, changes] of cases)
    it(`${changes ? "yes" : "no"}: ${what}`, () => assert.equal(wouldChange(object, there), changes));

  it("yes: what is not there, and what was never applied", () => {
    assert.equal(wouldChange(wanted, undefined), true);
    assert.equal(wouldChange(wanted, { ...there, metadata: { name: "agent" } }), true);
  });

  it("yes: what somebody else took away or changed", () => {
    assert.equal(wouldChange(wanted, { ...there, spec: { ...there.spec, ports: [] } } as KubeObject), true);
    assert.equal(
      wouldChange(wanted, { ...there, spec: { ...there.spec, selector: {} } } as KubeObject),
      true,
    );
    assert.equal(wouldChange(wanted, { ...there, spec: undefined } as KubeObject), true);
  });

  it("looks at status alone for a status", () => {
    const status = (text: string) => ({ ...wanted, spec: undefined, status: { text } });
    assert.equal(wouldChange(status("fine"), there, "status"), false);
    assert.equal(wouldChange(status("bad"), there, "status"), true);
  });
});
