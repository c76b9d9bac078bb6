/** Real calls in, records out: what the tests of this folder share. */
import type { Context } from "mocha";
import { Capture, LibbpfError, type CaptureOptions } from "../../agent/capture/index.ts";
import { viewOf } from "../../agent/events/encode.ts";
import { HEADER, PART_SLOTS, headerFields, type HeaderField } from "../../agent/events/record.ts";
import type { RecordView } from "../../agent/events/record-view.ts";
import { eventCode, events } from "../../agent/events/table.ts";
import { unmet } from "../support/requirements.ts";

/** One record, copied out of the ring. */
export interface Captured {
  readonly event: string;
  readonly header: Readonly<Record<Exclude<HeaderField, "comm">, number | bigint>>;
  readonly comm: string;
  /** Every part that the record has; undefined for one that is NULL or was unreadable. */
  readonly parts: ReadonlyMap<number, Buffer | undefined>;
  readonly cut: readonly number[];
  /** All of it, as fields read it. */
  readonly view: RecordView;
}

/** A copy of what the view shows. */
export function copy(view: RecordView): Captured {
  const header: Record<string, number | bigint> = {};
  for (const [name, size] of headerFields) {
    const at = HEADER[name];
    if (name === "comm") continue;
    header[name] =
      name === "ret"
        ? Number(view.ret)
        : size === 8
          ? view.u64(at)
          : size === 4
            ? view.u32(at)
            : view.u16(at);
  }
  const parts = new Map<number, Buffer | undefined>();
  const cut: number[] = [];
  for (let part = 0; part < PART_SLOTS; part++) {
    if (view.isCut(part)) cut.push(part);
    if (!view.hasPart(part)) continue;
    const length = view.partLength(part);
    const at = view.partAt(part);
    parts.set(part, length < 0 ? undefined : Buffer.from(view.bytes.subarray(at, at + length)));
  }
  return {
    event: events[view.type]?.name ?? `event ${view.type}`,
    header: header as Captured["header"],
    comm: view.comm,
    parts,
    cut,
    view: detached(view),
  };
}

/** A view over bytes of its own. */
function detached(view: RecordView): RecordView {
  const at = view.partAt(0) - view.partOffset(0);
  return viewOf(Buffer.from(view.bytes.subarray(at, at + view.length)));
}

/** Codes of events by name. */
export function codes(names: readonly string[]): number[] {
  return names.map((name) => {
    const code = eventCode(name);
    if (code === undefined) throw new Error(`no event ${name}`);
    return code;
  });
}

/** Opens and attaches capture, or skips the test where this machine does not allow BPF. */
export function openCapture(context: Context, options: CaptureOptions = {}): Capture {
  try {
    const capture = Capture.open(options);
    capture.attach();
    return capture;
  } catch (error) {
    if (error instanceof LibbpfError && error.errno === 1)
      return unmet(context, "kernel", `this machine does not allow BPF: ${error.message}`);
    throw error;
  }
}

/** What `act` made the kernel side record, of the events named: `act` must have finished its calls when it returns. */
export function record(
  capture: Capture,
  names: readonly string[],
  act: () => void,
  options: {
    readonly cwd?: readonly string[];
    readonly environment?: boolean;
    readonly paths?: boolean;
    /** Events whose records tell what the task uses and where its first three descriptors lead. */
    readonly task?: readonly string[];
    /** Default true: with the paths of these. */
    readonly streamPaths?: boolean;
  } = {},
): Captured[] {
  capture.drain(() => {}, 1000);
  capture.setWanted({
    codes: codes(names),
    environment: options.environment ?? false,
    cwd: codes(options.cwd ?? []),
    paths: options.paths ?? true,
    task: codes(options.task ?? []),
    streams: codes(options.task ?? []),
    streamPaths: (options.streamPaths ?? true) ? codes(options.task ?? []) : [],
  });
  act();
  capture.setWanted({ codes: [], environment: false, cwd: [] });
  const records: Captured[] = [];
  while (capture.drain((view) => records.push(copy(view)), 1000) > 0);
  return records;
}

/** Scalar part as number. */
export function number(event: Captured, part: number): number | undefined {
  const bytes = event.parts.get(part);
  return bytes?.length === 8 ? Number(bytes.readBigInt64LE()) : undefined;
}

/** Text part. */
export function text(event: Captured, part: number): string | undefined {
  return event.parts.get(part)?.toString("latin1");
}
