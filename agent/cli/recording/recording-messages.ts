/** What the threads of a recording say to each other: main thread, capture thread, and the one that writes. */
import type { MessagePort } from "node:worker_threads";
import type { Chunk } from "../../sources/recording/chunks.ts";
import type { Lost } from "../../sources/recording/format.ts";
import type { Written } from "../../sources/recording/file.ts";
import type { MachineFacts, RecordedFacts } from "./recorded.ts";

/** Given to the thread that writes. */
export interface RecordingThreadData {
  /** Open for writing, empty. */
  readonly fd: number;
  /** Most bytes that the file may have. */
  readonly limit: number;
  readonly facts: Omit<RecordedFacts, keyof MachineFacts>;
  /** Leads to the capture thread. */
  readonly session: MessagePort;
}

/** From the capture thread to the one that writes. */
export type FromSession =
  | { readonly kind: "begin"; readonly machine: MachineFacts }
  | { readonly kind: "chunk"; readonly chunk: Chunk }
  | { readonly kind: "end"; readonly lost: Lost };

/** Back to the capture thread: a chunk was written. */
export interface ToSession {
  readonly bytes: ArrayBuffer | undefined;
  /** How many values it had. */
  readonly values: number;
}

/** From the main thread to the one that writes: why the recording ends; what is under way is still written. */
export interface ToRecording {
  readonly kind: "reason";
  readonly reason: string;
}

/** From the thread that writes to the main thread. */
export type FromRecording =
  /** Nothing more is written. */
  | { readonly kind: "full"; readonly reason: string }
  | { readonly kind: "written"; readonly written: Written };
