/**
 * Takes out of an object what people have changed in the cluster, so that applying the rest leaves their edits alone. Whose
 * a field is the API server knows: it keeps a list of fields for each client that set some. Pure.
 */
import { isDeepStrictEqual } from "node:util";
import type { ManagedFields } from "../../api/object-meta.ts";
import { fieldManager, type KubeObject } from "../../kube/object.ts";

type Mapping = Readonly<Record<string, unknown>>;

/** What is left to apply, and the paths of what is not since somebody else has set it to something else. */
export interface Kept {
  readonly object: KubeObject;
  readonly edits: readonly string[];
}

/** @param live with the fields of all managers, as `get` gives it */
export function keepEdits(wanted: KubeObject, live: KubeObject): Kept {
  const edits: string[] = [];
  let left: unknown = wanted;
  for (const { fieldsV1 } of (live.metadata.managedFields ?? []).filter(isForeign))
    if (fieldsV1 !== undefined) left = without(left, live, fieldsV1, "", edits);
  return { object: left as KubeObject, edits: [...new Set(edits)] };
}

const isForeign = ({ manager, operation, subresource }: ManagedFields): boolean =>
  subresource === undefined && !(manager === fieldManager && operation === "Apply");

/** `wanted` without what `fields` names and `live` has otherwise. */
function without(wanted: unknown, live: unknown, fields: Mapping, path: string, edits: string[]): unknown {
  if (Array.isArray(wanted)) return withoutItems(wanted, live, fields, path, edits);
  if (!isMapping(wanted) || !isMapping(live)) return wanted;
  const left: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(wanted)) {
    const below = fields[`f:${name}`];
    const there = live[name];
    const here = path === "" ? name : `${path}.${name}`;
    if (!isMapping(below) || isDeepStrictEqual(value, there)) left[name] = value;
    else if (isLeaf(below)) edits.push(here);
    else left[name] = without(value, there, below, here, edits);
  }
  return left;
}

/** Items that are told apart by keys; the keys themselves are nobody's. */
function withoutItems(
  wanted: readonly unknown[],
  live: unknown,
  fields: Mapping,
  path: string,
  edits: string[],
): unknown[] {
  return wanted.map((item) => {
    for (const [entry, below] of Object.entries(fields)) {
      if (!entry.startsWith("k:") || !isMapping(below)) continue;
      const keys = JSON.parse(entry.slice(2)) as Mapping;
      if (!hasKeys(item, keys)) continue;
      const items: readonly unknown[] = Array.isArray(live) ? live : [];
      const there = items.find((one) => hasKeys(one, keys));
      return without(item, there, below, `${path}[${Object.values(keys).join(",")}]`, edits);
    }
    return item;
  });
}

/** A field that is one value to the API server, and somebody's. */
const isLeaf = (fields: Mapping): boolean => Object.keys(fields).every((key) => key === ".");

function hasKeys(item: unknown, keys: Mapping): boolean {
  return isMapping(item) && Object.entries(keys).every(([key, value]) => item[key] === value);
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
