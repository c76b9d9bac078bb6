/**
 * AlertSinks as the operator hands them to agents: key `sinks.json` of the ConfigMap F-sinks, with each credential named
 * by its key in the Secret F-sinks. The fields are those of the object (crds/alertsinks.yaml), which checked them.
 */

/** A credential: a key of the Secret F-sinks, `<namespace>.<name>.<path of the field>`. */
export interface Credential {
  readonly secret: string;
}

export type Form = "json" | "text";

export interface StdoutSpec {
  readonly format?: Form;
}

export interface FileSpec {
  /** Bare: a file of /var/log/tiercel. */
  readonly name: string;
  readonly format?: Form;
}

export interface SyslogSpec {
  /** Absent: the node's own. */
  readonly host?: string;
  readonly port?: number;
  readonly protocol?: "udp" | "tcp";
  readonly format?: Form;
}

export interface HeaderSpec {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: Credential;
}

export interface WebhookSpec {
  readonly url?: string;
  readonly urlFrom?: Credential;
  readonly method?: "POST" | "PUT";
  readonly headers?: readonly HeaderSpec[];
  readonly format?: Form;
}

export interface SlackSpec {
  readonly webhookURL: Credential;
  readonly channel?: string;
  readonly username?: string;
  readonly icon?: string;
  readonly footer?: string;
}

export interface AlertmanagerSpec {
  readonly urls: readonly string[];
  readonly path?: string;
  readonly headers?: readonly HeaderSpec[];
  readonly labels?: Readonly<Record<string, string>>;
  /** A duration such as 30m. */
  readonly expiresAfter?: string;
}

/** Which alerts a sink takes: all of what is there must hold. */
export interface FilterSpec {
  readonly minPriority?: string;
  readonly rules?: readonly string[];
  readonly tags?: readonly string[];
  readonly sources?: readonly string[];
  readonly namespaces?: readonly string[];
}

export interface GroupSpec {
  /** A duration such as 30s. */
  readonly window: string;
  readonly by?: readonly string[];
}

/** Where alerts go, by its kind: one member beside filter and group. */
export type SinkSpec = Readonly<Record<string, unknown>> & {
  readonly filter?: FilterSpec;
  readonly group?: GroupSpec;
};

export interface SinkEntry {
  readonly namespace: string;
  readonly name: string;
  readonly spec: SinkSpec;
  /** One test message is wanted of the agent on that node, one for each id. */
  readonly test?: { readonly id: string; readonly node: string };
}

/** Sinks of one cluster at most. */
export const mostSinks = 500;

/** Name of an object as the API allows it: fit for a path. */
const nameForm = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

export const sinkName = ({ namespace, name }: Pick<SinkEntry, "namespace" | "name">) =>
  `${namespace}/${name}`;

/** The member of a spec that says where to; undefined where there is none or more than one. */
export function kindOf(spec: SinkSpec): string | undefined {
  const kinds = Object.keys(spec).filter((key) => key !== "filter" && key !== "group");
  return kinds.length === 1 ? kinds[0] : undefined;
}

/** The entries of `sinks.json`. @throws Error, fit for people, where it is not of this form */
export function readSinks(text: string): readonly SinkEntry[] {
  const { version, sinks } = JSON.parse(text) as { version?: unknown; sinks?: unknown };
  if (version !== 1)
    throw new Error(`sinks.json has version ${String(version)} and this agent knows 1: update the agent`);
  if (!Array.isArray(sinks) || !sinks.every(isEntry)) throw new Error("sinks.json is no list of sinks");
  if (sinks.length > mostSinks)
    throw new Error(`sinks.json has ${sinks.length} sinks and ${mostSinks} are the most`);
  return sinks;
}

function isEntry(value: unknown): value is SinkEntry {
  if (typeof value !== "object" || value === null) return false;
  const { namespace, name, spec } = value as Readonly<Record<string, unknown>>;
  return [namespace, name].every((each) => typeof each === "string" && nameForm.test(each)) && isObject(spec);
}

const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of a duration such as 1h30m. @throws Error */
export function milliseconds(duration: string): number {
  if (!/^(\d+(ms|s|m|h))+$/.test(duration)) throw new Error(`${duration} is no duration such as 30s`);
  let sum = 0;
  for (const [, count, unit] of duration.matchAll(/(\d+)(ms|s|m|h)/g))
    sum += Number(count) * units[unit as keyof typeof units];
  return sum;
}
