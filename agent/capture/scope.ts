/** Which tasks are this agent's business (design: node scope). */
import { readFileSync } from "node:fs";
import { check, libbpf, pageSize } from "./native.ts";
import { BpfObject, defaultObjectPath } from "./object.ts";
import { testRun } from "./test-run.ts";

export interface Scope {
  /** The agent's thread group id as the kernel's first PID namespace counts it. */
  readonly tgid: number;
  /** Level of the agent's PID namespace, which is the node's; 0 is the kernel's first. */
  readonly level: number;
  /** Its inode. */
  readonly pidns: number;
}

/** Asks the kernel who the calling process is. @throws LibbpfError */
export function readScope(): Scope {
  const path = defaultObjectPath(false);
  const object = BpfObject.load({ path, settings: {}, ringBytes: pageSize(), only: ["who_runs_this"] });
  try {
    testRun(object.program("who_runs_this"));
    const value = Buffer.alloc(16);
    check("scope", libbpf().bpf_map_lookup_elem(object.map(".data.scope"), Buffer.alloc(4), value));
    return { tgid: value.readUInt32LE(0), level: value.readUInt32LE(4), pidns: value.readUInt32LE(8) };
  } finally {
    object.close();
  }
}

/** Whose folders' inodes records carry as cgroup. */
export interface CgroupHierarchy {
  /** 1: the memory hierarchy of cgroup v1; 2: the unified one. */
  readonly version: 1 | 2;
  /** The kernel's number of it; 0 is v2. */
  readonly id: number;
}

/**
 * The one hierarchy that counts on this node: that of the memory controller, v1 where it has one of its own
 * (column `hierarchy` of /proc/cgroups, cgroups(7)).
 */
export function cgroupHierarchy(text: string = readFileSync("/proc/cgroups", "latin1")): CgroupHierarchy {
  for (const line of text.split("\n")) {
    const [name, id] = line.split("\t");
    if (name === "memory" && Number(id) > 0) return { version: 1, id: Number(id) };
  }
  return { version: 2, id: 0 };
}
