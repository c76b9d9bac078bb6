/**
 * Everything the capture thread knows of the node, put together: processes, containers, users, host facts. What it has
 * to look up goes out through `post` and comes back through `receive` (reader.ts, in a worker).
 */
import { CgroupPaths } from "./cgroup-paths.ts";
import { HostFacts } from "./host.ts";
import type { ReaderAnswer, ReaderRequest } from "./reader.ts";
import { State, type StateOptions } from "./state.ts";
import { UserNames } from "./users.ts";

export interface NodeStateOptions extends Pick<
  StateOptions,
  "processes" | "textBytes" | "threadNames" | "lookups"
> {
  readonly post: (request: ReaderRequest) => void;
  readonly hostname: string;
  /** ns since the epoch at which CLOCK_BOOTTIME was 0; mended when the wall clock is set. */
  readonly bootTime: bigint;
  /** ns, a steady clock. */
  readonly now: () => bigint;
  /** CgroupPaths: the path of a cgroup id, without waiting. */
  readonly resolveCgroup?: (id: bigint) => string | undefined;
  /** nodeRootOf the cgroup path of process 1. */
  readonly nodeRoot?: string;
}

/** A wall clock that differs by more from what it was at start was set, not slewed (ns). */
const CLOCK_SET = 100_000_000n;

export class NodeState {
  readonly state: State;
  readonly host: HostFacts;
  readonly cgroups: CgroupPaths;
  readonly users: UserNames;
  /** Whether some rule reads environments; the wiring sets it with each rule set. */
  environment = false;
  private readonly options: NodeStateOptions;
  private scanning = false;
  private scanned = false;

  constructor(options: NodeStateOptions) {
    this.options = options;
    const { post } = options;
    this.cgroups = new CgroupPaths({
      ...(options.resolveCgroup && { resolve: options.resolveCgroup }),
      ...(options.nodeRoot !== undefined && { nodeRoot: options.nodeRoot }),
    });
    this.users = new UserNames({
      now: options.now,
      request: (container, pid) => post({ kind: "users", container, pid }),
    });
    this.state = new State({
      ...options,
      cgroups: this.cgroups,
      lookup: (pid) => post({ kind: "process", pid, environment: this.environment }),
      onContainer: ({ id }, pid) => this.users.prepare(id, pid),
    });
    this.host = new HostFacts({
      hostname: options.hostname,
      bootTime: options.bootTime,
      users: this.users,
      process: (pid) => this.state.process(pid),
    });
  }

  /**
   * Asks for everything once. Call it when capture is attached; apply records only when `ready`, so that those which
   * came meanwhile follow on the scan.
   */
  start(): void {
    this.options.post({ kind: "host" });
    this.users.prepare("host", 1);
    this.rescan();
  }

  /** Whether the start-up scan is in. */
  get ready(): boolean {
    return this.scanned;
  }

  /** Asks for a reading of all of /proc: after drops. One at a time. */
  rescan(): void {
    if (this.scanning) return;
    this.scanning = true;
    this.options.post({ kind: "scan", environment: this.environment });
  }

  /** Asks for addresses and mounts anew: now and then, and when mountinfo changed. */
  refreshHost(): void {
    this.options.post({ kind: "host" });
  }

  /** Takes in an answer of the reader. */
  receive(answer: ReaderAnswer): void {
    switch (answer.kind) {
      case "scan":
        this.scanning = false;
        this.scanned = true;
        this.state.learnCgroups(answer.cgroups);
        this.state.load(answer.processes);
        return;
      case "process":
        this.state.complete(answer.pid, answer.facts);
        return;
      case "users":
        if (answer.files !== undefined) this.users.learn(answer.container, answer.files);
        return;
      case "host": {
        this.host.setAddresses(answer.addresses);
        this.host.setMounts(answer.mountinfo);
        this.host.setServices(answer.services);
        const difference = answer.bootTime - this.host.bootTime;
        if (difference > CLOCK_SET || difference < -CLOCK_SET) this.host.setBootTime(answer.bootTime);
      }
    }
  }
}
