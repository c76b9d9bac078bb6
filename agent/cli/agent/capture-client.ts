/** The capture thread, seen from the main thread. */
import { Worker } from "node:worker_threads";
import type { Alert } from "../../engine/alert.ts";
import type { NodeInput } from "../../state/node-input.ts";
import type { Log } from "../log.ts";
import type { CaptureThreadData, ContainerQuestion, FromCapture, ToCapture } from "./capture-messages.ts";
import { readNodeFacts } from "./node-facts.ts";
import type { Counters } from "./counters.ts";
import { SourceClient } from "./source-client.ts";

/** Who is told what the thread says by itself. */
export interface CaptureHandlers {
  readonly onAlerts: (alerts: readonly Alert[]) => void;
  /** Once a second, with the time of the last event. */
  readonly onCounters: (counters: Counters, time: bigint) => void;
  /** Asks who a container is; answer with `tellNode`. */
  readonly onContainer: (question: ContainerQuestion) => void;
  readonly log: Log;
}

export class CaptureClient extends SourceClient<ToCapture, FromCapture> {
  private readonly handlers: CaptureHandlers;

  constructor(data: CaptureThreadData, handlers: CaptureHandlers) {
    const worker = new Worker(new URL("./capture-thread.js", import.meta.url), {
      workerData: data,
      transferList: data.recording === undefined ? [] : [data.recording],
      // Descriptors come from calls that Node does not know and would warn about when they are closed.
      trackUnmanagedFds: false,
    });
    super({ name: "syscall", worker, taken: data.taken, onAlerts: handlers.onAlerts });
    this.handlers = handlers;
  }

  /** Tells the thread what was learnt of the node. */
  tellNode(input: NodeInput): void {
    this.tell({ kind: "input", input });
  }

  protected override take(message: FromCapture): void {
    switch (message.kind) {
      case "attached":
        this.start.resolve();
        return;
      case "refused":
        this.start.reject(new Error(message.message));
        return;
      case "host":
        this.tellNode(readNodeFacts());
        return;
      case "container":
        this.handlers.onContainer(message);
        return;
      case "log":
        this.handlers.log(message.level, message.message);
        return;
      case "counters":
        this.takeCommon(message);
        this.handlers.onCounters(message.counters, message.time);
        return;
      case "rules":
      case "rulesFailed":
      case "alerts":
      case "stopped":
        this.takeCommon(message);
    }
  }
}
