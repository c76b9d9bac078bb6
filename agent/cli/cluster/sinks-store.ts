/**
 * The AlertSinks that the agent was given last, on the node's disk: the text of the ConfigMap, in which credentials are only
 * named. Their values are never kept here.
 */
import { join } from "node:path";
import { readSinks, type SinkEntry } from "../../sinks/objects/spec.ts";
import { readStateFile, StateFileError, writeStateFile } from "./state-file.ts";

/** Bytes of the file: the API takes no object of more than 1.5 MiB. */
const maximumFile = 2 << 20;

export class SinksStore {
  readonly path: string;
  #written: string | undefined;

  /** @param folder setting cluster.state_folder */
  constructor(folder: string) {
    this.path = join(folder, "sinks.json");
  }

  /** The sinks; undefined where none were kept. @throws StateFileError where the file is there and cannot be used */
  async read(): Promise<readonly SinkEntry[] | undefined> {
    const text = await readStateFile(this.path, maximumFile);
    if (text === undefined) return undefined;
    let entries: readonly SinkEntry[];
    try {
      entries = readSinks(text);
    } catch (error) {
      throw new StateFileError(`${this.path}: ${(error as Error).message}`);
    }
    this.#written = text;
    return entries;
  }

  /** Keeps the text that `entries` were read from, in place of what was kept before. @throws StateFileError */
  async write(text: string): Promise<void> {
    if (text === this.#written) return;
    await writeStateFile(this.path, text);
    this.#written = text;
  }
}
