import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileFact, fileFactFlags, offsets, parts } from "../../agent/events/record.ts";
import { doors } from "./calls.ts";
import type { Captured } from "./capturing.ts";
import { eventCases } from "./cases.ts";

const folder = mkdtempSync("/tmp/tiercel-open-");
writeFileSync(`${folder}/file`, "x", { mode: 0o640 });
after(() => rmSync(folder, { recursive: true }));

const at = offsets(fileFact);
const flagsOf = (event: Captured) => event.parts.get(parts.FILE)!.readUInt32LE(at.flags);
const O_CREAT = 0o100;

function isFile(event: Captured, path: string): void {
  const fact = event.parts.get(parts.FILE)!;
  const stat = statSync(path, { bigint: true });
  const major = Number((stat.dev >> 8n) & 0xfffn);
  const minor = Number((stat.dev & 0xffn) | ((stat.dev >> 12n) & 0xfff00n));
  assert.equal(fact.length, at.size);
  assert.equal(fact.readBigUInt64LE(at.ino), stat.ino);
  assert.equal(fact.readUInt32LE(at.dev), (major << 20) | minor);
  assert.equal(fact.readUInt32LE(at.mode), Number(stat.mode));
  assert.equal(fact.readUInt32LE(at.nlink), Number(stat.nlink));
  assert.equal(fact.readUInt32LE(at.uid), Number(stat.uid));
}

const how = (flags: number, mode: number, resolve: number) => {
  const bytes = Buffer.alloc(24);
  bytes.writeBigUInt64LE(BigInt(flags), 0);
  bytes.writeBigUInt64LE(BigInt(mode), 8);
  bytes.writeBigUInt64LE(BigInt(resolve), 16);
  return `b:${bytes.toString("hex")}`;
};
const RESOLVE_IN_ROOT = 0x10;

eventCases("open, creat", [
  {
    name: "open of a file tells flags and the file; its mode means nothing and is 0",
    event: "open",
    calls: [["open", `s:${folder}/file`, 2, 0o777]],
    want: { 0: `${folder}/file`, 1: 2, 2: 0 },
    facts: { FILE: true, REALPATH: `${folder}/file` },
    doors,
    also: (event) => {
      isFile(event, `${folder}/file`);
      assert.equal(event.parts.get(parts.FILE)!.readUInt32LE(at.open_flags) & 3, 2);
      assert.equal(flagsOf(event), 0);
    },
  },
  {
    name: "open that makes a file tells its mode and that it was made",
    event: "open",
    calls: [["open", `s:${folder}/made`, O_CREAT | 1, 0o600]],
    want: { 0: `${folder}/made`, 1: O_CREAT | 1, 2: 0o600 },
    facts: { FILE: true, REALPATH: `${folder}/made` },
    also: (event) => assert.equal(flagsOf(event), fileFactFlags.CREATED),
  },
  {
    name: "open that fails has no file, and the folder of its relative path",
    event: "open",
    calls: [["open", "s:none", 0, 0]],
    options: { cwd: folder },
    want: { 0: "none", 1: 0, 2: 0 },
    facts: { BASE: folder },
    ret: -2,
    doors,
  },
  {
    name: "open of NULL has no path",
    event: "open",
    calls: [["open", 0, 0, 0]],
    want: { 0: null, 1: 0, 2: 0 },
    facts: { BASE: "/" },
    options: { cwd: "/" },
    ret: -14,
    also: (event) => assert.equal(Number(event.header.flags) & 4, 0),
  },
  {
    name: "open of unreadable memory says so",
    event: "open",
    calls: [["open", 4096, 0, 0]],
    want: { 0: null, 1: 0, 2: 0 },
    facts: { BASE: "/" },
    options: { cwd: "/" },
    ret: -14,
    also: (event) => assert.equal(Number(event.header.flags) & 4, 4),
  },
  {
    name: "creat tells mode and file",
    event: "creat",
    calls: [["creat", `s:${folder}/new`, 0o644]],
    want: { 0: `${folder}/new`, 1: 0o644 },
    facts: { FILE: true, REALPATH: `${folder}/new` },
    doors,
  },
]);

eventCases("openat, openat2", [
  {
    name: "openat from the working folder",
    event: "openat",
    calls: [["openat", -100, "s:file", 0, 0]],
    options: { cwd: folder },
    want: { 0: -100, 1: "file", 2: 0, 3: 0 },
    facts: { FILE: true, REALPATH: `${folder}/file`, BASE: folder },
    doors,
    also: (event) => isFile(event, `${folder}/file`),
  },
  {
    name: "openat from a folder's descriptor",
    event: "openat",
    calls: [
      ["open", `s:${folder}`, 0, 0],
      ["openat", "@0", "s:../../etc/passwd", 0, 0],
    ],
    which: 1,
    want: (made) => ({ 0: made.results[0]!, 1: "../../etc/passwd", 2: 0, 3: 0 }),
    facts: { FILE: true, REALPATH: "/etc/passwd", BASE: folder },
    doors,
  },
  {
    name: "openat2 tells how",
    event: "openat2",
    calls: [["openat2", -100, `s:${folder}/file2`, how(O_CREAT | 1, 0o604, 2), 24]],
    want: { 0: -100, 1: `${folder}/file2`, 2: O_CREAT | 1, 3: 0o604, 4: 2 },
    facts: { FILE: true, REALPATH: `${folder}/file2` },
    doors,
  },
  {
    name: "openat2 with RESOLVE_IN_ROOT names the folder that / means",
    event: "openat2",
    calls: [
      ["open", `s:${folder}`, 0, 0],
      ["openat2", "@0", "s:/file", how(0, 0, RESOLVE_IN_ROOT), 24],
    ],
    which: 1,
    want: (made) => ({ 0: made.results[0]!, 1: "/file", 2: 0, 3: 0, 4: RESOLVE_IN_ROOT }),
    facts: { FILE: true, REALPATH: `${folder}/file`, BASE: folder },
  },
]);
