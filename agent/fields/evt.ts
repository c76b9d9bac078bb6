/** evt.*: fields that every source has. */
import { narrow } from "../events/record-view.ts";
import type { GenericContext } from "./context.ts";
import { field, missing, type Field, type Read } from "./field.ts";
import { clock, dateAndTime, iso8601 } from "./time.ts";

const second = 1_000_000_000n;

/** What the source of events says about itself. */
interface About<E> {
  readonly source: string;
  readonly pluginName: Read<E>;
  readonly pluginInfo: Read<E>;
}

/** The rows for one source. */
// prettier-ignore
export const evtFields = <E extends GenericContext>(about: About<E>): readonly Field<E>[] => [
  field("evt.num", "UINT64", "Number of the event since start, counted from 1.", "evt.num > 0", (c) => c.number),
  field("evt.time", "CHARBUF", "Local time of day with nanoseconds.", 'evt.time contains "."', (c) => clock(c.time, true)),
  field("evt.time.s", "CHARBUF", "Local time of day in whole seconds.", 'evt.time.s startswith "23:"', (c) => clock(c.time, false)),
  field("evt.time.iso8601", "CHARBUF", "Date and time in UTC with nanoseconds, as ISO 8601 writes it.", 'evt.time.iso8601 startswith "2026-"', (c) => iso8601(c.time)),
  field("evt.datetime", "CHARBUF", "Local date and time with nanoseconds.", 'evt.datetime startswith "2026-01-01 "', (c) => dateAndTime(c.time, true)),
  field("evt.datetime.s", "CHARBUF", "Local date and time in whole seconds.", 'evt.datetime.s startswith "2026-01-01 "', (c) => dateAndTime(c.time, false)),
  field("evt.rawtime", "ABSTIME", "Nanoseconds since the epoch.", "evt.rawtime > 1700000000000000000", (c) => narrow(c.time)),
  field("evt.rawtime.s", "ABSTIME", "Whole seconds since the epoch.", "evt.rawtime.s > 1700000000", (c) => Number(c.time / second)),
  field("evt.rawtime.ns", "ABSTIME", "Nanoseconds within the second.", "evt.rawtime.ns < 500000000", (c) => Number(c.time % second), { format: "ns9" }),
  field("evt.reltime", "RELTIME", "Nanoseconds since the first event of this run.", "evt.reltime > 60000000000", (c) => narrow(c.time - c.firstTime), { format: "ns9" }),
  field("evt.reltime.s", "RELTIME", "Whole seconds since the first event of this run.", "evt.reltime.s > 60", (c) => Number((c.time - c.firstTime) / second)),
  field("evt.reltime.ns", "RELTIME", "Nanoseconds beyond the whole seconds of evt.reltime.", "evt.reltime.ns > 0", (c) => Number((c.time - c.firstTime) % second), { format: "ns9" }),
  field("evt.pluginname", "CHARBUF", "Name of the plugin that made the event; only on plugin events.", "evt.pluginname = k8saudit", about.pluginName),
  field("evt.plugininfo", "CHARBUF", "One line about the event by the plugin that made it; only on plugin events.", "evt.plugininfo contains pods", about.pluginInfo),
  field("evt.source", "CHARBUF", "Source of the event.", "evt.source = syscall", () => about.source),
  field("evt.is_async", "BOOL", "True for events that a plugin makes beside the stream, such as container.", "evt.is_async = false", () => false),
  field("evt.asynctype", "CHARBUF", "Name of such an event.", "evt.asynctype = container", missing),
  field("evt.hostname", "CHARBUF", "Name of the node.", "evt.hostname = worker-1", (c) => c.host.hostname),
];
