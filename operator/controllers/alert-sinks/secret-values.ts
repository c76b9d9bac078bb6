/** Values of the Secrets that sinks name: only of the keys that are named, asked for when a Secret has changed. */
import { ApiFault } from "../../../agent/kube/fault.ts";
import type { ClusterClient } from "../../kube/cluster-client.ts";
import { fromKey, type KubeObject } from "../../kube/object.ts";
import { resources } from "../../kube/resources.ts";
import type { SecretValues } from "./judge.ts";

/** Keys that are wanted of Secrets, by `namespace/name`. */
export type Wanted = ReadonlyMap<string, ReadonlySet<string>>;

interface Held {
  /** Of the Secret, and the keys that were taken. */
  readonly version: string;
  readonly keys: string;
  readonly values: SecretValues;
}

/** Secrets asked for at a time. */
const atOnce = 8;

type Secret = KubeObject & { readonly data?: Readonly<Record<string, string>> };

export class SecretValuesCache {
  readonly #client: Pick<ClusterClient, "get">;
  #held = new Map<string, Held>();
  #wanted: Wanted = new Map();

  constructor(client: Pick<ClusterClient, "get">) {
    this.#client = client;
  }

  /** Whether some sink names that Secret. */
  has(key: string): boolean {
    return this.#wanted.has(key);
  }

  /** Brings the values up to date; `version` says which version of a Secret there is. Others are forgotten. */
  async update(
    wanted: Wanted,
    version: (key: string) => string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    // First of all: what changes from now on has to be seen.
    this.#wanted = wanted;
    const held = new Map<string, Held>();
    const asked: (() => Promise<void>)[] = [];
    for (const [key, names] of wanted) {
      const keys = [...names].sort().join();
      const now = version(key);
      const known = this.#held.get(key);
      if (now === undefined) held.set(key, { version: "", keys, values: "missing" });
      else if (known !== undefined && known.version === now && known.keys === keys) held.set(key, known);
      else asked.push(async () => void held.set(key, await this.#ask(key, names, keys, now, signal)));
    }
    const workers = Array.from({ length: Math.min(atOnce, asked.length) }, async () => {
      for (let next = asked.shift(); next !== undefined; next = asked.shift()) await next();
    });
    await Promise.all(workers);
    this.#held = held;
  }

  async #ask(
    key: string,
    names: ReadonlySet<string>,
    keys: string,
    version: string,
    signal: AbortSignal,
  ): Promise<Held> {
    const common = { version, keys };
    try {
      const secret = await this.#client.get<Secret>({ resource: resources.secrets, ...fromKey(key) }, signal);
      if (secret === undefined) return { ...common, values: "missing" };
      const values = new Map<string, string>();
      for (const name of names) {
        const encoded = secret.data?.[name];
        if (encoded !== undefined) values.set(name, Buffer.from(encoded, "base64").toString());
      }
      return { version: secret.metadata.resourceVersion ?? version, keys, values };
    } catch (error) {
      // Asked again with the next change; the condition says it.
      if (error instanceof ApiFault && error.status === 403) return { ...common, values: "unreadable" };
      throw error;
    }
  }

  /** What `update` found. */
  get(key: string): SecretValues {
    return this.#held.get(key)?.values ?? "missing";
  }
}
