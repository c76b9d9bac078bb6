/** Fields of what a task uses and of its first three descriptors, from made records. */
import assert from "node:assert/strict";
import { parseAddress } from "../../../agent/events/addresses.ts";
import type { StreamFacts, TaskFacts } from "../../../agent/events/encode.ts";
import { anonKinds, fileFactFlags, socketRoles } from "../../../agent/events/record.ts";
import { context, read } from "./fixture.ts";

const PIPEFS = 0x50495045;
const EXT4 = 0xef53;
const SOCKFS = 0x534f434b;
const ANON = 0x09041934;
const file = (path: string): StreamFacts => ({ mode: 0o100644, fs_magic: EXT4, path });
const pipe: StreamFacts = { mode: 0o10600, fs_magic: PIPEFS };
const closed: StreamFacts = {};
const socket = (family: number, facts: StreamFacts): StreamFacts => ({
  mode: 0o140777,
  fs_magic: SOCKFS,
  family,
  ...facts,
});
const connection = (role: number, family = 2): StreamFacts =>
  socket(family, {
    role,
    local_port: 40000,
    remote_port: 443,
    local_address: parseAddress(family === 2 ? "10.0.0.1" : "fd00::1")!,
    remote_address: parseAddress(family === 2 ? "10.0.0.2" : "fd00::2")!,
  });

const streams = (stdin: StreamFacts, stdout: StreamFacts = closed, stderr: StreamFacts = closed) =>
  context({ event: "execve", streams: [stdin, stdout, stderr] });

describe("fields of the first three descriptors", () => {
  const cases: [name: string, facts: StreamFacts, type: string | undefined, text: string | undefined][] = [
    ["a file", file("/etc/hosts"), "file", "/etc/hosts"],
    ["a file whose path nobody asked for", { mode: 0o100644, fs_magic: EXT4 }, "file", ""],
    ["a folder", { mode: 0o40755, fs_magic: EXT4, path: "/srv" }, "directory", "/srv"],
    ["a pipe", pipe, "pipe", ""],
    ["a closed one", closed, undefined, undefined],
    ["a client's", connection(socketRoles.CLIENT), "ipv4", "10.0.0.1:40000->10.0.0.2:443"],
    ["a server's", connection(socketRoles.SERVER), "ipv4", "10.0.0.2:443->10.0.0.1:40000"],
    ["IPv6", connection(socketRoles.UNKNOWN, 10), "ipv6", "fd00::1:40000->fd00::2:443"],
    [
      "a listening one",
      socket(2, { local_port: 80, local_address: parseAddress("0.0.0.0")! }),
      "ipv4",
      "0.0.0.0:80",
    ],
    ["one that is not bound", socket(2, {}), "ipv4", ""],
    ["a unix socket", socket(1, { path: "/run/x.sock" }), "unix", "/run/x.sock"],
    ["one without a path", socket(1, {}), "unix", ""],
    ["one of another family", socket(40, {}), "<NA>", ""],
    ["an eventfd", { mode: 0o600, fs_magic: ANON, anon: anonKinds.EVENTFD }, "event", ""],
    [
      "a memfd",
      { mode: 0o100777, fs_magic: EXT4, flags: fileFactFlags.MEMFD, path: "/memfd:x" },
      "memfd",
      "x",
    ],
  ];
  for (const [name, facts, type, text] of cases)
    it(`tell ${name}`, () => {
      const first = streams(facts, pipe, file("/tmp/err"));
      assert.deepEqual([read("proc.stdin.type", first), read("proc.stdin.name", first)], [type, text]);
      const last = streams(file("/tmp/in"), pipe, facts);
      assert.deepEqual([read("proc.stderr.type", last), read("proc.stderr.name", last)], [type, text]);
      assert.deepEqual([read("proc.stdout.type", last), read("proc.stdout.name", last)], ["pipe", ""]);
    });

  it("are missing where nobody asked the kernel", () => {
    const c = context({ event: "execve" });
    for (const stream of ["stdin", "stdout", "stderr"])
      assert.deepEqual(
        [read(`proc.${stream}.type`, c), read(`proc.${stream}.name`, c)],
        [undefined, undefined],
      );
  });

  it("answer fd.types of the number", () => {
    const c = streams(connection(socketRoles.CLIENT), pipe);
    assert.deepEqual(
      ["fd.types[0]", "fd.types[1]", "fd.types[2]", "fd.types[3]", "fd.types"].map((token) => read(token, c)),
      [["ipv4"], ["pipe"], undefined, undefined, undefined],
    );
  });
});

describe("fields of what a task uses", () => {
  const task: TaskFacts = {
    vm_size: 83256,
    vm_rss: 3612,
    vm_swap: 12,
    pgft_maj: 3,
    pgft_min: 334,
    fdlimit: 1024,
    fdopencount: 256,
    exectime: 1500,
    totexectime: 2_000_000_000,
  };
  const cases: [token: string, want: number, ofThread?: number][] = [
    ["proc.fdopencount", 256],
    ["proc.fdlimit", 1024],
    ["proc.fdusage", 25],
    ["proc.vmsize", 83256],
    ["proc.vmrss", 3612],
    ["proc.vmswap", 12],
    ["thread.vmsize", 83256, 0],
    ["thread.vmrss", 3612, 0],
    ["thread.vmsize.b", 83256 * 1024, 0],
    ["thread.vmrss.b", 3612 * 1024, 0],
    ["thread.pfmajor", 3],
    ["thread.pfminor", 334],
    ["thread.exectime", 1500],
    ["thread.totexectime", 2_000_000_000],
  ];
  for (const [token, want, ofThread = want] of cases)
    it(`${token} is ${want} of the main thread, ${ofThread} of another, missing where nobody asked`, () => {
      assert.equal(read(token, context({ event: "openat", task })), want);
      assert.equal(read(token, context({ event: "openat", task, header: { tid: 101 } })), ofThread);
      assert.equal(read(token, context({ event: "openat" })), undefined);
    });

  it("say 0 per cent where no descriptor may be opened", () => {
    assert.equal(read("proc.fdusage", context({ event: "openat", task: { fdopencount: 3 } })), 0);
  });

  for (const event of ["execve", "execveat", "clone", "clone3", "fork", "vfork"])
    it(`are parameters of ${event}`, () => {
      const c = context({ event, task });
      const values = ["fdlimit", "pgft_maj", "pgft_min", "vm_size", "vm_rss", "vm_swap"].map((name) =>
        read(`evt.arg.${name}`, c),
      );
      assert.deepEqual(values, ["1024", "3", "334", "83256", "3612", "12"]);
      assert.equal(read("evt.rawarg.vm_size", c), 83256);
    });
});
