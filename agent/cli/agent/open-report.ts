/** What the agent writes into its cluster, from the settings and from what the agent knows of itself. */
import { mkdir } from "node:fs/promises";
import { release } from "node:os";
import type { Clock } from "../../kube/clock.ts";
import type { AgentFacts, SinkFact } from "../../report/node-agent/facts.ts";
import { defaultBounds } from "../../report/ledger.ts";
import { openReport, type Report, type ReportOptions } from "../../report/report.ts";
import { priorityNames, type Priority } from "../../rules/plan.ts";
import type { ClusterRulesStatus } from "../cluster/cluster-rules.ts";
import type { Log } from "../log.ts";
import type { Settings } from "../settings/schema.ts";
import { packageVersion } from "../version.ts";
import type { Absence } from "../cluster/life-signs.ts";
import { absenceText, type Watched } from "./absence.ts";
import type { RulesStatus } from "./agent.ts";
import type { Counters } from "./counters.ts";
import type { Kube } from "./kubernetes.ts";

export interface ReportParts {
  readonly kube: Kube;
  /** The operator's. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly environment: NodeJS.ProcessEnv;
  /** ms since the epoch. */
  readonly startTime: number;
  readonly rules: () => RulesStatus;
  readonly cluster: () => ClusterRulesStatus | undefined;
  readonly counters: () => readonly Counters[];
  readonly sinks: () => readonly SinkFact[];
  readonly absence: () => Absence | undefined;
  readonly watched: Watched;
  readonly blindSpots: () => AgentFacts["capabilities"];
}

/** Opens it; what cannot be kept on the disk is said, and kept in memory alone. */
export async function openClusterReport(settings: Settings, parts: ReportParts): Promise<Report> {
  const { kube, namespace, clock, log } = parts;
  const { report, cluster } = settings;
  return openReport({
    ...{ client: kube.client, clock, random: Math.random, namespace },
    say: (level, message, cause) => log(level, message, cause),
    identity: identityOf(settings, kube.node, parts.environment),
    least: { alerts: priorityOf(report.alerts.min_priority), events: priorityOf(report.events.min_priority) },
    writesPerMinute: report.writes_per_minute,
    bounds: { ...defaultBounds, groups: report.matters },
    folder: await madeFolder(cluster.state_folder, log),
    counts: report.counts,
    facts: () => agentFacts(parts),
  });
}

const priorityOf = (name: (typeof priorityNames)[number]) => priorityNames.indexOf(name) as Priority;

async function madeFolder(path: string, log: Log): Promise<string | undefined> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    log("warning", `reports that wait are kept in memory alone: ${path} cannot be made: ${code ?? message}`);
    return undefined;
  }
}

/** An agent of the source k8s_audit alone is no node's: several of them may run on one. */
export function identityOf(
  { sources, cluster }: Pick<Settings, "sources" | "cluster">,
  node: string,
  environment: NodeJS.ProcessEnv,
): ReportOptions["identity"] {
  const role = sources.syscall.enabled ? "node" : "audit";
  const { owner_name: name, owner_uid: uid } = cluster;
  return {
    name: role === "node" ? node : `audit-${environment["POD_NAME"] ?? node}`,
    ...{ node, role },
    labels: {
      "app.kubernetes.io/name": "tiercel",
      "app.kubernetes.io/instance": cluster.name,
      "app.kubernetes.io/component": "agent",
    },
    owner: name === "" || uid === "" ? undefined : { name, uid },
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** What the agent knows of itself, as its NodeAgent says it. */
export function agentFacts(
  parts: Pick<
    ReportParts,
    "startTime" | "rules" | "cluster" | "counters" | "sinks" | "absence" | "watched" | "blindSpots"
  >,
): Omit<AgentFacts, "heldBack"> {
  const rules = parts.rules();
  const counters = parts.counters();
  const absence = parts.absence();
  return {
    startTime: parts.startTime,
    version: packageVersion(),
    kernel: release(),
    digest: rules.digest,
    ruleCount: rules.rules,
    failures: [
      ...rules.left,
      ...[rules.lastFailure, parts.cluster()?.problem]
        .filter((message) => message !== undefined)
        .map((message) => ({ message })),
    ],
    capabilities: parts.blindSpots(),
    events: sum(counters.map(({ events }) => events)),
    drops: counters.flatMap(({ drops }) => drops),
    rules: counters.flatMap((each) => each.rules),
    goneMatches: sum(counters.map(({ gone }) => gone.matches)),
    sinks: parts.sinks(),
    absence: absence && { text: absenceText(absence, parts.watched), killed: absence.killed },
  };
}
