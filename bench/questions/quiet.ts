/** The agent on a machine where little happens: how soon it alerts, what it costs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AgentProcess, pause } from "../agent-process.ts";
import { quantile, thousands } from "../numbers.ts";
import { wakeUps } from "../process-cost.ts";
import type { Figure, Question, QuestionContext } from "../question.ts";
import { runWorkload } from "../workload.ts";
import { delays, ruleForFile } from "./wanted.ts";

/** Milliseconds between two wanted opens. */
const BETWEEN = 50;
/** The workload opens so many files at once, of which the last is the wanted one. */
const BATCH = 64;

async function ask(context: QuestionContext): Promise<Figure[]> {
  const { seconds, node, folder, publicRules, defaultRules, print } = context;
  const file = join(folder, "wanted");
  writeFileSync(file, "");
  const rules = ["--rules", publicRules ?? defaultRules, "--rules", ruleForFile(folder, file)];
  const agent = await AgentProcess.start([...rules, "-o", "json"], node);
  await pause(2_000);
  const before = agent.cost();
  await pause(seconds * 1000);
  const after = agent.cost();
  const idle = (after.cpu - before.cpu) / seconds;
  const woken = wakeUps(before, after) / seconds;
  const calls: bigint[] = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    // A process of its own for each, of which nothing is known yet.
    const { marks } = await runWorkload("opens", 0, "/dev/null", 0, file, BATCH);
    calls.push(...marks);
    await pause(BETWEEN);
  }
  await agent.settle(Number.POSITIVE_INFINITY, 500);
  await agent.stop();
  const alerts = agent.alerts.filter(({ text }) => text.includes("Wanted file opened"));
  const delay = delays(calls, alerts);
  print(
    `  ready after ${agent.readyAfter.toFixed(0)} ms; idle ${(idle * 100).toFixed(1)} % of a core, RSS ${after.rss.toFixed(0)} MiB ` +
      `(anonymous ${after.anonymous.toFixed(0)}), ${thousands(woken)} wake-ups/s; ${calls.length} wanted opens, ${alerts.length} alerts; ` +
      `delay min ${Math.min(...delay).toFixed(2)}, max ${Math.max(...delay).toFixed(2)} ms`,
  );
  const p99 = quantile(delay, 0.99);
  return [
    { name: "alert delay p50", value: `${quantile(delay, 0.5).toFixed(2)} ms`, aim: "" },
    { name: "alert delay p99", value: `${p99.toFixed(2)} ms`, aim: "20 ms or less", met: p99 <= 20 },
    {
      name: "wanted, alerted",
      value: `${calls.length}, ${alerts.length}`,
      aim: "equal",
      met: calls.length === alerts.length,
    },
    { name: "ready after", value: `${agent.readyAfter.toFixed(0)} ms`, aim: "" },
    { name: "agent, of a core", value: `${(idle * 100).toFixed(1)} %`, aim: "" },
    { name: "RSS", value: `${after.rss.toFixed(0)} MiB`, aim: "" },
    { name: "wake-ups", value: `${thousands(woken)} /s`, aim: "" },
  ];
}

export const quiet: Question = {
  name: "quiet",
  asks: "On a quiet machine, how long is it from a call to its alert line, and what does the agent cost?",
  ask,
};
