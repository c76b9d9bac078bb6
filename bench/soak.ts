/**
 * make bench ARGS="soak [--minutes N] [--rate N] [--every SECONDS] [--node PATH]": processes and containers come and go
 * while the agent watches; prints its memory now and then, and at the end whether it grew. Exit code 1 where it did.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { join } from "node:path";
import { freePort } from "../test/support/free-port.ts";
import { falcoRulesFolder, root } from "../test/support/reference.ts";
import { startContainers, type Containers } from "../test/system/support/containers.ts";
import { AgentProcess, pause } from "./agent-process.ts";
import { endWithUs, runInterruptible } from "./interrupted.ts";
import { median, table, thousands } from "./numbers.ts";
import { runWorkload } from "./workload.ts";

/** What may be grown from the second fifth of the time to the last, MiB. */
const GROWTH = 5;

interface Sample {
  readonly seconds: number;
  readonly rss: number;
  readonly anonymous: number;
  readonly cpu: number;
  readonly alerts: number;
  readonly events: number;
  readonly dropped: number;
  readonly processes: number;
}

/** The agent's own numbers; NaN for what it does not say. */
async function metrics(port: number): Promise<(name: string) => number> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(5_000) });
  const text = await response.text();
  return (name) =>
    text
      .split("\n")
      .filter((line) => line.startsWith(name))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

async function sample(agent: AgentProcess, port: number, begin: number): Promise<Sample> {
  const { rss, anonymous, cpu } = agent.cost();
  const value = await metrics(port);
  return {
    seconds: (performance.now() - begin) / 1000,
    rss,
    anonymous,
    cpu,
    alerts: agent.alerts.length,
    events: value("tiercel_events_total"),
    dropped: value("tiercel_events_dropped_total"),
    processes: value('tiercel_state_entries{table="processes"}'),
  };
}

const line = (now: Sample, before: Sample | undefined, containers: number): string => {
  const seconds = now.seconds - (before?.seconds ?? 0);
  const share =
    before === undefined ? "" : `, ${((100 * (now.cpu - before.cpu)) / seconds).toFixed(0)} % of a core`;
  return (
    `${now.seconds.toFixed(0).padStart(6)} s: RSS ${now.rss.toFixed(1)} MiB (anonymous ${now.anonymous.toFixed(1)})${share}; ` +
    `${thousands(now.processes)} processes kept, ${thousands(now.events)} events, ${thousands(now.dropped)} dropped, ` +
    `${thousands(now.alerts)} alerts, ${containers} containers`
  );
};

/** Runs one container after the other to its end; returns how many when it is told to stop. */
async function containerChurn(
  containers: Containers,
  going: () => boolean,
  count: () => void,
): Promise<void> {
  while (going()) {
    await containers.runToEnd(["cat", "/etc/passwd"]);
    count();
    await pause(1_000);
  }
}

/** The samples of one part of the time, from share to share. */
const part = (samples: readonly Sample[], from: number, to: number): readonly Sample[] =>
  samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "30" },
      rate: { type: "string", default: "100" },
      every: { type: "string", default: "10" },
      node: { type: "string", default: process.execPath },
    },
  });
  const seconds = Number(values.minutes) * 60;
  const rules = falcoRulesFolder();
  const port = await freePort();
  const agent = await AgentProcess.start(
    [
      ...[
        "--rules",
        rules === undefined ? `${root}config/rules` : join(rules, "falco-rules/falco_rules.yaml"),
      ],
      ...["--set", `webserver.listen_port=${port}`],
    ],
    values.node,
  );
  const haveContainers = ["/usr/bin/containerd", "/usr/sbin/runc", "/bin/busybox"].every((file) =>
    existsSync(file),
  );
  let going = true;
  let containerChurning: Promise<void> | undefined;
  const starting = haveContainers ? startContainers() : undefined;
  let closing: Promise<void> | undefined;
  /** Lets the last container run to its end, then ends containerd. */
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      going = false;
      const started = await starting;
      await containerChurning?.catch(() => {});
      await started?.close();
    })());
  endWithUs(close);
  const containers = await starting;
  if (containers === undefined) console.log("no containerd, runc or busybox here: processes only");
  let ran = 0;
  const samples: Sample[] = [];
  try {
    const begin = performance.now();
    const churn = runWorkload("churn", seconds, values.rate);
    if (containers !== undefined)
      containerChurning = containerChurn(
        containers,
        () => going,
        () => ran++,
      );
    // Either one's fault ends the soak; it comes out below.
    for (const churning of [churn, containerChurning]) churning?.catch(() => (going = false));
    while (going && performance.now() - begin < seconds * 1000) {
      await pause(Number(values.every) * 1000);
      samples.push(await sample(agent, port, begin));
      console.log(line(samples.at(-1)!, samples.at(-2), ran));
    }
    going = false;
    await Promise.all([churn, containerChurning]);
  } finally {
    await close();
  }
  const summary = await agent.stop();
  const middle = (of: readonly Sample[], value: (sample: Sample) => number): string =>
    median(of.map(value)).toFixed(1);
  const fifths = [0, 0.2, 0.4, 0.6, 0.8].map((from) => part(samples, from, from + 0.2));
  console.log(
    `\n${table(
      ["minutes", "RSS, MiB", "anonymous, MiB", "processes kept"],
      fifths.map((fifth) => [
        `${((fifth[0]?.seconds ?? 0) / 60).toFixed(1)} to ${((fifth.at(-1)?.seconds ?? 0) / 60).toFixed(1)}`,
        middle(fifth, ({ rss }) => rss),
        middle(fifth, ({ anonymous }) => anonymous),
        middle(fifth, ({ processes }) => processes),
      ]),
    )}`,
  );
  const growth = median(fifths[4]!.map(({ rss }) => rss)) - median(fifths[1]!.map(({ rss }) => rss));
  console.log(
    `\n${thousands(summary.events)} events, ${thousands(summary.dropped)} dropped, ${ran} containers; from the second fifth to the last ` +
      `RSS changed by ${growth.toFixed(1)} MiB: ${growth <= GROWTH ? "flat" : `more than ${GROWTH} MiB, NOT flat`}`,
  );
  return growth <= GROWTH ? 0 : 1;
}

await runInterruptible(() => main(process.argv.slice(2)));
