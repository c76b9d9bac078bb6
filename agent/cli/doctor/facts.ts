/** What `tiercel doctor` gathers before it judges: plain data, so that each judgement can be tried on made facts. */
import type { Abilities, Missing } from "../../capture/index.ts";

export interface Facts {
  /** Undefined where the settings switch system calls off. */
  readonly kernel: KernelFacts | undefined;
  readonly process: ProcessFacts;
  readonly memory: MemoryFacts;
  readonly cgroups: CgroupFacts;
  readonly runtimes: RuntimesFacts;
  readonly clock: ClockFacts;
  readonly settings: SettingsFacts;
  /** Undefined where the settings have mistakes, and where rules come from a cluster. */
  readonly rules: RulesFacts | undefined;
  /** What the settings let listen. */
  readonly ports: readonly PortFacts[];
  /** Undefined where the API is not asked (setting kubernetes.pod_metadata). */
  readonly kubernetes: KubernetesFacts | undefined;
  /** Undefined where rules come from files (setting cluster.enabled). */
  readonly cluster: ClusterFacts | undefined;
}

export interface ClusterFacts {
  /** NAMESPACE/NAME of the index. */
  readonly place: string;
  readonly index: { readonly digest: string; readonly shards: number } | { readonly error: string };
  /** Digest of the set on the disk; "" for none. */
  readonly kept: string;
  /** Where it is kept, and why nothing can be written there. */
  readonly folder: { readonly path: string; readonly error: string | undefined };
}

export interface KernelFacts {
  readonly release: string;
  /** Nothing: the programs were tried. */
  readonly missing: readonly Missing[];
  readonly abilities: Abilities | undefined;
  /** none, integrity, confidentiality; undefined where the kernel does not say. */
  readonly lockdown: string | undefined;
  /** Security modules in force; undefined where the kernel does not say. */
  readonly securityModules: readonly string[] | undefined;
  /** Sysctl kernel.unprivileged_bpf_disabled; undefined where there is none. */
  readonly unprivilegedBpfDisabled: number | undefined;
}

export interface ProcessFacts {
  /** Version of Node. */
  readonly node: string;
  /** CapEff of /proc/self/status. */
  readonly capabilities: bigint;
  readonly kernel: string;
  /** Bytes that may be locked; undefined for no limit, or where it is unknown. */
  readonly memoryLock: number | undefined;
}

/** All in bytes. */
export interface MemoryFacts {
  readonly ring: number;
  readonly available: number | undefined;
  /** Of this process's cgroup, the smallest up to the root; undefined for none. */
  readonly limit: number | undefined;
}

export interface CgroupFacts {
  /** Mounted hierarchies: v1 controllers, and where v2 is. */
  readonly v1: readonly string[];
  readonly v2: string | undefined;
  /** The hierarchy whose ids the kernel side puts into records. */
  readonly records: 1 | 2;
  /** The one whose folders the agent reads; undefined: none is mounted. */
  readonly folder: { readonly version: 1 | 2; readonly path: string } | undefined;
}

export interface RuntimesFacts {
  readonly sockets: readonly {
    readonly path: string;
    /** "" where it never answered. */
    readonly type: string;
    readonly version: string;
    readonly up: boolean;
    /** Why not. */
    readonly reason: string;
  }[];
  /** Named addresses that are none of a unix socket. */
  readonly wrong: readonly string[];
  /** Whether somebody named sockets. */
  readonly named: boolean;
}

export interface ClockFacts {
  /** ms since the epoch. */
  readonly wall: number;
  /** How far the wall clock moved against the boot clock while the doctor looked, ms. */
  readonly stepped: number;
  /** Whether something keeps it right; undefined where the kernel does not say. */
  readonly kept: boolean | undefined;
}

export interface SettingsFacts {
  readonly files: readonly string[];
  /** As text. */
  readonly mistakes: readonly string[];
  readonly warnings: readonly string[];
}

export interface RulesFacts {
  /** As in "2 files". */
  readonly from: string;
  readonly rules: number;
  /** "" for none. */
  readonly mistakes: string;
  readonly warnings: readonly string[];
}

export interface PortFacts {
  /** Who listens there, as its settings are called: webserver, sources.k8s_audit. */
  readonly name: string;
  /** The setting that names another port. */
  readonly setting: string;
  /** What the agent does without where the port is taken and nobody set it; undefined: then it does not start. */
  readonly without: string | undefined;
  readonly address: string;
  readonly port: number;
  /** Whether somebody set it: then the agent does not start where it is taken. */
  readonly set: boolean;
  /** Why it cannot be had (EADDRINUSE, …); undefined: it can. */
  readonly error: string | undefined;
}

export type KubernetesFacts =
  /** The API should be asked, and something is missing for that. */
  | { readonly missing: string }
  /** @property error why it did not answer; undefined: it did. */
  | { readonly server: string; readonly node: string; readonly error: string | undefined };
