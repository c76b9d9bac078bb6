/** evt.*: fields of system call events. */
import { abspath, argumentText, rawArgument } from "./arguments.ts";
import {
  buffer,
  bufferLength,
  category,
  errorCount,
  eventName,
  failed,
  fileOpen,
  ioDirection,
  isSyscall,
  isWait,
  isWriteToSyslog,
  result,
  resultText,
} from "./event-facts.ts";
import { narrow } from "../events/record-view.ts";
import { field, fieldOf, missing, type Field, type Read } from "./field.ts";
import { dateAndTime } from "./time.ts";

const second = 1_000_000_000n;
const deprecated = { deprecated: true, hidden: true } as const;
const hidden = { hidden: true } as const;
const zero = () => 0;

// prettier-ignore
export const evtSyscallFields: readonly Field[] = [
  field("evt.latency", "RELTIME", "Always 0: there are no enter events any more.", "evt.latency = 0", zero, deprecated),
  field("evt.latency.s", "RELTIME", "Always 0.", "evt.latency.s = 0", zero, deprecated),
  field("evt.latency.ns", "RELTIME", "Always 0.", "evt.latency.ns = 0", zero, { ...deprecated, format: "ns9" }),
  field("evt.latency.quantized", "UINT64", "Always 0.", "evt.latency.quantized = 0", zero, hidden),
  field("evt.latency.human", "CHARBUF", "Always 0ns.", "evt.latency.human = 0ns", () => "0ns", deprecated),
  field("evt.deltatime", "RELTIME", "Nanoseconds since the event before this one.", "evt.deltatime > 1000000000", (c) => narrow(delta(c.time, c.previousTime))),
  field("evt.deltatime.s", "RELTIME", "Whole seconds since the event before this one.", "evt.deltatime.s > 1", (c) => Number(delta(c.time, c.previousTime) / second)),
  field("evt.deltatime.ns", "RELTIME", "Nanoseconds beyond the whole seconds of evt.deltatime.", "evt.deltatime.ns > 0", (c) => Number(delta(c.time, c.previousTime) % second), { format: "ns9" }),
  field("evt.outputtime", "CHARBUF", "Local date and time of the event; for outputs only.", "%evt.outputtime", (c) => dateAndTime(c.time, true), { printOnly: true }),
  field("evt.dir", "CHARBUF", "Direction: < for system calls, which are all seen on return, > for other events.", "evt.dir = <", (c) => (isSyscall(c) ? "<" : ">"), { deprecated: true }),
  field("evt.type", "CHARBUF", "Name of the event, which for a system call is the call's.", "evt.type = execve", eventName),
  fieldOf("evt.type.is", "UINT32", ["required", "dot"], "1 if the event has the name behind the last dot, else 0.", "evt.type.is.open = 1", (name) => (c) => eventName(c) === name ? 1 : 0, { filterOnly: true }),
  field("syscall.type", "CHARBUF", "Name of the system call; missing on other events.", "syscall.type = execve", (c) => (isSyscall(c) ? eventName(c) : undefined)),
  field("evt.category", "CHARBUF", "Kind of the event: file, net, process, memory, user, signal, IO-read and others.", "evt.category = process", category),
  field("evt.cpu", "INT16", "Processor that the call ran on.", "evt.cpu = 0", (c) => c.record.cpu),
  field("evt.args", "CHARBUF", "All parameters of the event as name=value, separated by blanks.", 'evt.args contains "flags="', argumentText.all),
  fieldOf("evt.arg", "CHARBUF", ["required", "name"], "One parameter as text, by its name or its position: names instead of numbers where there are any.", "evt.arg.flags contains O_CREAT", argumentText.one),
  fieldOf("evt.rawarg", "DYN", ["required", "name"], "One parameter as it is, by its name.", "evt.rawarg.res < 0", (name) => rawArgument(name!), { noTransformer: true, noRightHandSide: true }),
  field("evt.info", "CHARBUF", "The same as evt.args.", 'evt.info contains "flags="', argumentText.all),
  field("evt.buffer", "BYTEBUF", "Beginning of the data that a call read or wrote.", "evt.buffer contains password", buffer),
  field("evt.buflen", "UINT64", "Length of the data that a call read or wrote.", "evt.buflen > 1000", bufferLength),
  field("evt.res", "CHARBUF", "SUCCESS, or the error's symbol.", "evt.res = ENOENT", resultText),
  field("evt.rawres", "INT64", "Return value of the call; negative for an error.", "evt.rawres < 0", result),
  field("evt.failed", "BOOL", "Whether the call returned an error.", "evt.failed = true", failed),
  field("evt.is_io", "BOOL", "Whether the event reads from or writes to a descriptor.", "evt.is_io = true", (c) => ioDirection(c) !== undefined),
  field("evt.is_io_read", "BOOL", "Whether the event reads from a descriptor.", "evt.is_io_read = true", (c) => ioDirection(c) === "read"),
  field("evt.is_io_write", "BOOL", "Whether the event writes to a descriptor.", "evt.is_io_write = true", (c) => ioDirection(c) === "write"),
  field("evt.io_dir", "CHARBUF", "read or write; missing where the event does neither.", "evt.io_dir = write", ioDirection),
  field("evt.is_wait", "BOOL", "Whether the call waits: poll, select, nanosleep and their like.", "evt.is_wait = true", isWait),
  field("evt.wait_latency", "RELTIME", "Always missing: there are no enter events any more.", "evt.wait_latency > 0", missing, deprecated),
  field("evt.is_syslog", "BOOL", "Whether the event writes to /dev/log.", "evt.is_syslog = true", isWriteToSyslog),
  field("evt.count", "UINT32", "Always 1.", "evt.count = 1", () => 1),
  field("evt.count.error", "UINT32", "1 if the call failed, 0 if not.", "evt.count.error = 1", errorCount("any")),
  field("evt.count.error.file", "UINT32", "As evt.count.error, for calls on files.", "evt.count.error.file = 1", errorCount("file")),
  field("evt.count.error.net", "UINT32", "As evt.count.error, for calls on sockets.", "evt.count.error.net = 1", errorCount("net")),
  field("evt.count.error.memory", "UINT32", "As evt.count.error, for calls about memory.", "evt.count.error.memory = 1", errorCount("memory")),
  field("evt.count.error.other", "UINT32", "As evt.count.error, for all other calls.", "evt.count.error.other = 1", errorCount("other")),
  field("evt.count.exit", "UINT32", "1 for system calls, which are seen on return; missing on other events.", "evt.count.exit = 1", (c) => (isSyscall(c) ? 1 : undefined)),
  field("evt.count.procinfo", "UINT32", "Always missing: there are no such events.", "evt.count.procinfo = 1", missing, hidden),
  field("evt.count.threadinfo", "UINT32", "Always missing: there are no such events.", "evt.count.threadinfo = 1", missing, hidden),
  fieldOf("evt.around", "UINT64", ["required", "index"], "Whether the event lies within so many milliseconds of a time in ns since the epoch.", "evt.around[1404996934793590564] = 10", () => missing, { filterOnly: true, noTransformer: true, noRightHandSide: true }),
  fieldOf("evt.abspath", "CHARBUF", ["optional", "dot"], "Absolute path of a call that takes a folder's descriptor and a path; .src and .dst where it takes two.", "evt.abspath startswith /etc/", abspath),
  field("evt.is_open_read", "BOOL", "Whether a file was opened to be read.", "evt.is_open_read = true", fileOpen.read),
  field("evt.is_open_write", "BOOL", "Whether a file was opened to be written.", "evt.is_open_write = true", fileOpen.write),
  field("evt.is_open_exec", "BOOL", "Whether a file was created with a mode that lets it be executed.", "evt.is_open_exec = true", fileOpen.exec),
  field("evt.is_open_create", "BOOL", "Whether an open made the file, which did not exist before.", "evt.is_open_create = true", fileOpen.create),
  ...["file", "file.in", "file.out", "net", "net.in", "net.out", "in", "out"].map((kind) =>
    field(`evt.buflen.${kind}`, "UINT64", "Length of the data, for one kind of descriptor and direction.", `evt.buflen.${kind} > 0`, bufferOf(kind), hidden)),
  ...["name", "container.id", "container.name", "container.image"].map((what) =>
    field(`evt.infra.docker.${what}`, "CHARBUF", "Always missing: there are no such events.", `evt.infra.docker.${what} = x`, missing, hidden)),
];

/** ns between two events; 0 for the first one and where the clocks of processors differ. */
function delta(time: bigint, previous: bigint): bigint {
  return time > previous ? time - previous : 0n;
}

function bufferOf(kind: string): Read {
  const [first, second = first] = kind.split(".");
  const wanted = second === "in" ? "read" : second === "out" ? "write" : undefined;
  const family = first === "file" || first === "net" ? first : undefined;
  return (c) => {
    const direction = ioDirection(c);
    if (direction === undefined || (wanted !== undefined && direction !== wanted)) return undefined;
    return family === undefined || errorCount(family)(c) !== undefined ? bufferLength(c) : undefined;
  };
}
