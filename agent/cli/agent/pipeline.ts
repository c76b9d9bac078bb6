/** From a record to alerts, on the capture thread: state first, then the rules. */
import { RecordView } from "../../events/record-view.ts";
import { events } from "../../events/table.ts";
import { SyscallEvent } from "../../engine/syscall-event.ts";
import type { Engine } from "../../engine/engine.ts";
import type { SyscallContext } from "../../fields/context.ts";
import type { Containers } from "../../state/containers.ts";
import type { Container, Host, Process } from "../../state/types.ts";
import { CONTAINER, containerRecord } from "./container-event.ts";
import { HeldEvents, type HeldEvent } from "./held-events.ts";
import { MomentHost } from "./moment-host.ts";

/** What takes a record in before the rules see it (State). */
export interface RecordState {
  apply(record: RecordView): Process | undefined;
  /** The process of a container that is there longest. */
  processIn(container: Container): Process | undefined;
}

/** Types that only state needs. */
const internal: readonly boolean[] = events.map((row) => "internal" in row);

/** Containers that started before there were rules; those beyond are not told of. */
const MAX_STARTED = 8_192;

export class Pipeline {
  /** Records that came. */
  events = 0;
  /** Events that some rule matched. */
  matched = 0;
  /** Records that state or the context could not take; a fault of ours. */
  faults = 0;
  private rules: Engine<SyscallContext> | undefined;
  private readonly state: RecordState;
  private readonly event: SyscallEvent;
  private readonly onFault: (error: unknown) => void;
  /** Events of containers that are not known yet. */
  readonly held: HeldEvents;
  /** Shows events of another moment. */
  private readonly past: SyscallEvent;
  private readonly pastHost: MomentHost;
  private readonly started: [container: Container, first: Process][] = [];
  /** ns since boot, as inputs told it. */
  private now = 0n;

  constructor(state: RecordState, host: Host, onFault: (error: unknown) => void, containers: Containers) {
    this.state = state;
    this.event = new SyscallEvent(host);
    this.onFault = onFault;
    this.pastHost = new MomentHost(host);
    this.past = new SyscallEvent(this.pastHost);
    this.held = new HeldEvents(containers);
    this.held.onRelease = (event) => this.release(event);
    containers.onInput = (now) => this.inputTaken(now);
    containers.onStarted = (container, first) => {
      if (this.started.length < MAX_STARTED) this.started.push([container, first]);
    };
  }

  /** The rule set in force. */
  get engine(): Engine<SyscallContext> | undefined {
    return this.rules;
  }
  set engine(engine: Engine<SyscallContext> | undefined) {
    this.rules = engine;
    this.raiseStarted();
  }

  /** Takes one record in. Never throws: what goes wrong with one record must not end the rest. */
  readonly take = (record: RecordView): void => {
    this.events++;
    try {
      const process = this.state.apply(record);
      const { held, rules } = this;
      if (held.waiting > 0) held.look(record.time);
      if (this.started.length > 0) this.raiseStarted();
      if (internal[record.type] !== false) return;
      this.event.next(record, process);
      if (rules === undefined) return;
      if (process?.container.waiting === true && held.hold(this.event, process, rules)) return;
      if (rules.process(this.event) > 0) this.matched++;
    } catch (error) {
      this.fault(error);
    }
  };

  /** Time of the last event that rules saw, ns since the epoch. */
  get lastTime(): bigint {
    return this.event.time;
  }

  private inputTaken(now: bigint | undefined): void {
    if (now !== undefined) {
      if (now > this.now) this.now = now;
      this.held.look(now);
    }
    this.raiseStarted();
  }

  private fault(error: unknown): void {
    this.faults++;
    if (this.faults === 1) this.onFault(error);
  }

  /** Tries the rules on an event as it was at its moment. */
  private release({ record, process, moment, others, engine }: HeldEvent): void {
    try {
      this.pastHost.processes = others;
      this.past.show(record, process, moment);
      if (engine.process(this.past) > 0) this.matched++;
    } catch (error) {
      this.fault(error);
    }
  }

  /** The event `container` of each container that has become known; without rules they wait. */
  private raiseStarted(): void {
    if (this.rules === undefined) return;
    for (const [container, first] of this.started.splice(0))
      try {
        this.raise(container, this.firstProcess(container, first), this.rules);
      } catch (error) {
        this.fault(error);
      }
  }

  /** The one that the runtime names, else the oldest that is there, else the one that was seen first. */
  private firstProcess(container: Container, first: Process): Process {
    const named = this.event.host.process(container.facts?.pid ?? 0);
    if (named?.container === container) return named;
    return this.state.processIn(container) ?? first;
  }

  private raise(container: Container, process: Process, rules: Engine<SyscallContext>): void {
    if (!rules.lists(CONTAINER)) return;
    const last = this.event.number === 0 ? 0n : this.event.time - this.event.host.bootTime;
    const time = last > this.now ? last : this.now;
    const bytes = containerRecord(container, process, time);
    const record = new RecordView();
    record.attach(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
    this.event.next(record, process);
    if (rules.process(this.event) > 0) this.matched++;
  }
}
