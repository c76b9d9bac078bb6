import assert from "node:assert/strict";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmdirSync, statSync } from "node:fs";
import type { Capture } from "../../agent/capture/index.ts";
import { unmet } from "../support/requirements.ts";
import { number, openCapture, record, text } from "./capturing.ts";

describe("the cgroup of a record", () => {
  const hierarchies = [
    { version: 1, names: "memory", roots: ["/sys/fs/cgroup/memory"] },
    { version: 2, names: "", roots: ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"] },
  ] as const;
  for (const { version, names, roots } of hierarchies)
    it(`is the inode of the task's folder in v${version}`, function () {
      const line = readFileSync("/proc/self/cgroup", "utf8")
        .split("\n")
        .map((each) => each.split(":"))
        .find(([, controllers]) => controllers?.split(",").includes(names));
      const root = roots.find((each) => existsSync(`${each}/cgroup.procs`));
      if (line === undefined || root === undefined)
        unmet(this, "tool", `a mounted cgroup hierarchy of version ${version} with memory`);
      const capture = openCapture(this, { hideSelf: false, hierarchy: { version, id: Number(line[0]) } });
      try {
        const [event] = record(capture, ["openat"], () => closeSync(openSync("/etc/passwd", "r"))).filter(
          (each) => each.header.pid === process.pid,
        );
        assert.equal(event!.header.cgroup, statSync(root + line.slice(2).join(":"), { bigint: true }).ino);
      } finally {
        capture.close();
      }
    });
});

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
    if (capture.hierarchy.version === 2)
      unmet(this, "tool", "a second cgroup hierarchy, which v2 alone has not");
    assert.deepEqual(made("/sys/fs/cgroup/cpuset").all, []);
  });
});
