import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cgroupHierarchy, cgroupMounts, scanCgroups } from "../../../agent/state/cgroup-tree.ts";
import { processName } from "../../../agent/state/process-name.ts";
import { cgroupPathOf, readProcess, scanProcesses, type ScanOptions } from "../../../agent/state/scan.ts";

const options: ScanOptions = { now: () => 5n, environment: true, controller: "memory" };

describe("name of a process found in /proc", () => {
  const cases: { name: string; thread: string; exe: string; args: string; want: string }[] = [
    {
      name: "the program's",
      thread: "nginx",
      exe: "/usr/sbin/nginx",
      args: "nginx: master\0",
      want: "nginx",
    },
    {
      name: "cut at 15",
      thread: "containerd-shim",
      exe: "/x/containerd-shim-runc-v2",
      args: "",
      want: "containerd-shim",
    },
    { name: "a link's", thread: "vi", exe: "/usr/bin/vim.basic", args: "/usr/bin/vi\0f\0", want: "vi" },
    {
      name: "a script's",
      thread: "backup.py",
      exe: "/usr/bin/python3.11",
      args: "python3\0/opt/backup.py\0",
      want: "backup.py",
    },
    {
      name: "a script's, its interpreter given an option",
      thread: "run",
      exe: "/bin/bash",
      args: "bash\0-e\0./run\0",
      want: "run",
    },
    { name: "a login shell's", thread: "bash", exe: "/bin/dash", args: "-bash\0", want: "bash" },
    {
      name: "the program's, where the main thread renamed itself",
      thread: "MainThread",
      exe: "/usr/bin/node",
      args: "node\0/srv/app.js\0",
      want: "node",
    },
    {
      name: "the same, cut",
      thread: "x",
      exe: "/a/0123456789abcdefgh",
      args: "t\0",
      want: "0123456789abcde",
    },
    { name: "a kernel thread's", thread: "kworker/0:1", exe: "", args: "", want: "kworker/0:1" },
  ];
  for (const { name, thread, exe, args, want } of cases)
    it(`is ${name}`, () => assert.equal(processName(thread, exe, args), want));
});

describe("scan of /proc", () => {
  it("tells of this process what it knows of itself", () => {
    const facts = readProcess(process.pid, options);
    assert.ok(facts);
    assert.equal(facts.ppid, process.ppid);
    assert.equal(facts.uid, process.geteuid?.());
    assert.equal(facts.gid, process.getegid?.());
    assert.equal(facts.exePath, process.execPath);
    assert.equal(facts.exeInode, statSync(process.execPath).ino);
    assert.equal(facts.comm, process.execPath.split("/").at(-1));
    assert.equal(facts.cwd, process.cwd());
    const permitted = /^CapPrm:\t(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))![1];
    const digits = (word: number) => word.toString(16).padStart(8, "0");
    assert.equal(digits(facts.capabilities[3]!) + digits(facts.capabilities[2]!), permitted);
    assert.equal(facts.capabilities.length, 6);
    assert.ok(facts.args.startsWith(process.argv0) && facts.args.endsWith("\0"));
    assert.ok(facts.env?.split("\0").some((entry) => entry.startsWith("PATH=")));
    assert.ok(facts.threads > 1);
    assert.ok(facts.startTicks > 0n);
    assert.ok(facts.pidns > 0);
    assert.equal(facts.readAt, 5n);
    assert.equal(readProcess(process.pid, { ...options, environment: false })?.env, undefined);
  });

  it("gives nothing for a process that is not there", () => {
    assert.equal(readProcess(4_194_305, options), undefined);
  });

  it("finds every process, and leaves out those that are dead and not yet waited for", async () => {
    // The child ends at once, and its parent never waits for it.
    const program = '$| = 1; my $pid = fork; exit 0 if !$pid; print "$pid\\n"; sleep 60';
    const child: ChildProcess = spawn("perl", ["-e", program], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      const [line] = (await once(child.stdout!, "data")) as [Buffer];
      const zombie = Number(line.toString());
      const state = () => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${zombie}/status`, "utf8"))?.[1];
      for (const end = Date.now() + 5000; state() !== "Z" && Date.now() < end;)
        await new Promise(setImmediate);
      assert.equal(state(), "Z");
      const found = scanProcesses(options);
      const pids = found.map(({ pid }) => pid);
      assert.ok(pids.includes(1) && pids.includes(process.pid) && pids.includes(child.pid!));
      assert.ok(!pids.includes(zombie));
      assert.equal(new Set(pids).size, pids.length);
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });

  describe("with made files", () => {
    let proc: string;
    const stat = (comm: string) => `7 (${comm}) S 1 7 7 34816 -1 4194560 ${"0 ".repeat(10)}3 0 555 0 0`;
    beforeEach(() => {
      proc = mkdtempSync(join(tmpdir(), "proc-"));
      mkdirSync(join(proc, "7/ns"), { recursive: true });
      writeFileSync(join(proc, "7/stat"), stat("sh"));
      writeFileSync(
        join(proc, "7/status"),
        "Name:\tsh\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nNSpid:\t7\t3\nNSpgid:\t7\t2\nNSsid:\t7\t1\n",
      );
    });
    afterEach(() => rmSync(proc, { recursive: true }));
    const read = () => readProcess(7, { ...options, proc });

    it("reads the effective ids and those of the innermost namespace", () => {
      const facts = read();
      assert.deepEqual([facts?.uid, facts?.gid, facts?.vpid, facts?.vpgid, facts?.vsid], [2, 6, 3, 2, 1]);
      assert.deepEqual(
        [facts?.threads, facts?.startTicks, facts?.tty, facts?.loginuid],
        [3, 555n, 34816, 4294967295],
      );
    });

    it("is not misled by brackets, blanks and newlines in a name", () => {
      writeFileSync(join(proc, "7/stat"), stat("a) R 9 (b\n"));
      assert.equal(read()?.threadName, "a) R 9 (b\n");
      assert.equal(read()?.ppid, 1);
    });

    it("knows a deleted program and one in memory", () => {
      symlinkSync("/memfd:x (deleted)", join(proc, "7/exe"));
      assert.deepEqual([read()?.exePath, read()?.exeFlags], ["memfd:x", 20]);
    });

    it("gives nothing for a stat that is none", () => {
      writeFileSync(join(proc, "7/stat"), "7 sh S 1");
      assert.equal(read(), undefined);
    });
  });
});

describe("cgroup of a process", () => {
  const text = "12:cpu,cpuacct:/a\n4:memory:/with:colon\n1:name=systemd:/s\n0::/unified\n";
  it("is read from the line of one hierarchy", () => {
    assert.equal(cgroupPathOf(text, "memory"), "/with:colon");
    assert.equal(cgroupPathOf(text, "cpuacct"), "/a");
    assert.equal(cgroupPathOf(text, ""), "/unified");
    assert.equal(cgroupPathOf(text, "pids"), undefined);
    assert.equal(cgroupPathOf("", ""), undefined);
  });

  it("is in v1's memory hierarchy where there is one, also beside other controllers, else in v2", () => {
    const v2 = "30 1 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    const v1 = "31 1 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
    const cpu = "32 1 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";
    const own = (mountinfo: string) => cgroupHierarchy({ mountinfo, root: "" });
    assert.deepEqual(own(v2 + cpu + v1), {
      controller: "memory",
      folder: "/sys/fs/cgroup/memory",
      point: "/sys/fs/cgroup/memory",
    });
    assert.deepEqual(own(cpu + v2), {
      controller: "",
      folder: "/sys/fs/cgroup/unified",
      point: "/sys/fs/cgroup/unified",
    });
    assert.equal(own(cpu), undefined);
  });

  describe("is found through the node's first process where a pod has only its own part", () => {
    const mount = (root: string, point: string) => `30 1 0:26 ${root} ${point} rw - cgroup2 cgroup rw\n`;
    const all = mount("/", "/sys/fs/cgroup");
    const through = { controller: "", folder: "/proc/1/root/sys/fs/cgroup", point: "/sys/fs/cgroup" };
    const itself = { controller: "", folder: "/sys/fs/cgroup", point: "/sys/fs/cgroup" };
    const cases: { name: string; own: string; first: string; cgroup: string; want: object | undefined }[] = [
      { name: "on the node itself", own: all, first: all, cgroup: "0::/init.scope\n", want: itself },
      {
        name: "a part",
        own: mount("/kubepods/pod1", "/sys/fs/cgroup"),
        first: all,
        cgroup: "0::/\n",
        want: through,
      },
      {
        name: "a cgroup namespace",
        own: all,
        first: mount("/../..", "/sys/fs/cgroup"),
        cgroup: "0::/../../init.scope\n",
        want: through,
      },
      {
        name: "a cgroup namespace, process 1 unreadable",
        own: all,
        first: "",
        cgroup: "0::/../..\n",
        want: itself,
      },
      { name: "none", own: "", first: "", cgroup: "", want: undefined },
      {
        name: "a part in both",
        own: mount("/a", "/c"),
        first: mount("/b", "/c"),
        cgroup: "",
        want: undefined,
      },
    ];
    for (const { name, own, first, cgroup, want } of cases)
      it(name, () => {
        const files = new Map([
          ["/proc/self/mountinfo", own],
          ["/proc/1/mountinfo", first],
          ["/proc/1/cgroup", cgroup],
        ]);
        assert.deepEqual(cgroupHierarchy(cgroupMounts((path) => files.get(path) ?? "")), want);
      });
  });

  it("hierarchies are walked from the root, outer folders first, up to a limit", () => {
    const folder = mkdtempSync(join(tmpdir(), "cgroup-"));
    try {
      mkdirSync(join(folder, "a/b/c"), { recursive: true });
      mkdirSync(join(folder, "d"));
      writeFileSync(join(folder, "cgroup.procs"), "");
      const found = scanCgroups(folder);
      assert.deepEqual(found.map(([, path]) => path).sort(), ["/", "/a", "/a/b", "/a/b/c", "/d"]);
      for (const [id, path] of found) assert.equal(id, BigInt(statSync(folder + path).ino));
      assert.deepEqual(
        scanCgroups(folder, 3)
          .map(([, path]) => path)
          .sort(),
        ["/", "/a", "/d"],
      );
      assert.deepEqual(scanCgroups(join(folder, "none")), []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
