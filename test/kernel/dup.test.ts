import assert from "node:assert/strict";
import { offsets, parts, socketFact } from "../../agent/events/record.ts";
import { doors } from "./calls.ts";
import { eventCases } from "./cases.ts";

const passwd = ["open", "s:/etc/passwd", 0, 0] as const;
const file = { FILE: true, REALPATH: "/etc/passwd" } as const;

eventCases("dup, dup2, dup3, fcntl", [
  {
    name: "dup tells the old descriptor and the file behind the new one",
    event: "dup",
    calls: [passwd, ["dup", "@0"]],
    which: 1,
    want: (made) => ({ 0: made.results[0]! }),
    facts: file,
    doors,
  },
  {
    name: "dup of nothing has no file",
    event: "dup",
    calls: [["dup", 77]],
    want: { 0: 77 },
    ret: -9,
  },
  {
    name: "dup2 tells both descriptors",
    event: "dup2",
    calls: [passwd, ["dup2", "@0", 40]],
    which: 1,
    want: (made) => ({ 0: made.results[0]!, 1: 40 }),
    facts: file,
    doors,
  },
  {
    name: "dup3 tells its flags",
    event: "dup3",
    calls: [passwd, ["dup3", "@0", 41, 0o2000000]],
    which: 1,
    want: (made) => ({ 0: made.results[0]!, 1: 41, 2: 0o2000000 }),
    facts: file,
    doors,
  },
  {
    name: "dup2 of a socket over standard input tells the socket",
    event: "dup2",
    calls: [
      ["socket", 2, 1, 0],
      ["dup2", "@0", 0],
    ],
    which: 1,
    want: (made) => ({ 0: made.results[0]!, 1: 0 }),
    facts: { FILE: true, SOCKET: true },
    also: (event) => assert.equal(event.parts.get(parts.SOCKET)!.readUInt16LE(offsets(socketFact).family), 2),
  },
  {
    name: "fcntl with F_DUPFD is told, F_GETFL and others are not",
    event: "fcntl",
    calls: [passwd, ["fcntl", "@0", 3, 0], ["fcntl", "@0", 0, 50], ["fcntl", "@0", 1, 0]],
    which: 2,
    want: (made) => ({ 0: made.results[0]!, 1: 0, 2: 50 }),
    facts: file,
    doors,
  },
  {
    name: "fcntl with F_DUPFD_CLOEXEC is told",
    event: "fcntl",
    calls: [passwd, ["fcntl", "@0", 1030, 60]],
    which: 1,
    want: (made) => ({ 0: made.results[0]!, 1: 1030, 2: 60 }),
    facts: file,
  },
]);
