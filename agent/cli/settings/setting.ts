/**
 * The small vocabulary in which schema.ts says what settings there are. Each function returns JSON Schema (draft-07,
 * for ajv) that also carries the TypeScript type of its value, so `Settings` follows from the one table.
 */

declare const valueOf: unique symbol;

/** JSON Schema of one setting whose checked value is a `T`. */
export interface Setting<T> {
  readonly description: string;
  readonly type?: "boolean" | "integer" | "number" | "string" | "array" | "object";
  readonly default?: unknown;
  readonly enum?: readonly string[];
  /** Further spellings of enum's values, lower case. */
  readonly alias?: Readonly<Record<string, string>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Setting<unknown>;
  readonly properties?: Readonly<Record<string, Setting<unknown>>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Setting<unknown>;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly anyOf?: readonly Setting<unknown>[];
  /** The value is a credential: never printed. */
  readonly secret?: boolean;
  /** What to write, as YAML, where the default shows too little. */
  readonly sample?: string;
  readonly [valueOf]?: T;
}

/** The type of the checked value of a setting. */
export type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** On or off. */
export function flag(description: string, value: boolean): Setting<boolean> {
  return { type: "boolean", description, default: value };
}

/** Text; may be empty. */
export function text(
  description: string,
  value: string,
  more: { secret?: boolean; sample?: string } = {},
): Setting<string> {
  return { type: "string", description, default: value, ...more };
}

/** A number; whole unless said otherwise. */
export function number(
  description: string,
  value: number,
  range: { minimum?: number; maximum?: number; fraction?: boolean } = {},
): Setting<number> {
  const { fraction = false, ...bounds } = range;
  return { type: fraction ? "number" : "integer", description, default: value, ...bounds };
}

/** One of some words, in any case; the checked value is spelled as here. */
export function choice<const W extends string>(
  description: string,
  words: readonly W[],
  value: NoInfer<W>,
  alias: Readonly<Record<string, W>> = {},
): Setting<W> {
  return { type: "string", description, enum: words, alias, default: value };
}

/** A list. One item alone may be written without the list. */
export function list<T>(
  description: string,
  items: Setting<T>,
  value: readonly T[],
  more: { sample?: string } = {},
): Setting<readonly T[]> {
  return { type: "array", description, items, default: value, ...more };
}

/** Names that the user picks, each with a text. */
export function texts(
  description: string,
  more: { sample?: string } = {},
): Setting<Readonly<Record<string, string>>> {
  return {
    type: "object",
    description,
    additionalProperties: { type: "string", description: "" },
    default: {},
    ...more,
  };
}

type Values<P> = { readonly [K in keyof P]: ValueOf<P[K]> };

/** Keys that belong together; each has its own default. */
export function group<P extends Readonly<Record<string, Setting<unknown>>>>(
  description: string,
  properties: P,
): Setting<Values<P>> {
  return { type: "object", description, properties, additionalProperties: false, default: {} };
}

/** An item of a list that has keys; none has a default, `required` ones must be there. */
export function item<
  P extends Readonly<Record<string, Setting<unknown>>>,
  R extends keyof P & string = never,
>(
  description: string,
  properties: P,
  more: { required?: readonly R[]; exactlyOne?: boolean } = {},
): Setting<Values<Pick<P, R>> & Partial<Values<Omit<P, R>>>> {
  const { required = [], exactlyOne = false } = more;
  const bare = Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, bareOf(value)]));
  return {
    type: "object",
    description,
    properties: bare,
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
    ...(exactlyOne ? { minProperties: 1, maxProperties: 1 } : {}),
  };
}

/** Either of two forms, told apart by being text or having keys. */
export function either<A, B>(description: string, one: Setting<A>, other: Setting<B>): Setting<A | B> {
  return { description, anyOf: [bareOf(one), other] };
}

function bareOf(setting: Setting<unknown>): Setting<unknown> {
  return { ...setting, default: undefined };
}
