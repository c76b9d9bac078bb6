/** k8s.* and k8smeta.*: the pod that a container belongs to and what stands above it. Filled by a later issue. */
import { field, fieldOf, missing, type Field } from "./field.ts";

const suggested = { suggestedOutput: true } as const;
const text = (name: string, help: string, example: string, facts = {}) =>
  field(name, "CHARBUF", help, example, missing, facts);
const label = (name: string, help: string) =>
  fieldOf(name, "CHARBUF", ["required", "key"], help, `${name}[app] = web`, () => missing);

/** Objects above a pod: short name in the field, name in sentences. */
const owners = [
  ["ns", "namespace"],
  ["deployment", "deployment"],
  ["rs", "replica set"],
  ["rc", "replication controller"],
  ["svc", "service"],
] as const;

// prettier-ignore
export const k8sFields: readonly Field[] = [
  text("k8s.pod.name", "Name of the pod.", "k8s.pod.name startswith web-", suggested),
  text("k8s.ns.name", "Namespace of the pod.", "k8s.ns.name = kube-system", suggested),
  text("k8s.pod.id", "Uid of the pod; the older name of k8s.pod.uid.", "k8s.pod.id exists"),
  text("k8s.pod.uid", "Uid of the pod.", "k8s.pod.uid exists"),
  text("k8s.pod.sandbox_id", "First 12 characters of the id of the pod's sandbox.", "k8s.pod.sandbox_id exists"),
  text("k8s.pod.full_sandbox_id", "Id of the pod's sandbox.", "k8s.pod.full_sandbox_id exists"),
  label("k8s.pod.label", "Value of one label of the pod."),
  text("k8s.pod.labels", "All labels of the pod as key:value, joined by commas.", "k8s.pod.labels contains app"),
  text("k8s.pod.ip", "Address of the pod.", "k8s.pod.ip startswith 10."),
  text("k8s.pod.cni.json", "Result of the network plugin for the pod, as JSON.", "k8s.pod.cni.json contains eth0"),
  ...owners.flatMap(([short, long]) => [
    ...(short === "ns" ? [] : [text(`k8s.${short}.name`, `Name of the pod's ${long}.`, `k8s.${short}.name = web`)]),
    text(`k8s.${short}.id`, `Uid of the pod's ${long}.`, `k8s.${short}.id exists`),
    label(`k8s.${short}.label`, `Value of one label of the pod's ${long}.`),
    text(`k8s.${short}.labels`, `All labels of the pod's ${long} as key:value, joined by commas.`, `k8s.${short}.labels contains app`),
  ]),
];

const list = { list: true } as const;

// prettier-ignore
export const k8smetaFields: readonly Field[] = [
  text("k8smeta.pod.name", "Name of the pod.", "k8smeta.pod.name startswith web-"),
  text("k8smeta.pod.uid", "Uid of the pod.", "k8smeta.pod.uid exists"),
  label("k8smeta.pod.label", "Value of one label of the pod."),
  text("k8smeta.pod.labels", "All labels of the pod, each as key:value.", 'k8smeta.pod.labels intersects ("app:web")', list),
  text("k8smeta.pod.ip", "Address of the pod.", "k8smeta.pod.ip startswith 10."),
  ...owners.flatMap(([short, long]) => {
    const facts = short === "svc" ? list : {};
    const each = short === "svc" ? `each ${long} that selects the pod` : `the pod's ${long}`;
    const intersects = short === "svc" ? "intersects (web)" : "= web";
    return [
      text(`k8smeta.${short}.name`, `Name of ${each}.`, `k8smeta.${short}.name ${intersects}`, facts),
      text(`k8smeta.${short}.uid`, `Uid of ${each}.`, `k8smeta.${short}.uid exists`, facts),
      fieldOf(`k8smeta.${short}.label`, "CHARBUF", ["required", "key"], `Value of one label of ${each}.`, `k8smeta.${short}.label[app] ${intersects}`, () => missing, facts),
      text(`k8smeta.${short}.labels`, `All labels of ${each}, each as key:value.`, `k8smeta.${short}.labels intersects ("app:web")`, list),
    ];
  }),
];
