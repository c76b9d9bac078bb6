import assert from "node:assert/strict";
import { ApiFault } from "../../../agent/kube/fault.ts";
import { Elector } from "../../../operator/kube/elector.ts";
import {
  microTime,
  type LeaseRecord,
  type LeaseStore,
  type SeenLease,
} from "../../../operator/kube/lease.ts";

const times = { lease: 15_000, deadline: 10_000, retry: 2000 };

/** A Lease that keeps versions, as the API server does. */
class SharedLease {
  #version = 0;
  now: SeenLease | undefined;
  writes = 0;

  get(): SeenLease | undefined {
    return this.now;
  }

  put(record: LeaseRecord): SeenLease {
    this.writes++;
    this.now = { record, version: String(++this.#version) };
    return this.now;
  }

  create(record: LeaseRecord): SeenLease {
    if (this.now !== undefined) throw conflict();
    return this.put(record);
  }

  update(record: LeaseRecord, version: string): SeenLease {
    if (this.now?.version !== version) throw conflict();
    return this.put(record);
  }
}

const conflict = () => new ApiFault("refused", "conflict", { status: 409 });
const away = () => new ApiFault("network", "away");

function begin() {
  const lease = new SharedLease();
  let now = 1_000_000;
  const join = (identity: string, skew = 0) => {
    let reaches = true;
    const ask = async <T>(run: () => T): Promise<T> => {
      if (!reaches) throw away();
      return run();
    };
    const store: LeaseStore = {
      get: () => ask(() => lease.get()),
      create: (record) => ask(() => lease.create(record)),
      update: (record, version) => ask(() => lease.update(record, version)),
    };
    const held: number[] = [];
    const elector = new Elector({
      identity,
      store,
      times,
      now: () => now,
      wall: () => now + skew,
      random: () => 0,
      onHeld: (until) => held.push(until),
    });
    return { elector, held, reach: (yes: boolean) => (reaches = yes) };
  };
  return { lease, join, pass: (milliseconds: number) => (now += milliseconds) };
}

describe("leader election", () => {
  it("makes the Lease, renews it, and keeps others out for as long", async () => {
    const { lease, join, pass } = begin();
    const a = join("a");
    const b = join("b");
    assert.equal(await a.elector.attempt(), 2000);
    for (let i = 0; i < 20; i++) {
      await a.elector.attempt();
      await b.elector.attempt();
      assert.deepEqual([a.elector.leads, b.elector.leads, b.elector.holder], [true, false, "a"]);
      pass(2000);
    }
    assert.equal(lease.now!.record.transitions, 0);
    assert.equal(lease.writes, 21);
  });

  it("takes over when the Lease has not changed for its length, as we saw it, whatever time stands in it", async () => {
    const { lease, join, pass } = begin();
    const a = join("a", -86_400_000);
    const b = join("b", 86_400_000);
    await a.elector.attempt();
    pass(60_000);
    await b.elector.attempt();
    pass(14_999);
    await b.elector.attempt();
    assert.equal(b.elector.leads, false);
    pass(1);
    await b.elector.attempt();
    assert.deepEqual([a.elector.leads, b.elector.leads, lease.now!.record.transitions], [false, true, 1]);
    await a.elector.attempt();
    assert.equal(a.elector.leads, false);
  });

  it("stops acting before anybody else may begin", async () => {
    const { join, pass } = begin();
    const a = join("a");
    await a.elector.attempt();
    a.reach(false);
    for (let waited = 0; waited < 10_000; waited += 2000) {
      assert.equal(a.elector.leads, true);
      await assert.rejects(a.elector.attempt(), { kind: "network" });
      pass(2000);
    }
    assert.equal(a.elector.leads, false);
    a.reach(true);
    await a.elector.attempt();
    assert.equal(a.elector.leads, true, "nobody took it: it is ours again at once");
  });

  it("stops at once when it finds another one's name", async () => {
    const { lease, join } = begin();
    const a = join("a");
    await a.elector.attempt();
    lease.put({ ...lease.now!.record, holder: "b" });
    await a.elector.attempt();
    assert.deepEqual([a.elector.leads, a.held.at(-1)], [false, 0]);
  });

  it("goes on where only the version changed: somebody put a label on it, or our last write's answer was lost", async () => {
    const { lease, join } = begin();
    const a = join("a");
    await a.elector.attempt();
    lease.put(lease.now!.record);
    assert.equal(await a.elector.attempt(), 100);
    assert.equal(a.elector.leads, true);
    await a.elector.attempt();
    assert.equal(a.elector.leads, true);
  });

  it("gives it back at the end, and another one takes it at once", async () => {
    const { lease, join } = begin();
    const a = join("a");
    const b = join("b");
    await a.elector.attempt();
    await b.elector.attempt();
    await a.elector.release();
    assert.deepEqual([a.elector.leads, lease.now!.record.holder], [false, ""]);
    await b.elector.attempt();
    assert.equal(b.elector.leads, true);
    await a.elector.release();
    assert.equal(lease.now!.record.holder, "b");
  });

  it("makes it anew where somebody deleted it", async () => {
    const { lease, join } = begin();
    const a = join("a");
    await a.elector.attempt();
    lease.now = undefined;
    await a.elector.attempt();
    assert.equal(a.elector.leads, false);
    await a.elector.attempt();
    assert.equal(a.elector.leads, true);
  });

  it("waits as the server asks, within what the Lease allows", () => {
    const { elector } = begin().join("a");
    const after = (retryAfter: number) => elector.waitAfter(new ApiFault("throttled", "", { retryAfter }));
    assert.deepEqual([after(0), after(3000), after(60_000)], [1000, 3000, 4000]);
  });

  it("writes times as Kubernetes takes them", () => {
    assert.equal(microTime(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), "2026-01-02T03:04:05.678000Z");
  });

  it("never lets two act at once, whatever is lost or late", async () => {
    // Events in order of time; each request takes long, fails before or after it was done, or both clocks' rates differ.
    for (let seed = 1; seed <= 60; seed++) {
      let state = seed;
      const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
      const lease = new SharedLease();
      let now = 0;
      const due: { at: number; run: () => void }[] = [];
      const wait = (milliseconds: number) =>
        new Promise<void>((resolve) => due.push({ at: now + milliseconds, run: resolve }));
      const ask = async <T>(run: () => T): Promise<T> => {
        await wait(random() < 0.1 ? random() * 8000 : random() * 50);
        if (random() < 0.15) throw away();
        const answer = run();
        await wait(random() < 0.1 ? random() * 8000 : random() * 50);
        if (random() < 0.15) throw away();
        return answer;
      };
      const electors = ["a", "b", "c"].map(
        (identity) =>
          new Elector({
            identity,
            store: {
              get: () => ask(() => lease.get()),
              create: (record) => ask(() => lease.create(record)),
              update: (record, version) => ask(() => lease.update(record, version)),
            },
            times,
            now: () => now,
            wall: () => now,
            random,
            onHeld: () => {},
          }),
      );
      for (const elector of electors)
        void (async () => {
          for (;;) await wait(await elector.attempt().catch((error: unknown) => elector.waitAfter(error)));
        })();
      let led = 0;
      const changes = new Set<string>();
      while (now < 600_000) {
        due.sort((a, b) => a.at - b.at);
        const next = due.shift()!;
        now = next.at;
        next.run();
        for (let i = 0; i < 20; i++) await Promise.resolve();
        const leading = electors.filter(({ leads }) => leads);
        assert.ok(leading.length <= 1, `two act, seed ${seed}, at ${now}`);
        led += leading.length;
        changes.add(lease.now?.record.holder ?? "");
      }
      assert.ok(led > 0);
    }
  });
});
