import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { createLog, streamTarget, type LogOptions } from "../../../agent/cli/log.ts";

describe("the agent's log", () => {
  let time = 0;
  let lines: string[] = [];
  beforeEach(() => {
    time = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
    lines = [];
  });
  const logger = (more: Partial<LogOptions> = {}) =>
    createLog({
      level: "info",
      json: false,
      targets: [{ write: (line) => lines.push(line) }],
      now: () => time,
      ...more,
    });

  it("has time and level before each message", () => {
    logger().log("warning", "something is odd");
    assert.deepEqual(lines, ["2026-01-02T03:04:05.006Z warning: something is odd"]);
  });

  it("is JSON lines in a pod", () => {
    logger({ json: true }).log("error", 'a "quoted"\nthing \u001b[31m');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      [{ time: "2026-01-02T03:04:05.006Z", level: "error", message: 'a "quoted"\nthing \u001b[31m' }],
    );
    assert.doesNotMatch(lines[0]!, /[\u0000-\u001f]/);
  });

  it("lets no message pass for another line or move the cursor", () => {
    logger().log("error", 'x\r\u001b[2J\u009b "C:\\a"\n2026-01-02T03:04:05.006Z info: forged');
    assert.deepEqual(lines[0]!.split("\n"), [
      '2026-01-02T03:04:05.006Z error: x\\r\\u001b[2J\\u009b "C:\\a"',
      "    2026-01-02T03:04:05.006Z info: forged",
    ]);
  });

  it("leaves out what is less urgent than its level", () => {
    const { log } = logger({ level: "warning" });
    log("notice", "a");
    log("warning", "b");
    log("emergency", "c");
    assert.deepEqual(
      lines.map((line) => line.split(": ")[1]),
      ["b", "c"],
    );
  });

  it("says a cause once a minute, with how often it came meanwhile", () => {
    const { log, flush } = logger();
    const said = () => lines.splice(0).map((line) => line.slice(25));
    for (let n = 0; n < 1000; n++) log("error", `disk is full (${n})`, "disk");
    log("error", "other", "other");
    assert.deepEqual(said(), ["error: disk is full (0)", "error: other"]);
    time += 60_000;
    log("error", "disk is full (later)", "disk");
    assert.deepEqual(said(), ["error: disk is full (999) (999 more in 60 s)", "error: disk is full (later)"]);
    log("error", "disk is full (again)", "disk");
    time += 2000;
    flush();
    assert.deepEqual(said(), ["error: disk is full (again) (1 more in 2 s)"]);
    flush();
    assert.deepEqual(said(), []);
  });

  it("remembers a bounded number of causes", () => {
    const { log, flush } = logger();
    for (let n = 0; n < 5000; n++) log("error", `cause ${n}`, `cause ${n}`);
    lines = [];
    for (let n = 0; n < 5000; n++) log("error", `cause ${n}`, `cause ${n}`);
    assert.ok(lines.length >= 4000, "causes from long ago are forgotten");
    log("error", "cause 4999", "cause 4999");
    flush();
    assert.match(lines.at(-1)!, /cause 4999 \(1 more/);
  });

  it("survives a standard error that is closed or that nobody reads", () => {
    const closed = new PassThrough();
    const target = streamTarget(closed);
    closed.emit("error", new Error("EPIPE"));
    target.write("x", "info", "x");
    assert.equal(closed.read(), null);

    const stuck = new Writable({ write: () => {} });
    const unread = streamTarget(stuck);
    for (let n = 0; n < 10_000; n++) unread.write("y".repeat(1000), "info", "");
    assert.ok(stuck.writableLength < 1_100_000, `${stuck.writableLength}`);
  });

  it("says how many lines were left out once it is read again", async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const target = streamTarget(stream);
    for (let n = 0; n < 1200; n++) target.write("y".repeat(1000), "info", "");
    let text = "";
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((resolve) => setImmediate(resolve));
    target.write("next", "info", "next");
    await new Promise((resolve) => setImmediate(resolve));
    assert.match(text, /\((\d+) lines of this log were left out: nobody read them\)\nnext\n$/);
  });
});
