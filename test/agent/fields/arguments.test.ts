import assert from "node:assert/strict";
import { parseAddress, socketAddressBytes } from "../../../agent/events/addresses.ts";
import { eventParameters, parametersByCode } from "../../../agent/events/parameters.ts";
import { fileFactFlags, parts, socketFactFlags, socketRoles } from "../../../agent/events/record.ts";
import { events, eventCode, type EventRow } from "../../../agent/events/table.ts";
import { context, process, read, type Given } from "./fixture.ts";

type Parts = readonly (readonly [number, string | number | bigint | null])[];
const given = (event: string, ret: number | bigint, list: Parts, more: Partial<Given> = {}) =>
  context({ event, ...more, header: { ret, ...more.header }, parts: new Map(list) });
const v4 = (text: string) => parseAddress(text)!;
const tcp = {
  family: 2,
  socket_family: 2,
  type: 1,
  role: socketRoles.CLIENT,
  flags: socketFactFlags.CONNECTED,
  local_address: v4("10.0.0.5"),
  local_port: 4,
  remote_address: v4("1.2.3.4"),
  remote_port: 80,
};
const ada = process({ uid: 1000 });

/** events.md 4.1 and the kinds of 3: the whole text of evt.args. */
const texts: [name: string, c: ReturnType<typeof context>, args: string][] = [
  [
    "open",
    given(
      "open",
      3,
      [
        [0, "/etc/ld.so.cache"],
        [1, 0o2000000],
        [2, 0],
      ],
      { file: { mode: 0o100644, dev: 0x800001, ino: 9 } },
    ),
    "fd=3(<f>/etc/ld.so.cache) name=/etc/ld.so.cache flags=4097(O_RDONLY|O_CLOEXEC) mode=0 dev=801 ino=9",
  ],
  [
    "open that fails",
    given("open", -2, [
      [0, "/home/u/.curlrc"],
      [1, 0],
      [2, 0],
    ]),
    "fd=-2(ENOENT) name=/home/u/.curlrc flags=1(O_RDONLY) mode=0 dev=0 ino=0",
  ],
  [
    "openat that creates on the upper layer",
    given(
      "openat",
      4,
      [
        [0, -100],
        [1, "x"],
        [2, 0o1101],
        [3, 0o644],
        [parts.BASE, "/tmp"],
      ],
      { file: { mode: 0o100644, flags: fileFactFlags.CREATED | fileFactFlags.OVERLAY_UPPER } },
    ),
    "fd=4(<f>/tmp/x) dirfd=-100(AT_FDCWD) name=x(/tmp/x) flags=49414(O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED|FD_UPPER_LAYER) mode=644 dev=0 ino=0",
  ],
  [
    "openat2",
    given("openat2", -40, [
      [0, -100],
      [1, "/x"],
      [2, 0o200000],
      [3, 0],
      [4, 4],
    ]),
    "fd=-40(ELOOP) dirfd=-100(AT_FDCWD) name=/x flags=1025(O_DIRECTORY|O_RDONLY) mode=0 resolve=8(RESOLVE_NO_SYMLINKS) dev=0 ino=0",
  ],
  [
    "creat",
    given(
      "creat",
      3,
      [
        [0, "/x"],
        [1, 0o755],
      ],
      { file: { mode: 0o100755, flags: fileFactFlags.OVERLAY_LOWER } },
    ),
    "fd=3(<f>/x) name=/x mode=755 dev=0 ino=0 creat_flags=2(FD_LOWER_LAYER_CREAT)",
  ],
  [
    "connect",
    given(
      "connect",
      -115,
      [
        [1, 4],
        [2, null],
      ],
      {
        socket: {
          ...tcp,
          family: 10,
          socket_family: 10,
          local_address: v4("2600::1"),
          local_port: 37140,
          remote_address: v4("2607::2"),
        },
      },
    ),
    "res=-115(EINPROGRESS) tuple=2600::1:37140->2607::2:80 fd=4(<6t>2600::1:37140->2607::2:80) addr=<NA>",
  ],
  [
    "connect with its address",
    given(
      "connect",
      0,
      [
        [1, 4],
        [2, socketAddressBytes({ family: 2, address: v4("1.2.3.4"), port: 80, path: undefined })],
      ],
      { socket: tcp },
    ),
    "res=0 tuple=10.0.0.5:4->1.2.3.4:80 fd=4(<4t>10.0.0.5:4->1.2.3.4:80) addr=1.2.3.4:80",
  ],
  [
    "bind to a unix path",
    given(
      "bind",
      0,
      [
        [0, socketAddressBytes({ family: 1, address: undefined, port: 0, path: "/run/x" })],
        [1, 5],
      ],
      { socket: { family: 1, socket_family: 1, type: 1 } },
    ),
    "res=0 addr=/run/x fd=5(<u>/run/x)",
  ],
  [
    "socket",
    given(
      "socket",
      4,
      [
        [0, 10],
        [1, 2],
        [2, 0],
      ],
      { socket: { family: 10, socket_family: 10, type: 2 } },
    ),
    "fd=4(<6u>) domain=10(AF_INET6) type=2 proto=0 flags=0(O_NONE)",
  ],
  [
    "socket with flags",
    given("socket", -93, [
      [0, 1],
      [1, 0o2004001],
      [2, 0],
    ]),
    "fd=-93(EPROTONOSUPPORT) domain=1(AF_LOCAL|AF_UNIX) type=526337 proto=0 flags=4160(O_NONBLOCK|O_CLOEXEC)",
  ],
  [
    "unlinkat",
    given("unlinkat", 0, [
      [0, -100],
      [1, "/a/b"],
      [2, 0x200],
    ]),
    "res=0 dirfd=-100(AT_FDCWD) name=/a/b flags=512(AT_REMOVEDIR)",
  ],
  [
    "renameat2",
    given("renameat2", 0, [
      [0, 3],
      [1, "a"],
      [2, -100],
      [3, "b"],
      [4, 1],
      [parts.BASE, "/x"],
      [parts.BASE2, "/y"],
    ]),
    "res=0 olddirfd=3 oldpath=a(/x/a) newdirfd=-100(AT_FDCWD) newpath=b(/y/b) flags=1(RENAME_NOREPLACE)",
  ],
  [
    "mkdir prints its mode in hex",
    given("mkdir", 0, [
      [0, "/d"],
      [1, 0o755],
    ]),
    "res=0 path=/d mode=1ED",
  ],
  [
    "chmod names the bits",
    given("chmod", 0, [
      [0, "/x"],
      [1, 0o4755],
    ]),
    "res=0 filename=/x mode=4755(S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID)",
  ],
  [
    "symlink",
    given("symlink", 0, [
      [0, "../t"],
      [1, "l"],
    ]),
    "res=0 target=../t linkpath=l(/work/l)",
  ],
  [
    "mount",
    given("mount", -1, [
      [0, "proc"],
      [1, "/proc"],
      [2, null],
      [3, 0xc0ed0001],
    ]),
    "res=-1(EPERM) dev=proc dir=/proc type=<NA> flags=1(RDONLY)",
  ],
  [
    "umount2",
    given("umount2", 0, [
      [0, "/m"],
      [1, 2],
    ]),
    "res=0 name=/m flags=2(DETACH)",
  ],
  ["setuid", given("setuid", 0, [[0, 1000]], { process: ada }), "res=0 uid=1000(ada)"],
  [
    "setresuid with values kept",
    given("setresuid", 0, [
      [0, 0xffffffff],
      [1, 4242],
      [2, 0],
    ]),
    "res=0 ruid=-1(<NONE>) euid=4242(<NA>) suid=0(root)",
  ],
  ["setgid", given("setgid", 0, [[0, 1000]]), "res=0 gid=1000(staff)"],
  [
    "setns",
    given("setns", 0, [
      [0, 3],
      [1, 0x20000],
    ]),
    "res=0 fd=3 nstype=32(CLONE_NEWNS)",
  ],
  ["unshare", given("unshare", 0, [[0, 0x30000000]]), "res=0 flags=1048640(CLONE_NEWPID|CLONE_NEWUSER)"],
  [
    "ptrace",
    given(
      "ptrace",
      0,
      [
        [0, 0],
        [1, 0xabc],
        [2, 16],
        [3, 50],
      ],
      { host: { process: (pid) => (pid === 50 ? process({ comm: "sshd" }) : undefined) } },
    ),
    "res=0 addr=0 data=ABC request=11(PTRACE_ATTACH) pid=50(sshd)",
  ],
  [
    "kill",
    given("kill", 0, [
      [0, 100],
      [1, 9],
    ]),
    "res=0 pid=100(cat) sig=9(SIGKILL)",
  ],
  ["bpf", given("bpf", 7, [[0, 5]]), "fd=7 cmd=5(BPF_PROG_LOAD)"],
  ["a command with two names", given("bpf", 0, [[0, 10]]), "fd=0 cmd=10(BPF_PROG_TEST_RUN|BPF_PROG_RUN)"],
  [
    "memfd_create",
    given(
      "memfd_create",
      4,
      [
        [0, "payload"],
        [1, 1],
      ],
      { file: { mode: 0o100777, flags: fileFactFlags.MEMFD } },
    ),
    "fd=4(<m>payload) name=payload flags=1(MFD_CLOEXEC)",
  ],
  [
    "finit_module",
    given("finit_module", -1, [
      [0, 3],
      [1, "a=1"],
      [2, 2],
    ]),
    "res=-1(EPERM) fd=3 uargs=a=1 flags=2(MODULE_INIT_IGNORE_VERMAGIC)",
  ],
  [
    "init_module",
    given("init_module", -38, [
      [0, "\x7fELF\x01"],
      [1, 5],
      [2, ""],
    ]),
    "res=-38(ENOSYS) img=.ELF. length=5 uargs=",
  ],
  [
    "dup2",
    given(
      "dup2",
      1,
      [
        [0, 5],
        [1, 1],
      ],
      { socket: tcp },
    ),
    "res=1(<4t>10.0.0.5:4->1.2.3.4:80) oldfd=5(<4t>10.0.0.5:4->1.2.3.4:80) newfd=1(<4t>10.0.0.5:4->1.2.3.4:80)",
  ],
  [
    "dup3",
    given("dup3", -9, [
      [0, 5],
      [1, 1],
      [2, 0o2000000],
    ]),
    "res=-9(EBADF) oldfd=5 newfd=1 flags=4096(O_CLOEXEC)",
  ],
  [
    "fcntl that duplicates",
    given(
      "fcntl",
      20,
      [
        [0, 5],
        [1, 0],
        [2, 9],
      ],
      { socket: tcp },
    ),
    "res=20(<4t>10.0.0.5:4->1.2.3.4:80) fd=5(<4t>10.0.0.5:4->1.2.3.4:80) cmd=1(F_DUPFD) arg=9",
  ],
  [
    "fcntl",
    given("fcntl", 9, [
      [0, 5],
      [1, 1030],
      [2, 9],
    ]),
    "res=9 fd=5 cmd=26(F_DUPFD_CLOEXEC) arg=9",
  ],
  [
    "sendto",
    given(
      "sendto",
      3,
      [
        [0, "a\0b"],
        [1, 4],
        [2, 3],
      ],
      { socket: { ...tcp, type: 2 } },
    ),
    "res=3 data=a.b fd=4(<4u>10.0.0.5:4->1.2.3.4:80) size=3 tuple=10.0.0.5:4->1.2.3.4:80",
  ],
  ["procexit", given("procexit", 0x8b, [[0, 1]]), "status=139 ret=0 sig=11(SIGSEGV) core=1 reaper_tid=1"],
  ["getsockname has none", given("getsockname", 0, []), ""],
];

describe("arguments as text", () => {
  for (const [name, c, want] of texts) it(name, () => assert.equal(read("evt.args", c), want));

  it("clone tells who made a process", () => {
    const c = given("clone", 17498, [[0, 0x1200011]], {
      process: process({ comm: "curl", exe: "curl", args: ["-6", "http://x"], cwd: "/home" }),
      header: { comm: "curl", ppid: 9 },
    });
    const text = String(read("evt.args", c));
    assert.match(
      text,
      /^res=17498 exe=curl args=-6\.http:\/\/x\. tid=100\(curl\) pid=100\(curl\) ptid=9 cwd=\/home /,
    );
    assert.match(
      text,
      /flags=25165824\(CLONE_CHILD_CLEARTID\|CLONE_CHILD_SETTID\) uid=0 gid=0 vtid=7 vpid=7 /,
    );
  });

  it("execve tells what was started, from the record itself", () => {
    const c = given(
      "execve",
      0,
      [
        [0, "./ls"],
        [parts.ARGS, "ls\0-l\0/\0"],
        [parts.ENV, "A=1\0"],
        [parts.CWD, "/tmp"],
        [parts.EXE_PATH, "/usr/bin/ls"],
        [parts.BASE, "/tmp"],
      ],
      {
        exe: { flags: 1 | 2 | 16, ino: 7, ctime: 5n, mtime: 6n },
        header: { comm: "ls", loginuid: 1000, cap_effective: 0x3fn },
      },
    );
    for (const [token, want] of Object.entries({
      "evt.arg.exe": "ls",
      "evt.arg.args": "-l./.",
      "evt.arg.env": "A=1.",
      "evt.arg.cwd": "/tmp",
      "evt.arg.comm": "ls",
      "evt.arg.flags": "EXE_WRITABLE|EXE_UPPER_LAYER",
      "evt.rawarg.flags": 3,
      "evt.arg.loginuid": "ada",
      "evt.arg.cap_effective": "3F",
      "evt.arg.exe_ino": "7",
      "evt.arg.trusted_exepath": "/usr/bin/ls",
      "evt.arg.filename": "/tmp/ls",
      "evt.rawarg.filename": "./ls",
      "evt.arg.fdlimit": "<NA>",
      "evt.arg[30]": "/tmp/ls",
      "evt.arg[31]": undefined,
    }))
      assert.equal(read(token, c), want, token);
  });

  it("a failed execve shows the program that tried", () => {
    const c = given("execve", -2, [[0, "/nope"]]);
    assert.equal(read("evt.arg.exe", c), "/bin/cat");
    assert.equal(read("evt.arg.args", c), "-n./etc/shadow.");
    assert.equal(read("evt.arg.filename", c), "/nope");
    assert.equal(read("evt.arg.res", c), "ENOENT");
  });

  it("a parameter of another event is missing, a NULL one is a text", () => {
    const c = given("open", 3, [
      [0, null],
      [1, 0],
      [2, 0],
    ]);
    assert.equal(read("evt.arg.path", c), undefined);
    assert.equal(read("evt.arg.name", c), "<NA>");
    assert.equal(read("evt.rawarg.name", c), undefined);
    assert.equal(read("evt.arg[99]", c), undefined);
    assert.equal(read("evt.arg[0]", c), "3");
  });
});

describe("parameters", () => {
  it("are those of the table, in its order, for every event", () => {
    for (const row of events as readonly EventRow[]) {
      const code = eventCode(row.name)!;
      assert.deepEqual(
        parametersByCode[code]!.map(({ name }) => name),
        row.params.map(([name]) => name),
      );
      const c = context({ event: row.name });
      assert.equal(eventParameters(c.record).length, row.params.length, row.name);
      read("evt.args", c);
    }
  });

  it("are typed values", () => {
    const c = given(
      "openat",
      3,
      [
        [0, -100],
        [1, "/x"],
        [2, 0o102],
        [3, 0o600],
      ],
      { file: { dev: 0x800001, ino: 2n ** 60n } },
    );
    assert.deepEqual(eventParameters(c.record), [
      { name: "fd", type: "FD", value: 3 },
      { name: "dirfd", type: "FD", value: -100 },
      { name: "name", type: "FSRELPATH", value: "/x" },
      { name: "flags", type: "FLAGS32", value: 4 | 3 },
      { name: "mode", type: "UINT32", value: 0o600 },
      { name: "dev", type: "UINT32", value: 0x801 },
      { name: "ino", type: "UINT64", value: 2n ** 60n },
    ]);
  });
});

describe("events", () => {
  const open = (flags: number, mode = 0o644) =>
    given("openat", 3, [
      [0, -100],
      [1, "/x"],
      [2, flags],
      [3, mode],
    ]);
  const cases: [name: string, c: ReturnType<typeof context>, want: Record<string, unknown>][] = [
    [
      "read-only",
      open(0),
      { "evt.is_open_read": true, "evt.is_open_write": false, "evt.is_open_exec": false },
    ],
    ["write-only", open(1), { "evt.is_open_read": false, "evt.is_open_write": true }],
    ["both", open(2), { "evt.is_open_read": true, "evt.is_open_write": true }],
    ["created to be run", open(0o101, 0o755), { "evt.is_open_exec": true }],
    [
      "a folder is no temporary file",
      open(0o200000, 0o755),
      { "evt.is_open_exec": false, "evt.arg.flags": "O_DIRECTORY|O_RDONLY" },
    ],
    [
      "a temporary file to be run",
      open(0o20200002, 0o700),
      { "evt.is_open_exec": true, "evt.arg.flags": "O_DIRECTORY|O_RDWR|O_TMPFILE" },
    ],
    [
      "creat is no write",
      given("creat", 3, [
        [0, "/x"],
        [1, 0o700],
      ]),
      { "evt.is_open_write": false, "evt.is_open_exec": true },
    ],
    [
      "nothing opened",
      given("mkdir", 0, [[0, "/x"]]),
      { "evt.is_open_read": false, "evt.is_open_write": false },
    ],
    [
      "an exit is no system call",
      given("procexit", 0, []),
      {
        "evt.dir": ">",
        "evt.res": undefined,
        "evt.rawres": undefined,
        "syscall.type": undefined,
        "evt.category": "process",
        "evt.type": "procexit",
      },
    ],
    [
      "success",
      given("mkdir", 0, [[0, "/x"]]),
      {
        "evt.res": "SUCCESS",
        "evt.failed": false,
        "evt.dir": "<",
        "evt.count.error": 0,
        "evt.category": "file",
      },
    ],
    [
      "failure",
      given("mkdir", -17, [[0, "/x"]]),
      {
        "evt.res": "EEXIST",
        "evt.failed": true,
        "evt.rawres": -17,
        "evt.count.error": 1,
        "evt.count.error.other": 1,
        "evt.count.error.file": undefined,
      },
    ],
    ["an unknown error is its number", given("mkdir", -4000, [[0, "/x"]]), { "evt.res": "4000" }],
    [
      "data sent",
      given("sendto", 5, [
        [0, "hello"],
        [1, 4],
        [2, 5],
      ]),
      {
        "evt.buffer": "hello",
        "evt.buflen": 5,
        "evt.is_io_write": true,
        "evt.io_dir": "write",
        "evt.is_io": true,
        "evt.buflen.out": 5,
        "evt.buflen.in": undefined,
      },
    ],
    ["type tests", open(0), { "evt.type.is.openat": 1, "evt.type.is.open": 0, "syscall.type": "openat" }],
    [
      "numbers and processor",
      open(0),
      { "evt.num": 17, "evt.cpu": 3, "evt.hostname": "node-1", "evt.count": 1 },
    ],
    [
      "paths of two-path calls",
      given("renameat", 0, [
        [0, -100],
        [1, "a"],
        [2, -100],
        [3, "/b"],
      ]),
      {
        "evt.abspath": undefined,
        "evt.abspath.src": "/work/a",
        "evt.abspath.dst": "/b",
        "fs.path.source": "/work/a",
        "fs.path.target": "/b",
        "fs.path.sourceraw": "a",
        "fs.path.realsource": "/work/a",
        "fs.path.name": undefined,
      },
    ],
    [
      "links have their new name as source",
      given("linkat", 0, [
        [0, -100],
        [1, "/old"],
        [2, -100],
        [3, "new"],
        [4, 0],
      ]),
      { "fs.path.source": "/work/new", "fs.path.target": "/old" },
    ],
    [
      "a mount's source may be no path",
      given("mount", 0, [
        [0, "tmpfs"],
        [1, "m"],
        [2, "tmpfs"],
        [3, 0],
      ]),
      { "fs.path.source": "tmpfs", "fs.path.target": "/work/m" },
    ],
    [
      "paths only of calls that succeeded",
      given("unlink", -2, [[0, "/x"]]),
      { "fs.path.name": undefined, "fs.path.nameraw": undefined, "evt.arg.path": "/x" },
    ],
    [
      "a removed name",
      given("unlink", 0, [
        [0, "x"],
        [parts.BASE, "/srv"],
      ]),
      { "fs.path.name": "/srv/x", "fs.path.nameraw": "x", "fs.path.realname": "/srv/x" },
    ],
  ];
  for (const [name, c, want] of cases)
    it(name, () => {
      for (const [token, value] of Object.entries(want)) assert.deepEqual(read(token, c), value, token);
    });

  it("times have every digit", () => {
    const c = open(0);
    assert.equal(read("evt.rawtime", c), 1767323045123456789n);
    assert.equal(read("evt.rawtime.s", c), 1767323045);
    assert.equal(read("evt.rawtime.ns", c), 123456789);
    assert.equal(read("evt.time.iso8601", c), "2026-01-02T03:04:05.123456789+0000");
    assert.equal(read("evt.reltime", c), 10_000_000_007);
    assert.equal(read("evt.reltime.s", c), 10);
    assert.equal(read("evt.reltime.ns", c), 7);
    assert.equal(read("evt.deltatime", c), 1_000_000_005);
    assert.match(String(read("evt.time", c)), /^\d\d:04:05\.123456789$/);
    assert.match(String(read("evt.time.s", c)), /^\d\d:04:05$/);
    assert.match(String(read("evt.datetime", c)), /^2026-01-0[123] \d\d:04:05\.123456789$/);
    assert.match(String(read("evt.datetime.s", c)), /^2026-01-0[123] \d\d:04:05$/);
  });

  it("a fixture's value replaces the field's", () => {
    const c = {
      ...open(0),
      overrides: new Map([
        ["proc.name", "sh"],
        ["proc.args", null],
      ]),
    };
    assert.equal(read("proc.name", c), "sh");
    assert.equal(read("proc.args", c), undefined);
    assert.equal(read("proc.exe", c), "/bin/cat");
  });
});
