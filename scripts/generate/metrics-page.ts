/** docs/metrics.md, from the table of metrics. */
import { agentMetrics } from "../../agent/cli/metrics.ts";
import { defaultSettings } from "../../agent/cli/settings/check.ts";
import { noCounters } from "../../agent/cli/agent/counters.ts";

/** Falco's metric that says the same, or nearly. */
const falcos: Readonly<Record<string, string>> = {
  tiercel_version_info: "falcosecurity_falco_version_info",
  tiercel_kernel_release_info: "falcosecurity_falco_kernel_release_info",
  tiercel_hostname_info: "falcosecurity_evt_hostname_info",
  tiercel_start_timestamp_seconds: "falcosecurity_falco_start_timestamp_nanoseconds",
  tiercel_rule_set_info: "falcosecurity_falco_sha256_rules_files_info (one digest for the whole set)",
  tiercel_rule_set_timestamp_seconds: "falcosecurity_falco_reload_timestamp_nanoseconds",
  tiercel_output_alerts_total: "falcosecurity_falco_outputs_queue_num_drops_total (outcome dropped)",
  tiercel_rules_matches_total: "falcosecurity_falco_rules_matches_total (priority a number, tags as labels)",
  tiercel_events_total: "falcosecurity_scap_n_evts_total",
  tiercel_events_dropped_total: "falcosecurity_scap_n_drops_total, falcosecurity_scap_n_drops_buffer_total",
  tiercel_state_entries: "falcosecurity_scap_n_threads_total (table processes)",
  tiercel_cpu_seconds_total: "falcosecurity_falco_cpu_usage_ratio (by rate())",
  tiercel_memory_resident_bytes: "falcosecurity_falco_memory_rss_bytes",
};

/** The page: one row a metric. */
export function metricsPage(): string {
  const metrics = agentMetrics(defaultSettings().metrics, {
    version: "",
    kernelRelease: "",
    hostname: "",
    startTime: 0,
    absence: () => undefined,
    counters: () => [noCounters("syscall")],
    outputs: () => [],
    rules: () => ({ digest: "", rules: 0, since: 0, failures: 0 }),
    pods: () => undefined,
    cluster: () => undefined,
    report: () => undefined,
    runtimes: () => ({
      runtimes: [],
      questions: 0,
      asked: 0,
      identified: 0,
      unknown: 0,
      dropped: 0,
      gone: 0,
    }),
    usage: () => ({ cpuSeconds: 0, residentBytes: 0 }),
  });
  const rows = metrics.map(({ name, type, labels, help }) => {
    const labelled = labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${type} | ${labelled} | ${help} | ${falcos[name] ?? ""} |`;
  });
  return `# Metrics

Made by scripts/generate.ts from agent/cli/metrics.ts. Do not edit.

Served at \`/metrics\` of the web server (see \`webserver\` and \`metrics\` in [settings](settings.md)) in the text format of Prometheus.
A metric has at most 2,000 series; what lies beyond is added up in one whose labels are \`(others)\`.

| metric | type | labels | meaning | Falco's |
| --- | --- | --- | --- | --- |
${rows.join("\n")}
`;
}
