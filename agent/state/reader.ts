/**
 * Answers what state wants to know from /proc and containers' files. It may wait for either, so it runs in a worker;
 * requests and answers are plain data.
 */
import { existsSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { scanCgroups, type CgroupHierarchy } from "./cgroup-tree.ts";
import { localAddresses } from "./host.ts";
import type { ProcessFacts } from "./facts.ts";
import { readProcess, scanProcesses } from "./scan.ts";
import type { ByteString } from "./types.ts";
import { readUserFiles, type ReadInRoot, type UserFiles } from "./users.ts";

export type ReaderRequest =
  /** All cgroups, then all processes. */
  | { readonly kind: "scan"; readonly environment: boolean }
  | { readonly kind: "process"; readonly pid: number; readonly environment: boolean }
  | { readonly kind: "users"; readonly container: string; readonly pid: number }
  /** Addresses, mounts, service names, clock. */
  | { readonly kind: "host" };

export type ReaderAnswer =
  | {
      readonly kind: "scan";
      readonly cgroups: readonly (readonly [id: bigint, path: string])[];
      readonly processes: readonly ProcessFacts[];
    }
  | { readonly kind: "process"; readonly pid: number; readonly facts: ProcessFacts | undefined }
  | { readonly kind: "users"; readonly container: string; readonly files: UserFiles | undefined }
  | {
      readonly kind: "host";
      readonly addresses: readonly ByteString[];
      readonly mountinfo: ByteString;
      readonly services: string;
      readonly bootTime: bigint;
    };

export interface ReaderOptions {
  /** ns since boot, CLOCK_BOOTTIME. */
  readonly bootClock: () => bigint;
  /** ns since the epoch, CLOCK_REALTIME. */
  readonly wallClock: () => bigint;
  readonly readInRoot: ReadInRoot;
  /** Where containers are told by; undefined: no cgroups are mounted. */
  readonly hierarchy: CgroupHierarchy | undefined;
  /** Where the node's procfs is mounted; /proc. */
  readonly proc?: string;
}

function text(path: string): ByteString {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Returns the function that answers one request after the other. It does not throw for what it cannot read. */
export function createReader(options: ReaderOptions): (request: ReaderRequest) => ReaderAnswer {
  const proc = options.proc ?? "/proc";
  const scan = (environment: boolean) => ({
    now: options.bootClock,
    environment,
    controller: options.hierarchy?.controller ?? "",
    proc,
  });
  return (request) => {
    switch (request.kind) {
      case "scan":
        return {
          kind: "scan",
          cgroups: options.hierarchy === undefined ? [] : scanCgroups(options.hierarchy.folder),
          processes: scanProcesses(scan(request.environment)),
        };
      case "process": {
        const { pid } = request;
        return { kind: "process", pid, facts: readProcess(pid, scan(request.environment)) };
      }
      case "users": {
        const { container, pid } = request;
        const files = readUserFiles(options.readInRoot, pid);
        // Nothing found because the process is gone says nothing of its container.
        const gone = files.passwd === undefined && files.group === undefined && !existsSync(`${proc}/${pid}`);
        return { kind: "users", container, files: gone ? undefined : files };
      }
      case "host": {
        const services = options.readInRoot(1, "/etc/services");
        return {
          kind: "host",
          addresses: localAddresses(networkInterfaces()),
          mountinfo: text(`${proc}/1/mountinfo`),
          services: services === undefined ? "" : Buffer.from(services.bytes).toString("latin1"),
          bootTime: options.wallClock() - options.bootClock(),
        };
      }
    }
  };
}
