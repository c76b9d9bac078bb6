/** Every metric of the agent. Names are `tiercel_…`; docs/metrics.md maps Falco's to them. */
import type { Metric } from "../serve/metrics.ts";
import { ofCluster, ofPods } from "./metrics/cluster.ts";
import { ofContainers, ofRuntimes } from "./metrics/containers.ts";
import { ofEvents, ofState } from "./metrics/events.ts";
import { ofOutputs } from "./metrics/outputs.ts";
import { about, ofResources } from "./metrics/process.ts";
import { ofReport } from "./metrics/report.ts";
import { ofRules } from "./metrics/rules.ts";
import type { MetricSources } from "./metrics/sources.ts";
import type { Settings } from "./settings/schema.ts";

/** The metrics that the settings switch on. */
export function agentMetrics(settings: Settings["metrics"], sources: MetricSources): Metric[] {
  return [
    ...about(sources),
    ...ofCluster(sources),
    ...ofReport(sources),
    ...ofOutputs(sources),
    ...(settings.rules_counters_enabled ? ofRules(sources, settings.include_empty_values) : []),
    ...(settings.kernel_event_counters_enabled ? ofEvents(sources) : []),
    ...(settings.state_counters_enabled
      ? [...ofState(sources), ...ofContainers(sources), ...ofPods(sources), ...ofRuntimes(sources)]
      : []),
    ...(settings.resource_utilization_enabled ? ofResources(sources) : []),
  ];
}
