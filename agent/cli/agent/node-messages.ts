/** What the capture thread asks of the node thread, which reads /proc and the files of containers for it. */
import type { ProcessFacts } from "../../state/facts.ts";
import type { ByteString } from "../../state/types.ts";
import type { UserFiles } from "../../state/users.ts";

/** Given to the node thread at its start. */
export interface NodeThreadData {
  /** Line of /proc/PID/cgroup that counts (agent/state/cgroup-tree.ts). */
  readonly controller: string;
  /** CLOCK_BOOTTIME less Node's hrtime, ns: the same in all threads. */
  readonly clockOffset: bigint;
}

export type NodeRequest =
  | { readonly kind: "scan"; readonly environment: boolean }
  | { readonly kind: "process"; readonly pid: number; readonly environment: boolean }
  | { readonly kind: "users"; readonly containerId: string; readonly pid: number }
  /** Host names that rules compare addresses with: looked up now and every minute from now on. */
  | { readonly kind: "names"; readonly names: readonly string[] };

export type NodeAnswer =
  | {
      readonly kind: "scan";
      readonly processes: readonly ProcessFacts[];
      readonly cgroups: readonly (readonly [id: bigint, path: string])[];
    }
  | { readonly kind: "process"; readonly pid: number; readonly facts: ProcessFacts | undefined }
  | { readonly kind: "users"; readonly containerId: string; readonly files: UserFiles | undefined }
  /** Names by address (4 or 16 bytes), all of them; `beyond` names were too many. */
  | {
      readonly kind: "names";
      readonly names: ReadonlyMap<ByteString, readonly string[]>;
      readonly beyond: number;
    };
