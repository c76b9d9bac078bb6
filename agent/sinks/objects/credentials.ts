/** Values of the Secret F-sinks, as one sink asks for them. */
import type { Credential } from "./spec.ts";

/** A sink names a key that the Secret does not have (yet). */
export class MissingCredential extends Error {
  override readonly name = "MissingCredential";
}

export class Credentials {
  readonly #values: ReadonlyMap<string, string>;
  readonly #used = new Map<string, string>();

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** The value, without the newline that files of it often end in. @throws MissingCredential */
  text({ secret }: Credential): string {
    const value = this.#values.get(secret);
    if (value === undefined) throw new MissingCredential(`waits for its credential: no key ${secret} yet`);
    const text = value.trim();
    this.#used.set(secret, text);
    return text;
  }

  /** Values of all credentials that a part of a spec names; null for those that are not there. */
  namedIn(part: unknown): readonly (string | null)[] {
    if (typeof part !== "object" || part === null) return [];
    return Object.entries(part).flatMap(([key, value]: [string, unknown]) =>
      key === "secret" && typeof value === "string" ? [this.#values.get(value) ?? null] : this.namedIn(value),
    );
  }

  /** What was asked for: no message may hold it. */
  get secrets(): readonly string[] {
    return [...this.#used.values()];
  }
}
