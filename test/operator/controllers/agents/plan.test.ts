import assert from "node:assert/strict";
import { formOf, idOf, planAgents } from "../../../../operator/controllers/agents/plan.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";

const owned = (spec: object) => ({
  manager: "tiercel-operator",
  operation: "Apply",
  apiVersion: "v1",
  fieldsV1: { "f:spec": Object.fromEntries(Object.keys(spec).map((name) => [`f:${name}`, {}])) },
});
const service = (spec: object, live = false): KubeObject =>
  ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "s", namespace: "n", ...(live && { managedFields: [owned(spec)] }) },
    spec,
  }) as KubeObject;
const pods = (labels: object): KubeObject =>
  ({
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "d", namespace: "n" },
    spec: { selector: { matchLabels: labels } },
  }) as KubeObject;

const none = new Map<string, never>();

describe("what is done about the objects of agents", () => {
  const cases: {
    name: string;
    wanted: KubeObject[];
    there: KubeObject[];
    settled?: [KubeObject, KubeObject][];
    want: { remove: string[]; apply: string[] };
  }[] = [
    {
      name: "makes what is missing",
      wanted: [service({ a: 1 })],
      there: [],
      want: { remove: [], apply: ["Service s"] },
    },
    {
      name: "leaves what is right",
      wanted: [service({ a: 1 })],
      there: [service({ a: 1 }, true)],
      want: { remove: [], apply: [] },
    },
    {
      name: "changes what is not",
      wanted: [service({ a: 1 })],
      there: [service({ a: 2 }, true)],
      want: { remove: [], apply: ["Service s"] },
    },
    {
      name: "removes what nobody wants",
      wanted: [],
      there: [service({ a: 1 }, true), pods({})],
      want: { remove: ["Service s", "DaemonSet d"], apply: [] },
    },
    {
      name: "makes a Service anew whose address was fixed afterwards",
      wanted: [service({ clusterIP: "10.96.0.40" })],
      there: [service({ clusterIP: "10.96.1.2" })],
      want: { remove: ["Service s"], apply: ["Service s"] },
    },
    {
      name: "keeps the address that a Service got where none is asked for",
      wanted: [service({ a: 1 })],
      there: [{ ...service({ a: 1 }, true), spec: { a: 1, clusterIP: "10.96.1.2" } } as KubeObject],
      want: { remove: [], apply: [] },
    },
    {
      name: "makes pods anew whose selector is another one",
      wanted: [pods({ a: "1" })],
      there: [pods({ a: "1", b: "2" })],
      want: { remove: ["DaemonSet d"], apply: ["DaemonSet d"] },
    },
    {
      name: "does not apply again what came out otherwise",
      wanted: [service({ cpu: "1000m" })],
      there: [service({ cpu: "1" }, true)],
      settled: [[service({ cpu: "1000m" }), service({ cpu: "1" }, true)]],
      want: { remove: [], apply: [] },
    },
    {
      name: "applies it where somebody changed it since",
      wanted: [service({ cpu: "1000m" })],
      there: [service({ cpu: "2" }, true)],
      settled: [[service({ cpu: "1000m" }), service({ cpu: "1" }, true)]],
      want: { remove: [], apply: ["Service s"] },
    },
    {
      name: "applies it where the wish changed since",
      wanted: [service({ cpu: "2000m" })],
      there: [service({ cpu: "1" }, true)],
      settled: [[service({ cpu: "1000m" }), service({ cpu: "1" }, true)]],
      want: { remove: [], apply: ["Service s"] },
    },
  ];
  for (const { name, wanted, there, settled, want } of cases)
    it(name, () => {
      const known = new Map(
        settled?.map(([before, answer]) => [
          idOf(before),
          { wanted: formOf(before), answer: formOf(answer) },
        ]) ?? none,
      );
      const { remove, apply } = planAgents({ wanted, there, settled: known });
      assert.deepEqual({ remove: remove.map(idOf), apply: apply.map(idOf) }, want);
    });
});
