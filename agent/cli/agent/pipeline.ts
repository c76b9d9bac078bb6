/** From a record to alerts, on the capture thread: state first, then the rules. */
import type { RecordView } from "../../events/record-view.ts";
import { events } from "../../events/table.ts";
import { SyscallEvent } from "../../engine/syscall-event.ts";
import type { Engine } from "../../engine/engine.ts";
import type { SyscallContext } from "../../fields/context.ts";
import type { Host, Process } from "../../state/types.ts";

/** What takes a record in before the rules see it (State). */
export interface RecordState {
  apply(record: RecordView): Process | undefined;
}

/** Types that only state needs. */
const internal: readonly boolean[] = events.map((row) => "internal" in row);

export class Pipeline {
  /** Records that came. */
  events = 0;
  /** Events that some rule matched. */
  matched = 0;
  /** Records that state or the context could not take; a fault of ours. */
  faults = 0;
  /** The rule set in force. */
  engine: Engine<SyscallContext> | undefined;
  private readonly state: RecordState;
  private readonly event: SyscallEvent;
  private readonly onFault: (error: unknown) => void;

  constructor(state: RecordState, host: Host, onFault: (error: unknown) => void) {
    this.state = state;
    this.event = new SyscallEvent(host);
    this.onFault = onFault;
  }

  /** Takes one record in. Never throws: what goes wrong with one record must not end the rest. */
  readonly take = (record: RecordView): void => {
    this.events++;
    try {
      const process = this.state.apply(record);
      if (internal[record.type] !== false) return;
      this.event.next(record, process);
      if (this.engine !== undefined && this.engine.process(this.event) > 0) this.matched++;
    } catch (error) {
      this.faults++;
      if (this.faults === 1) this.onFault(error);
    }
  };

  /** Time of the last event that rules saw, ns since the epoch. */
  get lastTime(): bigint {
    return this.event.time;
  }
}
