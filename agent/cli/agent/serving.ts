/** What the web server of a running agent says: health, readiness, versions, metrics. */
import { release } from "node:os";
import { engineVersion, plugins } from "../../fields/versions.ts";
import { metricsText } from "../../serve/metrics.ts";
import type { Health, Server } from "../../serve/server.ts";
import type { Report } from "../../report/report.ts";
import type { Outputs } from "../../sinks/outputs.ts";
import type { ContainerRuntimes } from "../../state/runtimes/runtimes.ts";
import type { Log } from "../log.ts";
import { agentMetrics } from "../metrics.ts";
import type { Settings } from "../settings/schema.ts";
import { packageVersion } from "../version.ts";
import { startWebServer } from "../web-server.ts";
import type { Agent, Source } from "./agent.ts";
import type { ClusterRules } from "../cluster/cluster-rules.ts";
import type { Absence } from "../cluster/life-signs.ts";
import type { PodMetadata } from "./pod-metadata.ts";

export interface ServingParts {
  readonly agent: Agent;
  readonly sources: readonly Source[];
  readonly outputs: Outputs;
  readonly pods: PodMetadata | undefined;
  /** Undefined where rules come from files. */
  readonly rules: ClusterRules | undefined;
  readonly runtimes: ContainerRuntimes;
  /** Undefined where nothing is written into a cluster, and before it begins. */
  readonly report: () => Report | undefined;
  /** Undefined where no earlier agent is known here. */
  readonly absence: () => Absence | undefined;
  readonly hostname: string;
  readonly pod: boolean;
  /** Settings that somebody chose (SettingsResult). */
  readonly chosen: ReadonlySet<string>;
  readonly log: Log;
  /** ms since the epoch. */
  readonly startTime: number;
}

/** The thread of a source speaks once a second; after so many ms of silence it hangs. */
const SILENCE = 15_000;

function versions(): Readonly<Record<string, unknown>> {
  return {
    tiercel_version: packageVersion(),
    engine_version: String(engineVersion[1]),
    engine_version_semver: engineVersion.join("."),
    plugin_versions: Object.fromEntries(plugins),
  };
}

/** CPU seconds and memory of this process. */
function usage() {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
}

/** Starts the web server where the settings have it on. @throws WebServerError */
export function startServing(settings: Settings, parts: ServingParts): Promise<Server | undefined> {
  const { agent, sources, outputs, pods, rules, runtimes, hostname, pod, chosen, log, startTime } = parts;
  const health = (): Health => {
    for (const { name, lastHeard } of sources) {
      const silence = Date.now() - lastHeard;
      if (silence >= SILENCE)
        return {
          ok: false,
          reason: `the thread of ${name} has not been heard of for ${Math.round(silence / 1000)} s`,
        };
    }
    return { ok: true };
  };
  // Without rules a cluster's agent is ready once it has said why: what is missing is the operator's.
  const ready = (): Health =>
    agent.status.digest === "" && rules?.status.problem === undefined
      ? { ok: false, reason: "no rules are in force yet" }
      : health();
  const metrics = metricsText(
    agentMetrics(settings.metrics, {
      version: packageVersion(),
      kernelRelease: release(),
      hostname,
      startTime,
      absence: parts.absence,
      counters: () => sources.map((source) => source.counters()),
      outputs: () => outputs.counters(),
      rules: () => agent.status,
      pods: () => pods?.status,
      cluster: () => rules?.status,
      report: () => parts.report()?.status(),
      runtimes: () => runtimes.status(),
      usage,
    }),
    Date.now,
  );
  return startWebServer(settings, { health, ready, versions, metrics, pod, chosen, log });
}
