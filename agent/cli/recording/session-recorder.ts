/** The capture thread's door to a recording: everything that alerts follow from, in the order it was taken in. */
import type { MessagePort } from "node:worker_threads";
import { everything } from "../../capture/index.ts";
import type { Wanted } from "../../engine/wanted.ts";
import type { RecordView } from "../../events/record-view.ts";
import { Chunks } from "../../sources/recording/chunks.ts";
import { itemKinds } from "../../sources/recording/format.ts";
import type { NodeInput } from "../../state/node-input.ts";
import type { RecordedCounters } from "./recorded.ts";
import type { FromSession, ToSession } from "./recording-messages.ts";

/** What a recording switches on: every implemented call, so that other rules can be tried on it. */
export const wantedToRecord: Wanted = { ...everything, paths: true };

export class SessionRecorder {
  private readonly port: MessagePort;
  private readonly chunks: Chunks;

  constructor(port: MessagePort) {
    this.port = port;
    this.chunks = new Chunks({
      post: (chunk) => this.tell({ kind: "chunk", chunk }, chunk.bytes === undefined ? [] : [chunk.bytes]),
    });
    port.on("message", ({ bytes, values }: ToSession) => this.chunks.giveBack(bytes, values));
    // The recording alone must not keep the thread alive.
    port.unref();
  }

  /** What this thread alone knows of the machine; the file begins with it. */
  begin({ bootTime, nodeRoot }: { readonly bootTime: bigint; readonly nodeRoot: string }): void {
    this.tell({ kind: "begin", machine: { bootTime, nodeRoot } });
  }

  record(record: RecordView): void {
    this.chunks.record(record);
  }

  input(input: NodeInput): void {
    this.chunks.value(itemKinds.INPUT, input);
  }

  /** From here on these rules are in force. */
  rules(digest: string): void {
    this.chunks.value(itemKinds.RULES, { digest });
  }

  /** Once a second: what a crash may cost is what came since. */
  counters({ time, last, drops, losses }: RecordedCounters): void {
    this.chunks.value(itemKinds.COUNTERS, { time, last, drops, losses } satisfies RecordedCounters);
    this.chunks.flush();
  }

  /** Hands over the last of it. */
  end(counters: RecordedCounters): void {
    this.counters(counters);
    this.tell({ kind: "end", lost: this.chunks.lost });
    this.port.close();
  }

  /** For the counters of the session. */
  get sizes(): Readonly<Record<string, number>> {
    const { records, bytes, lost } = this.chunks;
    return {
      recorded_records: records,
      recorded_bytes: bytes,
      unrecorded_records: lost.records,
      unrecorded_inputs: lost.inputs,
    };
  }

  private tell(message: FromSession, transfer: readonly ArrayBuffer[] = []): void {
    this.port.postMessage(message, transfer);
  }
}
