/** The short facts of an event that is too large or too deep to be taken: who did what to which object. */
import { JsonWalk } from "./json-walk.ts";
import type { Span } from "./split-body.ts";

/** Facts by the name of their field; those that the event lacks are left out. */
export type Glimpse = Readonly<Record<string, string>>;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Longest member, bytes, that is looked into, and longest fact, characters. */
const LONGEST_MEMBER = 4096;
const LONGEST_FACT = 256;

/** What is told of a member of that name: field and, where the member is an object, its key. */
const told: Readonly<Record<string, readonly (readonly [field: string, key?: string])[]>> = {
  auditID: [["ka.auditid"]],
  verb: [["ka.verb"]],
  user: [["ka.user.name", "username"]],
  objectRef: [
    ["ka.target.resource", "resource"],
    ["ka.target.namespace", "namespace"],
    ["ka.target.name", "name"],
  ],
};

/** Looks at the members of an event whose grammar was checked (split-body.ts). */
export function glimpse(body: Buffer, { start, end }: Span): Glimpse {
  const facts: Record<string, string> = {};
  const bytes = body.subarray(start, end);
  const walk = new JsonWalk(bytes);
  const passed = (): string => {
    walk.next();
    const from = walk.at;
    walk.value();
    return walk.at - from > LONGEST_MEMBER ? "null" : bytes.toString("utf8", from, walk.at);
  };
  walk.expect(OPEN_OBJECT);
  while (walk.next() === QUOTE) {
    const name = JSON.parse(passed()) as string | null;
    walk.expect(COLON);
    const text = passed();
    if (name !== null && Object.hasOwn(told, name)) {
      const member: unknown = JSON.parse(text);
      for (const [field, key] of told[name]!) {
        const value = key === undefined ? member : memberOf(member, key);
        if (typeof value === "string") facts[field] = value.slice(0, LONGEST_FACT);
      }
    }
    if (walk.next() !== COMMA) break;
    walk.at++;
  }
  walk.expect(CLOSE_OBJECT);
  return facts;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
