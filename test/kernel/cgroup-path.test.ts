import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { openCgroups, type CgroupOpener } from "../../agent/capture/cgroup-path.ts";
import { cgroupHierarchy } from "../../agent/state/cgroup-tree.ts";
import { unmet } from "../support/requirements.ts";

describe("path of a cgroup id", () => {
  let opener: CgroupOpener;
  let folder: string;
  before(function () {
    if (process.geteuid?.() !== 0) unmet(this, "kernel", "cgroups are opened by their id by root only");
    const hierarchy = cgroupHierarchy(readFileSync("/proc/self/mountinfo", "latin1"));
    if (hierarchy === undefined) unmet(this, "kernel", "no cgroup hierarchy is mounted");
    folder = hierarchy.folder;
    opener = openCgroups(folder);
  });
  after(() => opener?.close());

  const id = (path: string) => statSync(path, { bigint: true }).ino;

  it("is / for the root", () => assert.equal(opener.path(id(folder)), "/"));

  it("is found while the cgroup exists, empty though it is, and not after", () => {
    const name = `/tiercel-test-${process.pid}`;
    mkdirSync(`${folder}${name}/below`, { recursive: true });
    const below = id(`${folder}${name}/below`);
    try {
      assert.equal(opener.path(id(folder + name)), name);
      assert.equal(opener.path(below), `${name}/below`);
    } finally {
      rmdirSync(`${folder}${name}/below`);
      rmdirSync(folder + name);
    }
    assert.equal(opener.path(below), undefined);
    assert.equal(opener.path(0n), undefined);
  });
});
