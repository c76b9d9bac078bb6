import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncOptions } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Capture } from "../../agent/capture/index.ts";
import { exeFact, offsets, parts } from "../../agent/events/record.ts";
import { commandOf, doors, type Call, type MakeOptions } from "./calls.ts";
import { number, openCapture, record, text, type Captured } from "./capturing.ts";
import { eventCases } from "./cases.ts";

const folder = mkdtempSync("/tmp/tiercel-exec-");
after(() => rmSync(folder, { recursive: true }));

const exe = offsets(exeFact);
const WRITABLE = 1;
const UPPER = 2;
const MEMFD = 4;
const LOWER = 8;
const DELETED = 16;

describe("execve that succeeds", () => {
  let capture: Capture;
  before(function () {
    capture = openCapture(this);
  });
  after(() => capture?.close());

  /** Runs a command and returns the last exec of the process, and what it printed. */
  function run(
    command: readonly string[],
    options: SpawnSyncOptions = {},
    recording: { environment?: boolean } = {},
  ): { event: Captured; output: string } {
    let pid = 0;
    let output = "";
    const all = record(
      capture,
      ["execve", "execveat"],
      () => {
        const child = spawnSync(command[0]!, command.slice(1), {
          ...options,
          encoding: "utf8",
          timeout: 10_000,
        });
        pid = child.pid;
        output = child.stdout;
      },
      recording,
    );
    const event = all.filter((each) => each.header.pid === pid && each.header.ret === 0).at(-1);
    assert.ok(event, `no exec of ${command.join(" ")}`);
    return { event, output };
  }

  const fact = (event: Captured, field: "flags" | "args_length" | "env_length" | "uid" | "mode" | "dev") =>
    event.parts.get(parts.EXE)!.readUInt32LE(exe[field]);

  it("has exactly the parts it should have", () => {
    const { event } = run(["/bin/true", "a b", ""], { cwd: "/tmp" });
    assert.equal(event.event, "execve");
    assert.deepEqual([...event.parts.keys()], [0, 2, parts.CWD, parts.EXE_PATH, parts.ARGS, parts.EXE]);
    assert.equal(text(event, 0), "/bin/true");
    assert.equal(number(event, 2), event.header.tid);
    assert.equal(text(event, parts.CWD), "/tmp");
    assert.equal(text(event, parts.EXE_PATH), "/usr/bin/true");
    assert.equal(text(event, parts.ARGS), "/bin/true\0a b\0\0");
    assert.equal(event.comm, "true");
    assert.equal(event.header.syscall, 0xffffffff);
    assert.equal(event.header.flags, 2);
    assert.deepEqual(event.cut, []);
  });

  it("tells who runs it as /proc does", () => {
    const { event, output } = run([
      "/bin/cat",
      "/proc/self/stat",
      "/proc/self/status",
      "/proc/self/loginuid",
    ]);
    const stat = output.slice(output.indexOf(")") + 2).split(" ");
    const status = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(output)![1]!;
    const { header } = event;
    assert.equal(header.ppid, process.pid);
    assert.equal(header.pgid, Number(stat[2]));
    assert.equal(header.vpgid, Number(stat[2]));
    assert.equal(header.sid, Number(stat[3]));
    assert.equal(header.vsid, Number(stat[3]));
    assert.equal(header.tty, Number(stat[4]));
    assert.equal(BigInt(header.start_time) / 10_000_000n, BigInt(stat[19]!));
    assert.equal(header.vpid, header.pid);
    assert.equal(header.vtid, header.tid);
    assert.equal(header.cap_effective, BigInt(`0x${status("CapEff")}`));
    assert.equal(header.cap_permitted, BigInt(`0x${status("CapPrm")}`));
    assert.equal(header.cap_inheritable, BigInt(`0x${status("CapInh")}`));
    assert.equal(header.uid, 0);
    assert.equal(header.gid, 0);
    assert.equal(header.loginuid, Number(output.slice(output.lastIndexOf("\n") + 1)));
    const inode = (name: string) => Number(/\d+/.exec(readlinkSync(`/proc/self/ns/${name}`))![0]);
    assert.equal(header.pidns, inode("pid"));
    assert.equal(header.mntns, inode("mnt"));
  });

  it("tells the inode of the task's cgroup folder", () => {
    const { event, output } = run(["/bin/cat", "/proc/self/cgroup"]);
    const line = output
      .split("\n")
      .map((each) => each.split(":"))
      .find(([id, names]) =>
        capture.hierarchy.version === 1 ? names!.split(",").includes("memory") : id === "0",
      )!;
    const root = capture.hierarchy.version === 1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
    assert.equal(event.header.cgroup, statSync(root + line.slice(2).join(":"), { bigint: true }).ino);
  });

  it("tells the program's file", () => {
    const { event } = run(["/bin/cat", "/dev/null"]);
    const stat = statSync("/usr/bin/cat", { bigint: true });
    const bytes = event.parts.get(parts.EXE)!;
    assert.equal(bytes.length, exe.size);
    assert.equal(bytes.readBigUInt64LE(exe.ino), stat.ino);
    assert.equal(bytes.readBigUInt64LE(exe.ctime), stat.ctimeNs);
    assert.equal(bytes.readBigUInt64LE(exe.mtime), stat.mtimeNs);
    assert.equal(fact(event, "uid"), 0);
    assert.equal(fact(event, "mode"), Number(stat.mode));
    assert.equal(fact(event, "args_length"), "/bin/cat\0/dev/null\0".length);
    assert.equal(fact(event, "flags"), WRITABLE);
  });

  it("carries the environment only where it is asked for", () => {
    const env = { A: "1", B: "two words" };
    assert.equal(run(["/bin/true"], { env }).event.parts.has(parts.ENV), false);
    const { event } = run(["/bin/true"], { env }, { environment: true });
    assert.equal(text(event, parts.ENV), "A=1\0B=two words\0");
    assert.equal(fact(event, "env_length"), "A=1\0B=two words\0".length);
  });

  it("cuts arguments at 16 KiB and environment at 8 KiB, and says how long they were", () => {
    const long = "x".repeat(20_000);
    const { event } = run(["/bin/true", long], { env: { LONG: long } }, { environment: true });
    assert.equal(event.parts.get(parts.ARGS)!.length, 16384);
    assert.equal(event.parts.get(parts.ENV)!.length, 8192);
    assert.deepEqual(event.cut, [parts.ARGS, parts.ENV]);
    assert.equal(fact(event, "args_length"), "/bin/true\0".length + long.length + 1);
    assert.equal(fact(event, "env_length"), "LONG=".length + long.length + 1);
  });

  it("of a script is its interpreter's, by the script's name", () => {
    const script = `${folder}/script`;
    writeFileSync(script, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    const { event } = run([script]);
    assert.equal(text(event, 0), script);
    assert.equal(text(event, parts.EXE_PATH), "/usr/bin/dash");
    assert.equal(text(event, parts.ARGS), `/bin/sh\0${script}\0`);
    assert.equal(event.comm, "script");
  });

  it("says that the user may not write to it, or owns it", () => {
    const own = `${folder}/own`;
    copyFileSync("/bin/true", own);
    spawnSync("chown", ["65534:65534", own]);
    spawnSync("chmod", ["755", folder, own]);
    const nobody = { uid: 65534, gid: 65534 };
    const { event } = run(["/bin/true"], nobody);
    assert.equal(event.header.uid, 65534);
    assert.equal(event.header.gid, 65534);
    assert.equal(event.header.cap_effective, 0n);
    assert.equal(fact(event, "flags"), 0);
    assert.equal(fact(run([own], nobody).event, "flags"), WRITABLE);
    spawnSync("chmod", ["555", own]);
    assert.equal(fact(run([own], nobody).event, "flags"), 0);
  });

  const words = (...texts: string[]) =>
    `w:${texts.map((each) => `#${Buffer.from(each).toString("hex")}`).join(",")},0`;
  const calls = (list: readonly Call[], options: MakeOptions = {}) => commandOf(list, options);

  it("from an memfd says so, and execveat that succeeds is execve", () => {
    const { event } = run(
      calls([
        ["memfd_create", "s:payload", 0],
        ["open", "s:/bin/true", 0, 0],
        ["sendfile", "@0", "@1", 0, statSync("/bin/true").size],
        ["execveat", "@0", "s:", words("name"), "w:0", 0x1000],
      ]),
    );
    assert.equal(event.event, "execve");
    assert.match(text(event, 0)!, /^\/dev\/fd\/\d+$/);
    assert.equal(text(event, parts.EXE_PATH), "/memfd:payload");
    assert.equal(text(event, parts.ARGS), "name\0");
    assert.equal(fact(event, "flags"), MEMFD | WRITABLE);
  });

  it("of a deleted file says so", () => {
    copyFileSync("/bin/true", `${folder}/gone`);
    const { event } = run(
      calls([
        ["open", `s:${folder}/gone`, 0, 0],
        ["unlink", `s:${folder}/gone`],
        ["execveat", "@0", "s:", words("name"), "w:0", 0x1000],
      ]),
    );
    assert.equal(text(event, parts.EXE_PATH), `${folder}/gone`);
    assert.equal(fact(event, "flags"), DELETED | WRITABLE);
  });

  it("tells the layer of an overlay", () => {
    for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(`${folder}/${name}`);
    copyFileSync("/bin/true", `${folder}/lower/below`);
    const overlay = `lowerdir=${folder}/lower,upperdir=${folder}/upper,workdir=${folder}/work`;
    const under = (program: string) => [
      "unshare",
      "-m",
      "sh",
      "-c",
      `mount -t overlay overlay -o ${overlay} ${folder}/merged && cp ${folder}/merged/below ${folder}/merged/above && exec ${folder}/merged/${program}`,
    ];
    const below = run(under("below")).event;
    assert.equal(text(below, parts.EXE_PATH), `${folder}/merged/below`);
    assert.equal(fact(below, "flags"), WRITABLE | LOWER);
    assert.equal(fact(run(under("above")).event, "flags"), WRITABLE | UPPER);
  });

  it("in a thread takes the leader's id and tells its own before", () => {
    const { event } = run(calls([["execve", "s:/bin/true", words("t"), "w:0"]], { thread: true }));
    assert.equal(event.header.tid, event.header.pid);
    assert.ok(number(event, 2)! > Number(event.header.pid));
  });

  it("in a PID namespace has both numbers, and when that namespace began", () => {
    const { event } = run(["unshare", "-p", "--fork", "/bin/true"]);
    assert.equal(event.header.vpid, event.header.pid, "unshare itself is outside");
    const all = record(capture, ["execve"], () => spawnSync("unshare", ["-p", "--fork", "/bin/true"]));
    const inside = all.find((each) => each.comm === "true" && each.header.vpid === 1)!;
    assert.equal(inside.header.vtid, 1);
    assert.ok(Number(inside.header.pid) > 1);
    assert.notEqual(inside.header.pidns, event.header.pidns);
    assert.equal(inside.parts.get(parts.EXE)!.readBigUInt64LE(exe.pidns_start), inside.header.start_time);
  });

  it("has a terminal's number", () => {
    const all = record(capture, ["execve"], () => {
      spawnSync("script", ["-qec", `exec /bin/true ${folder}`, "/dev/null"]);
    });
    const event = all.find((each) => text(each, parts.ARGS) === `/bin/true\0${folder}\0`)!;
    assert.equal(Number(event.header.tty) >> 8, 136);
  });
});

eventCases("execve, execveat that fail", [
  {
    name: "execve tells the path asked",
    event: "execve",
    calls: [["execve", "s:/none", 0, 0]],
    want: { 0: "/none" },
    ret: -2,
    records: 2,
    doors,
  },
  {
    name: "execve of a relative path tells the folder",
    event: "execve",
    calls: [["execve", "s:none", 0, 0]],
    options: { cwd: folder },
    want: { 0: "none" },
    facts: { BASE: folder },
    ret: -2,
    records: 2,
  },
  {
    name: "execveat tells folder and flags",
    event: "execveat",
    calls: [
      ["open", `s:${folder}`, 0, 0],
      ["execveat", "@0", "s:none", 0, 0, 0x100],
    ],
    which: 1,
    want: { 0: "none", 1: 0x100 },
    facts: { BASE: folder },
    ret: -2,
    doors,
  },
]);
