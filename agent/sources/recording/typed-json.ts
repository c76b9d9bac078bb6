/**
 * JSON that keeps what JSON has no form for: `{"$bigint": "12"}`, `{"$map": [[key, value], …]}`, `{"$bytes": BASE64}`.
 * An object with a key of its own that begins with `$` is `{"$object": [[key, value], …]}`. A key whose value is undefined
 * is left out.
 */

/** What a text does not say, or a value cannot be said in. */
export class TypedJsonError extends Error {
  override readonly name = "TypedJsonError";
}

/** Values are nested far less; a hostile text must not end the stack. */
const MOST_DEPTH = 32;

/** @throws TypedJsonError for a value that has no form: a function, a symbol, a number that is none. */
export function toTypedJson(value: unknown): string {
  return JSON.stringify(plain(value));
}

function plain(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value)) return value;
      break;
    case "bigint":
      return { $bigint: String(value) };
    case "object":
      if (value === null) return null;
      if (Array.isArray(value)) return value.map(plain);
      if (value instanceof Map) return { $map: [...value].map(([key, each]) => [plain(key), plain(each)]) };
      if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
      return plainObject(Object.entries(value));
    case "undefined":
    case "function":
    case "symbol":
  }
  throw new TypedJsonError(`there is no form for a ${typeof value}`);
}

function plainObject(entries: [string, unknown][]): unknown {
  const pairs = entries.filter(([, value]) => value !== undefined).map(([key, each]) => [key, plain(each)]);
  if (entries.some(([key]) => key.startsWith("$"))) return { $object: pairs };
  return Object.fromEntries(pairs) as unknown;
}

/** @throws TypedJsonError for a text that is none, or is nested deeper than any of ours. */
export function fromTypedJson(text: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new TypedJsonError((error as Error).message);
  }
  return typed(parsed, 0);
}

function typed(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > MOST_DEPTH) throw new TypedJsonError("nested too deep");
  if (Array.isArray(value)) return value.map((each) => typed(each, depth + 1));
  const entries: [string, unknown][] = Object.entries(value);
  const [first] = entries;
  const [key, content] = first ?? ["", undefined];
  if (key.startsWith("$")) {
    if (entries.length !== 1) throw new TypedJsonError(`${key} stands beside other keys`);
    return special(key, content, depth);
  }
  // Keys become the object's own, `__proto__` as any other.
  return Object.fromEntries(entries.map(([name, each]) => [name, typed(each, depth + 1)]));
}

function special(form: string, content: unknown, depth: number): unknown {
  if (form === "$bigint" && typeof content === "string" && /^-?[0-9]{1,40}$/.test(content))
    return BigInt(content);
  if (form === "$bytes" && typeof content === "string") return new Uint8Array(Buffer.from(content, "base64"));
  if (form === "$map") return new Map(pairsOf(content, depth));
  if (form === "$object")
    return Object.fromEntries(pairsOf(content, depth).map(([key, each]) => [nameOf(key), each]));
  throw new TypedJsonError(`${form} has no such value`);
}

function pairsOf(content: unknown, depth: number): [unknown, unknown][] {
  if (!Array.isArray(content)) throw new TypedJsonError("pairs are no list");
  return content.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw new TypedJsonError("a pair has two values");
    return [typed(pair[0], depth + 1), typed(pair[1], depth + 1)];
  });
}

function nameOf(key: unknown): string {
  if (typeof key === "string") return key;
  throw new TypedJsonError("a key is no text");
}
