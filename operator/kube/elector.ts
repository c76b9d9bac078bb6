/**
 * Decides who acts, over a Lease. The other's life is judged by when we last saw the Lease change, never by the times that
 * stand in it, so clocks may differ. We stop acting before anybody else may begin: we count from before our last renewal was
 * sent, they from after they saw it.
 */
import { ApiFault } from "../../agent/kube/fault.ts";
import { isConflict } from "./cluster-client.ts";
import { microTime, type LeaseRecord, type LeaseStore, type SeenLease } from "./lease.ts";

/** Milliseconds. */
export interface ElectionTimes {
  /** How long the others wait for a sign of life before one of them takes over. */
  readonly lease: number;
  /** How long after its last renewal an operator goes on; below `lease`. */
  readonly deadline: number;
  /** Between two tries to renew or to take over. */
  readonly retry: number;
}

export interface ElectorOptions {
  /** Of this process, never of another one. */
  readonly identity: string;
  readonly store: LeaseStore;
  readonly times: ElectionTimes;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** Milliseconds since the epoch, for people who read the Lease. */
  readonly wall: () => number;
  readonly random: () => number;
  /** Until when we may act, by `now`; 0: not at all. */
  readonly onHeld: (until: number) => void;
}

/** Another operator's word on how long its Lease lives is believed up to this, in milliseconds. */
const longestLease = 600_000;

export class Elector {
  readonly #options: ElectorOptions;
  /** The Lease as it was last seen, and since when it looks so. */
  #seen: SeenLease | undefined;
  #seenAt = 0;
  /** Until when we may act. */
  #until = 0;

  constructor(options: ElectorOptions) {
    this.#options = options;
  }

  get leads(): boolean {
    return this.#options.now() < this.#until;
  }

  /** Who acts, as far as we know; "" for nobody. */
  get holder(): string {
    return this.#seen?.record.holder ?? "";
  }

  /** Renews or tries to take over; gives the milliseconds until the next try. Rejects with what the API said. */
  async attempt(): Promise<number> {
    const { retry } = this.#options.times;
    const wait = retry * (1 + 0.2 * this.#options.random());
    try {
      await (this.leads ? this.#renew() : this.#acquire());
    } catch (error) {
      if (!isConflict(error)) throw error;
      // Somebody wrote it: who, the next look says.
      this.#look(await this.#options.store.get());
      if (this.#seen?.record.holder === this.#options.identity) return retry / 20;
      this.#hold(0);
    }
    return wait;
  }

  /** What to wait after an attempt was rejected. */
  waitAfter(error: unknown): number {
    const { retry } = this.#options.times;
    const asked = error instanceof ApiFault ? (error.retryAfter ?? 0) : 0;
    return Math.max(Math.min(asked, 2 * retry), retry / 2 + (retry / 2) * this.#options.random());
  }

  /** Gives it back, so that another one need not wait; nothing where we do not have it. */
  async release(): Promise<void> {
    const held = this.leads;
    this.#hold(0);
    if (!held || this.#seen === undefined) return;
    const { record, version } = this.#seen;
    await this.#options.store.update({ ...record, holder: "", durationSeconds: 1 }, version);
  }

  async #renew(): Promise<void> {
    const { store, wall } = this.#options;
    const { record, version } = this.#seen!;
    const began = this.#options.now();
    const renewed = await store.update({ ...record, renewTime: microTime(wall()) }, version);
    this.#took(renewed, began);
  }

  async #acquire(): Promise<void> {
    const { store } = this.#options;
    this.#look(await store.get());
    const began = this.#options.now();
    if (this.#seen === undefined) return this.#took(await store.create(this.#ours(0)), began);
    if (!this.#isFree(this.#seen.record, began)) return;
    const { record, version } = this.#seen;
    this.#took(await store.update(this.#ours(record.transitions + 1), version), began);
  }

  #isFree({ holder, durationSeconds }: LeaseRecord, now: number): boolean {
    if (holder === "" || holder === this.#options.identity) return true;
    return now - this.#seenAt >= Math.min(durationSeconds * 1000, longestLease);
  }

  #ours(transitions: number): LeaseRecord {
    const { identity, times, wall } = this.#options;
    const time = microTime(wall());
    const durationSeconds = Math.ceil(times.lease / 1000);
    return { holder: identity, durationSeconds, acquireTime: time, renewTime: time, transitions };
  }

  /** What is there now. Only a change counts as a sign of life. */
  #look(now: SeenLease | undefined): void {
    if (now?.version !== this.#seen?.version || this.#seen === undefined) this.#seenAt = this.#options.now();
    this.#seen = now;
  }

  #took(lease: SeenLease, began: number): void {
    this.#seen = lease;
    this.#seenAt = began;
    this.#hold(began + this.#options.times.deadline);
  }

  #hold(until: number): void {
    if (until === this.#until) return;
    this.#until = until;
    this.#options.onHeld(until);
  }
}
