import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readlinkSync, rmdirSync, statSync } from "node:fs";
import { openCgroups, type CgroupOpener } from "../../agent/capture/cgroup-path.ts";
import { cgroupHierarchy } from "../../agent/state/cgroup-tree.ts";
import { unmet } from "../support/requirements.ts";
import { end, eventually } from "../system/support/commands.ts";

describe("path of a cgroup id", () => {
  let opener: CgroupOpener;
  let folder: string;
  let point: string;
  before(function () {
    if (process.geteuid?.() !== 0) unmet(this, "kernel", "cgroups are opened by their id by root only");
    const hierarchy = cgroupHierarchy({
      mountinfo: readFileSync("/proc/self/mountinfo", "latin1"),
      root: "",
    });
    if (hierarchy === undefined) unmet(this, "kernel", "no cgroup hierarchy is mounted");
    folder = hierarchy.folder;
    opener = openCgroups(hierarchy);
    point = hierarchy.point;
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

  it("is the same through the root of a process in another mount namespace, as a pod sees the node", async () => {
    const other = spawn("unshare", ["--mount", "sleep", "100"], { stdio: "ignore" });
    try {
      const root = `/proc/${other.pid}/root`;
      await eventually("it is in a namespace of its own", () =>
        readlinkSync(`/proc/${other.pid}/ns/mnt`) === readlinkSync("/proc/self/ns/mnt") ? undefined : true,
      );
      const through = openCgroups({ folder: root + point, point });
      try {
        assert.equal(through.path(id(folder)), "/");
        const name = `/tiercel-test-${process.pid}`;
        mkdirSync(folder + name);
        try {
          assert.equal(through.path(id(folder + name)), name);
        } finally {
          rmdirSync(folder + name);
        }
      } finally {
        through.close();
      }
    } finally {
      await end(other);
    }
  });
});
