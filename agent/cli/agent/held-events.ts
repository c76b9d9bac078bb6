/**
 * Events of containers that the runtime has not named yet, until it has (design.md 3.13): in order, for a bounded time
 * and in bounded number, as they were at their moment. State has taken them in already.
 */
import type { Engine } from "../../engine/engine.ts";
import type { EventMoment, SyscallEvent } from "../../engine/syscall-event.ts";
import { parametersByCode, type Parameter } from "../../events/parameters.ts";
import type { RecordView } from "../../events/record-view.ts";
import type { SyscallContext } from "../../fields/context.ts";
import type { Containers } from "../../state/containers.ts";
import { ProcessSnapshots } from "../../state/process-snapshots.ts";
import type { Container, Process } from "../../state/types.ts";

/** How long the events of a container wait, ns from the first one that does. */
const PATIENCE = 250_000_000n;
/** Events that wait at once, of all containers, and their bytes. */
const MAX_EVENTS = 4_096;
const MAX_BYTES = 16_777_216;

/** One event that waits. */
export interface HeldEvent {
  readonly record: RecordView;
  readonly process: Process;
  readonly moment: EventMoment;
  /** Processes that its fields may name, by id. */
  readonly others: ReadonlyMap<number, Process>;
  /** The rules of its moment. */
  readonly engine: Engine<SyscallContext>;
}

interface Queue {
  /** ns since boot. */
  readonly until: bigint;
  readonly events: HeldEvent[];
  bytes: number;
}

/** The parameters of each event that are ids of processes. */
const processParameters: readonly (readonly Parameter[])[] = parametersByCode.map((all) =>
  all.filter(({ type }) => type === "PID"),
);

export class HeldEvents {
  readonly counters = {
    /** Events that waited, since start. */
    held: 0,
    /** Containers whose events were tried unnamed, because time was over or too many waited. */
    heldTimeouts: 0,
    heldOverflows: 0,
  };
  /** Tries the rules on an event that waits no longer. */
  onRelease: (event: HeldEvent) => void = () => {};
  private readonly containers: Containers;
  private readonly queues = new Map<Container, Queue>();
  private readonly snapshots = new ProcessSnapshots();
  private count = 0;
  private bytes = 0;

  constructor(containers: Containers) {
    this.containers = containers;
    containers.onSettled = (container) => this.release(container);
  }

  /** Events that wait. */
  get size(): number {
    return this.count;
  }

  /** Containers whose events wait. */
  get waiting(): number {
    return this.queues.size;
  }

  /**
   * Takes an event of a container that waits. False where it is to be tried at once: nothing that some rule says of it is
   * still to come, and none of the container's events waits.
   */
  hold(event: SyscallEvent, process: Process, engine: Engine<SyscallContext>): boolean {
    const { container } = process;
    const trial = engine.trial(event);
    if (trial === "never") return true;
    let queue = this.queues.get(container);
    if (trial === "now" && queue === undefined) return false;
    if (queue === undefined) {
      queue = { until: event.record.time + PATIENCE, events: [], bytes: 0 };
      this.queues.set(container, queue);
    }
    this.keep(queue, event, process, engine);
    if (this.count > MAX_EVENTS || this.bytes > MAX_BYTES) this.giveUpOnHeaviest();
    return true;
  }

  /** Looks at the time, ns since boot: what waited long enough is tried as it is. */
  look(now: bigint): void {
    for (const [container, queue] of this.queues) {
      if (queue.until > now) return;
      this.counters.heldTimeouts++;
      this.containers.giveUpOn(container);
    }
  }

  private keep(queue: Queue, event: SyscallEvent, process: Process, engine: Engine<SyscallContext>): void {
    const record = event.record.copy();
    queue.events.push({
      record,
      process: this.snapshots.of(process),
      moment: event.moment(),
      others: this.others(event, process),
      engine,
    });
    queue.bytes += record.length;
    this.bytes += record.length;
    this.count++;
    this.counters.held++;
  }

  /** The processes that fields look up: leaders, and those that parameters name. */
  private others({ record, host }: SyscallEvent, process: Process): ReadonlyMap<number, Process> {
    const found = new Map<number, Process>();
    const add = (pid: number) => {
      const other = pid > 0 ? host.process(pid) : undefined;
      if (other !== undefined) found.set(other.pid, this.snapshots.of(other));
    };
    add(process.sid);
    add(process.pgid);
    for (const { read } of processParameters[record.type] ?? []) {
      const pid = read(record, process);
      if (typeof pid === "number") add(pid);
    }
    return found;
  }

  private giveUpOnHeaviest(): void {
    let heaviest: Container | undefined;
    let weight = -1;
    const weigh = (queue: Queue) => (this.count > MAX_EVENTS ? queue.events.length : queue.bytes);
    for (const [container, queue] of this.queues)
      if (weigh(queue) > weight) {
        heaviest = container;
        weight = weigh(queue);
      }
    if (heaviest === undefined) return;
    this.counters.heldOverflows++;
    this.containers.giveUpOn(heaviest);
  }

  private release(container: Container): void {
    const queue = this.queues.get(container);
    if (queue === undefined) return;
    this.queues.delete(container);
    this.count -= queue.events.length;
    this.bytes -= queue.bytes;
    if (this.count === 0) this.snapshots.clear();
    for (const event of queue.events) this.onRelease(event);
  }
}
