import assert from "node:assert/strict";
import { rmdirSync } from "node:fs";
import type { Capture } from "../../agent/capture/index.ts";
import { codes, openCapture } from "./capturing.ts";

describe("the ring", function () {
  this.timeout(30_000);
  let capture: Capture;
  before(function () {
    // As small as may be, so that records wrap at its end often, at all their lengths.
    capture = openCapture(this, { hideSelf: false, ringBytes: 65_536, ringReserve: 4_096 });
  });
  after(() => capture?.close());

  it("hands over every record whole and in order, also those that stand across its end", () => {
    // A call that nobody else on the machine makes often.
    capture.setWanted({ codes: codes(["rmdir"]), environment: false, cwd: [] });
    const seen: string[] = [];
    const asked: string[] = [];
    const take = () =>
      capture.drain((record) => {
        const name = record.text(0) ?? "";
        if (!name.startsWith("/nothing/")) return;
        assert.equal(record.ret, -2);
        seen.push(name);
      }, 1000);
    for (let i = 0; i < 5_000; i++) {
      const name = `/nothing/${i}/${"x".repeat((i * 37) % 3_000)}`.slice(0, 200 + ((i * 53) % 3_000));
      const short = name.replace(/x{255,}/g, (long) =>
        long.replace(/x{200}/g, (part) => `${part.slice(1)}/`),
      );
      asked.push(short);
      assert.throws(() => rmdirSync(short), { code: "ENOENT" });
      if (i % 8 === 0) take();
    }
    take();
    assert.deepEqual(seen, asked);
    assert.equal(capture.ring.malformed, 0);
    assert.deepEqual(capture.counters().dropped, []);
  });
});
