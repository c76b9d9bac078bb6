/** Runs the programs of bench/workloads. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { root } from "../test/support/reference.ts";
import { endWithUs } from "./interrupted.ts";

export interface WorkloadResult {
  readonly operations: number;
  /** Operations a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Its own processor time for an operation, ns: what others do on the machine counts little. */
  readonly each: number;
  /** Other lines it printed: times of wanted calls, ns of the monotonic clock. */
  readonly marks: readonly bigint[];
}

/** Runs build/bench/NAME to its end. @throws Error where it fails. */
export async function runWorkload(name: string, ...args: (string | number)[]): Promise<WorkloadResult> {
  const child = spawn(`${root}build/bench/${name}`, args.map(String), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.once(
    "close",
    endWithUs(() => child.kill()),
  );
  let text = "";
  child.stdout.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`workload ${name} ended with ${code}`);
  const lines = text.trim().split("\n");
  const { operations, nanoseconds, processor } = JSON.parse(lines.pop()!) as Record<
    "operations" | "nanoseconds" | "processor",
    number
  >;
  const seconds = nanoseconds / 1e9;
  return {
    operations,
    rate: operations / seconds,
    seconds,
    each: processor / operations,
    marks: lines.map(BigInt),
  };
}
