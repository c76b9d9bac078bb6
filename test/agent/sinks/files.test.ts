import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { appendLines } from "../../../agent/sinks/append.ts";
import { descriptorSink, fileSink } from "../../../agent/sinks/file.ts";
import { SinkQueue } from "../../../agent/sinks/queue.ts";
import type { DeliveryError } from "../../../agent/sinks/sink.ts";
import { stdoutSink } from "../../../agent/sinks/stdout.ts";
import { everySink } from "./every-sink.ts";
import { FakeClock, numbered, queueOptions, settled, until } from "./sample.ts";

const folder = () => mkdtempSync(join(tmpdir(), "tiercel-sinks-"));
const never = new AbortController().signal;

for (const keepAlive of [false, true])
  everySink(`file sink, keep_alive ${keepAlive}`, async () => {
    const base = folder();
    const inner = join(base, "logs");
    mkdirSync(inner);
    const path = join(inner, "events.txt");
    const sink = fileSink({ path, keepAlive });
    return {
      sink,
      received: () =>
        existsSync(path) ? readFileSync(path, "utf8") : readFileSync(join(base, "moved/events.txt"), "utf8"),
      breakIt: () => {
        renameSync(inner, join(base, "moved"));
        sink.reopen?.();
      },
      mend: () => mkdirSync(inner),
      close: () => rmSync(base, { recursive: true }),
    };
  });

everySink("stdout sink on a pipe", async () => {
  const stream = new PassThrough();
  let text = "";
  stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return {
    sink: stdoutSink(stream),
    received: () => text,
    breakIt: () => void stream.destroy(new Error("write EPIPE")),
    close: () => {},
  };
});

describe("file sink", () => {
  let base: string;
  beforeEach(() => {
    base = folder();
  });
  afterEach(() => rmSync(base, { recursive: true }));
  const send = async (sink: ReturnType<typeof fileSink>, ...lines: string[]) =>
    sink.send(
      lines.map((line) => ({ ...numbered(0), line })),
      never,
    );

  it("appends whole lines to what is there", async () => {
    const path = join(base, "e");
    writeFileSync(path, "before\n");
    await send(fileSink({ path, keepAlive: false }), "a", "b");
    assert.equal(readFileSync(path, "utf8"), "before\na\nb\n");
  });

  it("says at the start what is wrong, with the absolute path and the errno", async () => {
    const path = join(base, "none/e");
    const said: string[] = [];
    const queue = new SinkQueue(fileSink({ path, keepAlive: false }), queueOptions({}, said));
    await queue.open();
    assert.deepEqual(said, [
      `file_output: ${path} cannot be opened for appending: ENOENT: no such file or directory`,
    ]);
    assert.equal(queue.counters().healthy, false);
    assert.equal(queue.counters().lastError, said[0]!.slice("file_output: ".length));
    const inFile = fileSink({ path: "/proc/self/status/e", keepAlive: true });
    await assert.rejects(async () => inFile.open?.(), /ENOTDIR: not a directory/);
    await assert.rejects(async () => fileSink({ path: base, keepAlive: true }).open?.(), /EISDIR/);
  });

  it("follows a rotation at once without keep_alive, and on reopen with it", async () => {
    const path = join(base, "e");
    for (const keepAlive of [false, true]) {
      const sink = fileSink({ path, keepAlive });
      await send(sink, "one");
      renameSync(path, `${path}.1`);
      await send(sink, "two");
      assert.equal(existsSync(path), !keepAlive);
      if (keepAlive) {
        sink.reopen?.();
        await send(sink, "three");
        assert.equal(readFileSync(`${path}.1`, "utf8"), "one\ntwo\n");
        assert.equal(readFileSync(path, "utf8"), "three\n");
      }
      await sink.close();
      rmSync(path);
    }
  });

  it("does not hang on a FIFO that nobody reads, and writes to one that is read", async () => {
    const path = join(base, "fifo");
    execFileSync("mkfifo", [path]);
    const sink = fileSink({ path, keepAlive: true });
    await assert.rejects(send(sink, "lost"), /ENXIO: it is a FIFO that nobody reads/);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    await send(sink, "kept");
    const buffer = Buffer.alloc(100);
    assert.equal(buffer.toString("utf8", 0, readSync(reader, buffer)), "kept\n");
    closeSync(reader);
    await assert.rejects(send(sink, "lost"), /EPIPE/);
    await sink.close();
  });

  it("waits for a FIFO's slow reader without losing or doubling a line, and gives up when told", async () => {
    const path = join(base, "fifo");
    execFileSync("mkfifo", [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const sink = fileSink({ path, keepAlive: true });
    const lines = Array.from({ length: 100 }, (_, n) => `${n} ${"x".repeat(2000)}`);
    const controller = new AbortController();
    const sending = sink.send(
      lines.map((line) => ({ ...numbered(0), line })),
      controller.signal,
    );
    let text = "";
    const buffer = Buffer.alloc(50_000);
    const drain = () => {
      try {
        text += buffer.toString("utf8", 0, readSync(reader, buffer));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, "EAGAIN");
      }
      return text.split("\n").length > 100;
    };
    await until("all lines", drain, () => text.length);
    await sending;
    assert.equal(text, lines.map((line) => `${line}\n`).join(""));
    const stuck = sink.send(
      lines.map((line) => ({ ...numbered(0), line })),
      controller.signal,
    );
    setTimeout(() => controller.abort(), 50);
    await assert.rejects(stuck, (error: DeliveryError) => {
      assert.equal(error.fault, "timeout");
      assert.ok(error.delivered > 10 && error.delivered < 60, `${error.delivered}`);
      return true;
    });
    closeSync(reader);
    await sink.close();
  });

  it("knows a line that just fits for whole", async () => {
    const path = join(base, "fifo");
    execFileSync("mkfifo", [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const sink = fileSink({ path, keepAlive: true });
    const controller = new AbortController();
    const lines = Array.from({ length: 100 }, () => ({ ...numbered(0), line: "x".repeat(1023) }));
    const sending = sink.send(lines, controller.signal);
    setTimeout(() => controller.abort(), 50);
    await assert.rejects(sending, { delivered: 64 }, "a pipe holds 65,536 bytes");
    const buffer = Buffer.alloc(70_000);
    assert.equal(readSync(reader, buffer), 65_536);
    await send(sink, "next");
    assert.equal(buffer.toString("utf8", 0, readSync(reader, buffer)), "next\n");
    closeSync(reader);
    await sink.close();
  });

  it("counts every alert a device that is always full refuses", async () => {
    const said: string[] = [];
    const queue = new SinkQueue(fileSink({ path: "/dev/full", keepAlive: true }), queueOptions({}, said));
    for (let n = 0; n < 250; n++) queue.push(numbered(n));
    await until(
      "the outcome",
      () => queue.counters().failed === 250,
      () => queue.counters(),
    );
    assert.equal(queue.counters().lastError, "/dev/full: ENOSPC: no space left on device");
    await queue.close(1000);
  });

  it("begins a new line after one that was torn", async () => {
    const path = join(base, "e");
    const descriptor = openSync(path, "a");
    await appendLines(descriptor, ["next"], { torn: true }, never);
    closeSync(descriptor);
    assert.equal(readFileSync(path, "utf8"), "\nnext\n");
  });

  it("says so where it may not write into the folder", async () => {
    chmodSync(base, 0o555);
    const asRoot = process.geteuid?.() === 0;
    if (asRoot) process.seteuid?.(65_534);
    try {
      const path = join(base, "e");
      await assert.rejects(
        async () => fileSink({ path, keepAlive: false }).open?.(),
        (error: Error) =>
          error.message === `${path} cannot be opened for appending: EACCES: permission denied`,
      );
    } finally {
      if (asRoot) process.seteuid?.(0);
      chmodSync(base, 0o755);
    }
  });

  it("serves standard output that is a file", async () => {
    const path = join(base, "out");
    const descriptor = openSync(path, "a");
    const sink = descriptorSink("stdout_output", descriptor);
    await sink.send([numbered(1)], never);
    await sink.close();
    closeSync(descriptor);
    assert.match(readFileSync(path, "utf8"), /alert-1\.\n$/);
  });
});

describe("stdout that nobody reads", () => {
  it("holds one batch in the stream, the queue's capacity behind it, and counts the rest", async () => {
    const clock = new FakeClock();
    const said: string[] = [];
    const pending: (() => void)[] = [];
    const stream = new Writable({ write: (_chunk, _encoding, done) => void pending.push(done) });
    const queue = new SinkQueue(
      stdoutSink(stream),
      queueOptions({ clock, capacity: 500, patient: true }, said),
    );
    for (let n = 0; n < 100_000; n++) {
      queue.push(numbered(n));
      if (n % 1000 === 0) await settled();
    }
    await clock.advance(2000);
    const { queued, dropped, delivered, failed } = queue.counters();
    assert.ok(queued <= 600, `${queued}`);
    assert.equal(queued + dropped, 100_000);
    assert.deepEqual([delivered, failed], [0, 0]);
    assert.ok(stream.writableLength < 10_000, `${stream.writableLength}`);
    assert.match(said.join(), /stdout_output: took no alert for 2000 ms/);
    let closed = false;
    void queue.close(1000).then(() => (closed = true));
    await clock.advance(1000);
    assert.ok(closed);
    const end = queue.counters();
    assert.equal(end.failed + end.dropped, 100_000);
    assert.equal(end.queued, 0);
  });
});
