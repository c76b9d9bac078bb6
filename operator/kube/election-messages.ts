/** What main thread and election thread say to each other. */
import type { Material } from "../../agent/kube/credentials.ts";
import type { ElectionTimes } from "./elector.ts";

export interface ElectionData {
  /** The API server. */
  readonly server: string;
  readonly serverName: string | undefined;
  readonly insecure: boolean;
  readonly material: Material;
  readonly userAgent: string;
  readonly namespace: string;
  /** Of the Lease. */
  readonly name: string;
  readonly identity: string;
  readonly times: ElectionTimes;
  /**
   * Until when this process may act: nanoseconds of process.hrtime, the same in all threads. The main thread reads it before
   * each write, so it holds even while no message comes through.
   */
  readonly until: BigInt64Array;
}

export type ToElection =
  { readonly kind: "credentials"; readonly material: Material } | { readonly kind: "release" };

export type FromElection =
  | { readonly kind: "leads"; readonly leads: boolean; readonly holder: string }
  | { readonly kind: "fault"; readonly message: string }
  /** The server did not know us: fresh credentials are wanted. */
  | { readonly kind: "unauthorized" }
  | { readonly kind: "released" };
