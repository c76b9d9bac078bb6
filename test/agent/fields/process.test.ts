import assert from "node:assert/strict";
import { ancestors } from "../../../agent/fields/ancestors.ts";
import type { Process } from "../../../agent/state/types.ts";
import { bootTime, context, exists, process, read } from "./fixture.ts";

const init = process({
  pid: 1,
  comm: "systemd",
  exe: "/sbin/init",
  args: [],
  sid: 1,
  pgid: 1,
  cloneTime: 0n,
  pidnsStart: 0n,
});
const sshd = process({
  pid: 50,
  comm: "sshd",
  exe: "sshd",
  args: ["-D"],
  parent: init,
  sid: 50,
  env: ["SSH_CLIENT=10.0.0.9 1 2"],
});
const bash = process({
  pid: 60,
  comm: "bash",
  exe: "-bash",
  args: [],
  parent: sshd,
  sid: 60,
  pgid: 60,
  exePath: "/usr/bin/bash",
  env: [],
});
const cat = process({ parent: bash, sid: 60, pgid: 60, exeFlags: 2 | 4 });

describe("process fields", () => {
  const c = context({
    event: "openat",
    process: cat,
    header: { sid: 60, pgid: 60, vsid: 3, vpgid: 7, tty: 34816, cap_effective: 0x200001n },
  });
  const second = 1_000_000_000;
  const cases: [token: string, want: unknown][] = [
    ["proc.name", "cat"],
    ["proc.exe", "/bin/cat"],
    ["proc.exepath", "/usr/bin/cat"],
    ["proc.pname", "bash"],
    ["proc.pexe", "-bash"],
    ["proc.pexepath", "/usr/bin/bash"],
    ["proc.aname", ["bash", "sshd", "systemd"]],
    ["proc.aname[0]", "cat"],
    ["proc.aname[2]", "sshd"],
    ["proc.aname[9]", undefined],
    ["proc.aname[-1]", undefined],
    ["proc.aexe[1]", "-bash"],
    ["proc.aexepath[1]", "/usr/bin/bash"],
    ["proc.acmdline[2]", "sshd -D"],
    ["proc.apid", [60, 50, 1]],
    ["proc.apid[3]", 1],
    ["proc.args", "-n /etc/shadow"],
    ["proc.args[0]", "-n"],
    ["proc.args[99]", ""],
    ["proc.args[-1]", undefined],
    ["proc.aargs[2]", "-D"],
    ["proc.aargs", " -D "],
    ["proc.cmdline", "cat -n /etc/shadow"],
    ["proc.pcmdline", "bash"],
    ["proc.exeline", "/bin/cat -n /etc/shadow"],
    ["proc.cmdnargs", 2],
    ["proc.cmdlenargs", 13],
    ["proc.env", "HOME=/root EMPTY= BLANK= x "],
    ["proc.env[HOME]", "/root"],
    ["proc.env[BLANK]", "x"],
    ["proc.env[HOM]", ""],
    ["proc.env[NOPE]", ""],
    ["proc.aenv[SSH_CLIENT]", "10.0.0.9 1 2"],
    ["proc.aenv[2]", "SSH_CLIENT=10.0.0.9 1 2"],
    ["proc.cwd", "/work/"],
    ["proc.loginshellid", 60],
    ["proc.tty", 34816],
    ["proc.pid", 100],
    ["proc.ppid", 60],
    ["proc.vpid", 7],
    ["proc.sid", 3],
    ["proc.sname", "bash"],
    ["proc.sid.exe", "-bash"],
    ["proc.sid.exepath", "/usr/bin/bash"],
    ["proc.pgid", 60],
    ["proc.pgid.name", "bash"],
    ["proc.is_sid_leader", false],
    ["proc.is_vpgid_leader", true],
    ["proc.is_pgid_leader", false],
    ["proc.duration", 10 * second],
    ["proc.pid.ts", bootTime + 90_000_000_000n],
    ["proc.is_exe_upper_layer", true],
    ["proc.is_exe_lower_layer", false],
    ["proc.is_exe_from_memfd", true],
    ["proc.is_exe_writable", false],
    ["proc.exe_ino", 42],
    ["proc.exe_ino.ctime", bootTime],
    ["proc.exe_ino.ctime_duration_proc_start", 90 * second],
    ["proc.exe_ino.ctime_duration_pidns_start", undefined],
    ["proc.pidns_init_start_ts", bootTime + 50_000_000_000n],
    ["proc.nthreads", 1],
    ["proc.nchilds", 0],
    ["thread.tid", 100],
    ["thread.ismain", true],
    ["thread.vtid", 7],
    ["thread.nametid", "cat100"],
    ["thread.cap_effective", "CAP_CHOWN CAP_SYS_ADMIN"],
    ["thread.cap_permitted", ""],
    ["thread.cgroup.cpu", "/user.slice"],
    ["thread.cgroup.nope", undefined],
    ["user.uid", 0],
    ["user.name", "root"],
    ["user.homedir", "/root"],
    ["user.shell", "<NA>"],
    ["user.loginuid", 1000],
    ["user.loginname", "ada"],
    ["group.gid", 0],
    ["group.name", "root"],
    ["container.id", "host"],
    ["container.full_id", "host"],
    ["container.type", "host"],
    ["container.name", "host"],
    ["container.image.repository", ""],
    ["container.privileged", false],
    ["container.start_ts", bootTime + 50_000_000_000n],
    ["container.duration", 50 * second],
    ["container.label[x]", undefined],
    ["k8s.pod.name", undefined],
  ];
  for (const [token, want] of cases)
    it(`${token} is ${String(want)}`, () => assert.deepEqual(read(token, c), want));

  it("are missing where the process is not known, ids of the record are not", () => {
    const unknown = context({ event: "openat", process: undefined });
    for (const token of [
      "proc.name",
      "proc.aname",
      "proc.cmdline",
      "proc.args[0]",
      "proc.env[X]",
      "proc.cwd",
      "container.id",
    ])
      assert.equal(read(token, unknown), undefined, token);
    assert.equal(read("proc.pid", unknown), 100);
    assert.equal(exists("proc.aname", unknown), false);
  });

  it("end with the chain of ancestors", () => {
    const orphan = context({ event: "openat", process: process() });
    assert.equal(read("proc.pname", orphan), undefined);
    assert.equal(read("proc.aname", orphan), undefined);
    assert.equal(read("proc.ppid", orphan), undefined);
  });

  it("show the name that a thread gave itself to its own events only", () => {
    const named = process({ threadNames: new Map([[101, "worker"]]), threads: 2 });
    const own = context({ event: "openat", process: named, header: { tid: 101 } });
    assert.equal(read("proc.name", own), "worker");
    assert.equal(read("proc.name", context({ event: "openat", process: named })), "cat");
    assert.equal(read("proc.nchilds", own), 1);
    assert.equal(read("thread.ismain", own), false);
  });

  it("show the capabilities that a process had before it went into a user namespace of its own", () => {
    const all = 0x1ffffffffffn;
    const before = process({ capabilities: [0, 0, 1, 1 << 8, 1, 0] });
    const unshare = (ret: number, flags: number, who: Process | undefined = before) =>
      context({
        event: "unshare",
        process: who,
        header: { ret, cap_permitted: all, cap_effective: all },
        parts: new Map([[0, flags]]),
      });
    const newUser = unshare(0, 0x10020000);
    assert.equal(read("thread.cap_permitted", newUser), "CAP_CHOWN CAP_CHECKPOINT_RESTORE");
    assert.equal(read("thread.cap_effective", newUser), "CAP_CHOWN");
    assert.equal(read("thread.cap_inheritable", newUser), "");
    for (const other of [
      unshare(-1, 0x10000000),
      unshare(0, 0x20000),
      unshare(0, 0x10000000, process()),
      unshare(0, 0x10000000, process({ capabilities: [] })),
    ])
      assert.match(String(read("thread.cap_permitted", other)), /CAP_SYS_ADMIN/);
  });

  it("are missing where the kernel had no id", () => {
    const c = context({ event: "openat", header: { vpid: 0xffffffff, vtid: 0xffffffff } });
    assert.equal(read("proc.vpid", c), undefined);
    assert.equal(read("thread.vtid", c), undefined);
  });

  it("survive a cycle of parents", () => {
    const a = process({ comm: "a" });
    const b = process({ comm: "b", parent: a });
    a.parent = b;
    assert.deepEqual(
      ancestors(a).map(({ comm }) => comm),
      ["b"],
    );
    const self = process();
    self.parent = self;
    assert.ok(ancestors(self).length <= 1);
    assert.equal(read("proc.loginshellid", context({ event: "openat", process: a })), undefined);
  });

  it("find a session's leader that is no ancestor, and the eldest of the session where it is gone", () => {
    const member = process({
      pid: 70,
      sid: 9,
      comm: "worker",
      parent: process({ pid: 71, sid: 9, comm: "head", parent: init }),
    });
    const gone = context({ event: "openat", process: member });
    assert.equal(read("proc.sname", gone), "head");
    const found = context({
      event: "openat",
      process: member,
      host: { process: (pid) => (pid === 9 ? process({ pid: 9, comm: "leader" }) : undefined) },
    });
    assert.equal(read("proc.sname", found), "leader");
  });

  it("cut a container's id and leave its metadata missing", () => {
    const inside = context({
      event: "openat",
      process: process({
        container: {
          id: "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e",
          type: "containerd",
          cgroupPath: "/kubepods/x",
        },
      }),
    });
    assert.equal(read("container.id", inside), "3ad7b26ded6d");
    assert.equal(read("container.type", inside), "containerd");
    for (const token of [
      "container.name",
      "container.image.repository",
      "container.privileged",
      "container.mounts",
    ])
      assert.equal(read(token, inside), undefined, token);
  });

  it("say <NA> for users without a name and -1 without a login", () => {
    const nobody = context({ event: "openat", header: { uid: 4242, gid: 4242, loginuid: 0xffffffff } });
    assert.equal(read("user.name", nobody), "<NA>");
    assert.equal(read("group.name", nobody), "<NA>");
    assert.equal(read("user.loginuid", nobody), -1);
    assert.equal(read("user.loginname", nobody), "<NA>");
    assert.equal(read("user.shell", context({ event: "openat", header: { uid: 1000 } })), "/bin/zsh");
  });
});
