/** 200,000 opens a second, of which a rule wants one in 10,000: none lost, every wanted one alerted. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AgentProcess } from "../agent-process.ts";
import { quantile, thousands } from "../numbers.ts";
import { wakeUps } from "../process-cost.ts";
import type { Figure, Question, QuestionContext } from "../question.ts";
import { runWorkload } from "../workload.ts";

const RATE = 200_000;
const EVERY = 10_000;

/** A rules file with one rule that wants opens of one file. */
export function ruleForFile(folder: string, file: string): string {
  const path = join(folder, "wanted.yaml");
  writeFileSync(
    path,
    `- rule: Wanted file opened
  desc: The bench opened the file that it counts.
  condition: evt.type in (open, openat, openat2) and fd.name = ${file}
  output: wanted ${file}
  priority: NOTICE
`,
  );
  return path;
}

/** Milliseconds from each call to its alert: both stand in the order they happened. */
export function delays(calls: readonly bigint[], alerts: readonly { readonly at: bigint }[]): number[] {
  return calls.slice(0, alerts.length).map((call, index) => Number(alerts[index]!.at - call) / 1e6);
}

async function ask({ seconds, node, folder, print }: QuestionContext): Promise<Figure[]> {
  const file = join(folder, "wanted");
  writeFileSync(file, "");
  const agent = await AgentProcess.start(["--rules", ruleForFile(folder, file), "-o", "json"], node);
  const before = agent.cost();
  const result = await runWorkload("opens", seconds, "/etc/hostname", RATE, file, EVERY);
  const after = agent.cost();
  await agent.settle(result.marks.length);
  const summary = await agent.stop();
  const delay = delays(result.marks, agent.alerts);
  const cpu = (after.cpu - before.cpu) / result.seconds;
  const woken = wakeUps(before, after) / result.seconds;
  print(
    `  ${thousands(result.operations)} opens in ${result.seconds.toFixed(1)} s, ${result.marks.length} wanted, ` +
      `${agent.alerts.length} alerts; ${thousands(summary.events)} events seen, ${summary.dropped} dropped; ` +
      `agent ${(cpu * 100).toFixed(0)} % of a core, ${thousands(woken)} wake-ups/s; ` +
      `delay min ${Math.min(...delay).toFixed(2)}, max ${Math.max(...delay).toFixed(2)} ms`,
  );
  const milliseconds = (share: number): string => `${quantile(delay, share).toFixed(2)} ms`;
  return [
    {
      name: "opens",
      value: `${thousands(result.rate)} /s`,
      aim: `${thousands(RATE)} /s`,
      met: result.rate >= RATE * 0.99,
    },
    {
      name: "wanted, alerted",
      value: `${result.marks.length}, ${agent.alerts.length}`,
      aim: "equal",
      met: result.marks.length === agent.alerts.length,
    },
    { name: "events dropped", value: thousands(summary.dropped), aim: "0", met: summary.dropped === 0 },
    { name: "wake-ups", value: `${thousands(woken)} /s`, aim: "500 /s or fewer", met: woken <= 500 },
    { name: "agent, of a core", value: `${(cpu * 100).toFixed(0)} %`, aim: "" },
    { name: "RSS", value: `${after.rss.toFixed(0)} MiB`, aim: "" },
    { name: "alert delay p50", value: milliseconds(0.5), aim: "" },
    { name: "alert delay p99", value: milliseconds(0.99), aim: "" },
  ];
}

export const wanted: Question = {
  name: "wanted",
  asks: `At ${thousands(RATE)} opens a second, is each one in ${thousands(EVERY)} that a rule wants alerted?`,
  ask,
};
