/**
 * k8s.* and k8smeta.*: the pod that a container belongs to and what stands above it. The runtime's sandbox tells the pod
 * at once, the Kubernetes API the rest. Missing outside pods, and until it is known.
 */
import type { Value } from "../rules/catalogue.ts";
import type { Labels, PodSandbox } from "../state/container-facts.ts";
import type { ObjectFacts, PodFacts } from "../state/pod-facts.ts";
import type { SyscallContext } from "./context.ts";
import { field, fieldOf, type Field, type Read } from "./field.ts";
import { labelsList, labelsText, labelValue } from "./labels.ts";

const suggested = { suggestedOutput: true } as const;
const text = (name: string, help: string, example: string, read: Read, facts = {}) =>
  field(name, "CHARBUF", help, example, read, facts);
const label = (
  name: string,
  help: string,
  read: (name: string) => Read,
  facts = {},
  example = `${name}[app] = web`,
) => fieldOf(name, "CHARBUF", ["required", "key"], help, example, (argument) => read(argument ?? ""), facts);

type Sandbox = Pick<PodSandbox, "name" | "namespace" | "uid" | "labels" | "ip">;

/** What both know of a pod: the API's word counts, for it is younger. */
const podOf = (c: SyscallContext): Sandbox | PodFacts | undefined =>
  c.process?.container.pod ?? c.process?.container.facts?.pod;
const pod =
  (read: (pod: Sandbox) => Value): Read =>
  (c) => {
    const found = podOf(c);
    return found === undefined ? undefined : read(found);
  };
const podAddress = (c: SyscallContext) => {
  const container = c.process?.container;
  return container?.pod === undefined
    ? container?.facts?.pod?.ip
    : container.pod.ip || container.facts?.pod?.ip;
};
const sandbox =
  (read: (sandbox: PodSandbox) => Value): Read =>
  (c) => {
    const found = c.process?.container.facts?.pod;
    return found === undefined ? undefined : read(found);
  };

/** Objects above a pod: short name in the field, name in sentences, how it is found. */
const owners = [
  ["ns", "namespace", (facts: PodFacts) => facts.ns],
  ["deployment", "deployment", (facts: PodFacts) => facts.deployment],
  ["rs", "replica set", (facts: PodFacts) => facts.rs],
  ["rc", "replication controller", (facts: PodFacts) => facts.rc],
  // Of several services the first one, by name; k8smeta.svc.* has all.
  ["svc", "service", (facts: PodFacts) => facts.svc[0]],
] as const;

const owner =
  (find: (facts: PodFacts) => ObjectFacts | undefined, read: (facts: ObjectFacts) => Value): Read =>
  (c) => {
    const facts = c.process?.container.pod;
    const found = facts === undefined ? undefined : find(facts);
    return found === undefined ? undefined : read(found);
  };

const nameOf = ({ name }: { readonly name: string }) => name;
const uidOf = ({ uid }: { readonly uid: string }) => uid;
const labelNamed =
  (name: string) =>
  ({ labels }: { readonly labels: Labels }) =>
    labelValue(labels, name);
const allLabels = ({ labels }: { readonly labels: Labels }) => labelsText(labels);
const eachLabel = ({ labels }: { readonly labels: Labels }) => labelsList(labels);

/** First characters of an id that people see. */
const shortId = 12;

// prettier-ignore
export const k8sFields: readonly Field[] = [
  text("k8s.pod.name", "Name of the pod.", "k8s.pod.name startswith web-", pod(nameOf), suggested),
  text("k8s.ns.name", "Namespace of the pod.", "k8s.ns.name = kube-system", pod(({ namespace }) => namespace), suggested),
  text("k8s.pod.id", "Uid of the pod; the older name of k8s.pod.uid.", "k8s.pod.id exists", pod(uidOf)),
  text("k8s.pod.uid", "Uid of the pod.", "k8s.pod.uid exists", pod(uidOf)),
  text("k8s.pod.sandbox_id", "First 12 characters of the id of the pod's sandbox.", "k8s.pod.sandbox_id exists", sandbox(({ sandboxId }) => sandboxId.slice(0, shortId))),
  text("k8s.pod.full_sandbox_id", "Id of the pod's sandbox.", "k8s.pod.full_sandbox_id exists", sandbox(({ sandboxId }) => sandboxId)),
  label("k8s.pod.label", "Value of one label of the pod.", (name) => pod(labelNamed(name))),
  text("k8s.pod.labels", "All labels of the pod as key:value, joined by commas.", "k8s.pod.labels contains app", pod(allLabels)),
  text("k8s.pod.ip", "Address of the pod.", "k8s.pod.ip startswith 10.", podAddress),
  text("k8s.pod.cni.json", "Result of the network plugin for the pod, as JSON.", "k8s.pod.cni.json contains eth0", sandbox(({ cniJson }) => cniJson)),
  ...owners.flatMap(([short, long, find]) => [
    ...(short === "ns" ? [] : [text(`k8s.${short}.name`, `Name of the pod's ${long}.`, `k8s.${short}.name = web`, owner(find, nameOf))]),
    text(`k8s.${short}.id`, `Uid of the pod's ${long}.`, `k8s.${short}.id exists`, owner(find, uidOf)),
    label(`k8s.${short}.label`, `Value of one label of the pod's ${long}.`, (name) => owner(find, labelNamed(name))),
    text(`k8s.${short}.labels`, `All labels of the pod's ${long} as key:value, joined by commas.`, `k8s.${short}.labels contains app`, owner(find, allLabels)),
  ]),
];

const list = { list: true } as const;

/** One value for each service that selects the pod; missing where there is none. */
const services =
  (read: (facts: ObjectFacts) => readonly string[] | string | undefined): Read =>
  (c) => {
    const found = c.process?.container.pod?.svc ?? [];
    const values = found.flatMap((facts) => read(facts) ?? []);
    return values.length === 0 ? undefined : values;
  };

// prettier-ignore
export const k8smetaFields: readonly Field[] = [
  text("k8smeta.pod.name", "Name of the pod.", "k8smeta.pod.name startswith web-", pod(nameOf)),
  text("k8smeta.pod.uid", "Uid of the pod.", "k8smeta.pod.uid exists", pod(uidOf)),
  label("k8smeta.pod.label", "Value of one label of the pod.", (name) => pod(labelNamed(name))),
  text("k8smeta.pod.labels", "All labels of the pod, each as key:value.", 'k8smeta.pod.labels intersects ("app:web")', pod(eachLabel), list),
  text("k8smeta.pod.ip", "Address of the pod.", "k8smeta.pod.ip startswith 10.", podAddress),
  ...owners.flatMap(([short, long, find]) => {
    const several = short === "svc";
    const facts = several ? list : {};
    const each = several ? `each ${long} that selects the pod` : `the pod's ${long}`;
    const intersects = several ? "intersects (web)" : "= web";
    const read = (value: (facts: ObjectFacts) => string | undefined) => several ? services(value) : owner(find, value);
    const name = short === "ns" ? pod(({ namespace }) => namespace) : read(nameOf);
    return [
      text(`k8smeta.${short}.name`, `Name of ${each}.`, `k8smeta.${short}.name ${intersects}`, name, facts),
      text(`k8smeta.${short}.uid`, `Uid of ${each}.`, `k8smeta.${short}.uid exists`, read(uidOf), facts),
      label(`k8smeta.${short}.label`, `Value of one label of ${each}.`, (name) => read(labelNamed(name)), facts, `k8smeta.${short}.label[app] ${intersects}`),
      text(`k8smeta.${short}.labels`, `All labels of ${each}, each as key:value.`, `k8smeta.${short}.labels intersects ("app:web")`, several ? services(eachLabel) : owner(find, eachLabel), list),
    ];
  }),
];
