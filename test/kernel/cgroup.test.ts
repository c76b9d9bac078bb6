import assert from "node:assert/strict";
import { mkdirSync, rmdirSync, statSync } from "node:fs";
import type { Capture } from "../../agent/capture/index.ts";
import { number, openCapture, record, text } from "./capturing.ts";

describe("a new cgroup", () => {
  let capture: Capture;
  before(function () {
    capture = openCapture(this, { hideSelf: false });
  });
  after(() => capture?.close());

  const name = `tiercel-${process.pid}`;
  const made = (root: string) => {
    let inode = 0n;
    const all = record(capture, ["cgroup_mkdir"], () => {
      mkdirSync(`${root}/${name}`);
      inode = statSync(`${root}/${name}`, { bigint: true }).ino;
      rmdirSync(`${root}/${name}`);
    });
    return { inode, all: all.filter((each) => each.header.pid === process.pid) };
  };

  it("is told with its id and path", () => {
    const { inode, all } = made(capture.hierarchy.version === 1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup");
    const [event, ...more] = all;
    assert.deepEqual(more, []);
    assert.ok(event);
    assert.deepEqual([...event.parts.keys()], [0, 1]);
    assert.equal(number(event, 0), Number(inode));
    assert.equal(text(event, 1), `/${name}`);
  });

  it("of another hierarchy is not told", function () {
    if (capture.hierarchy.version === 2) this.skip();
    assert.deepEqual(made("/sys/fs/cgroup/cpuset").all, []);
  });
});
