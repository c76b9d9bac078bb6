/** From a body of audit events to alerts, on the audit thread. */
import { AuditEvent } from "../../engine/audit-event.ts";
import type { Engine } from "../../engine/engine.ts";
import { glimpse, type Glimpse } from "../../sources/k8s-audit/glimpse.ts";
import { limits } from "../../sources/k8s-audit/limits.ts";
import { readEvent, type EventDrop } from "../../sources/k8s-audit/read-event.ts";
import { splitBody, type Span } from "../../sources/k8s-audit/split-body.ts";

/** An event that rules did not see. */
export interface DroppedEvent {
  readonly drop: EventDrop;
  readonly bytes: number;
  readonly facts: Glimpse;
}

export interface AuditPipelineOptions {
  readonly hostname: string;
  /** ns since the epoch. */
  readonly now: () => bigint;
  readonly onDrop: (dropped: DroppedEvent) => void;
}

export class AuditPipeline {
  /** Events that came, those that were left out among them. */
  events = 0;
  /** Events that some rule matched. */
  matched = 0;
  /** Events that were left out, by cause. */
  readonly drops = new Map<EventDrop, number>();
  /** The rule set in force; may change between two events. */
  engine: Engine<AuditEvent> | undefined;
  private readonly options: AuditPipelineOptions;
  private readonly event: AuditEvent;

  constructor(options: AuditPipelineOptions) {
    this.options = options;
    this.event = new AuditEvent({ hostname: options.hostname });
  }

  /** Takes a body in, one event a step. @throws BodyError before the first event. */
  *take(body: Buffer): Generator<undefined, void> {
    for (const span of splitBody(body, limits)) {
      this.takeEvent(body, span);
      yield;
    }
  }

  private takeEvent(body: Buffer, span: Span): void {
    this.events++;
    const read = readEvent(body, span, this.options.now(), limits);
    if ("drop" in read) {
      const { drop } = read;
      this.drops.set(drop, (this.drops.get(drop) ?? 0) + 1);
      const facts = drop === "no event" ? {} : glimpse(body, span);
      this.options.onDrop({ drop, bytes: span.end - span.start, facts });
      return;
    }
    this.event.next(read.event, read.time);
    if (this.engine !== undefined && this.engine.process(this.event) > 0) this.matched++;
  }
}
