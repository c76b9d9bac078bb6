/** The container and the pod of a test's process: what runtime and API would say of them. */
import type { SourceCatalogue } from "../../rules/catalogue.ts";
import type { YamlMapping, YamlNode } from "../../rules/files/yaml-tree.ts";
import type { ContainerFacts, ContainerMount, Labels, PodSandbox } from "../../state/container-facts.ts";
import type { ObjectFacts, PodFacts } from "../../state/pod-facts.ts";
import type { Container } from "../../state/types.ts";
import type { Overrides } from "./fixture.ts";
import type { Mistakes } from "./mistakes.ts";
import { readFieldsBelow } from "./read-overrides.ts";
import { byteString, Reader, scalarValue } from "./values.ts";

/** The id of a container whose test gives none. */
const anId = "0123456789abcdef".repeat(4);
const onHost: Container = { id: "host", type: "host", cgroupPath: "" };

/** A runtime's answer in which nothing stands. */
const nothing: Omit<ContainerFacts, "id" | "type"> = {
  name: "",
  image: "",
  imageId: "",
  imageRepository: "",
  imageTag: "",
  imageDigest: "",
  privileged: false,
  mounts: [],
  env: [],
  labels: [],
  ports: [],
  ip: "",
  hostPid: false,
  hostNetwork: false,
  hostIpc: false,
  createdAt: 0n,
  startedAt: 0n,
  pid: 0,
  healthcheck: [],
  livenessProbe: [],
  readinessProbe: [],
  pod: undefined,
  sandbox: false,
  leftOut: 0,
};

/**
 * Keys `container` and `pod`. Without either the process belongs to the node; with no more than an id and a type of the
 * container the runtime has not said who it is.
 */
export function readContainer(
  node: YamlNode | undefined,
  pod: YamlMapping | undefined,
  source: SourceCatalogue,
  to: Overrides,
  mistakes: Mistakes,
): Container {
  const isHost = node === undefined || (node.kind === "scalar" && node.text === "host");
  if (isHost && pod === undefined) return onHost;
  if (!isHost && node.kind !== "mapping") {
    mistakes.at(node, "container must be a mapping, as {id: 3ad7b26ded6d, image.repository: nginx}");
    return onHost;
  }
  const entries = !isHost && node.kind === "mapping" ? node.entries : [];
  const value = (name: string) => entries.find(({ key }) => key.text === name)?.value;
  const text = (name: string) => {
    const found = value(name);
    return found?.kind === "scalar" ? byteString(found.text) : undefined;
  };
  const id = text("id") ?? anId;
  const type = text("type") ?? "";
  const place = { id, type, cgroupPath: `/${id}` };
  const rest = entries.filter(({ key }) => key.text !== "id" && key.text !== "type");
  if (rest.length === 0 && pod === undefined) return place;
  const labels = value("labels");
  const mounts = value("mounts");
  const own = new Set([labels?.kind === "mapping" && "labels", mounts?.kind === "sequence" && "mounts"]);
  if (!isHost && node.kind === "mapping")
    readFieldsBelow(
      { ...node, entries: rest.filter(({ key }) => !own.has(key.text)) },
      "container",
      source,
      to,
      mistakes,
    );
  const facts: ContainerFacts = {
    ...nothing,
    id,
    type,
    labels: labels?.kind === "mapping" ? labelsOf(labels) : [],
    mounts: mounts?.kind === "sequence" ? mounts.items.flatMap((each) => mountOf(each, mistakes)) : [],
    ...(pod && { pod: sandboxOf(new Reader(pod, podKeys, mistakes)) }),
  };
  return { ...place, facts, ...(pod && { pod: podOf(pod, mistakes) }) };
}

function labelsOf(mapping: YamlMapping | undefined): Labels {
  return (mapping?.entries ?? []).flatMap(({ key, value }) =>
    value.kind === "scalar" ? [[byteString(key.text), byteString(value.text)] as const] : [],
  );
}

function mountOf(node: YamlNode, mistakes: Mistakes): ContainerMount[] {
  if (node.kind !== "mapping") {
    mistakes.at(node, "a mount must be a mapping, as {source: /etc, dest: /host/etc, rdwr: false}");
    return [];
  }
  const reader = new Reader(node, ["source", "dest", "mode", "rdwr", "propagation"], mistakes);
  const writable = reader.node("rdwr");
  const bytes = (key: string) => reader.bytes(key) ?? "";
  return [
    {
      source: bytes("source"),
      destination: bytes("dest"),
      mode: bytes("mode"),
      writable: writable?.kind !== "scalar" || scalarValue(writable) !== false,
      propagation: bytes("propagation"),
    },
  ];
}

const objects = ["ns", "deployment", "rs", "rc", "svc"] as const;
const podKeys = ["name", "namespace", "uid", "ip", "labels", "sandbox_id", ...objects] as const;

function sandboxOf(reader: Reader): PodSandbox {
  return {
    sandboxId: reader.bytes("sandbox_id") ?? "",
    name: reader.bytes("name") ?? "",
    namespace: reader.bytes("namespace") ?? "",
    uid: reader.bytes("uid") ?? "",
    labels: labelsOf(reader.mappingAt("labels")),
    ip: reader.bytes("ip") ?? "",
    cniJson: "",
  };
}

function podOf(mapping: YamlMapping, mistakes: Mistakes): PodFacts {
  // Its unknown keys have been told already.
  const reader = new Reader(
    mapping,
    mapping.entries.map(({ key }) => key.text),
    mistakes,
  );
  const object = (node: YamlNode | undefined): ObjectFacts | undefined => {
    if (node === undefined) return undefined;
    if (node.kind !== "mapping") return mistakes.at(node, "it must be a mapping of name, uid and labels");
    const own = new Reader(node, ["name", "uid", "labels"], mistakes);
    const labels = labelsOf(own.mappingAt("labels"));
    return { name: own.bytes("name") ?? "", uid: own.bytes("uid") ?? "", labels };
  };
  const { name, namespace, uid, labels, ip } = sandboxOf(reader);
  return {
    ...{ name, namespace, uid, labels, ip },
    node: "",
    ns: object(reader.node("ns")),
    deployment: object(reader.node("deployment")),
    rs: object(reader.node("rs")),
    rc: object(reader.node("rc")),
    svc: (reader.items("svc") ?? []).flatMap((each) => object(each) ?? []),
    probes: [],
  };
}
