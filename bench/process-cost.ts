/** What a process costs, as the kernel counts it. */
import { readFileSync, readdirSync } from "node:fs";

/** CLK_TCK is 100 on every architecture we build for. */
const TICKS = 100;

export interface Cost {
  /** Seconds of processor time, user and system, of all threads. */
  readonly cpu: number;
  /** Resident memory: all, and of it what belongs to no file. MiB. */
  readonly rss: number;
  readonly anonymous: number;
  /** The highest that `rss` ever was, MiB. */
  readonly peak: number;
  /** How often its threads went to sleep by themselves, and so were woken: by thread id. */
  readonly sleeps: ReadonlyMap<number, number>;
}

/** @throws Error of open(2) once the process is gone. */
export function costOf(pid: number): Cost {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  const sleeps = new Map<number, number>();
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${tid}/status`, "latin1");
    sleeps.set(Number(tid), Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1] ?? 0));
  }
  return {
    cpu: (Number(fields[11]) + Number(fields[12])) / TICKS,
    rss: kib("VmRSS") / 1024,
    anonymous: kib("RssAnon") / 1024,
    peak: kib("VmHWM") / 1024,
    sleeps,
  };
}

/** Wake-ups between two readings of the thread that woke most often: the one that reads the ring. */
export function wakeUps(before: Cost, after: Cost): number {
  return Math.max(...[...after.sleeps].map(([tid, count]) => count - (before.sleeps.get(tid) ?? 0)));
}

/** Seconds of processor time that the whole machine was busy since boot. */
export function machineBusy(): number {
  const fields = readFileSync("/proc/stat", "latin1")
    .split("\n")[0]!
    .trim()
    .split(/\s+/)
    .slice(1, 9)
    .map(Number);
  const idle = (fields[3] ?? 0) + (fields[4] ?? 0);
  return (fields.reduce((sum, value) => sum + value, 0) - idle) / TICKS;
}
