/** Asks the machine: kernel, process, memory, cgroups, clocks. */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { bootTimeNow, missing, recordsHierarchy, thisMachine, tryCapture } from "../../capture/index.ts";
import { cgroupHierarchy, cgroupMounts, type MountNamespace } from "../../state/cgroup-tree.ts";
import { mountsOf } from "../../state/mounts.ts";
import { cgroupPathOf } from "../../state/scan.ts";
import { readBootClock } from "../agent/boot-clock.ts";
import type { CgroupFacts, KernelFacts, MemoryFacts, ProcessFacts } from "./facts.ts";

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

/** Asks the kernel, and loads the programs where nothing is missing. */
export function gatherKernel(ringBytes: number): KernelFacts {
  const lacks = missing(thisMachine());
  const sysctl = textOf("/proc/sys/kernel/unprivileged_bpf_disabled");
  return {
    release: release(),
    missing: lacks,
    abilities: lacks.length === 0 ? tryCapture(ringBytes) : undefined,
    lockdown: /\[(\w+)\]/.exec(textOf("/sys/kernel/security/lockdown") ?? "")?.[1],
    securityModules: textOf("/sys/kernel/security/lsm")?.trim().split(","),
    unprivilegedBpfDisabled: sysctl === undefined ? undefined : Number(sysctl),
  };
}

/** The soft limit of locked memory as /proc/PID/limits has it; undefined for none. Pure. */
export function memoryLockOf(limits: string): number | undefined {
  const soft = /^Max locked memory\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

export function gatherProcess(): ProcessFacts {
  return {
    node: process.versions.node,
    capabilities: thisMachine().capabilities,
    kernel: release(),
    memoryLock: memoryLockOf(textOf("/proc/self/limits") ?? ""),
  };
}

/** v1 says "none" by a number near 2^63. */
const NO_LIMIT = 2 ** 60;

/** The smallest limit of a cgroup and those above it. */
function memoryLimit(folder: string, path: string): number | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  const limits = [...parts.keys(), parts.length].flatMap((count) => {
    const at = join(folder, ...parts.slice(0, count));
    const text = textOf(join(at, "memory.max")) ?? textOf(join(at, "memory.limit_in_bytes"));
    const limit = Number(text);
    return text !== undefined && limit < NO_LIMIT ? [limit] : [];
  });
  return limits.length === 0 ? undefined : Math.min(...limits);
}

const mounts = () => cgroupMounts((path) => textOf(path) ?? "");

export function gatherMemory(ringBytes: number): MemoryFacts {
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(textOf("/proc/meminfo") ?? "")?.[1];
  const hierarchy = cgroupHierarchy(mounts());
  const own = hierarchy && cgroupPathOf(textOf("/proc/self/cgroup") ?? "", hierarchy.controller);
  return {
    ring: ringBytes,
    available: available === undefined ? undefined : Number(available) * 1024,
    limit: hierarchy && memoryLimit(hierarchy.folder, own ?? "/"),
  };
}

/** Layout and choice of cgroup hierarchies from a mountinfo and /proc/cgroups. Pure. */
export function cgroupFacts(namespace: MountNamespace, cgroups: string): CgroupFacts {
  const all = mountsOf(namespace.mountinfo);
  const controllers = all
    .filter(({ type }) => type === "cgroup")
    .flatMap(({ superOptions }) => superOptions.split(","));
  const known = cgroups.split("\n").map((line) => line.split("\t")[0]!);
  const chosen = cgroupHierarchy(namespace);
  return {
    v1: [...new Set(controllers)].filter((name) => known.includes(name)).sort(),
    v2: all.find(({ type }) => type === "cgroup2")?.point,
    records: recordsHierarchy(cgroups).version,
    folder: chosen && { version: chosen.controller === "" ? 2 : 1, path: chosen.folder },
  };
}

export const gatherCgroups = (): CgroupFacts => cgroupFacts(mounts(), textOf("/proc/cgroups") ?? "");

/** ns since the epoch at which this machine booted, by its wall clock of now. */
export const bootedAt = (): bigint =>
  readBootClock({ boot: bootTimeNow, steady: () => process.hrtime.bigint(), wall: Date.now }).bootTime;
