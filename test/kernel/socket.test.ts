import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { offsets, parts, socketFact, socketFactFlags, socketRoles } from "../../agent/events/record.ts";
import { doors, type Call } from "./calls.ts";
import type { Captured } from "./capturing.ts";
import { eventCases } from "./cases.ts";

const folder = mkdtempSync("/tmp/tiercel-socket-");
after(() => rmSync(folder, { recursive: true }));

const at = offsets(socketFact);
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const STREAM = 1;
const DGRAM = 2;
const TCP = 6;
const UDP = 17;

/** struct sockaddr of an IPv4 or IPv6 address, as bytes. */
function address(ip: string, port: number): Buffer {
  const four = ip.split(".");
  if (four.length === 4 && !ip.includes(":"))
    return Buffer.from([AF_INET, 0, port >> 8, port & 255, ...four.map(Number), ...Array<number>(8).fill(0)]);
  const bytes = Buffer.alloc(28);
  bytes[0] = AF_INET6;
  bytes.writeUInt16BE(port, 2);
  if (ip === "::1") bytes[23] = 1;
  if (ip === "::ffff:127.0.0.1") Buffer.from([255, 255, 127, 0, 0, 1]).copy(bytes, 18);
  return bytes;
}

const unix = (path: string) => Buffer.from(`\x01\0${path}`, "latin1");
const hex = (bytes: Buffer) => `b:${bytes.toString("hex")}`;
const raw = (bytes: Buffer) => bytes.toString("latin1");

interface Fact {
  family: number;
  socket_family: number;
  type: number;
  protocol: number;
  role: number;
  flags: number;
  local: string;
  remote: string;
}

function ip(bytes: Buffer, family: number): string {
  return family === AF_INET
    ? [...bytes.subarray(0, 4)].join(".")
    : bytes.toString("hex").replace(/^0+/, "::");
}

/** What the socket_fact says, as a table row would write it. Port 0 is left out. */
function fact(event: Captured): Fact {
  const bytes = event.parts.get(parts.SOCKET)!;
  assert.equal(bytes.length, at.size);
  const family = bytes.readUInt16LE(at.family);
  const end = (addressAt: number, portAt: number) => {
    const port = bytes.readUInt16LE(portAt);
    return `${ip(bytes.subarray(addressAt, addressAt + 16), family)}${port === 0 ? "" : `:${port}`}`;
  };
  assert.notEqual(bytes.readBigUInt64LE(at.cookie), 0n);
  return {
    family,
    socket_family: bytes.readUInt16LE(at.socket_family),
    type: bytes.readUInt16LE(at.type),
    protocol: bytes.readUInt16LE(at.protocol),
    role: bytes.readUInt8(at.role),
    flags: bytes.readUInt16LE(at.flags),
    local: end(at.local_address, at.local_port),
    remote: end(at.remote_address, at.remote_port),
  };
}

const tcp = { family: AF_INET, socket_family: AF_INET, type: STREAM, protocol: TCP, role: 0, flags: 0 };
const udp = { ...tcp, type: DGRAM, protocol: UDP };
/** For the ends, a local port that the kernel chose reads as *. */
const chosen = (text: string) => text.replace(/:\d+$/, ":*");

/** Ports of this run, so that two runs at once do not meet. */
let next = 20000 + (process.pid % 20000);
const port = () => next++;

const server = (port: number, family = AF_INET, ip = "127.0.0.1"): Call[] => [
  ["socket", family, STREAM, 0],
  ["setsockopt", "@0", 1, 2, "b:01000000", 4], // SO_REUSEADDR: the same port by another door
  ["bind", "@0", hex(address(ip, port)), address(ip, port).length],
  ["listen", "@0", 4],
];

const p1 = port();
const p2 = port();
const p3 = port();
const p4 = port();
const p5 = port();
const p6 = port();

eventCases("socket, bind, listen", [
  {
    name: "socket tells domain, type with its flags, protocol",
    event: "socket",
    calls: [["socket", AF_INET6, STREAM | 0o2000000, TCP]],
    want: { 0: AF_INET6, 1: STREAM | 0o2000000, 2: TCP, 3: 0o2000000 },
    facts: { FILE: true, SOCKET: true },
    doors,
    also: (event) =>
      assert.deepEqual(fact(event), {
        ...tcp,
        family: AF_INET6,
        socket_family: AF_INET6,
        local: "::",
        remote: "::",
      }),
  },
  {
    name: "socket of netlink has facts too",
    event: "socket",
    calls: [["socket", 16, 3, 0]],
    want: { 0: 16, 1: 3, 2: 0, 3: 0 },
    facts: { FILE: true, SOCKET: true },
  },
  {
    name: "socket that fails has none",
    event: "socket",
    calls: [["socket", 99, 1, 0]],
    want: { 0: 99, 1: 1, 2: 0, 3: 0 },
    ret: -97,
  },
  {
    name: "bind tells the address asked and where the socket is",
    event: "bind",
    calls: server(p1).slice(0, 3),
    which: 2,
    want: (made) => ({ 0: raw(address("127.0.0.1", p1)), 1: made.results[0]! }),
    facts: { FILE: true, SOCKET: true },
    doors,
    also: (event) => assert.deepEqual(fact(event), { ...tcp, local: `127.0.0.1:${p1}`, remote: "0.0.0.0" }),
  },
  {
    name: "bind of a unix socket tells its path",
    event: "bind",
    calls: [
      ["socket", AF_UNIX, STREAM, 0],
      ["bind", "@0", hex(unix(`${folder}/bound\0`)), `${folder}/bound`.length + 3],
    ],
    which: 1,
    want: (made) => ({ 0: raw(unix(`${folder}/bound\0`)), 1: made.results[0]! }),
    facts: { FILE: true, SOCKET: true, SOCKET_PATH: `${folder}/bound` },
  },
  {
    name: "bind of an abstract unix socket tells its name with the NUL",
    event: "bind",
    calls: [
      ["socket", AF_UNIX, STREAM, 0],
      ["bind", "@0", hex(unix("\0abstract")), 11],
    ],
    which: 1,
    want: (made) => ({ 0: raw(unix("\0abstract")), 1: made.results[0]! }),
    facts: { FILE: true, SOCKET: true, SOCKET_PATH: "\0abstract" },
  },
  {
    name: "listen tells the backlog",
    event: "listen",
    calls: server(p2),
    which: 3,
    want: (made) => ({ 0: made.results[0]!, 1: 4 }),
    facts: { FILE: true, SOCKET: true },
    doors,
    also: (event) => {
      const { flags, local } = fact(event);
      assert.deepEqual({ flags, local }, { flags: socketFactFlags.LISTENING, local: `127.0.0.1:${p2}` });
    },
  },
]);

const connected: Fact = {
  ...tcp,
  role: socketRoles.CLIENT,
  flags: socketFactFlags.CONNECTED,
  local: "127.0.0.1:*",
  remote: "",
};

eventCases("connect", [
  {
    name: "tells both ends and who is the client",
    event: "connect",
    calls: [
      ...server(p3),
      ["socket", AF_INET, STREAM, 0],
      ["connect", "@4", hex(address("127.0.0.1", p3)), 16],
    ],
    which: 5,
    want: (made) => ({ 1: made.results[4]!, 2: raw(address("127.0.0.1", p3)) }),
    facts: { FILE: true, SOCKET: true },
    doors,
    also: (event) => {
      const got = fact(event);
      assert.deepEqual({ ...got, local: chosen(got.local) }, { ...connected, remote: `127.0.0.1:${p3}` });
    },
  },
  {
    name: "that is under way is a connection already",
    event: "connect",
    calls: [
      ["socket", AF_INET, STREAM | 0o4000, 0],
      ["connect", "@0", hex(address("203.0.113.9", 81)), 16],
    ],
    which: 1,
    want: (made) => ({ 1: made.results[0]!, 2: raw(address("203.0.113.9", 81)) }),
    facts: { FILE: true, SOCKET: true },
    also: (event, made) => {
      if (made.results[1] !== -115) return;
      const { role, flags, remote } = fact(event);
      assert.deepEqual({ role, flags, remote }, { role: 1, flags: 1, remote: "203.0.113.9:81" });
    },
  },
  {
    name: "that is refused tells the address asked",
    event: "connect",
    calls: [
      ["socket", AF_INET, STREAM, 0],
      ["connect", "@0", hex(address("127.0.0.1", 1)), 16],
    ],
    which: 1,
    want: (made) => ({ 1: made.results[0]!, 2: raw(address("127.0.0.1", 1)) }),
    facts: { FILE: true, SOCKET: true },
    ret: -111,
    also: (event) => assert.equal(fact(event).role, 0),
  },
  {
    name: "over IPv6",
    event: "connect",
    calls: [
      ...server(p4, AF_INET6, "::1"),
      ["socket", AF_INET6, STREAM, 0],
      ["connect", "@4", hex(address("::1", p4)), 28],
    ],
    which: 5,
    want: (made) => ({ 1: made.results[4]!, 2: raw(address("::1", p4)) }),
    facts: { FILE: true, SOCKET: true },
    also: (event) => {
      const { family, remote, local } = fact(event);
      assert.deepEqual(
        { family, remote, local: chosen(local) },
        { family: AF_INET6, remote: `::1:${p4}`, local: "::1:*" },
      );
    },
  },
  {
    name: "to a mapped address is IPv4",
    event: "connect",
    calls: [
      ...server(p5),
      ["socket", AF_INET6, STREAM, 0],
      ["connect", "@4", hex(address("::ffff:127.0.0.1", p5)), 28],
    ],
    which: 5,
    want: (made) => ({ 1: made.results[4]!, 2: raw(address("::ffff:127.0.0.1", p5)) }),
    facts: { FILE: true, SOCKET: true },
    also: (event) => {
      const got = fact(event);
      assert.deepEqual(
        { ...got, local: chosen(got.local) },
        { ...connected, socket_family: AF_INET6, remote: `127.0.0.1:${p5}` },
      );
    },
  },
  {
    name: "to a unix socket tells the peer's path",
    event: "connect",
    calls: [
      ["socket", AF_UNIX, STREAM, 0],
      ["bind", "@0", hex(unix(`${folder}/peer\0`)), `${folder}/peer`.length + 3],
      ["listen", "@0", 1],
      ["socket", AF_UNIX, STREAM, 0],
      ["connect", "@3", hex(unix(`${folder}/peer\0`)), `${folder}/peer`.length + 3],
    ],
    which: 4,
    want: (made) => ({ 1: made.results[3]!, 2: raw(unix(`${folder}/peer\0`)) }),
    facts: { FILE: true, SOCKET: true, PEER_PATH: `${folder}/peer` },
    also: (event) => {
      assert.equal(event.parts.get(parts.SOCKET)!.readUInt16LE(at.family), AF_UNIX);
      assert.equal(event.parts.get(parts.SOCKET)!.readUInt8(at.role), socketRoles.CLIENT);
      assert.notEqual(event.parts.get(parts.SOCKET)!.readBigUInt64LE(at.peer), 0n);
    },
  },
  {
    name: "of what is no socket has the file's facts",
    event: "connect",
    calls: [
      ["open", "s:/etc/passwd", 0, 0],
      ["connect", "@0", hex(address("127.0.0.1", 1)), 16],
    ],
    which: 1,
    want: (made) => ({ 1: made.results[0]!, 2: raw(address("127.0.0.1", 1)) }),
    facts: { FILE: true, REALPATH: "/etc/passwd" },
    ret: -88,
  },
]);

const accepting = (call: Call, port: number): Call[] => [
  ...server(port),
  ["socket", AF_INET, STREAM, 0],
  ["connect", "@4", hex(address("127.0.0.1", port)), 16],
  call,
];

eventCases("accept, accept4", [
  {
    name: "accept tells both ends, the queue, and who is the server",
    event: "accept",
    calls: accepting(["accept", "@0", 0, 0], p6),
    which: 6,
    want: { 1: 0, 2: 0, 3: 4 },
    facts: { FILE: true, SOCKET: true },
    also: (event) => {
      const got = fact(event);
      assert.deepEqual(
        { ...got, remote: chosen(got.remote) },
        { ...connected, role: socketRoles.SERVER, local: `127.0.0.1:${p6}`, remote: "127.0.0.1:*" },
      );
    },
  },
  {
    name: "accept4 tells its flags",
    event: "accept4",
    calls: accepting(["accept4", "@0", 0, 0, 0o2000000], port()),
    which: 6,
    want: { 1: 0, 2: 0, 3: 4, 4: 0o2000000 },
    facts: { FILE: true, SOCKET: true },
    doors,
    also: (event) => assert.equal(fact(event).role, socketRoles.SERVER),
  },
  {
    name: "accept4 that fails has no socket, and the queue",
    event: "accept4",
    calls: [
      ["socket", AF_INET, STREAM | 0o4000, 0],
      ["bind", "@0", hex(address("127.0.0.1", 0)), 16],
      ["listen", "@0", 8],
      ["accept4", "@0", 0, 0, 0],
    ],
    which: 3,
    want: { 1: 0, 2: 0, 3: 8, 4: 0 },
    ret: -11,
  },
]);

const to = (port: number) => hex(address("127.0.0.1", port));
const p7 = port();
const p8 = port();
const p9 = port();
const sent = (flags: number, remote: number) => ({
  ...udp,
  role: socketRoles.CLIENT,
  flags: flags | socketFactFlags.PEER_FROM_CALL,
  local: "",
  remote: `127.0.0.1:${remote}`,
});
const without = (got: Fact) => ({ ...got, local: "" });

eventCases("sendto, sendmsg", [
  {
    name: "sendto tells data, size, and where an unconnected socket sends",
    event: "sendto",
    calls: [
      ["socket", AF_INET, DGRAM, 0],
      ["sendto", "@0", "s:hello", 5, 0, to(p7), 16],
    ],
    which: 1,
    want: (made) => ({ 0: "hello", 1: made.results[0]!, 2: 5 }),
    facts: { FILE: true, SOCKET: true },
    doors,
    also: (event) => assert.deepEqual(without(fact(event)), sent(socketFactFlags.NAME_CHANGED, p7)),
  },
  {
    name: "sendmsg likewise",
    event: "sendmsg",
    calls: [
      ["socket", AF_INET, DGRAM, 0],
      ["sendmsg", "@0", `m:${address("127.0.0.1", p7).toString("hex")}:hello`, 0],
    ],
    which: 1,
    want: (made) => ({ 0: "hello", 1: made.results[0]!, 2: 5 }),
    facts: { FILE: true, SOCKET: true },
    doors,
    also: (event) => assert.deepEqual(without(fact(event)), sent(socketFactFlags.NAME_CHANGED, p7)),
  },
  {
    name: "sendto to the same peer changes no name, to another does",
    event: "sendto",
    calls: [
      ["socket", AF_INET, DGRAM, 0],
      ["sendto", "@0", "s:1", 1, 0, to(p7), 16],
      ["sendto", "@0", "s:2", 1, 0, to(p7), 16],
    ],
    which: 2,
    records: 2,
    want: (made) => ({ 0: "2", 1: made.results[0]!, 2: 1 }),
    facts: { FILE: true, SOCKET: true },
    also: (event) => assert.deepEqual(without(fact(event)), sent(0, p7)),
  },
  {
    name: "sendto to another peer changes the name again",
    event: "sendto",
    calls: [
      ["socket", AF_INET, DGRAM, 0],
      ["sendto", "@0", "s:1", 1, 0, to(p7), 16],
      ["sendto", "@0", "s:2", 1, 0, to(p8), 16],
    ],
    which: 2,
    records: 2,
    want: (made) => ({ 0: "2", 1: made.results[0]!, 2: 1 }),
    facts: { FILE: true, SOCKET: true },
    also: (event) => assert.deepEqual(without(fact(event)), sent(socketFactFlags.NAME_CHANGED, p8)),
  },
  {
    name: "sendto on a connected socket goes to its peer",
    event: "sendto",
    calls: [
      ["socket", AF_INET, DGRAM, 0],
      ["connect", "@0", to(p8), 16],
      ["sendto", "@0", "s:1", 1, 0, 0, 0],
    ],
    which: 2,
    want: (made) => ({ 0: "1", 1: made.results[0]!, 2: 1 }),
    facts: { FILE: true, SOCKET: true },
    also: (event) => {
      const { flags, remote, role } = fact(event);
      const all = socketFactFlags.CONNECTED | socketFactFlags.NAME_CHANGED;
      assert.deepEqual({ flags, remote, role }, { flags: all, remote: `127.0.0.1:${p8}`, role: 1 });
    },
  },
  {
    name: "sendto over TCP changes no name",
    event: "sendto",
    calls: [
      ...server(p9),
      ["socket", AF_INET, STREAM, 0],
      ["connect", "@4", to(p9), 16],
      ["sendto", "@4", "s:1", 1, 0, 0, 0],
    ],
    which: 6,
    want: (made) => ({ 0: "1", 1: made.results[4]!, 2: 1 }),
    facts: { FILE: true, SOCKET: true },
    also: (event) => assert.equal(fact(event).flags, socketFactFlags.CONNECTED),
  },
  {
    name: "sendto cuts long data to 80 bytes",
    event: "sendto",
    calls: [
      ["socket", AF_UNIX, DGRAM, 0],
      [
        "sendto",
        "@0",
        `s:${"x".repeat(80)}`,
        80,
        0,
        hex(unix(`${folder}/nobody\0`)),
        `${folder}/nobody`.length + 3,
      ],
    ],
    which: 1,
    want: (made) => ({ 0: "x".repeat(80), 1: made.results[0]!, 2: 80 }),
    facts: { FILE: true, SOCKET: true, PEER_PATH: `${folder}/nobody` },
    ret: -2,
  },
]);
