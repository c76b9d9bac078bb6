import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { Alert } from "../../../agent/engine/alert.ts";
import { alertJson } from "../../../agent/engine/render.ts";
import { packAlert, unpackAlert } from "../../../agent/sinks/alert-record.ts";
import { SinkQueue, type QueueOptions } from "../../../agent/sinks/queue.ts";
import { DeliveryError, type RenderedAlert, type Sink } from "../../../agent/sinks/sink.ts";
import { Spool } from "../../../agent/sinks/spool.ts";
import { numbered, queueOptions, sampleAlert, settled, until } from "./sample.ts";
import { unmet } from "../../support/requirements.ts";

const bytes = (text: string) => Buffer.from(text);

describe("a spool", () => {
  let folder: string;
  const lost: string[] = [];
  const open = (more: { limit?: number; segment?: number } = {}) =>
    Spool.open({
      folder: join(folder, "spool"),
      limit: more.limit ?? 1 << 20,
      segment: more.segment ?? 100,
      onLost: (records, reason) => lost.push(`${records}: ${reason}`),
    });
  const files = () => readdirSync(join(folder, "spool")).sort();
  const fill = (spool: Spool, from: number, to: number) => {
    for (let n = from; n < to; n++) assert.ok(spool.append(bytes(`record ${n}`)));
  };
  /** Takes all, in order. */
  const drain = async (spool: Spool) => {
    const all: string[] = [];
    while (spool.count > 0) await spool.take((records) => all.push(...records.map(String)));
    await spool.settled();
    return all;
  };
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => `record ${from + n}`);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-spool-"));
    lost.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("gives records back in order, over many files and a new start", async () => {
    const first = await open();
    fill(first, 0, 50);
    await first.close();
    assert.ok(files().length >= 1);
    const second = await open();
    assert.equal(second.count, 50);
    fill(second, 50, 80);
    assert.deepEqual(await drain(second), numbers(0, 80));
    assert.deepEqual([files(), second.count, second.bytes, lost], [[], 0, 0, []]);
    await second.close();
  });

  it("begins a new file where one is full, and deletes each once it is settled", async () => {
    const spool = await open();
    fill(spool, 0, 20);
    await spool.settled();
    const before = files();
    assert.equal(before.length, 4, "of 100 bytes and a bit");
    let got = 0;
    await spool.take((records) => (got = records.length));
    assert.deepEqual(files(), before, "what is taken is not settled yet");
    await spool.settled();
    assert.deepEqual(files(), before.slice(1));
    assert.equal(spool.count, 20 - got);
    await spool.close();
  });

  it("has what was taken again after a crash, before the rest", async () => {
    const spool = await open();
    fill(spool, 0, 5);
    await spool.take(() => {});
    fill(spool, 5, 9);
    await spool.close();
    const again = await open();
    assert.deepEqual(await drain(again), numbers(0, 9));
    await again.close();
  });

  it("puts what was left at the end before all others", async () => {
    const spool = await open({ segment: 60 });
    fill(spool, 0, 4);
    await spool.take(() => {});
    fill(spool, 20, 25);
    const kept = await spool.putBack(numbers(2, 20).map(bytes));
    assert.equal(kept, 18);
    await spool.close();
    assert.ok(files().length > 3, "in files of the usual size");
    const again = await open();
    assert.deepEqual(await drain(again), numbers(2, 25));
    await again.close();
  });

  it("is bounded by bytes", async () => {
    const spool = await open({ limit: 200 });
    let taken = 0;
    while (spool.append(bytes("x".repeat(12)))) taken++;
    assert.equal(taken, 10);
    assert.equal(spool.count, 10);
    assert.ok(spool.bytes <= 200 + 8);
    assert.equal(await spool.putBack([bytes("y")]), 0);
    await drain(spool);
    assert.ok(spool.append(bytes("z")), "there is room again");
    await spool.close();
  });

  it("puts back as much as fits, the oldest first", async () => {
    const spool = await open({ limit: 100 });
    assert.equal(await spool.putBack(numbers(0, 50).map(bytes)), 5);
    assert.deepEqual(await drain(spool), numbers(0, 5));
    await spool.close();
  });

  it("cuts a torn tail at its start, wherever it was torn, and goes on", async () => {
    const whole = await open({ segment: 1000 });
    fill(whole, 0, 3);
    await whole.close();
    const [name] = files();
    const path = join(folder, "spool", name!);
    const content = readFileSync(path);
    const record = 8 + "record 0".length;
    for (let length = 0; length < content.length; length++) {
      writeFileSync(path, content.subarray(0, length));
      lost.length = 0;
      const spool = await open();
      const left = Math.max(0, Math.floor((length - 8) / record));
      assert.equal(spool.count, left, `cut at ${length}`);
      const torn = length > 8 && (length - 8) % record !== 0;
      assert.equal(lost.length, torn ? 1 : 0, `cut at ${length}`);
      fill(spool, 7, 8);
      assert.deepEqual(await drain(spool), [...numbers(0, left), "record 7"]);
      await spool.close();
    }
  });

  it("believes no record whose bytes have changed", async () => {
    const spool = await open({ segment: 1000 });
    fill(spool, 0, 3);
    await spool.close();
    const path = join(folder, "spool", files()[0]!);
    const content = readFileSync(path);
    content[content.length - 1]! ^= 1;
    writeFileSync(path, content);
    const again = await open();
    assert.deepEqual(await drain(again), numbers(0, 2));
    assert.match(lost.join(), /^1: .*ends in the middle of a record$/);
    await again.close();
  });

  it("leaves files of others alone, and keeps its own from other users", async () => {
    const first = await open();
    fill(first, 0, 1);
    await first.close();
    appendFileSync(join(folder, "spool", "notes.txt"), "mine");
    const spool = await open();
    assert.equal(statSync(join(folder, "spool")).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, "spool", files()[0]!)).mode & 0o777, 0o600);
    await drain(spool);
    assert.deepEqual(files(), ["notes.txt"]);
    await spool.close();
  });

  it("counts what a failing disk costs, and works again when it does", async function () {
    const disk = join(folder, "spool");
    execFileSync("mkdir", [disk]);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).status !== 0)
      unmet(this, "tool", "a tmpfs of 64 KiB needs the right to mount");
    try {
      const spool = await open({ segment: 16_384 });
      let sent = 0;
      for (let n = 0; n < 30; n++) {
        if (spool.append(bytes(String(n).padStart(4000, "0")))) sent++;
        await settled();
      }
      await until(
        "a full disk",
        () => lost.length > 0,
        () => spool.count,
      );
      await spool.settled();
      assert.match(lost.join(), /ENOSPC/);
      const gone = lost.reduce((sum, each) => sum + Number.parseInt(each, 10), 0);
      assert.equal(spool.count, sent - gone);
      const left = await drain(spool);
      assert.equal(left.length, sent - gone);
      assert.deepEqual([...left].sort(), left);
      lost.length = 0;
      fill(spool, 0, 3);
      assert.deepEqual(await drain(spool), numbers(0, 3));
      assert.deepEqual(lost, []);
      await spool.close();
    } finally {
      execFileSync("umount", [disk]);
    }
  });

  it("is deleted with its folder", async () => {
    const spool = await open();
    fill(spool, 0, 3);
    await spool.remove();
    assert.deepEqual(readdirSync(folder), []);
  });
});

describe("an alert of a spool", () => {
  const value = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.integer(),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.oneof(fc.string(), fc.bigInt(), fc.boolean())),
  );

  it("comes back as it was", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string(), value)),
        fc.string({ unit: "binary" }),
        (fields, message) => {
          const alert: Alert = sampleAlert({
            fields,
            message,
            identity: { namespace: "a", object: "b", rule: "c" },
            group: { pod: "p", container: "c", exePath: "/x", object: "o" },
            subject: { namespace: "n", pod: "p", podUid: "u", container: "c", image: "i" },
            sinks: ["pager"],
          });
          assert.deepEqual(unpackAlert(packAlert(alert)), alert);
        },
      ),
    );
    assert.deepEqual(unpackAlert(packAlert(sampleAlert())), sampleAlert());
  });

  it("keeps its JSON to the last digit", () => {
    const alert = sampleAlert({ fields: [["proc.pid", 9_007_199_254_740_993n]] });
    assert.equal(alertJson(unpackAlert(packAlert(alert))!), alertJson(alert));
  });

  it("is nothing where the bytes are of another form", () => {
    for (const text of [
      "",
      "{",
      "null",
      "[]",
      "{}",
      '{"rule":1}',
      JSON.stringify({ ...JSON.parse(String(packAlert(sampleAlert()))), time: "x" }),
    ])
      assert.equal(unpackAlert(bytes(text)), undefined, text);
  });
});

describe("the queue of a sink with a spool", () => {
  let folder: string;
  const said: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-spool-"));
    said.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Keeps what it was sent; fails while `broken`. */
  class Receiver implements Sink {
    readonly name = "receiver";
    readonly batch = 2;
    broken = false;
    readonly got: number[] = [];
    async send(batch: readonly RenderedAlert[]): Promise<void> {
      if (this.broken) throw new DeliveryError("passing", "503");
      for (const { alert } of batch) this.got.push(Number(/alert-(\d+)/.exec(alert.message)?.[1]));
    }
    async close(): Promise<void> {}
  }
  const retry = { passing: 1e6, timeouts: 1, base: 5, cap: 5 };
  const start = async (sink: Sink, more: Partial<QueueOptions> = {}, limit = 1 << 20) => {
    const files: Spool = await Spool.open({
      folder,
      limit,
      segment: 2000,
      onLost: (records, reason) => queue.lost(records, reason),
    });
    const spool = {
      files,
      pack: ({ alert }: RenderedAlert) => packAlert(alert),
      unpack: (record: Buffer) => {
        const alert = unpackAlert(record);
        return alert && { alert, line: alert.message };
      },
    };
    const queue = new SinkQueue(sink, queueOptions({ capacity: 3, retry, spool, ...more }, said));
    void queue.open();
    return queue;
  };
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);
  const push = (queue: SinkQueue, from: number, to: number) => {
    for (let n = from; n < to; n++) queue.push(numbered(n));
  };

  it("keeps on disk what it has no room for, and delivers all of it in order", async () => {
    const sink = new Receiver();
    sink.broken = true;
    const queue = await start(sink);
    push(queue, 0, 30);
    assert.ok(queue.counters().spooled >= 25);
    assert.equal(queue.counters().dropped, 0);
    sink.broken = false;
    await until("half", () => sink.got.length > 5);
    push(queue, 30, 60);
    await until(
      "all",
      () => sink.got.length === 60,
      () => queue.counters(),
    );
    assert.deepEqual(sink.got, range(0, 60));
    const { delivered, failed, dropped, queued, spooled } = queue.counters();
    assert.deepEqual([delivered, failed, dropped, queued, spooled], [60, 0, 0, 0, 0]);
    await queue.close(100);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("delivers after a new start what was left at the end, in order", async () => {
    const sink = new Receiver();
    const first = await start(sink);
    push(first, 0, 2);
    await until("two", () => sink.got.length === 2);
    sink.broken = true;
    push(first, 2, 40);
    await first.close(30);
    const { delivered, failed, dropped, spooled } = first.counters();
    assert.deepEqual([delivered, failed, dropped, spooled], [2, 0, 0, 38]);
    sink.broken = false;
    const second = await start(sink);
    push(second, 40, 45);
    await until(
      "all",
      () => sink.got.length === 45,
      () => second.counters(),
    );
    assert.deepEqual(sink.got, range(0, 45));
    await second.close(100);
    assert.equal(second.counters().delivered, 43);
  });

  it("counts and says what the bound costs", async () => {
    const sink = new Receiver();
    sink.broken = true;
    const queue = await start(sink, {}, 2000);
    push(queue, 0, 100);
    const { dropped, spooled, queued } = queue.counters();
    assert.ok(dropped > 50 && spooled > 1);
    assert.equal(dropped + spooled + queued, 100);
    assert.match(said.join("\n"), /receiver: its queue is full, alerts are dropped/);
    await queue.close(0);
  });

  it("loses its spool with the sink, and says how much that was", async () => {
    const sink = new Receiver();
    sink.broken = true;
    const queue = await start(sink);
    push(queue, 0, 30);
    await settled();
    await queue.close(0, { forget: true });
    assert.equal(queue.counters().dropped, 30);
    assert.match(said.join("\n"), /receiver: .*the sink was removed/);
    assert.equal(spawnSync("ls", [folder]).status, 2);
  });

  it("is held for want of something: all waits, and goes to the sink that takes its place", async () => {
    const [none, sink] = [new Receiver(), new Receiver()];
    const queue = await start(none);
    queue.hold("waits for key x");
    push(queue, 0, 20);
    await settled();
    assert.deepEqual(
      [none.got, queue.counters().lastError, queue.counters().healthy],
      [[], "waits for key x", false],
    );
    queue.replace(sink);
    await until(
      "all",
      () => sink.got.length === 20,
      () => queue.counters(),
    );
    assert.deepEqual([sink.got, none.got], [range(0, 20), []]);
    assert.equal(queue.counters().healthy, true);
    await queue.close(100);
  });

  it("is replaced in the middle of a wait for the next try: nothing is lost, nothing comes twice", async () => {
    const [bad, good] = [new Receiver(), new Receiver()];
    bad.broken = true;
    const queue = await start(bad, { retry: { ...retry, base: 60_000, cap: 60_000 } });
    push(queue, 0, 10);
    await until("a failure", () => queue.counters().healthy === false);
    queue.replace(good);
    await until(
      "all",
      () => good.got.length === 10,
      () => queue.counters(),
    );
    assert.deepEqual(good.got, range(0, 10));
    assert.equal(queue.counters().failed, 0);
    await queue.close(100);
  });

  it("is replaced while a send is under way: when that fails, the other one is asked at once", async () => {
    const [bad, good] = [new Receiver(), new Receiver()];
    let fail = () => {};
    bad.send = () =>
      new Promise((_, reject) => {
        fail = () => reject(new DeliveryError("passing", "cut"));
      });
    const queue = await start(bad, { retry: { ...retry, base: 60_000, cap: 60_000 } });
    push(queue, 0, 3);
    await settled();
    queue.replace(good);
    fail();
    await until(
      "all",
      () => good.got.length === 3,
      () => queue.counters(),
    );
    assert.deepEqual(good.got, range(0, 3));
    await queue.close(100);
  });

  it("fails only the alerts of a batch that were refused", async () => {
    const sink = new Receiver();
    const send = sink.send.bind(sink);
    let first = true;
    sink.send = (batch) => {
      if (!first) return send(batch);
      first = false;
      return Promise.reject(new DeliveryError("permanent", "400", { refused: 1 }));
    };
    const queue = await start(sink);
    push(queue, 0, 3);
    await until("the rest", () => sink.got.length === 2);
    assert.deepEqual(sink.got, [1, 2]);
    assert.deepEqual([queue.counters().failed, queue.counters().delivered], [1, 2]);
    await queue.close(100);
  });
});
