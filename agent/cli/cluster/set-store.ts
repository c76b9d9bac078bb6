/** The last whole set that ran, on the node's disk: what the agent starts from when the API does not answer. */
import { join } from "node:path";
import { maximumSet, readIndex, SetProblem, type SetText } from "./set-index.ts";
import { readStateFile, StateFileError, writeStateFile } from "./state-file.ts";

/** Bytes of the file: a set, its index, and what JSON in JSON takes beyond. */
const maximumFile = 2 * maximumSet;

export class SetStore {
  readonly path: string;
  #written = "";

  /** @param folder setting cluster.state_folder */
  constructor(folder: string) {
    this.path = join(folder, "rules.json");
  }

  /** Digest of the set that was written last; "" for none since the start. */
  get digest(): string {
    return this.#written;
  }

  /** The set; undefined where none was kept. @throws StateFileError where it is there and cannot be used */
  async read(): Promise<SetText | undefined> {
    const text = await readStateFile(this.path, maximumFile);
    return text === undefined ? undefined : setOf(text, this.path);
  }

  /** Keeps a set. @throws StateFileError; what was kept before then stays */
  async write(set: SetText): Promise<void> {
    await writeStateFile(this.path, JSON.stringify({ version: 1, ...set }));
    this.#written = set.index.digest;
  }
}

function setOf(text: string, path: string): SetText {
  try {
    const { index, shards } = JSON.parse(text) as { readonly index?: unknown; readonly shards?: unknown };
    const read = readIndex(index);
    const whole = Array.isArray(shards) && shards.length === read.shards.length;
    if (whole && shards.every((each) => typeof each === "string")) return { index: read, shards };
  } catch (error) {
    if (error instanceof SetProblem) throw new StateFileError(`${path}: ${error.message}`);
  }
  throw new StateFileError(`${path} holds no rule set`);
}
