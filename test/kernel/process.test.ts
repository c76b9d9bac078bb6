import { mkdtempSync, rmSync } from "node:fs";
import { doors, type Call } from "./calls.ts";
import { eventCases } from "./cases.ts";

const folder = mkdtempSync("/tmp/tiercel-process-");
after(() => rmSync(folder, { recursive: true }));

eventCases("setuid and its family", [
  ...(["setuid", "setgid"] as const).map((name) => ({
    name: `${name} tells the id`,
    event: name,
    calls: [[name, 0]] satisfies Call[],
    want: { 0: 0 },
    doors,
  })),
  ...(["setreuid", "setregid"] as const).map((name) => ({
    name: `${name} tells both ids, -1 as 4294967295`,
    event: name,
    calls: [[name, 0, -1]] satisfies Call[],
    want: { 0: 0, 1: 4294967295 },
    doors,
  })),
  ...(["setresuid", "setresgid"] as const).map((name) => ({
    name: `${name} tells all three ids`,
    event: name,
    calls: [[name, -1, 0, 0]] satisfies Call[],
    want: { 0: 4294967295, 1: 0, 2: 0 },
    doors,
  })),
  {
    name: "setuid32 is setuid with a wide id",
    event: "setuid",
    calls: [["setuid32", 70000]],
    want: { 0: 70000 },
    doors: ["gate", "32-bit"],
  },
]);

eventCases("kill, ptrace", [
  {
    name: "kill tells pid and signal",
    event: "kill",
    calls: [["kill", 0, 0]],
    want: { 0: 0, 1: 0 },
    doors,
  },
  {
    name: "kill of a group tells the negative number",
    event: "kill",
    calls: [["kill", -999999, 15]],
    want: { 0: -999999, 1: 15 },
    ret: -3,
  },
  {
    name: "ptrace tells request, pid, address and data",
    event: "ptrace",
    calls: [["ptrace", 0, 5, 0x1234, 0x77]],
    want: { 0: 0x1234, 1: 0x77, 2: 0, 3: 5 },
    doors,
  },
]);

eventCases("setns, unshare", [
  {
    name: "setns tells the namespace's file",
    event: "setns",
    calls: [
      ["open", "s:/proc/self/ns/uts", 0, 0],
      ["setns", "@0", 0x04000000],
    ],
    which: 1,
    want: (made) => ({ 0: made.results[0]!, 1: 0x04000000 }),
    facts: { FILE: true },
    doors,
  },
  {
    name: "unshare tells its flags",
    event: "unshare",
    calls: [["unshare", 0x08000000]],
    want: { 0: 0x08000000 },
    doors,
  },
]);

eventCases("mount, umount2", [
  {
    name: "mount tells source, folder, type and flags",
    event: "mount",
    calls: [
      ["unshare", 0x20000],
      ["mount", "s:none", "s:/", "s:", 0x44000, 0],
      ["mount", "s:src", `s:${folder}`, "s:tmpfs", 2, 0],
    ],
    which: 2,
    records: 2,
    want: { 0: "src", 1: folder, 2: "tmpfs", 3: 2 },
    doors,
  },
  {
    name: "mount with NULL source and type",
    event: "mount",
    calls: [["mount", 0, "s:none", 0, 0x20, 0]],
    options: { cwd: "/tmp" },
    want: { 0: null, 1: "none", 2: null, 3: 0x20 },
    facts: { BASE: "/tmp" },
    ret: -2,
  },
  {
    name: "umount2 tells folder and flags",
    event: "umount2",
    calls: [["umount2", `s:${folder}`, 2]],
    want: { 0: folder, 1: 2 },
    ret: -22,
    doors,
  },
]);

eventCases("bpf, memfd_create, modules", [
  {
    name: "bpf tells the command",
    event: "bpf",
    calls: [["bpf", 5, 0, 0]],
    want: { 0: 5 },
    doors,
  },
  {
    name: "memfd_create tells name and flags",
    event: "memfd_create",
    calls: [["memfd_create", "s:x", 1]],
    want: { 0: "x", 1: 1 },
    facts: { FILE: true, REALPATH: "/memfd:x" },
    doors,
  },
  {
    name: "init_module tells image, length and parameters, also where the kernel has no modules",
    event: "init_module",
    calls: [["init_module", "s:image", 5, "s:a=b"]],
    want: { 0: "image", 1: 5, 2: "a=b" },
    doors,
  },
  {
    name: "finit_module tells the file",
    event: "finit_module",
    calls: [
      ["open", "s:/etc/passwd", 0, 0],
      ["finit_module", "@0", "s:a=b", 1],
    ],
    which: 1,
    want: (made) => ({ 0: made.results[0]!, 1: "a=b", 2: 1 }),
    facts: { FILE: true, REALPATH: "/etc/passwd" },
    doors,
  },
]);
