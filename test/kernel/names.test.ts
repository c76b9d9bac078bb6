import { mkdtempSync, rmSync } from "node:fs";
import { doors, type Call } from "./calls.ts";
import { eventCases } from "./cases.ts";

const folder = mkdtempSync("/tmp/tiercel-names-");
after(() => rmSync(folder, { recursive: true }));

const make = (name: string): Call => ["creat", `s:${folder}/${name}`, 0o600];
const openFolder: Call = ["open", `s:${folder}`, 0, 0];
const here = { cwd: folder };

eventCases("unlink, unlinkat, rmdir", [
  {
    name: "unlink tells the path",
    event: "unlink",
    calls: [make("a"), ["unlink", `s:${folder}/a`]],
    which: 1,
    want: { 0: `${folder}/a` },
    doors,
  },
  {
    name: "unlink of a relative path tells where it starts",
    event: "unlink",
    calls: [make("a"), ["unlink", "s:a"]],
    which: 1,
    options: here,
    want: { 0: "a" },
    facts: { BASE: folder },
  },
  {
    name: "unlinkat tells folder, path and flags",
    event: "unlinkat",
    calls: [openFolder, ["mkdirat", "@0", "s:b", 0o700], ["unlinkat", "@0", "s:b", 0x200]],
    which: 2,
    want: (made) => ({ 0: made.results[0]!, 1: "b", 2: 0x200 }),
    facts: { FILE: true, REALPATH: folder, BASE: folder },
    doors,
  },
  {
    name: "unlinkat from the working folder has no descriptor",
    event: "unlinkat",
    calls: [["unlinkat", -100, "s:none", 0]],
    options: here,
    want: { 0: -100, 1: "none", 2: 0 },
    facts: { BASE: folder },
    ret: -2,
  },
  {
    name: "rmdir tells the path",
    event: "rmdir",
    calls: [
      ["mkdir", `s:${folder}/c`, 0o700],
      ["rmdir", `s:${folder}/c`],
    ],
    which: 1,
    want: { 0: `${folder}/c` },
    doors,
  },
]);

eventCases("rename, renameat, renameat2", [
  {
    name: "rename tells both paths, each with its start",
    event: "rename",
    calls: [make("d"), ["rename", "s:d", `s:${folder}/e`]],
    which: 1,
    options: here,
    want: { 0: "d", 1: `${folder}/e` },
    facts: { BASE: folder },
    doors,
  },
  {
    name: "rename to a relative path",
    event: "rename",
    calls: [make("d"), ["rename", `s:${folder}/d`, "s:e"]],
    which: 1,
    options: here,
    want: { 0: `${folder}/d`, 1: "e" },
    facts: { BASE2: folder },
  },
  {
    name: "renameat tells both folders",
    event: "renameat",
    calls: [make("f"), openFolder, ["renameat", "@1", "s:f", -100, "s:g"]],
    which: 2,
    options: { cwd: "/tmp" },
    want: (made) => ({ 0: made.results[1]!, 1: "f", 2: -100, 3: "g" }),
    facts: { BASE: folder, BASE2: "/tmp" },
    also: () => rmSync("/tmp/g"),
    doors,
  },
  {
    name: "renameat2 tells its flags",
    event: "renameat2",
    calls: [make("h"), make("i"), ["renameat2", -100, `s:${folder}/h`, -100, `s:${folder}/i`, 2]],
    which: 2,
    want: { 0: -100, 1: `${folder}/h`, 2: -100, 3: `${folder}/i`, 4: 2 },
    doors,
  },
]);

eventCases("link, linkat, symlink, symlinkat", [
  {
    name: "link tells both paths",
    event: "link",
    calls: [make("j"), ["unlink", `s:${folder}/k`], ["link", "s:j", "s:k"]],
    which: 2,
    options: here,
    want: { 0: "j", 1: "k" },
    facts: { BASE: folder, BASE2: folder },
    doors,
  },
  {
    name: "linkat tells folders, paths and flags",
    event: "linkat",
    calls: [
      make("l"),
      openFolder,
      ["unlink", `s:${folder}/m`],
      ["linkat", "@1", "s:l", -100, `s:${folder}/m`, 0x400],
    ],
    which: 3,
    want: (made) => ({ 0: made.results[1]!, 1: "l", 2: -100, 3: `${folder}/m`, 4: 0x400 }),
    facts: { BASE: folder },
    doors,
  },
  {
    name: "symlink tells what the link contains as it is",
    event: "symlink",
    calls: [
      ["unlink", `s:${folder}/n`],
      ["symlink", "s:../shadow", "s:n"],
    ],
    which: 1,
    options: here,
    want: { 0: "../shadow", 1: "n" },
    facts: { BASE: folder },
    doors,
  },
  {
    name: "symlinkat tells the folder",
    event: "symlinkat",
    calls: [openFolder, ["unlinkat", "@0", "s:o", 0], ["symlinkat", "s:/etc/shadow", "@0", "s:o"]],
    which: 2,
    want: (made) => ({ 0: "/etc/shadow", 1: made.results[0]!, 2: "o" }),
    facts: { FILE: true, REALPATH: folder, BASE: folder },
    doors,
  },
]);

eventCases("mkdir, mkdirat", [
  {
    name: "mkdir tells path and mode",
    event: "mkdir",
    calls: [
      ["rmdir", `s:${folder}/p`],
      ["mkdir", `s:${folder}/p`, 0o750],
    ],
    which: 1,
    want: { 0: `${folder}/p`, 1: 0o750 },
    doors,
  },
  {
    name: "mkdirat tells the folder",
    event: "mkdirat",
    calls: [openFolder, ["unlinkat", "@0", "s:q", 0x200], ["mkdirat", "@0", "s:q", 0o711]],
    which: 2,
    want: (made) => ({ 0: made.results[0]!, 1: "q", 2: 0o711 }),
    facts: { FILE: true, REALPATH: folder, BASE: folder },
    doors,
  },
]);

eventCases("chmod, fchmod, fchmodat, fchmodat2", [
  {
    name: "chmod tells path and mode",
    event: "chmod",
    calls: [make("r"), ["chmod", `s:${folder}/r`, 0o4755]],
    which: 1,
    want: { 0: `${folder}/r`, 1: 0o4755 },
    doors,
  },
  {
    name: "fchmod tells the file behind the descriptor",
    event: "fchmod",
    calls: [make("r"), ["fchmod", "@0", 0o644]],
    which: 1,
    want: (made) => ({ 0: made.results[0]!, 1: 0o644 }),
    facts: { FILE: true, REALPATH: `${folder}/r` },
    doors,
  },
  {
    name: "fchmodat tells the folder",
    event: "fchmodat",
    calls: [make("r"), openFolder, ["fchmodat", "@1", "s:r", 0o640]],
    which: 2,
    want: (made) => ({ 0: made.results[1]!, 1: "r", 2: 0o640 }),
    facts: { FILE: true, REALPATH: folder, BASE: folder },
    doors,
  },
  {
    name: "fchmodat2 tells the folder and flags",
    event: "fchmodat2",
    calls: [make("r"), openFolder, ["fchmodat2", "@1", "s:r", 0o4711, 0x100]],
    which: 2,
    want: (made) => ({ 0: made.results[1]!, 1: "r", 2: 0o4711, 3: 0x100 }),
    facts: { FILE: true, REALPATH: folder, BASE: folder },
    doors,
  },
  {
    name: "fchmodat2 of a descriptor itself has no path",
    event: "fchmodat2",
    calls: [make("r"), ["fchmodat2", "@0", "s:", 0o600, 0x1000]],
    which: 1,
    want: (made) => ({ 0: made.results[0]!, 1: "", 2: 0o600, 3: 0x1000 }),
    facts: { FILE: true, REALPATH: `${folder}/r`, BASE: `${folder}/r` },
  },
]);
