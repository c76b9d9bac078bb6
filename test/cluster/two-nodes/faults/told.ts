/** What became of matches: at the receiver, in files of nodes, in SecurityAlerts and Events, and in agents' metrics. */
import { existsSync, readFileSync, truncateSync } from "node:fs";
import { mustKubectl } from "../cluster.ts";
import { at, nodeName, nodeNumbers, type NodeNumber } from "../layout.ts";
import { home } from "../shared.ts";
import { receiverFile } from "./receiver.ts";
import { sendersHome } from "./sender.ts";

interface AlertLine {
  readonly output: string;
  readonly hostname: string;
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
}

/** One match of a run, as a sink was told of it. */
export interface Told {
  readonly number: number;
  /** ms since the epoch. */
  readonly time: number;
  readonly output: string;
}

function linesOf(path: string): AlertLine[] {
  if (!existsSync(path)) return [];
  const whole = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return whole.map((line) => JSON.parse(line) as AlertLine);
}

const told = (lines: readonly AlertLine[], run: string): Told[] =>
  lines.flatMap(({ output, time }) => {
    const number = new RegExp(`/marked/(\\d+)/\\.\\./${run}-\\d+\\b`).exec(output)?.[1];
    return number === undefined ? [] : [{ number: Number(number), time: Date.parse(time), output }];
  });

/** Matches of a run that came to the receiver, as they came. */
export const received = (run: string): Told[] => told(linesOf(receiverFile()), run);

const nodeFile = (node: NodeNumber) => at(nodeName(node), "tiercel-log", "faults.json");

/** Forgets what stands in nodes' files from an earlier use of the cluster. */
export function emptyFiles(): void {
  for (const path of nodeNumbers.map(nodeFile)) if (existsSync(path)) truncateSync(path);
}

/** Matches of a run in the file that the node's agent writes. */
export const inFile = (run: string, node: NodeNumber): Told[] => told(linesOf(nodeFile(node)), run);

/** All that the receiver was told with these words in it. */
export const receivedWith = (words: string): AlertLine[] =>
  linesOf(receiverFile()).filter(({ output }) => output.includes(words));

interface Counted {
  /** Objects. */
  readonly objects: number;
  /** Matches that they count together. */
  readonly matches: number;
}

async function items<T>(...what: readonly string[]): Promise<readonly T[]> {
  return (JSON.parse(await mustKubectl(["get", ...what, "-o", "json"])) as { items: T[] }).items;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** What SecurityAlerts count of a run. */
export async function inAlerts(run: string): Promise<Counted> {
  interface Item {
    readonly spec: { readonly output: string };
    readonly status?: { readonly count?: number };
  }
  const all = await items<Item>("securityalerts", "-n", sendersHome);
  const own = all.filter(({ spec }) => spec.output.includes(`/../${run}-`));
  return { objects: own.length, matches: sum(own.map(({ status }) => status?.count ?? 0)) };
}

/** What Events count of a run: those of its series, or one. */
export async function inEvents(run: string): Promise<Counted> {
  interface Item {
    readonly note?: string;
    readonly series?: { readonly count: number };
  }
  const all = await items<Item>("events.events.k8s.io", "-n", sendersHome);
  const own = all.filter(({ note }) => note?.includes(`/../${run}-`) === true);
  return { objects: own.length, matches: sum(own.map(({ series }) => series?.count ?? 1)) };
}

export interface AgentPod {
  readonly name: string;
  readonly uid: string;
}

/** The agent's pod on a node; of several the one that runs. */
export async function agentOn(node: NodeNumber): Promise<AgentPod> {
  interface Item {
    readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  }
  const selector = [
    "-l",
    "app.kubernetes.io/component=agent",
    "--field-selector",
    `spec.nodeName=${nodeName(node)}`,
  ];
  const all = await items<Item>("pods", "-n", home, ...selector);
  const pod = all.find(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (pod === undefined) throw new Error(`no agent on ${nodeName(node)}`);
  return { name: pod.metadata.name, uid: pod.metadata.uid };
}

/** Its metrics, by name and labels as they stand there. */
export async function metricsOf(node: NodeNumber): Promise<ReadonlyMap<string, number>> {
  const { name } = await agentOn(node);
  const text = await mustKubectl([
    "get",
    "--raw",
    `/api/v1/namespaces/${home}/pods/${name}:8766/proxy/metrics`,
  ]);
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const blank = line.lastIndexOf(" ");
      return [line.slice(0, blank), Number(line.slice(blank + 1))] as const;
    }),
  );
}

/** Sum of a metric over its label sets, those only that hold all these words. */
export function metric(all: ReadonlyMap<string, number>, name: string, ...words: readonly string[]): number {
  const own = [...all].filter(
    ([key]) => (key === name || key.startsWith(`${name}{`)) && words.every((word) => key.includes(word)),
  );
  return sum(own.map(([, value]) => value));
}

/** What the agent on a node has logged. */
export async function logOf(node: NodeNumber): Promise<string> {
  const { name } = await agentOn(node);
  return mustKubectl(["logs", "-n", home, name]);
}
