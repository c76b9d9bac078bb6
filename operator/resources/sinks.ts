/**
 * AlertSinks as agents get them: the ConfigMap F-sinks, in which each credential is named by its key in the Secret F-sinks,
 * and that Secret, which holds just those values. Pure.
 */
import { createHash } from "node:crypto";
import type { AlertSinkSpec } from "../api/generated/alertsinks.ts";
import type { OwnerReference } from "../api/object-meta.ts";

/** What all of it belongs to. */
export interface SinksInstallation {
  /** F, the chart's full name. */
  readonly name: string;
  /** The operator's. */
  readonly namespace: string;
  readonly owner: OwnerReference | undefined;
}

/** A credential that a spec asks for. */
export interface Reference {
  /** Of the field, with dots: `webhook.headers.0.valueFrom`. */
  readonly path: string;
  /** In the sink's namespace. */
  readonly secret: string;
  readonly key: string;
}

/** One sink as agents get it. */
export interface SinkForAgents {
  readonly namespace: string;
  readonly name: string;
  readonly spec: AlertSinkSpec;
  readonly test?: { readonly id: string; readonly node: string };
  /** Values by the path of their field; those that are not known are left out. */
  readonly values: ReadonlyMap<string, string>;
}

/** Key of `sinks.json` in the ConfigMap. */
const sinksKey = "sinks.json";

/** Both objects are called so. */
export const sinksName = (installation: Pick<SinksInstallation, "name">): string =>
  `${installation.name}-sinks`;

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a field that holds a reference names; undefined for any other value. */
function named(value: unknown): { readonly name: string; readonly key: string } | undefined {
  if (!isMapping(value) || !isMapping(value["secretKeyRef"])) return undefined;
  const { name, key } = value["secretKeyRef"];
  return typeof name === "string" && typeof key === "string" ? { name, key } : undefined;
}

/** All credentials that a spec asks for. */
export function referencesIn(spec: AlertSinkSpec): readonly Reference[] {
  return [...walk(spec, [])];
}

function* walk(value: unknown, path: readonly string[]): Generator<Reference> {
  const reference = named(value);
  if (reference !== undefined) yield { path: path.join("."), secret: reference.name, key: reference.key };
  else if (typeof value === "object" && value !== null)
    for (const [key, member] of Object.entries(value)) yield* walk(member, [...path, key]);
}

/** Characters of a key of a Secret. */
const longestKey = 253;

/** Key of a value in F-sinks. No namespace has a dot, so no two fields have the same. */
export function credentialKey(namespace: string, name: string, path: string): string {
  const key = `${namespace}.${name}.${path}`;
  if (key.length <= longestKey) return key;
  return `${namespace}.${createHash("sha256").update(key).digest("hex")}.${path}`;
}

/** The spec with each reference in the place of its Secret's name and key. */
function forAgents(value: unknown, path: readonly string[], keyOf: (path: string) => string): unknown {
  if (named(value) !== undefined) return { secret: keyOf(path.join(".")) };
  if (Array.isArray(value)) return value.map((item, index) => forAgents(item, [...path, `${index}`], keyOf));
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, forAgents(member, [...path, key], keyOf)]),
  );
}

/** One entry of `sinks.json`. */
export function sinkEntry({ namespace, name, spec, test }: Omit<SinkForAgents, "values">): object {
  const own = forAgents(spec, [], (path) => credentialKey(namespace, name, path));
  return { namespace, name, spec: own, ...(test !== undefined && { test }) };
}

/** Values by their key in F-sinks. */
export function sinkValues({ namespace, name, values }: Omit<SinkForAgents, "spec">): Map<string, string> {
  return new Map([...values].map(([path, value]) => [credentialKey(namespace, name, path), value]));
}

const metadata = ({ name, namespace, owner }: SinksInstallation) => ({
  name: sinksName({ name }),
  namespace,
  labels: {
    "app.kubernetes.io/name": "tiercel",
    "app.kubernetes.io/instance": name,
    "app.kubernetes.io/component": "sinks",
    "app.kubernetes.io/managed-by": "tiercel-operator",
  },
  ...(owner !== undefined && { ownerReferences: [owner] }),
});

/** The ConfigMap; nothing secret is in it. `sinks` are sorted. */
export function sinksConfigMap(installation: SinksInstallation, sinks: readonly SinkForAgents[]) {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadata(installation),
    data: { [sinksKey]: JSON.stringify({ version: 1, sinks: sinks.map(sinkEntry) }) },
  };
}

/** The Secret with their values. */
export function sinksSecret(installation: SinksInstallation, sinks: readonly SinkForAgents[]) {
  const values = sinks.flatMap((sink) => [...sinkValues(sink)]);
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "Opaque",
    metadata: metadata(installation),
    data: Object.fromEntries(values.map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
  };
}
