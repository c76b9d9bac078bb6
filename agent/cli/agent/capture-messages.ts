/** What main thread and capture thread say to each other. All plain data. */
import type { MessagePort } from "node:worker_threads";
import type { Alert } from "../../engine/alert.ts";
import type { PathViewsSetting } from "../../engine/path-views.ts";
import type { AlertRate } from "../../engine/rule-counts.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import type { NodeInput } from "../../state/node-input.ts";
import type { LogLevel } from "../log.ts";
import type { Counters } from "./counters.ts";

/** Who is that container? Answered by an input `container` or `containerUnknown`. */
export interface ContainerQuestion {
  /** Whole id, as the cgroup path has it. */
  readonly id: string;
  readonly cgroupPath: string;
  /** A process in it, by the node's PID namespace; it may have ended. */
  readonly pid: number;
}

/** Given to the capture thread at its start. */
export interface CaptureThreadData {
  readonly hostname: string;
  readonly ringBytes: number;
  /** Bound of the process table. */
  readonly processes: number;
  readonly matching: "all" | "first";
  readonly pathViews: PathViewsSetting;
  readonly rate: AlertRate;
  readonly staticFields: ReadonlyMap<string, string>;
  readonly base64Buffers: boolean;
  /** Alerts that the main thread has taken (alert-post.ts). */
  readonly taken: Int32Array;
  /** Alerts that may be under way to it. */
  readonly capacity: number;
  /** Leads to the thread that writes a recording; transferred. */
  readonly recording?: MessagePort;
}

export type ToCapture =
  | { readonly kind: "rules"; readonly id: number; readonly plan: RuleSetPlan }
  | { readonly kind: "input"; readonly input: NodeInput }
  | { readonly kind: "stop" };

export type FromCapture =
  | { readonly kind: "attached" }
  /** Capture cannot run here; the message is for the user. The thread ends. */
  | { readonly kind: "refused"; readonly message: string }
  /** Asks for the node's mounts and addresses as they are now. */
  | { readonly kind: "host" }
  /** Asks for a container once, and again where it stayed unknown. */
  | ({ readonly kind: "container" } & ContainerQuestion)
  /** The rule set of that id is in force. */
  | { readonly kind: "rules"; readonly id: number }
  /** It could not be compiled; what ran before goes on. */
  | { readonly kind: "rulesFailed"; readonly id: number; readonly message: string }
  | { readonly kind: "alerts"; readonly alerts: readonly Alert[] }
  /** `time` is that of the last event, ns since the epoch. */
  | { readonly kind: "counters"; readonly counters: Counters; readonly time: bigint }
  | { readonly kind: "log"; readonly level: LogLevel; readonly message: string }
  /** Detached and drained; the thread ends. */
  | { readonly kind: "stopped"; readonly counters: Counters };
