/** Events in which the examples of the fields are true here and false there. */
import { parseAddress } from "../../../agent/events/addresses.ts";
import type { SocketFacts } from "../../../agent/events/encode.ts";
import { fileFactFlags, parts, socketFactFlags, socketRoles } from "../../../agent/events/record.ts";
import type { SyscallContext } from "../../../agent/fields/context.ts";
import type { Process } from "../../../agent/state/types.ts";
import { bootTime, context, process, type Given } from "./fixture.ts";

const second = 1_000_000_000n;
const everyCapability = 0x1ffffffffffn;
const PIPEFS = 0x50495045;
const EXT4 = 0xef53;
const EXE = { writable: 1, upperLayer: 2, memfd: 4, lowerLayer: 8 } as const;
const S_IFREG = 0o100000;
const O_RDWR = 2;
const O_CREAT = 0o100;

const init = process({
  pid: 1,
  vpid: 1,
  comm: "systemd",
  exe: "/sbin/init",
  args: [],
  sid: 1,
  pgid: 1,
  env: [],
});
const sshd = process({
  pid: 50,
  comm: "sshd",
  exe: "/usr/sbin/sshd",
  exePath: "/usr/sbin/sshd",
  args: ["-D"],
  parent: init,
  sid: 50,
  env: ["SSH_CLIENT=10.0.0.9 1 2"],
  cloneTime: 98n * second,
});
const login = process({
  pid: 60,
  comm: "bash",
  exe: "-bash",
  exePath: "/usr/bin/bash",
  parent: sshd,
  sid: 60,
  pgid: 60,
});
const group = process({
  pid: 70,
  comm: "bash",
  exe: "bash",
  exePath: "/usr/bin/bash",
  parent: login,
  sid: 60,
  pgid: 70,
});
const script = process({ pid: 80, comm: "sh", exe: "/bin/sh", args: ["-c", "x"], parent: init, sid: 80 });
const known = new Map([init, sshd, login, group, script].map((each) => [each.pid, each]));

/** An event of a process in the tree above. */
const scene = (given: Given) =>
  context({
    host: {
      hostname: "worker-1",
      process: (pid) => known.get(pid),
      addressNames: (address) => (address === parseAddress("10.0.0.1") ? ["example.com"] : []),
      users: {
        user: (uid) =>
          uid === 0
            ? { name: "root", home: "/root", shell: "/bin/bash" }
            : { name: "ada", home: "/home/ada", shell: "/bin/zsh" },
        group: (gid) => ({ name: gid === 0 ? "root" : "staff" }),
      },
      isLocalAddress: (address) => address === parseAddress("10.0.0.1"),
    },
    ...given,
  });

const cat = process({
  pid: 17,
  args: ["/etc/passwd"],
  parent: group,
  sid: 60,
  pgid: 70,
  cwd: "/tmp/x",
  env: ["LD_PRELOAD=/tmp/x.so"],
  exeFlags: EXE.writable | EXE.upperLayer,
  exeChangeTime: bootTime + 60n * second,
  exeModifyTime: bootTime,
  container: { id: "host", type: "host", cgroupPath: "/kubepods/pod1" },
});
const shell = process({
  pid: 101,
  exe: "/bin/sh",
  exePath: "/usr/bin/bash",
  args: ["-c", "-i", ..."0123456789".split(""), "x".repeat(1000)],
  parent: sshd,
  exeFlags: EXE.lowerLayer | EXE.memfd,
  threads: 200,
});
/** Nothing known but a name. */
const stranger: Partial<Process> = {
  pid: 102,
  comm: "x",
  exe: "",
  exePath: "",
  args: [],
  env: [],
  exeInode: 0,
  exeChangeTime: 0n,
  exeModifyTime: 0n,
  cloneTime: 10n * second,
  pidnsStart: 0n,
};

const endpoints = (role: number, local: string, remote: string): SocketFacts => ({
  family: 2,
  socket_family: 2,
  type: 1,
  role,
  flags: socketFactFlags.CONNECTED | socketFactFlags.NAME_CHANGED,
  local_address: parseAddress(local)!,
  remote_address: parseAddress(remote)!,
  local_port: local === "10.0.0.1" ? 443 : 40000,
  remote_port: remote === "10.0.0.1" ? 443 : 40000,
});
const text = (values: readonly (readonly [number, string | number])[]) => new Map(values);

const wide = {
  cap_permitted: everyCapability,
  cap_inheritable: everyCapability,
  cap_effective: everyCapability,
};
const large = {
  vm_size: 2_000_000,
  vm_rss: 1_500_000,
  vm_swap: 1_200_000,
  pgft_maj: 200,
  pgft_min: 300,
  fdlimit: 2048,
  fdopencount: 2000,
  exectime: 5,
  totexectime: 6,
};
const devNull = { mode: 0o20666, fs_magic: EXT4, path: "/dev/null" };
const pipe = { mode: 0o10600, fs_magic: PIPEFS };

/** An hour before midnight, as this machine's clock shows it, long after the event before it. */
const lateTime = BigInt(new Date(2026, 0, 1, 23, 0, 0).getTime()) * 1_000_000n + 600_000_000n;
const late: SyscallContext = {
  ...scene({ event: "openat" }),
  time: lateTime,
  previousTime: lateTime - 3n * second,
  firstTime: lateTime - 70n * second,
};
/** On another node in 2014, as the first event. */
const longAgoTime = 1_404_996_934_793_590_564n;
const longAgo: SyscallContext = {
  ...scene({ event: "openat", host: { bootTime: longAgoTime - 100n * second } }),
  time: longAgoTime,
  previousTime: longAgoTime,
  firstTime: longAgoTime,
};

/** Many events of few kinds: what is not said is as in fixture.ts. */
export const scenes: readonly SyscallContext[] = [
  scene({
    event: "openat",
    process: cat,
    header: {
      ret: 3,
      tid: 17,
      tty: 34816,
      uid: 0,
      gid: 0,
      sid: 60,
      vsid: 3,
      pgid: 70,
      vpgid: 5,
      cpu: 0,
      ...wide,
    },
    file: {
      mode: S_IFREG | 0o644,
      ino: 5,
      nlink: 2,
      dev: (8 << 20) | 1,
      fs_magic: EXT4,
      flags: fileFactFlags.CREATED | fileFactFlags.OVERLAY_UPPER,
    },
    task: large,
    streams: [devNull, devNull, devNull],
    parts: text([
      [0, -100],
      [1, "../etc/passwd"],
      [2, O_RDWR | O_CREAT],
      [3, 0o755],
      [parts.BASE, "/root"],
      [parts.REALPATH, "/etc/passwd"],
    ]),
  }),
  scene({
    event: "openat",
    process: shell,
    header: { ret: -2, uid: 1000, gid: 1000, loginuid: 0, vpid: 1, vtid: 1, vpgid: 1, vsid: 1, pgid: 101 },
    streams: [pipe, pipe, pipe],
    task: { fdlimit: 10 },
    parts: text([
      [0, -100],
      [1, "/srv/x"],
      [2, 1],
      [3, 0],
    ]),
  }),
  scene({
    event: "execve",
    process: process({ ...stranger, parent: script }),
    header: { tid: 103 },
    parts: text([[0, "/bin/x"]]),
  }),
  scene({
    event: "execve",
    process: process({ parent: init, cloneTime: 97n * second }),
    header: { ret: -2 },
  }),
  scene({
    event: "connect",
    header: { ret: 0 },
    parts: text([[1, 3]]),
    socket: endpoints(socketRoles.CLIENT, "10.0.0.1", "10.0.0.2"),
  }),
  scene({
    event: "connect",
    header: { ret: -111 },
    parts: text([[1, 3]]),
    socket: endpoints(socketRoles.CLIENT, "127.0.0.1", "10.0.0.1"),
  }),
  scene({
    event: "accept",
    header: { ret: 4 },
    socket: endpoints(socketRoles.SERVER, "10.0.0.1", "192.0.2.7"),
  }),
  scene({
    event: "accept",
    header: { ret: 4 },
    socket: { ...endpoints(socketRoles.SERVER, "127.0.0.1", "10.0.0.1"), type: 2, flags: 0 },
  }),
  scene({
    event: "sendto",
    header: { ret: 2000 },
    parts: text([
      [0, "the password is"],
      [1, 3],
      [2, 2000],
    ]),
    socket: { family: 1, socket_family: 1, type: 2, role: socketRoles.CLIENT },
  }),
  scene({
    event: "write",
    header: { ret: 5 },
    parts: text([
      [0, "hello"],
      [1, 3],
      [2, 5],
    ]),
    socket: { family: 1, socket_family: 1, type: 2, role: socketRoles.CLIENT },
  }),
  scene({
    event: "open",
    process: process({ parent: login }),
    header: { ret: 3 },
    file: { mode: S_IFREG | 0o644, ino: 6, nlink: 1, fs_magic: EXT4, flags: fileFactFlags.OVERLAY_LOWER },
    parts: text([
      [0, "/srv/x"],
      [1, 0],
      [parts.REALPATH, "/srv/x"],
    ]),
  }),
  scene({
    event: "read",
    header: { ret: 5 },
    parts: text([
      [0, "hello"],
      [1, 3],
      [2, 5],
    ]),
  }),
  scene({
    event: "sendto",
    header: { ret: 5 },
    parts: text([
      [0, "hello"],
      [1, 3],
      [2, 5],
      [parts.PEER_PATH, "/dev/log"],
    ]),
    socket: { family: 1, socket_family: 1, type: 2, role: socketRoles.CLIENT },
  }),
  scene({ event: "mmap", header: { ret: -12 }, parts: text([[7, -1]]) }),
  scene({ event: "mmap", header: { ret: 4096 }, parts: text([[7, -1]]) }),
  scene({ event: "procexit", process: init, header: { tid: 1, pgid: 1, vsid: 1 } }),
  scene({
    event: "rename",
    header: { ret: 0 },
    parts: text([
      [0, "../etc/old"],
      [1, "../etc/new"],
      [parts.BASE, "/root"],
      [parts.BASE2, "/root"],
    ]),
  }),
  scene({
    event: "link",
    header: { ret: 0 },
    parts: text([
      [0, "/srv/old"],
      [1, "/srv/new"],
    ]),
  }),
  late,
  longAgo,
];
