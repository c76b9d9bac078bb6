import assert from "node:assert/strict";
import { closeSync, openSync, statSync } from "node:fs";
import type { Capture } from "../../agent/capture/index.ts";
import { fileFact, offsets, parts } from "../../agent/events/record.ts";
import { number, openCapture, record, text } from "./capturing.ts";

describe("openat", () => {
  let capture: Capture;
  before(function () {
    capture = openCapture(this, { hideSelf: false });
  });
  after(() => capture?.close());

  it("tells every parameter and the file behind the new descriptor", () => {
    let fd = -1;
    const all = record(capture, ["openat"], () => {
      fd = openSync("/etc/passwd", "r");
    });
    closeSync(fd);
    const [event, ...more] = all.filter((each) => each.header.pid === process.pid);
    assert.ok(event);
    assert.deepEqual(more, []);
    assert.equal(event.event, "openat");
    assert.equal(event.header.ret, fd);
    assert.deepEqual([...event.parts.keys()], [0, 1, 2, 3, parts.FILE, parts.REALPATH]);
    assert.equal(number(event, 0), -100);
    assert.equal(text(event, 1), "/etc/passwd");
    assert.equal(number(event, 2), 0x80000);
    assert.equal(number(event, 3), 0);
    assert.equal(text(event, parts.REALPATH), "/etc/passwd");
    const fact = event.parts.get(parts.FILE)!;
    assert.equal(fact.readBigUInt64LE(offsets(fileFact).ino), statSync("/etc/passwd", { bigint: true }).ino);
  });
});
