/**
 * A workload without and with the agent, in turn: whatever else the machine does, or does not do, falls on both. The
 * order changes from pair to pair.
 */
import { AgentProcess } from "./agent-process.ts";
import { median, thousands } from "./numbers.ts";
import { machineBusy, wakeUps } from "./process-cost.ts";
import type { WorkloadResult } from "./workload.ts";

export interface PairedOptions {
  /** Arguments of `tiercel agent`. */
  readonly agent: readonly string[];
  readonly pairs: number;
  readonly node: string;
  readonly workload: () => Promise<WorkloadResult>;
  readonly print: (line: string) => void;
}

/** One run with the agent. */
export interface WithAgent {
  readonly rate: number;
  /** Processor time of the workload for an operation, ns. */
  readonly each: number;
  /** Share of one processor. */
  readonly cpu: number;
  readonly rss: number;
  readonly anonymous: number;
  readonly wakeUps: number;
  readonly events: number;
  readonly dropped: number;
}

export interface PairedResult {
  /** How many times slower the workload is with the agent: median over the pairs. */
  readonly slowdown: number;
  /** The same in processor time of the workload: what stays of it on a busy machine. */
  readonly processorSlowdown: number;
  readonly without: number;
  readonly with: WithAgent;
  /** Processor time of others during the runs, share of one processor: what to think of the figures. */
  readonly others: number;
}

async function withAgent({ agent: args, node, workload }: PairedOptions): Promise<WithAgent> {
  const agent = await AgentProcess.start(args, node);
  try {
    const before = agent.cost();
    const result = await workload();
    const after = agent.cost();
    const summary = await agent.stop();
    return {
      rate: result.rate,
      each: result.each,
      cpu: (after.cpu - before.cpu) / result.seconds,
      rss: after.rss,
      anonymous: after.anonymous,
      wakeUps: wakeUps(before, after) / result.seconds,
      events: summary.events,
      dropped: summary.dropped,
    };
  } catch (error) {
    await agent.stop();
    throw error;
  }
}

/** Runs the pairs; every run is printed as a line of its own. */
export async function runPaired(options: PairedOptions): Promise<PairedResult> {
  const { pairs, print, workload } = options;
  const slowdowns: number[] = [];
  const inProcessor: number[] = [];
  const without: number[] = [];
  const runs: WithAgent[] = [];
  const others: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    let alone = Number.NaN;
    let each = Number.NaN;
    let run: WithAgent | undefined;
    for (const agent of pair % 2 === 0 ? [false, true] : [true, false]) {
      if (agent) run = await withAgent(options);
      else {
        const busy = machineBusy();
        const result = await workload();
        // The workload itself keeps one processor busy.
        others.push((machineBusy() - busy) / result.seconds - 1);
        alone = result.rate;
        each = result.each;
      }
    }
    if (run === undefined) throw new Error("no run with the agent");
    without.push(alone);
    runs.push(run);
    slowdowns.push(alone / run.rate);
    inProcessor.push(run.each / each);
    print(
      `  pair ${pair + 1}: ${thousands(alone)}/s alone, ${thousands(run.rate)}/s with; ×${(alone / run.rate).toFixed(2)}, in processor time ×${(run.each / each).toFixed(2)}; ` +
        `agent ${(run.cpu * 100).toFixed(0)} % of a core, RSS ${run.rss.toFixed(0)} MiB (anonymous ${run.anonymous.toFixed(0)}), ` +
        `${thousands(run.wakeUps)} wake-ups/s, ${thousands(run.events)} events, ${thousands(run.dropped)} dropped; ` +
        `others ${(others.at(-1)! * 100).toFixed(0)} %`,
    );
  }
  const middle = (of: (run: WithAgent) => number): number => median(runs.map(of));
  return {
    slowdown: median(slowdowns),
    processorSlowdown: median(inProcessor),
    without: median(without),
    with: {
      rate: middle((run) => run.rate),
      each: middle((run) => run.each),
      cpu: middle((run) => run.cpu),
      rss: middle((run) => run.rss),
      anonymous: middle((run) => run.anonymous),
      wakeUps: middle((run) => run.wakeUps),
      events: middle((run) => run.events),
      dropped: Math.max(...runs.map((run) => run.dropped)),
    },
    others: median(others),
  };
}
