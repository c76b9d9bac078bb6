/** Digests of a set and of its objects: one function for host and cluster (design.md 3.7). */
import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "../canonical-json.ts";
import type { RuleSet, SetObject } from "./rule-set.ts";

/** Objects are never changed once made, and most stay from one set to the next. */
const texts = new WeakMap<SetObject, string>();
const digests = new WeakMap<SetObject, string>();

function remembered(known: WeakMap<SetObject, string>, object: SetObject, make: () => string): string {
  const found = known.get(object);
  if (found !== undefined) return found;
  const made = make();
  known.set(object, made);
  return made;
}

/** Canonical JSON of an object. */
export function objectText(object: SetObject): string {
  return remembered(texts, object, () => canonicalJson(object as unknown as Json));
}

/** SHA-256 (hex) over the canonical JSON of one object. */
export function objectDigest(object: SetObject): string {
  return remembered(digests, object, () => createHash("sha256").update(objectText(object)).digest("hex"));
}

/** SHA-256 (hex) over the canonical JSON of a whole set. */
export function setDigest({ objects, ...rest }: RuleSet): string {
  const head = canonicalJson({ ...rest, objects: [] } as unknown as Json);
  const mark = '"objects":[]';
  const at = head.indexOf(mark) + mark.length - 1;
  const hash = createHash("sha256").update(head.slice(0, at));
  for (const [index, object] of objects.entries())
    hash.update(`${index === 0 ? "" : ","}${objectText(object)}`);
  return hash.update(head.slice(at)).digest("hex");
}
