/** What is kept of an alert until it stands in objects: bounded, plain data, fit for a file. */
import { createHash } from "node:crypto";
import type { Alert, OutputValue } from "../engine/alert.ts";
import { escapeText } from "../engine/json.ts";
import { cut, microTime, slug } from "./text.ts";

/** Bounds in characters: those of SecurityAlert.spec in crds/, and tighter ones where an object need not be that large. */
const bounds = {
  rule: 253,
  tags: 64,
  tag: 64,
  source: 63,
  container: 253,
  containerId: 128,
  image: 1024,
  output: 4096,
  fields: 64,
  fieldKey: 256,
  fieldValue: 1024,
  /** All of outputFields together. */
  fieldsTotal: 16_384,
} as const;

/** A value of outputFields. Integers that JavaScript's numbers cannot hold are text, so that no reader loses digits. */
export type FieldValue = string | number | boolean | readonly (string | number | boolean)[];

/** One match. All texts are within the bounds above. */
export interface Match {
  readonly rule: string;
  /** Namespace and name of the FalcoRule; "" for none. */
  readonly object: readonly [namespace: string, name: string];
  readonly priority: Alert["priority"];
  readonly source: string;
  readonly tags: readonly string[];
  readonly container: string;
  readonly containerId: string;
  readonly image: string;
  /** The message, escaped: nothing that a terminal obeys. */
  readonly output: string;
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Characters of `fields`. */
  readonly fieldsSize: number;
  /** MicroTime of the event. */
  readonly time: string;
}

/** Characters that a match takes in memory, about. */
export const sizeOf = ({ output, image, fieldsSize }: Match): number =>
  300 + output.length + image.length + fieldsSize;

/** Where a match belongs. */
export interface Place {
  /** Of the pod, or of the object that an audit event is about; "" for the node and for cluster-wide matters. */
  readonly namespace: string;
  /** "" for none. */
  readonly pod: string;
  readonly podUid: string;
}

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const uid = /^[0-9A-Za-z-]{1,64}$/;

/** Nobody's: the node, or the cluster. */
const nowhere: Place = { namespace: "", pod: "", podUid: "" };

/**
 * Where an alert belongs. The names may come from labels that somebody gave a container outside Kubernetes, so what the API
 * would not take as names counts as none: they become part of a path.
 */
export function placeOf({ subject }: Alert): Place {
  if (subject === undefined || !label.test(subject.namespace)) return nowhere;
  const { namespace, pod, podUid } = subject;
  if (!subdomain.test(pod)) return { ...nowhere, namespace };
  return { namespace, pod, podUid: uid.test(podUid) ? podUid : "" };
}

/** Bounded copy of what objects show of an alert. */
export function matchOf(alert: Alert): Match {
  const { rule, identity, priority, source, tags, subject, group, message, fields, time } = alert;
  const inContainer = group !== undefined && group.container !== "host";
  return {
    rule: shown(rule, bounds.rule),
    object: [identity?.namespace ?? "", identity?.object ?? ""],
    priority,
    source: cut(source, bounds.source),
    tags: [...new Set(tags.map((tag) => cut(tag, bounds.tag)))].slice(0, bounds.tags),
    container: inContainer ? shown(subject?.container ?? "", bounds.container) : "",
    containerId: inContainer ? shown(group.container, bounds.containerId) : "",
    image: shown(subject?.image ?? "", bounds.image),
    output: shown(message, bounds.output),
    ...fieldsOf(fields),
    time: microTime(time),
  };
}

/** Escaped, so that no terminal obeys it, and cut; what is far too long is not escaped as a whole. */
const shown = (text: string, length: number) => cut(escapeText(text.slice(0, 2 * length)), length);

function fieldsOf(fields: Alert["fields"]): Pick<Match, "fields" | "fieldsSize"> {
  const kept: [string, FieldValue][] = [];
  let room: number = bounds.fieldsTotal;
  for (const [name, value] of fields) {
    const bounded = fieldValue(value);
    const key = cut(name, bounds.fieldKey);
    const size = key.length + JSON.stringify(bounded).length;
    if (bounded === null || size > room || kept.length === bounds.fields) continue;
    room -= size;
    kept.push([key, bounded]);
  }
  return { fields: Object.fromEntries(kept), fieldsSize: bounds.fieldsTotal - room };
}

function fieldValue(value: OutputValue): FieldValue | null {
  if (value === null) return null;
  return typeof value === "object" ? value.slice(0, bounds.fields).map(scalar) : scalar(value);
}

function scalar(value: string | number | bigint | boolean): string | number | boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return cut(value, bounds.fieldValue);
  const number = Number(value);
  const exact = typeof value === "bigint" ? Number.isSafeInteger(number) : Number.isFinite(number);
  return exact ? number : String(value);
}

/**
 * SHA-256 (hex) of what alerts of one matter have in common: identity of the rule, pod or node, container, program, and file
 * or peer (design.md 3.9).
 */
export function groupId({ identity, rule, source, group }: Alert, node: string): string {
  const who = identity === undefined ? ["", "", rule] : [identity.namespace, identity.object, identity.rule];
  const pod = group === undefined || group.pod === "" ? `node ${node}` : group.pod;
  const what = [group?.container ?? "", group?.exePath ?? "", group?.object ?? ""];
  return sha256([...who, source, pod, ...what]);
}

/** Name of the object of a group: readable, and the same each time. `closedUid`: that of the one it comes after. */
export function objectName(rule: string, id: string, closedUid = ""): string {
  const hash = closedUid === "" ? id : sha256([id, closedUid]);
  return `${slug(rule, 52)}-${hash.slice(0, 10)}`;
}

const sha256 = (parts: readonly string[]) => createHash("sha256").update(JSON.stringify(parts)).digest("hex");
