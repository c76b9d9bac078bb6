/** What the node looks like, as events and fields see it. Kept by this room, read by fields and engine. */
import type { ByteString } from "./byte-string.ts";
import type { ContainerFacts } from "./container-facts.ts";
import type { PodFacts } from "./pod-facts.ts";

export type { ByteString };

/** One process (thread group). All ids are of the node's PID namespace unless they begin with v. */
export interface Process {
  readonly pid: number;
  /** ns since boot; with pid it is the process's identity. */
  readonly startTime: bigint;
  /** Follows reparenting; undefined where the parent is gone or was never known. */
  parent: Process | undefined;
  ppid: number;
  vpid: number;
  pgid: number;
  vpgid: number;
  sid: number;
  vsid: number;
  tty: number;
  /** comm as of exec, handed on by fork, changed by prctl in the main thread only (design.md 3.1). */
  comm: ByteString;
  /** argv[0]; "" for kernel threads. */
  exe: ByteString;
  /** argv[1] and the rest. */
  args: readonly ByteString[];
  /** NAME=value strings; undefined while no rule asked for environments. */
  env: readonly ByteString[] | undefined;
  exePath: ByteString;
  exeFlags: number;
  exeInode: number | bigint;
  exeChangeTime: bigint;
  exeModifyTime: bigint;
  /** Working directory as last told by the kernel; "" unknown. */
  cwd: ByteString;
  uid: number;
  gid: number;
  loginuid: number;
  /**
   * Capability sets as they were before the process went into a user namespace of its own (RecordView.keepCapabilities
   * says in which order): there it has all, which says nothing. Absent or empty: unknown.
   */
  readonly capabilities?: readonly number[];
  /** ns since boot of the clone or exec that made it what it is. */
  cloneTime: bigint;
  pidnsStart: bigint;
  cgroup: bigint;
  container: Container;
  /** Threads that changed their own name, tid to comm; absent: all share `comm`. */
  threadNames: Map<number, ByteString> | undefined;
  threads: number;
  exited: boolean;
  /** Which check of its container it is, or was started by; undefined: none. */
  probe?: ContainerProbe | undefined;
}

/** Checks that a runtime or a kubelet runs in a container. */
export type ContainerProbe = "healthcheck" | "liveness" | "readiness";

/** What a cgroup's path tells of a container. */
export interface ContainerPlace {
  /** "host", or the runtime's full id; "" where the cgroup's path could not be found: then it may be either. */
  readonly id: string;
  /** docker, containerd, cri-o, podman, …; "host". "" where only the id is known. */
  readonly type: string;
  /** cgroup path it was found under; "" until a cgroup of it was seen. */
  readonly cgroupPath: string;
}

/** Which container a process is in. `host` for none. One object for each container, so what is learnt counts at once. */
export interface Container extends ContainerPlace {
  /** What the runtime says; undefined until it did, and for the host. */
  facts?: ContainerFacts | undefined;
  /** What the Kubernetes API says of its pod; undefined until it did, and outside pods. */
  pod?: PodFacts | undefined;
  /** Whether no runtime could say who it is in the time that events wait (design.md 3.13). */
  unidentified?: boolean;
  /** Whether it is new and the runtimes have been asked: the rules for its events wait. */
  waiting?: boolean;
}

/** Names of users and groups, of the host or of a container's own files. Undefined: unknown there. */
export interface Users {
  user(uid: number, process: Process | undefined): { name: string; home: string; shell: string } | undefined;
  group(gid: number, process: Process | undefined): { name: string } | undefined;
}

/** Facts of the whole node that a field may print. */
export interface Host {
  readonly hostname: string;
  /** Wall clock at boot: ns since the epoch that CLOCK_BOOTTIME counts from. */
  readonly bootTime: bigint;
  readonly users: Users;
  /**
   * The live process with this id (node's PID namespace): leaders of sessions and groups, names for PID parameters.
   */
  process(pid: number): Process | undefined;
  /**
   * Names that rules compare with fd.sip.name and its like and that DNS resolved to this address (4 or 16 bytes).
   * Absent: DNS is not asked.
   */
  addressNames?(address: ByteString): readonly string[];
  /** Service name of a port, as getservbyport. */
  serviceName(port: number, protocol: string): string | undefined;
  /** Whether an address (4 or 16 bytes) belongs to a local interface. */
  isLocalAddress(address: ByteString): boolean;
  /**
   * Where the root of a file system (device number) is mounted in the node's mount namespace, "/" for the root file
   * system; undefined if nowhere. For the third view of a path (design.md 3.3).
   */
  mountPoint(dev: number): string | undefined;
}
