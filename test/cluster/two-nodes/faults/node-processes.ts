/** Finds processes of a node and of its pods from outside, so that a test can kill one of them. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { nodeName, type NodeNumber } from "../layout.ts";
import { pidOf } from "../processes.ts";

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));

/** The process of a pod that was started with this argument; undefined where there is none. */
export function podProcess(podUid: string, argument: string): number | undefined {
  const found = pids().find(
    (pid) =>
      textOf(`/proc/${pid}/cgroup`).includes(`/pod${podUid}/`) &&
      textOf(`/proc/${pid}/cmdline`).split("\0").includes(argument),
  );
  return found === undefined ? undefined : Number(found);
}

/** The node's containerd. @throws Error where there is none */
export function containerdOf(node: NodeNumber): number {
  const own = linkOf(`/proc/${pidOf(nodeName(node)) ?? 0}/ns/pid_for_children`);
  const found = pids().find(
    (pid) => textOf(`/proc/${pid}/comm`) === "containerd\n" && linkOf(`/proc/${pid}/ns/pid`) === own,
  );
  if (found === undefined) throw new Error(`no containerd of ${nodeName(node)}`);
  return Number(found);
}
