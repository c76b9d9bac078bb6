/**
 * Whether applying an object would change anything. The server keeps what we applied last as our managed fields: they say
 * which lists are merged by key and what is ours, so the answer needs no schema. Where it is in doubt it is yes, which costs
 * one write that changes nothing: the server normalises a quantity (`1000m`), or fills in a default inside a part that is
 * taken as a whole. Write both as the server does and the answer is right.
 */
import { isDeepStrictEqual } from "node:util";
import type { ManagedFields } from "../api/object-meta.ts";
import { fieldManager, type KubeObject } from "./object.ts";

type Mapping = Readonly<Record<string, unknown>>;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What names an object is no field that anybody owns. */
const identity = new Set(["apiVersion", "kind"]);
const metadataIdentity = new Set(["name", "namespace", "uid", "resourceVersion"]);

/**
 * Compares `wanted`, as it would be given to `apply`, with what is there (undefined: nothing). With `subresource` as it would
 * be given to `applyStatus`.
 */
export function wouldChange(
  wanted: KubeObject,
  there: KubeObject | undefined,
  subresource: "" | "status" = "",
): boolean {
  if (there === undefined) return true;
  const ours = there.metadata.managedFields?.find((entry) => isOurs(entry, wanted, subresource));
  if (ours?.fieldsV1 === undefined) return true;
  const { metadata, ...rest } = wanted;
  const fields = subresource === "" ? without(metadata, metadataIdentity) : {};
  const part = {
    ...without(rest, identity),
    ...(Object.keys(fields).length > 0 && { metadata: fields }),
  };
  return !sameMapping(part, there, ours.fieldsV1);
}

function isOurs(entry: ManagedFields, { apiVersion }: KubeObject, subresource: string): boolean {
  return (
    entry.manager === fieldManager &&
    entry.operation === "Apply" &&
    entry.apiVersion === apiVersion &&
    (entry.subresource ?? "") === subresource
  );
}

function without(mapping: object, names: ReadonlySet<string>): Mapping {
  return Object.fromEntries(
    Object.entries(mapping).filter(([name, value]) => value !== undefined && !names.has(name)),
  );
}

/** Whether a part that we apply is as it is there; `owned` is our managed fields' node for it. */
function same(wanted: unknown, there: unknown, owned: unknown): boolean {
  if (!isMapping(owned)) return false;
  const entries = Object.keys(owned).filter((key) => key !== ".");
  if (entries.length === 0) return isDeepStrictEqual(plain(wanted), there ?? emptyLike(wanted));
  if (isMapping(wanted)) return isMapping(there) && sameMapping(wanted, there, owned);
  return Array.isArray(wanted) && Array.isArray(there) && sameList(wanted, there, owned, entries);
}

/** The server leaves out what is empty. */
const emptyLike = (value: unknown): unknown =>
  Array.isArray(value) ? [] : isMapping(value) ? {} : value === "" ? "" : undefined;

/** As JSON will have it: what is undefined is not there. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

function sameMapping(wanted: Mapping, there: Mapping | KubeObject, owned: Mapping): boolean {
  const names = Object.keys(wanted).filter((name) => wanted[name] !== undefined);
  const ours = Object.keys(owned).filter((key) => key.startsWith("f:"));
  return (
    ours.every((key) => names.includes(key.slice(2))) &&
    names.every((name) => same(wanted[name], (there as Mapping)[name], owned[`f:${name}`]))
  );
}

/** A list whose items have an identity: `k:{"name":"x"}` by keys, `v:"x"` by value. */
function sameList(
  wanted: readonly unknown[],
  there: readonly unknown[],
  owned: Mapping,
  entries: readonly string[],
): boolean {
  if (entries.length !== wanted.length) return false;
  return entries.every((entry) => {
    const identity = JSON.parse(entry.slice(2)) as unknown;
    if (!isMapping(identity)) return wanted.includes(identity) && there.includes(identity);
    const item = wanted.find((one) => hasKeys(one, identity, true));
    const other = there.find((one) => hasKeys(one, identity, false));
    return item !== undefined && other !== undefined && same(item, other, owned[entry]);
  });
}

/** Whether an item has these keys; `defaults`: one that is left out is filled in by the server (a port's protocol). */
function hasKeys(item: unknown, keys: Mapping, defaults: boolean): boolean {
  return (
    isMapping(item) &&
    Object.entries(keys).every(([key, value]) => item[key] === value || (defaults && item[key] === undefined))
  );
}
