/** Capture as a whole: load, attach, read, count, close. Everything here belongs to one thread. */
import { eventCode, events } from "../events/table.ts";
import type { RecordView } from "../events/record-view.ts";
import { attach, hooks } from "./attach.ts";
import { Control, type Wanted } from "./control.ts";
import {
  dropCauses,
  readCounts,
  readDemandByCgroup,
  readDropsByCgroup,
  readTotals,
  type CgroupDrops,
  type DropCause,
} from "./drops.ts";
import { libbpf, pageSize } from "./native.ts";
import { BpfObject, defaultObjectPath, slots } from "./object.ts";
import { programInfo } from "./program-info.ts";
import { Reader } from "./reader.ts";
import { Ring } from "./ring.ts";
import { cgroupHierarchy, readScope, type CgroupHierarchy, type Scope } from "./scope.ts";
import { bestVariant, type Variant } from "./variant.ts";

export interface CaptureOptions {
  /** Path of the compiled object; default: where `make build` puts the variant's. */
  readonly object?: string;
  /** Bytes of the ring: a power of two; default 8 MiB. */
  readonly ringBytes?: number;
  /** Of it, kept for exec, fork and exit; default an eighth. */
  readonly ringReserve?: number;
  /** Bytes in the ring from which on cgroups share what is left (agent/bpf/lib/share.h); default half of it. */
  readonly ringLevel?: number;
  /** Ways of reading; default the best this kernel has. */
  readonly variant?: Variant;
  /** Whether this process's own calls are left out; default true. Tests make calls themselves. */
  readonly hideSelf?: boolean;
  /** Whose tasks are seen; default those of this process's PID namespace, asked of the kernel. */
  readonly scope?: Scope;
  /** Whose folders' inodes records carry; default the memory controller's. */
  readonly hierarchy?: CgroupHierarchy;
}

/** What capture counted since it was opened. */
export interface CaptureCounters {
  /** Records handed over by the kernel side, by event name. */
  readonly submitted: Readonly<Record<string, number>>;
  /** Records lost, by cause and event name; `recursion` and `malformed` know no name and stand under "". */
  readonly dropped: readonly { readonly cause: DropCause; readonly event: string; readonly count: number }[];
  readonly bytes: number;
  /** Bytes that were to go into the ring while it was fuller than its level, and so shared. */
  readonly contested: number;
  /** Wake-ups of the reader by the kernel, and looks at the ring. */
  readonly wakeUps: number;
  readonly looks: number;
}

const DEFAULT_RING = 8 << 20;
/** All processors together may go over the ring's level by this part of it. */
const OVER = 16;

/** What one processor may put into the ring between two looks at how full it is, where sharing begins at `level` bytes. */
function ringRoom(level: number): number {
  return Math.max(0, Math.floor(level / OVER / libbpf().libbpf_num_possible_cpus()));
}
const entryPrograms = hooks.map(({ program }) => program);

export class Capture {
  readonly ring: Ring;
  readonly scope: Scope;
  readonly hierarchy: CgroupHierarchy;
  readonly variant: Variant;
  /** For tests: maps and programs by name. */
  readonly object: BpfObject;
  private readonly control: Control;
  private detach: (() => void) | undefined;
  private reader: Reader | undefined;

  private constructor(
    object: BpfObject,
    scope: Scope,
    hierarchy: CgroupHierarchy,
    variant: Variant,
    ringBytes: number,
  ) {
    this.object = object;
    this.scope = scope;
    this.hierarchy = hierarchy;
    this.variant = variant;
    this.ring = new Ring(object.map("ring"), ringBytes);
    this.control = new Control(object.map(".data.control"));
  }

  /**
   * Loads the programs; nothing is wanted and nothing attached yet.
   * @throws LibbpfError where the kernel or the rights do not allow it (probe.ts says what is missing).
   */
  static open(options: CaptureOptions = {}): Capture {
    const scope = options.scope ?? readScope();
    const hierarchy = options.hierarchy ?? cgroupHierarchy();
    const variant = options.variant ?? bestVariant();
    const ringBytes = options.ringBytes ?? DEFAULT_RING;
    const ringReserve = options.ringReserve ?? ringBytes / 8;
    const ringLevel = options.ringLevel ?? ringBytes / 2;
    const object = BpfObject.load({
      path: options.object ?? defaultObjectPath(variant.cast),
      ringBytes,
      walker: variant.walker,
      settings: {
        own_tgid: (options.hideSelf ?? true) ? scope.tgid : 0,
        node_level: scope.level,
        node_pidns: scope.pidns,
        cgroup_v1: hierarchy.version === 1 ? 1 : 0,
        ring_reserve: ringReserve,
        hierarchy: hierarchy.id,
        ring_level: ringLevel,
        ring_room: ringRoom(Math.min(ringLevel, ringBytes - ringReserve)),
        page_size: pageSize(),
      },
    });
    try {
      object.fillSlots(variant.walker);
      return new Capture(object, scope, hierarchy, variant, ringBytes);
    } catch (error) {
      object.close();
      throw error;
    }
  }

  /** Hangs the programs into the kernel. @throws LibbpfError */
  attach(): void {
    this.detach ??= attach(this.object);
  }

  /** Switches calls on and off; from the next call on. */
  setWanted(wanted: Wanted): void {
    this.control.setWanted(wanted);
  }

  /** Puts a program, by descriptor, into the filter's slot; undefined: everything passes. @throws LibbpfError */
  setFilter(program: number | undefined): void {
    this.object.setSlot(slots.filter, program ?? this.object.program("submit"));
  }

  /**
   * Calls `onRecord` with every record from now on, on this thread's event loop, and `onLook` after each look at the
   * ring. The view is only valid inside the call.
   */
  start(onRecord: (record: RecordView) => void, onLook?: () => void): void {
    this.reader ??= new Reader(this.ring, this.object.map("ring"), this.control, onRecord, onLook);
  }

  /** Reads what is there now, for at most `maxMilliseconds`; returns how many records. For callers without `start`. */
  drain(onRecord: (record: RecordView) => void, maxMilliseconds: number): number {
    return this.ring.drain(onRecord, maxMilliseconds);
  }

  /** @throws LibbpfError */
  counters(): CaptureCounters {
    const counts = readCounts(this.object.map("counts"), events.length);
    const name = (type: number): string => events[type]?.name ?? "";
    const dropped = counts.flatMap(({ type, dropped: byCause }) =>
      byCause.flatMap((count, index) =>
        count > 0 ? [{ cause: dropCauses[index]!, event: name(type), count }] : [],
      ),
    );
    const missed = entryPrograms.reduce(
      (sum, each) => sum + programInfo(this.object.program(each)).recursionMisses,
      0,
    );
    if (missed > 0) dropped.push({ cause: "recursion", event: "", count: missed });
    if (this.ring.malformed > 0) dropped.push({ cause: "malformed", event: "", count: this.ring.malformed });
    return {
      submitted: Object.fromEntries(counts.map(({ type, submitted }) => [name(type), submitted])),
      dropped,
      ...readTotals(this.object.map("totals")),
      looks: this.reader?.looks ?? 0,
    };
  }

  /** Drops of the cgroups that are still remembered. @throws LibbpfError */
  dropsByCgroup(): CgroupDrops[] {
    return readDropsByCgroup(this.object.map("drops"));
  }

  /** Bytes that cgroups wanted to put into the ring while it was filling. @throws LibbpfError */
  demandByCgroup(): Map<bigint, number> {
    return readDemandByCgroup(this.object.map("shares"));
  }

  /** Takes the programs out of the kernel, hands over what is still in the ring, and frees everything. */
  close(onRecord: (record: RecordView) => void = () => {}): void {
    this.detach?.();
    this.detach = undefined;
    this.reader?.stop();
    while (this.ring.drain(onRecord, 1000) > 0);
    this.ring.close();
    this.control.close();
    this.object.close();
  }
}

const all = events.flatMap((event, code) =>
  "captured" in event || "internal" in event || code === eventCode("procexit") ? [code] : [],
);

/** Every captured event and hook with all that a record can carry: what a recording or a test wants. */
export const everything = {
  codes: all,
  environment: true,
  cwd: all,
  task: all,
  streams: all,
  streamPaths: all,
} as const satisfies Wanted;
