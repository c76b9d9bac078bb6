/** thread.*: the thread that made the call. */
import { capabilityNames } from "../events/capabilities.ts";
import { HEADER } from "../events/record.ts";
import { eventCode } from "../events/table.ts";
import { taskCount, type TaskCount } from "../events/task-facts.ts";
import type { SyscallContext } from "./context.ts";
import { field, fieldOf, missing, type Field, type Read } from "./field.ts";
import { ownName } from "./process-texts.ts";

const UNSHARE = eventCode("unshare");
const CLONE_NEWUSER = 0x10000000;

/** Whether the call put the thread into a new user namespace, where it has all capabilities from now on. */
const entersUserNamespace = ({ record }: SyscallContext) =>
  record.type === UNSHARE && record.ret === 0 && (Number(record.number(0) ?? 0) & CLONE_NEWUSER) !== 0;

/** A set of capabilities: what the kernel says now, but for unshare with a new user namespace what was before it. */
const capabilities =
  (offset: number): Read =>
  (c) => {
    const word = (offset - HEADER.cap_inheritable) / 4;
    const before = entersUserNamespace(c) ? c.process?.capabilities : undefined;
    const [low, high] = [before?.[word], before?.[word + 1]];
    const set =
      low === undefined || high === undefined ? c.record.u64(offset) : (BigInt(high) << 32n) | BigInt(low);
    return capabilityNames(set).join(" ");
  };

/** What the kernel counts of the thread; missing where the record does not say. */
const count =
  (name: TaskCount): Read =>
  (c) =>
    taskCount(c.record, name);

/**
 * Subsystems under which a path is shown. The node is watched through one hierarchy (design: one cgroup id), so all
 * have the same path, as they do on cgroup v2.
 */
const subsystems = ["cpuset", "cpu", "cpuacct", "io", "memory"] as const;

const cgroupPath = (c: SyscallContext) => {
  const path = c.process?.container.cgroupPath;
  return path === "" ? undefined : path;
};

function cgroups(c: SyscallContext): string | undefined {
  const path = cgroupPath(c);
  return path === undefined ? undefined : subsystems.map((subsystem) => `${subsystem}=${path}`).join(" ");
}

// prettier-ignore
export const threadFields: readonly Field[] = [
  field("thread.cap_permitted", "CHARBUF", "Names of the permitted capabilities, separated by blanks.", "thread.cap_permitted contains CAP_SYS_ADMIN", capabilities(HEADER.cap_permitted)),
  field("thread.cap_inheritable", "CHARBUF", "Names of the inheritable capabilities, separated by blanks.", "thread.cap_inheritable contains CAP_SYS_ADMIN", capabilities(HEADER.cap_inheritable)),
  field("thread.cap_effective", "CHARBUF", "Names of the effective capabilities, separated by blanks.", "thread.cap_effective contains CAP_SYS_ADMIN", capabilities(HEADER.cap_effective)),
  field("thread.pfmajor", "UINT64", "Page faults that had to read from disk.", "thread.pfmajor > 100", count("pgft_maj")),
  field("thread.pfminor", "UINT64", "Page faults that did not read from disk.", "thread.pfminor > 100", count("pgft_min")),
  field("thread.tid", "INT64", "Thread id, as the node sees it.", "thread.tid > 1", (c) => c.record.tid),
  field("thread.ismain", "BOOL", "Whether the thread is the process's main thread.", "thread.ismain = true", (c) => c.record.tid === c.record.pid),
  field("thread.vtid", "INT64", "Thread id in the thread's own PID namespace.", "thread.vtid = 1", vtid),
  field("thread.nametid", "CHARBUF", "Name and id of the thread, put together.", "thread.nametid = cat17", (c) => (c.process === undefined ? undefined : `${ownName(c.process, c.record.tid)}${c.record.tid}`), { hidden: true }),
  field("thread.exectime", "RELTIME", "Processor time in the time slice that the thread is in, in ns, up to the last clock tick.", "thread.exectime > 0", count("exectime")),
  field("thread.totexectime", "RELTIME", "Processor time of the thread in ns, up to the last clock tick.", "thread.totexectime > 0", count("totexectime")),
  field("thread.cgroups", "CHARBUF", "Control groups as subsystem=path texts.", "thread.cgroups contains kubepods", cgroups),
  fieldOf("thread.cgroup", "CHARBUF", ["required", "dot"], "Path of the control group of one subsystem.", "thread.cgroup.cpu startswith /kubepods", (name) => ((subsystems as readonly string[]).includes(name!) ? cgroupPath : missing)),
  field("thread.cpu", "DOUBLE", "Processor use of the last second in per cent.", "thread.cpu > 90", missing),
  field("thread.cpu.user", "DOUBLE", "The same in user mode.", "thread.cpu.user > 90", missing),
  field("thread.cpu.system", "DOUBLE", "The same in the kernel.", "thread.cpu.system > 90", missing),
  field("thread.vmsize", "UINT64", "Size of the address space in kB; 0 for threads beside the main one.", "thread.vmsize > 1000000", ofMainThread("vm_size", 1)),
  field("thread.vmrss", "UINT64", "Resident memory in kB; 0 for threads beside the main one.", "thread.vmrss > 1000000", ofMainThread("vm_rss", 1)),
  field("thread.vmsize.b", "UINT64", "Size of the address space in bytes; 0 for threads beside the main one.", "thread.vmsize.b > 1000000", ofMainThread("vm_size", 1024), { hidden: true }),
  field("thread.vmrss.b", "UINT64", "Resident memory in bytes; 0 for threads beside the main one.", "thread.vmrss.b > 1000000", ofMainThread("vm_rss", 1024), { hidden: true }),
];

/** Memory is the process's: it counts for its main thread. */
function ofMainThread(name: "vm_size" | "vm_rss", unit: number): Read {
  return ({ record }) => {
    const kilobytes = taskCount(record, name);
    if (kilobytes === undefined) return undefined;
    return record.tid === record.pid ? Number(kilobytes) * unit : 0;
  };
}

function vtid(c: SyscallContext): number | undefined {
  const value = c.record.u32(HEADER.vtid);
  return value === 0xffffffff ? undefined : value;
}
