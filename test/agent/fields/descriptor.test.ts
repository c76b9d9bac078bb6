import assert from "node:assert/strict";
import { parseAddress, socketAddressBytes } from "../../../agent/events/addresses.ts";
import type { SocketFacts } from "../../../agent/events/encode.ts";
import {
  anonKinds,
  fileFactFlags,
  parts,
  socketFactFlags,
  socketRoles,
} from "../../../agent/events/record.ts";
import { pathViews } from "../../../agent/fields/context.ts";
import { context, exists, process, read, type Given } from "./fixture.ts";

const S_IFREG = 0o100644;
const S_IFDIR = 0o40755;
const plainFile = { mode: S_IFREG, dev: 0x800001, ino: 77, nlink: 2 };

/** openat(dirfd, text, flags, mode) = fd */
function openat(
  text: string | null,
  more: Partial<Given> & { flags?: number; real?: string; base?: string; dirfd?: number } = {},
) {
  const { flags = 0, real, base, dirfd = -100, parts: extra, ...rest } = more;
  return context({
    event: "openat",
    header: { ret: 3 },
    file: plainFile,
    ...rest,
    parts: new Map<number, string | number | null>([
      [0, dirfd],
      [1, text],
      [2, flags],
      [3, 0o644],
      ...(real === undefined ? [] : [[parts.REALPATH, real] as const]),
      ...(base === undefined ? [] : [[parts.BASE, base] as const]),
      ...((extra ?? []) as Iterable<[number, string]>),
    ]),
  });
}
const failed = (text: string, event: string, ret = -2) =>
  context({
    event,
    header: { ret },
    parts: new Map<number, string | number>(
      event === "open" || event === "creat"
        ? [
            [0, text],
            [1, 0],
            [2, 0],
          ]
        : [
            [0, -100],
            [1, text],
            [2, 0],
            [3, 0],
          ],
    ),
  });

describe("paths of descriptors", () => {
  const cases: { name: string; c: ReturnType<typeof openat>; want: Record<string, unknown> }[] = [
    {
      name: "an absolute path is normalised as text, links are not followed",
      c: openat("/var/run//x/../secrets/./t/", { real: "/run/secrets/t" }),
      want: {
        "fd.name": "/var/run/secrets/t",
        "fd.realpath": "/run/secrets/t",
        "fd.nameraw": "/var/run//x/../secrets/./t/",
        "fd.directory": "/var/run/secrets",
        "fd.filename": "t",
      },
    },
    {
      name: "a relative path starts from the folder that the kernel gives",
      c: openat("../etc/passwd", { base: "/srv/app", real: "/srv/etc/passwd", dirfd: 5 }),
      want: {
        "fd.name": "/srv/etc/passwd",
        "evt.arg.name": "/srv/etc/passwd",
        "evt.rawarg.name": "../etc/passwd",
        "evt.abspath": "/srv/etc/passwd",
      },
    },
    {
      name: "without that folder from the working directory",
      c: openat("x"),
      want: { "fd.name": "/work/x" },
    },
    {
      name: "with neither it stays as it is",
      c: openat("x", { process: undefined }),
      want: { "fd.name": "x", "fd.directory": "/" },
    },
    {
      name: "an unreadable text gives the resolved path",
      c: openat(null, { real: "/etc/shadow" }),
      want: { "fd.name": "/etc/shadow", "fd.nameraw": "/etc/shadow", "evt.arg.name": "<NA>" },
    },
    {
      name: "the root has itself as folder",
      c: openat("/", { file: { mode: S_IFDIR }, real: "/" }),
      want: { "fd.name": "/", "fd.directory": "/", "fd.typechar": "d", "fd.filename": undefined },
    },
    {
      name: "a folder is its own folder",
      c: openat("/etc", { file: { mode: S_IFDIR }, real: "/etc" }),
      want: { "fd.directory": "/etc", "fd.type": "directory" },
    },
    {
      name: "facts of the file",
      c: openat("/x", { file: { ...plainFile, flags: fileFactFlags.OVERLAY_UPPER }, real: "/data/x" }),
      want: {
        "fd.num": 3,
        "fd.dev": 0x801,
        "fd.dev.major": 8,
        "fd.dev.minor": 1,
        "fd.ino": 77,
        "fd.nlink": 2,
        "fd.is_upper_layer": true,
        "fd.is_lower_layer": false,
        "fd.fspath": "/x",
        "fd.l4proto": "<NA>",
        "fd.connected": false,
        "fd.is_server": false,
        "fd.uid": "1003",
        "fd.containername": "host:/x",
        "fd.containerdirectory": "host:/",
        "fd.types": ["file"],
        "fd.types[3]": ["file"],
        "fd.types[4]": undefined,
      },
    },
  ];
  for (const { name, c, want } of cases)
    it(name, () => {
      for (const [token, value] of Object.entries(want)) assert.deepEqual(read(token, c), value, token);
    });

  it("RESOLVE_IN_ROOT takes an absolute path below dirfd, and never above it", () => {
    for (const [text, want] of [
      ["/etc/passwd", "/srv/root/etc/passwd"],
      ["../../x", "/srv/root/x"],
    ] as const) {
      const c = context({
        event: "openat2",
        header: { ret: 3 },
        file: plainFile,
        parts: new Map<number, string | number>([
          [0, 5],
          [1, text],
          [2, 0],
          [3, 0],
          [4, 0x10],
          [parts.BASE, "/srv/root"],
        ]),
      });
      assert.equal(read("fd.name", c), want);
    }
  });

  it("views replace all path fields at once and leave arguments as they were asked", () => {
    const bound = openat("/mnt/secret", {
      real: "/mnt/secret",
      file: { ...plainFile, flags: fileFactFlags.PARTIAL_MOUNT },
      parts: new Map([[parts.FSPATH, "/home/ada/secret"]]),
    });
    assert.equal(read("fd.fspath", bound), "/home/ada/secret");
    bound.view = pathViews.fileSystem;
    assert.equal(read("fd.name", bound), "/data/home/ada/secret");
    assert.equal(read("fd.directory", bound), "/data/home/ada");
    assert.equal(read("fd.filename", bound), "secret");
    assert.equal(read("fs.path.name", bound), "/data/home/ada/secret");
    assert.equal(read("evt.arg.name", bound), "/mnt/secret");
    assert.equal(read("evt.arg.fd", bound), "<f>/mnt/secret");
    assert.equal(read("fd.nameraw", bound), "/mnt/secret");
    const link = openat("/tmp/link", { real: "/etc/shadow", view: pathViews.real });
    assert.equal(read("fd.name", link), "/etc/shadow");
    assert.equal(read("fs.path.name", link), "/etc/shadow");
    assert.equal(read("fs.path.realname", link), "/etc/shadow");
    link.view = pathViews.fileSystem;
    assert.equal(read("fd.name", link), undefined);
  });

  it("no other view where no path was resolved", () => {
    const c = openat("/tmp/x", { view: pathViews.real });
    assert.equal(read("fd.name", c), undefined);
    assert.equal(read("fd.name", { ...failed("/tmp/x", "openat"), view: pathViews.real }), undefined);
  });

  for (const event of ["open", "openat", "openat2", "creat"])
    it(`a failed ${event} shows what was asked for`, () => {
      const c = failed("/etc/absent", event);
      assert.equal(read("fd.num", c), -1);
      assert.equal(read("fd.typechar", c), "f");
      assert.equal(read("fd.name", c), "/etc/absent");
      assert.equal(read("fd.directory", c), "/etc");
      for (const token of ["fd.type", "fd.filename", "fd.ino", "fd.realpath", "fd.connected", "fd.l4proto"])
        assert.equal(read(token, c), undefined, token);
      assert.equal(read("evt.res", c), "ENOENT");
      assert.equal(read("evt.rawres", c), -2);
      assert.equal(read("evt.arg.fd", c), "ENOENT");
      assert.equal(read("evt.rawarg.fd", c), -2);
    });

  it("kinds of files", () => {
    const kinds: [given: Partial<Given>, type: string, character: string][] = [
      [{ file: { mode: 0o10600, fs_magic: 0x50495045 } }, "pipe", "p"],
      [{ file: { mode: 0o10600, fs_magic: 0xef53 } }, "file", "f"],
      [{ file: { mode: 0o20600 } }, "file", "f"],
      [{ file: { mode: S_IFREG, flags: fileFactFlags.MEMFD } }, "memfd", "m"],
      [{ file: { anon: anonKinds.EVENTFD } }, "event", "e"],
      [{ file: { anon: anonKinds.EVENTPOLL } }, "eventpoll", "l"],
      [{ file: { anon: anonKinds.PIDFD } }, "pidfd", "P"],
      [{ file: { anon: anonKinds.BPF } }, "bpf", "b"],
      [{ file: { anon: anonKinds.IO_URING } }, "io_uring", "r"],
      [{ file: { anon: anonKinds.OTHER } }, "<NA>", "o"],
      [{ socket: { family: 16, socket_family: 16 } }, "netlink", "n"],
      [{ socket: { family: 17, socket_family: 17 } }, "<NA>", "o"],
    ];
    for (const [given, type, character] of kinds) {
      const c = context({
        event: "dup2",
        header: { ret: 5 },
        parts: new Map([
          [0, 3],
          [1, 5],
        ]),
        ...given,
      });
      assert.equal(read("fd.type", c), type);
      assert.equal(read("fd.typechar", c), character);
      assert.equal(read("fd.num", c), 5);
    }
  });

  it("a memfd has a name and no path", () => {
    const c = context({
      event: "dup2",
      header: { ret: 5 },
      file: { mode: S_IFREG, flags: fileFactFlags.MEMFD },
      parts: new Map<number, string | number>([
        [0, 3],
        [1, 5],
        [parts.REALPATH, "/memfd:payload"],
      ]),
    });
    assert.equal(read("fd.name", c), "payload");
    for (const token of ["fd.realpath", "fd.fspath", "fd.directory", "fd.filename"])
      assert.equal(read(token, c), undefined, token);
    assert.equal(read("fd.nameraw", c), "");
  });

  it("a call below a folder uses that folder", () => {
    const c = context({
      event: "unlinkat",
      parts: new Map<number, string | number>([
        [0, 5],
        [1, "x"],
        [2, 0],
        [parts.BASE, "/srv"],
      ]),
    });
    assert.equal(read("fd.num", c), 5);
    assert.equal(read("fd.name", c), "/srv");
    assert.equal(read("fd.typechar", c), "d");
    assert.equal(read("evt.arg.dirfd", c), "<d>/srv");
    const atCwd = context({
      event: "unlinkat",
      parts: new Map<number, string | number>([
        [0, -100],
        [1, "x"],
        [2, 512],
        [parts.BASE, "/srv"],
      ]),
    });
    assert.equal(read("fd.num", atCwd), -100);
    assert.equal(read("fd.name", atCwd), "");
    assert.equal(
      read("evt.args", atCwd),
      "res=0 dirfd=-100(AT_FDCWD) name=x(/srv/x) flags=512(AT_REMOVEDIR)",
    );
  });
});

describe("sockets", () => {
  const v4 = (text: string) => parseAddress(text)!;
  const tcp = {
    family: 2,
    socket_family: 2,
    type: 1,
    protocol: 6,
    local_address: v4("10.0.0.5"),
    local_port: 40000,
    remote_address: v4("93.184.216.34"),
    remote_port: 443,
  };
  const socket = (facts: SocketFacts, more: Partial<Given> = {}) =>
    context({
      event: "connect",
      header: { ret: 0 },
      socket: facts,
      file: { mode: 0o140777 },
      parts: new Map([[1, 4]]),
      ...more,
    });

  const client = socket({ ...tcp, role: socketRoles.CLIENT, flags: socketFactFlags.CONNECTED });
  const server = socket({ ...tcp, role: socketRoles.SERVER, flags: socketFactFlags.CONNECTED });
  const unknown = socket(
    { ...tcp, flags: socketFactFlags.CONNECTED },
    { event: "sendto", parts: new Map([[1, 4]]) },
  );
  const listening = socket({
    ...tcp,
    remote_address: v4("0.0.0.0"),
    remote_port: 0,
    local_port: 8080,
    flags: socketFactFlags.LISTENING,
  });
  const fresh = socket({ family: 2, socket_family: 2, type: 1, local_address: v4("0.0.0.0") });
  const v6 = socket({
    family: 10,
    socket_family: 10,
    type: 2,
    local_address: v4("::1"),
    local_port: 5,
    remote_address: v4("fd00::1"),
    remote_port: 53,
    role: socketRoles.CLIENT,
    flags: socketFactFlags.PEER_FROM_CALL,
  });
  const unixSocket = socket(
    { family: 1, socket_family: 1, type: 1, flags: socketFactFlags.CONNECTED },
    {
      parts: new Map<number, string | number>([
        [1, 4],
        [parts.PEER_PATH, "/run/docker.sock"],
      ]),
    },
  );

  const cases: { name: string; c: typeof client; want: Record<string, unknown> }[] = [
    {
      name: "a client",
      c: client,
      want: {
        "fd.name": "10.0.0.5:40000->93.184.216.34:443",
        "fd.type": "ipv4",
        "fd.typechar": "4",
        "fd.cip": v4("10.0.0.5"),
        "fd.sip": v4("93.184.216.34"),
        "fd.lip": v4("10.0.0.5"),
        "fd.rip": v4("93.184.216.34"),
        "fd.cport": 40000,
        "fd.sport": 443,
        "fd.lport": 40000,
        "fd.rport": 443,
        "fd.ip": [v4("10.0.0.5"), v4("93.184.216.34")],
        "fd.net": [v4("10.0.0.5"), v4("93.184.216.34")],
        "fd.port": [40000, 443],
        "fd.snet": v4("93.184.216.34"),
        "fd.sproto": "https",
        "fd.cproto": "40000",
        "fd.l4proto": "tcp",
        "fd.connected": true,
        "fd.is_server": false,
        "fd.sockfamily": "ip",
        "fd.num": 4,
        "fd.nameraw": "",
        "fd.directory": undefined,
        "fd.filename": undefined,
        "evt.arg.tuple": "10.0.0.5:40000->93.184.216.34:443",
        "evt.arg.fd": "<4t>10.0.0.5:40000->93.184.216.34:443",
      },
    },
    {
      name: "a server",
      c: server,
      want: {
        "fd.name": "93.184.216.34:443->10.0.0.5:40000",
        "fd.sip": v4("10.0.0.5"),
        "fd.cip": v4("93.184.216.34"),
        "fd.lip": v4("10.0.0.5"),
        "fd.sport": 40000,
        "fd.is_server": true,
      },
    },
    {
      name: "an unknown role hides client and server but not the ends",
      c: unknown,
      want: {
        "fd.cip": undefined,
        "fd.sip": undefined,
        "fd.lport": 40000,
        "fd.rport": 443,
        "fd.name": "10.0.0.5:40000->93.184.216.34:443",
      },
    },
    {
      name: "a listening socket has a server only",
      c: listening,
      want: {
        "fd.name": "10.0.0.5:8080",
        "fd.sip": v4("10.0.0.5"),
        "fd.sport": 8080,
        "fd.cip": undefined,
        "fd.rip": undefined,
        "fd.ip": v4("10.0.0.5"),
        "fd.connected": false,
      },
    },
    {
      name: "a fresh socket has no ends",
      c: fresh,
      want: { "fd.name": "", "fd.ip": undefined, "fd.sip": undefined, "fd.type": "ipv4" },
    },
    {
      name: "IPv6 over UDP",
      c: v6,
      want: {
        "fd.name": "::1:5->fd00::1:53",
        "fd.type": "ipv6",
        "fd.l4proto": "udp",
        "fd.sip": v4("fd00::1"),
        "evt.arg.fd": "<6u>::1:5->fd00::1:53",
      },
    },
    {
      name: "a unix socket",
      c: unixSocket,
      want: {
        "fd.name": "/run/docker.sock",
        "fd.type": "unix",
        "fd.typechar": "u",
        "fd.sockfamily": "unix",
        "fd.l4proto": "<NA>",
        "fd.ip": undefined,
        "fd.connected": true,
      },
    },
  ];
  for (const { name, c, want } of cases)
    it(name, () => {
      for (const [token, value] of Object.entries(want)) assert.deepEqual(read(token, c), value, token);
    });

  it("fd.ip exists on any known descriptor, and on none that is not", () => {
    assert.equal(exists("fd.ip", client), true);
    assert.equal(exists("fd.ip", unixSocket), true);
    assert.equal(exists("fd.sip", unixSocket), false);
    assert.equal(
      exists(
        "fd.ip",
        context({
          event: "openat",
          header: { ret: 3 },
          file: plainFile,
          parts: new Map<number, number | string>([
            [0, -100],
            [1, "/x"],
          ]),
        }),
      ),
      true,
    );
    assert.equal(exists("fd.ip", failed("/x", "openat")), false);
    assert.equal(exists("fd.ip", context({ event: "execve" })), false);
  });

  it("names of rules stand for the addresses they lead to", () => {
    const named = socket(
      { ...tcp, role: socketRoles.CLIENT, flags: socketFactFlags.CONNECTED },
      {
        host: {
          addressNames: (address) => (address === v4("93.184.216.34") ? ["example.com", "example.org"] : []),
        },
      },
    );
    assert.deepEqual(read("fd.sip.name", named), ["example.com", "example.org"]);
    assert.deepEqual(read("fd.cip.name", named), [""]);
    assert.equal(read("fd.sip.name", client), undefined);
  });

  it("a failed connect shows the address that was asked for", () => {
    const bytes = socketAddressBytes({
      family: 1,
      address: undefined,
      port: 0,
      path: "/var/run/nscd/socket",
    });
    const c = socket(
      { family: 1, socket_family: 1, type: 1 },
      {
        header: { ret: -2 },
        parts: new Map<number, string | number>([
          [1, 4],
          [2, bytes],
        ]),
      },
    );
    assert.equal(read("fd.name", c), "/var/run/nscd/socket");
    assert.equal(read("evt.arg.addr", c), "/var/run/nscd/socket");
    assert.equal(read("evt.res", c), "ENOENT");
  });

  it("a refused connect shows both ends, whatever the socket kept", () => {
    for (const asked of ["93.184.216.34", "::ffff:5db8:d822"]) {
      const bytes = socketAddressBytes({
        family: asked.includes(":") ? 10 : 2,
        address: v4(asked),
        port: 443,
        path: undefined,
      });
      const c = socket(
        { family: 2, socket_family: 2, type: 1, local_address: v4("0.0.0.0") },
        {
          header: { ret: -111 },
          parts: new Map<number, string | number>([
            [1, 4],
            [2, bytes],
          ]),
        },
      );
      assert.equal(read("fd.name", c), "0.0.0.0:0->93.184.216.34:443");
      assert.equal(read("fd.sip", c), v4("93.184.216.34"));
      assert.equal(read("fd.rport", c), 443);
      assert.equal(read("fd.connected", c), false);
      assert.equal(read("evt.arg.tuple", c), "0.0.0.0:0->93.184.216.34:443");
      assert.equal(read("evt.arg.addr", c), "93.184.216.34:443");
    }
  });

  it("a unix client that is bound itself shows where it connected to", () => {
    const bound = new Map<number, string | number>([
      [1, 4],
      [parts.SOCKET_PATH, "/tmp/own"],
      [parts.PEER_PATH, "/run/docker.sock"],
    ]);
    assert.equal(
      read("fd.name", socket({ family: 1, socket_family: 1, type: 1 }, { parts: bound })),
      "/run/docker.sock",
    );
    const serving = context({
      event: "accept",
      header: { ret: 5 },
      socket: { family: 1, socket_family: 1, role: socketRoles.SERVER },
      parts: bound,
    });
    assert.equal(read("fd.name", serving), "/tmp/own");
  });

  it("an accepted connection's tuple begins with the client", () => {
    const c = context({
      event: "accept4",
      header: { ret: 9 },
      socket: { ...tcp, role: socketRoles.SERVER, flags: socketFactFlags.CONNECTED },
    });
    assert.equal(read("evt.arg.tuple", c), "93.184.216.34:443->10.0.0.5:40000");
    assert.equal(read("fd.num", c), 9);
  });

  it("events without a descriptor have no fd fields", () => {
    const c = context({ event: "execve", process: process() });
    for (const token of [
      "fd.num",
      "fd.name",
      "fd.type",
      "fd.typechar",
      "fd.ip",
      "fd.directory",
      "fd.uid",
      "fd.nameraw",
      "fd.types",
    ])
      assert.equal(read(token, c), undefined, token);
  });
});
