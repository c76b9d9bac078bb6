/**
 * All that the capture thread is told beside records. What an alert says follows from records and these alone, taken in
 * order, so that a recording which keeps both gives the same alerts again. Plain data.
 */
import type { ContainerFacts } from "./container-facts.ts";
import type { ProcessFacts } from "./facts.ts";
import type { PodFacts } from "./pod-facts.ts";
import type { ByteString } from "./types.ts";
import type { UserFiles } from "./users.ts";

export type NodeInput =
  /** A reading of all of /proc, and the cgroups there are. */
  | {
      readonly kind: "scan";
      readonly processes: readonly ProcessFacts[];
      readonly cgroups: readonly (readonly [id: bigint, path: string])[];
    }
  | { readonly kind: "process"; readonly pid: number; readonly facts: ProcessFacts | undefined }
  | { readonly kind: "users"; readonly containerId: string; readonly files: UserFiles | undefined }
  /** Host names of rules by address (4 or 16 bytes). */
  | { readonly kind: "names"; readonly names: ReadonlyMap<ByteString, readonly string[]> }
  /** Text of /proc/1/mountinfo and /etc/services, addresses of the node's interfaces. */
  | {
      readonly kind: "host";
      readonly mountinfo: ByteString;
      readonly addresses: readonly ByteString[];
      readonly services: string;
    }
  /** What the runtime says of a container, whether it was asked or not. */
  | { readonly kind: "container"; readonly facts: ContainerFacts }
  /** All runtimes were asked for it, and none could say who it is. */
  | { readonly kind: "containerUnknown"; readonly id: string }
  /** The runtime has ended it. */
  | { readonly kind: "containerGone"; readonly id: string }
  /** A pod of this node as the Kubernetes API has it now. */
  | { readonly kind: "pod"; readonly facts: PodFacts }
  | { readonly kind: "podGone"; readonly uid: ByteString }
  /** ns since boot (CLOCK_BOOTTIME): what waits looks at it where no record tells the time. */
  | { readonly kind: "time"; readonly now: bigint }
  /** What the kernel said of a cgroup id while a record was taken in: undefined where no cgroup has it. */
  | { readonly kind: "cgroup"; readonly id: bigint; readonly path: string | undefined };
