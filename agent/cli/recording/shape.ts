/**
 * Judges whether plain data is of a type: what a recording holds comes from a file that anybody may have written. A shape
 * names every key of its type, so that one that is added later cannot be forgotten here.
 */

/** What is wrong with a value that stands at `at`; undefined where it is a T. */
export type Shape<T> = ((value: unknown, at: string) => string | undefined) & { readonly of?: T };

const simple =
  <T>(type: string, name: string): Shape<T> =>
  (value, at) =>
    typeof value === type ? undefined : `${at} is no ${name}`;

export const text = simple<string>("string", "text");
export const truth = simple<boolean>("boolean", "truth value");
export const big = simple<bigint>("bigint", "big integer");
export const number: Shape<number> = (value, at) =>
  typeof value === "number" && Number.isFinite(value) ? undefined : `${at} is no number`;
/** As agent/events narrows 64-bit values. */
export const wide: Shape<number | bigint> = (value, at) =>
  typeof value === "bigint" ? undefined : number(value, at);

export const optional =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value, at) =>
    value === undefined ? undefined : shape(value, at);

export const oneOf =
  <const T extends string>(...values: readonly T[]): Shape<T> =>
  (value, at) =>
    values.some((each) => each === value) ? undefined : `${at} is none of ${values.join(", ")}`;

/** The first thing that is wrong. */
function first<T>(all: Iterable<T>, judge: (each: T, index: number) => string | undefined) {
  let index = 0;
  for (const each of all) {
    const wrong = judge(each, index++);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

export const list =
  <T>(shape: Shape<T>): Shape<readonly T[]> =>
  (value, at) =>
    Array.isArray(value)
      ? first(value as unknown[], (each, index) => shape(each, `${at}[${index}]`))
      : `${at} is no list`;

export const pair =
  <A, B>(left: Shape<A>, right: Shape<B>): Shape<readonly [A, B]> =>
  (value, at) =>
    Array.isArray(value) && value.length === 2
      ? (left(value[0], `${at}[0]`) ?? right(value[1], `${at}[1]`))
      : `${at} is no pair`;

export const mapOf =
  <K, V>(key: Shape<K>, content: Shape<V>): Shape<ReadonlyMap<K, V>> =>
  (value, at) =>
    value instanceof Map
      ? first(value as Map<unknown, unknown>, ([name, each]) => key(name, at) ?? content(each, at))
      : `${at} is no map`;

/** Keys that are not named are let through: a newer version may have added them. */
export function object<T extends object>(keys: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const rows = Object.entries<Shape<unknown>>(keys);
  return (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return `${at} is no mapping`;
    return first(rows, ([key, shape]) => shape((value as Record<string, unknown>)[key], `${at}.${key}`));
  };
}
