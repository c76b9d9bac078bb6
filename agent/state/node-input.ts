/**
 * All that the capture thread is told beside records. What an alert says follows from records and these alone, taken in
 * order, so that a recording which keeps both gives the same alerts again. Plain data.
 */
import type { ProcessFacts } from "./facts.ts";
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
    };
