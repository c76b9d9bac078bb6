import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  NodeState,
  cgroupHierarchy,
  createReader,
  type ReaderAnswer,
  type ReaderRequest,
} from "../../../agent/state/index.ts";
import type { RootFile } from "../../../agent/state/users.ts";
import { record } from "./records.ts";

const second = 1_000_000_000n;

describe("state of the node", () => {
  let posted: ReaderRequest[];
  let node: NodeState;
  let files: Record<string, string>;
  const readInRoot = (pid: number, path: string): RootFile | undefined => {
    const text = files[`${pid}${path}`];
    return text === undefined ? undefined : { bytes: Buffer.from(text, "latin1"), stamp: text };
  };
  const reader = createReader({
    bootClock: () => 5n * second,
    wallClock: () => 105n * second,
    readInRoot,
    hierarchy: cgroupHierarchy(readFileSync("/proc/self/mountinfo", "latin1")),
  });
  /** What a worker would do: everything crosses as plain data. */
  const answerAll = () => {
    for (const request of posted.splice(0))
      node.receive(structuredClone<ReaderAnswer>(reader(structuredClone(request))));
  };
  beforeEach(() => {
    posted = [];
    files = { "1/etc/passwd": "me:x:1000:1::/home/me:/bin/sh", "1/etc/services": "ssh 22/tcp" };
    node = new NodeState({
      post: (request) => posted.push(request),
      hostname: "n",
      bootTime: 100n * second,
      now: () => 0n,
    });
  });

  it("is ready when the scan is in: processes, cgroups, users, mounts, services", () => {
    node.start();
    node.rescan();
    assert.deepEqual(
      posted.map(({ kind }) => kind),
      ["host", "users", "scan"],
    );
    assert.equal(node.ready, false);
    answerAll();
    assert.equal(node.ready, true);
    const own = node.host.process(process.pid);
    assert.equal(own?.exePath, process.execPath);
    assert.equal(own?.ppid, process.ppid);
    assert.equal(own?.parent?.pid, process.ppid);
    assert.equal(node.host.users.user(1000, undefined)?.name, "me");
    assert.equal(node.host.serviceName(22, "tcp"), "ssh");
    assert.equal(node.host.bootTime, 100n * second);
    assert.ok(node.host.isLocalAddress("\x7f\0\0\x01"));
    node.rescan();
    // Containers that run here ask for their users meanwhile.
    assert.equal(posted.filter(({ kind }) => kind === "scan").length, 1);
  });

  it("looks up a process that only a record told of", () => {
    node.environment = true;
    const stat = readFileSync(`/proc/${process.pid}/stat`, "latin1");
    const ticks = BigInt(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]!);
    const found = node.state.apply(
      record("openat", { pid: process.pid, start_time: ticks * 10_000_000n + 7n, comm: "x" }),
    );
    assert.deepEqual(posted, [{ kind: "process", pid: process.pid, environment: true }]);
    answerAll();
    assert.equal(found?.exePath, process.execPath);
    assert.ok((found?.env?.length ?? 0) > 0);
  });

  it("reads a container's users when it is first seen, and not from a process that is gone", () => {
    node.state.learnCgroups([[9n, "/default/web"]]);
    const inside = node.state.apply(record("openat", { pid: 4_194_305, start_time: second, cgroup: 9n }));
    assert.deepEqual(posted[0], { kind: "users", container: "web", pid: 4_194_305 });
    answerAll();
    assert.equal(node.host.users.user(1000, inside), undefined);
    files["4194305/etc/passwd"] = "app:x:1000:1::/:";
    node.receive(reader({ kind: "users", container: "web", pid: 4_194_305 }));
    assert.equal(node.host.users.user(1000, inside)?.name, "app");
  });

  it("follows a wall clock that was set, not one that drifts", () => {
    const host = (bootTime: bigint): ReaderAnswer => ({
      kind: "host",
      addresses: [],
      mountinfo: "",
      services: "",
      bootTime,
    });
    node.receive(host(100n * second + 50_000_000n));
    assert.equal(node.host.bootTime, 100n * second);
    node.receive(host(200n * second));
    assert.equal(node.host.bootTime, 200n * second);
  });
});
