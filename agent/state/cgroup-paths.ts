/** Which path, and so which container, a cgroup id (the folder's inode) stands for. */
import { containerOf, unknownContainer } from "./container-id.ts";
import { Containers } from "./containers.ts";
import type { Container, Process } from "./types.ts";

export interface CgroupPathsOptions {
  /**
   * Asks the kernel for the path of a cgroup that still exists; undefined where it does not. Called once for an id, on
   * the capture thread: it must not wait (agent/capture/cgroup-path.ts needs some microseconds).
   */
  readonly resolve?: (id: bigint) => string | undefined;
  /** Told what `resolve` answered: `answer` with it, before the id is asked for, does the same without a kernel. */
  readonly onResolved?: (id: bigint, path: string | undefined) => void;
  /** The containers that paths lead to. */
  readonly containers?: Containers;
  /** Where the node itself stands in the hierarchy (containerOf). */
  readonly nodeRoot?: string;
  /** How many ids are kept. */
  readonly capacity?: number;
}

/** Bounded; the oldest id goes first and is asked for anew when it comes again. */
export class CgroupPaths {
  private readonly known = new Map<bigint, Container>();
  private readonly unknown = new Set<bigint>();
  private readonly containers: Containers;
  private readonly options: CgroupPathsOptions;
  private readonly capacity: number;
  /** Ids that were forgotten for want of room. */
  evicted = 0;
  /** Ids that nobody could tell the path of when they were first seen. */
  unresolved = 0;

  constructor(options: CgroupPathsOptions = {}) {
    this.options = options;
    this.containers = options.containers ?? new Containers();
    this.capacity = options.capacity ?? 16_384;
  }

  /** The container of a cgroup id; unknownContainer until its path is known. */
  container(id: bigint): Container {
    const known = this.known.get(id);
    if (known !== undefined) return known;
    if (this.unknown.has(id)) return unknownContainer;
    const path = this.options.resolve?.(id);
    this.options.onResolved?.(id, path);
    return this.answer(id, path);
  }

  /** Takes in what the kernel said of an id: its path, or that no cgroup has it. */
  answer(id: bigint, path: string | undefined): Container {
    if (path !== undefined) return this.learn(id, path);
    if (this.unknown.size >= this.capacity) this.unknown.clear();
    this.unknown.add(id);
    this.unresolved++;
    return unknownContainer;
  }

  /** Remembers what path an id has (start-up scan, a record of cgroup_mkdir, /proc/PID/cgroup of a live process). */
  learn(id: bigint, path: string): Container {
    const container = this.ofPath(path);
    this.unknown.delete(id);
    if (!this.known.has(id) && this.known.size >= this.capacity) {
      for (const oldest of this.known.keys()) {
        this.known.delete(oldest);
        this.evicted++;
        break;
      }
    }
    this.known.set(id, container);
    return container;
  }

  /** Tells that a process was seen in a container. */
  see(container: Container, process: Process): void {
    this.containers.see(container, process);
  }

  /** Path of a cgroup that still exists; undefined where it does not, or nobody can be asked. */
  path(id: bigint): string | undefined {
    return this.options.resolve?.(id);
  }

  /** The container of a path; the same object for all cgroups of one container. */
  ofPath(path: string): Container {
    return this.containers.at(containerOf(path, this.options.nodeRoot));
  }
}
