/**
 * Signs of life on the node's disk, so that an agent that starts can say from when until when nobody watched. A sign is the
 * time of a file: giving one takes no room, so it works on a full disk.
 */
import { constants } from "node:fs";
import { mkdir, open, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

/** When nobody watched the node; ms since the epoch. */
export interface Absence {
  /** Last sign of the earlier agent: it watched at least until then. */
  readonly from: number;
  /** Since when this one watches. */
  readonly until: number;
  /** The earlier one did not end by itself: it was killed, or the node was. */
  readonly killed: boolean;
}

/** How often a sign is given, ms: how far the beginning of an absence may be before the true one. */
export const SIGN = 1000;

export interface LifeSignsOptions {
  /** The agent's state folder; made where it is missing. */
  readonly folder: string;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Told why signs cannot be given, once until they can again. */
  readonly onFault: (reason: string) => void;
}

export class LifeSigns {
  readonly #options: LifeSignsOptions;
  readonly #alive: string;
  readonly #ended: string;
  #timer: NodeJS.Timeout | undefined;
  #giving: Promise<void> = Promise.resolve();
  #failed = false;
  #absence: Absence | undefined;

  constructor(options: LifeSignsOptions) {
    this.#options = options;
    this.#alive = join(options.folder, "alive");
    this.#ended = join(options.folder, "ended");
  }

  /**
   * Begins to give signs, since the node is watched from now on. Gives when it was not; undefined where no earlier agent left
   * a sign, or the clock was put back behind it.
   */
  async begin(): Promise<Absence | undefined> {
    const until = this.#options.now();
    const [alive, ended] = await Promise.all([timeOf(this.#alive), timeOf(this.#ended)]);
    await this.#give();
    await rm(this.#ended, { force: true }).catch(() => {});
    this.#timer = setInterval(() => {
      this.#giving = this.#give();
    }, SIGN);
    this.#timer.unref();
    const from = Math.max(alive ?? 0, ended ?? 0);
    if (from > 0 && from <= until) this.#absence = { from, until, killed: from === alive };
    return this.#absence;
  }

  /** What `begin` gave. */
  get absence(): Absence | undefined {
    return this.#absence;
  }

  /** The last sign: the agent ends by itself. */
  async end(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    await this.#giving;
    await this.#give();
    await rename(this.#alive, this.#ended).catch((error: unknown) => this.#fault(error));
  }

  async #give(): Promise<void> {
    const now = new Date(this.#options.now());
    try {
      await utimes(this.#alive, now, now).catch(() => this.#make());
      this.#failed = false;
    } catch (error) {
      this.#fault(error);
    }
  }

  async #make(): Promise<void> {
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
    const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants;
    const file = await open(this.#alive, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600);
    try {
      const now = new Date(this.#options.now());
      await file.utimes(now, now);
    } finally {
      await file.close();
    }
  }

  #fault(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    const { code, message } = error as NodeJS.ErrnoException;
    this.#options.onFault(`${this.#alive}: ${code ?? message}`);
  }
}

/** When a file was changed last, ms since the epoch; undefined where there is none. */
async function timeOf(path: string): Promise<number | undefined> {
  try {
    const { mtimeMs } = await stat(path);
    return Math.floor(mtimeMs);
  } catch {
    return undefined;
  }
}
