/** Fields that a test sets by itself: under `fields`, and those of the container and the pod. */
import { parseAddress } from "../../events/addresses.ts";
import type { FieldUse, SourceCatalogue } from "../../rules/catalogue.ts";
import type { YamlMapping, YamlNode } from "../../rules/files/yaml-tree.ts";
import type { Container } from "../../state/types.ts";
import type { Overrides } from "./fixture.ts";
import type { Mistakes } from "./mistakes.ts";
import { byteString, scalarValue } from "./values.ts";

type Value = string | number | bigint | boolean | readonly string[] | null;

const isNumeric = (type: string) =>
  /^(U?INT|FLAGS|ENUMFLAGS|MODE$|PORT$|PID$|FD$|ERRNO$|SIGTYPE$|RELTIME$|ABSTIME$|DOUBLE$)/.test(type);

/** The value of a field of this type; a text says what is wrong with it. */
function valueFor(use: FieldUse, node: YamlNode): { value: Value } | string {
  if (node.kind === "mapping") return `${use.text} must be a value, not a mapping`;
  if (node.kind === "sequence") {
    if (!use.list && use.quantifier === "none") return `${use.text} is one value, not a list`;
    return { value: node.items.flatMap((item) => (item.kind === "scalar" ? [byteString(item.text)] : [])) };
  }
  const value = scalarValue(node);
  if (value === null) return { value };
  if (use.list) return `${use.text} is a list`;
  if (use.type === "BOOL")
    return typeof value === "boolean" ? { value } : `${use.text} must be true or false`;
  if (use.type === "IPADDR" || use.type === "IPNET") {
    const address = parseAddress(node.text);
    return address === undefined ? `${node.text} is no address` : { value: address };
  }
  if (!isNumeric(use.type)) return { value: byteString(node.text) };
  return typeof value === "number" || typeof value === "bigint" ? { value } : `${use.text} must be a number`;
}

/** Sets one field by its text, as a condition writes it. */
function set(
  to: Overrides,
  source: SourceCatalogue,
  field: string,
  node: YamlNode,
  at: YamlNode,
  mistakes: Mistakes,
): void {
  const [, name = field, argument] = /^([^[]+)(?:\[([^]*)\])?$/.exec(field) ?? [];
  const use = source.resolve(name, argument);
  if ("message" in use) {
    const [near] = use.suggestions;
    mistakes.at(at, `${use.message}${near === undefined ? "" : `, did you mean ${near}?`}`);
    return;
  }
  const found = valueFor(use, node);
  if (typeof found === "string") mistakes.at(node, found);
  else to.set(use.text, found.value);
}

/** Key `fields`: any field by its name; null makes it missing. */
export function readFields(
  mapping: YamlMapping,
  source: SourceCatalogue,
  to: Overrides,
  mistakes: Mistakes,
): void {
  for (const { key, value } of mapping.entries) set(to, source, key.text, value, key, mistakes);
}

/** A key of a mapping below `prefix`; nested mappings go on with a dot, `labels` become one field each and the whole. */
function below(
  mapping: YamlMapping,
  prefix: string,
  rename: Readonly<Record<string, readonly string[]>>,
  source: SourceCatalogue,
  to: Overrides,
  mistakes: Mistakes,
): void {
  for (const { key, value } of mapping.entries) {
    const fields = rename[key.text] ?? [`${prefix}.${key.text}`];
    if (key.text === "labels" && value.kind === "mapping") labels(value, prefix, to);
    else if (value.kind === "mapping") below(value, fields[0]!, {}, source, to, mistakes);
    else for (const field of fields) set(to, source, field, value, key, mistakes);
  }
}

function labels(mapping: YamlMapping, prefix: string, to: Overrides): void {
  const pairs = mapping.entries.flatMap(({ key, value }) =>
    value.kind === "scalar" ? [[key.text, value.text] as const] : [],
  );
  for (const [key, value] of pairs) to.set(`${prefix}.label[${byteString(key)}]`, byteString(value));
  to.set(`${prefix}.labels`, byteString(pairs.map(([key, value]) => `${key}:${value}`).join(", ")));
}

/** The id of a container whose test gives none. */
const anId = "0123456789abcdef".repeat(4);
const onHost: Container = { id: "host", type: "host", cgroupPath: "" };

/** Key `container`: its id and, as fields, the rest. Without it the process belongs to the host. */
export function readContainer(
  node: YamlNode | undefined,
  source: SourceCatalogue,
  to: Overrides,
  mistakes: Mistakes,
): Container {
  if (node === undefined || (node.kind === "scalar" && node.text === "host")) return onHost;
  if (node.kind !== "mapping") {
    mistakes.at(node, "container must be a mapping, as {id: 3ad7b26ded6d, image.repository: nginx}");
    return onHost;
  }
  const text = (name: string) => {
    const found = node.entries.find(({ key }) => key.text === name)?.value;
    return found?.kind === "scalar" ? byteString(found.text) : undefined;
  };
  const rest = {
    ...node,
    entries: node.entries.filter(({ key }) => key.text !== "id" && key.text !== "type"),
  };
  below(rest, "container", {}, source, to, mistakes);
  const id = text("id") ?? anId;
  return { id, type: text("type") ?? "", cgroupPath: `/${id}` };
}

const podFields: Readonly<Record<string, readonly string[]>> = {
  name: ["k8s.pod.name", "k8smeta.pod.name"],
  namespace: ["k8s.ns.name", "k8smeta.ns.name"],
  uid: ["k8s.pod.uid", "k8s.pod.id", "k8smeta.pod.uid"],
  ip: ["k8s.pod.ip", "k8smeta.pod.ip"],
};

/** Key `pod`: name, namespace, uid, ip, labels. */
export function readPod(
  mapping: YamlMapping,
  source: SourceCatalogue,
  to: Overrides,
  mistakes: Mistakes,
): void {
  below(mapping, "k8s.pod", podFields, source, to, mistakes);
}
