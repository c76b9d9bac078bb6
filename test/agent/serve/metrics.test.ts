import assert from "node:assert/strict";
import { agentMetrics } from "../../../agent/cli/metrics.ts";
import type { MetricSources } from "../../../agent/cli/metrics/sources.ts";
import { defaultSettings } from "../../../agent/cli/settings/check.ts";
import { maximumSeries, metricsText, type Metric } from "../../../agent/serve/metrics.ts";

const sources: MetricSources = {
  version: "0.1.0",
  kernelRelease: "6.18.1",
  hostname: "node7",
  startTime: 1_700_000_000_000,
  absence: () => ({ from: 1_699_999_990_000, until: 1_699_999_997_500, killed: true }),
  counters: () => [
    {
      source: "syscall",
      events: 2 ** 53 - 1,
      matched: 7,
      undecodable: 1,
      drops: [
        { cause: "ring full", event: "openat", count: 3 },
        { cause: "ring full", event: "openat", count: 4 },
        { cause: 'odd "cause"\n', event: "", count: 1 },
      ],
      losses: { owners: [], others: 0 },
      overflow: 0,
      rules: [
        {
          namespace: "",
          object: "",
          rule: 'Shell "x"\\',
          priority: 5,
          source: "syscall",
          tags: [],
          matches: 7,
          lastMatch: 0n,
          suppressed: 2,
          faults: 0,
        },
        {
          namespace: "",
          object: "",
          rule: "Silent",
          priority: 3,
          source: "syscall",
          tags: [],
          matches: 0,
          lastMatch: 0n,
          suppressed: 0,
          faults: 0,
        },
      ],
      gone: { matches: 0, suppressed: 0, faults: 0 },
      requests: [
        { outcome: "accepted", count: 3 },
        { outcome: "malformed", count: 2 },
      ],
      sizes: { processes: 120 },
      containers: {
        ...{ known: 4, unknown: 1, waiting: 2, pods: 3, bytes: 5000, evicted: 6, podsEvicted: 7 },
        ...{ eventsWaiting: 8, eventsHeld: 90, timeouts: 10, overflows: 11 },
      },
    },
  ],
  outputs: () => [
    {
      name: "stdout_output",
      delivered: 5,
      failed: 1,
      dropped: 2,
      queued: 3,
      spooled: 0,
      retried: 0,
      lastError: "x",
      lastDelivery: 1_700_000_001_000,
      healthy: true,
    },
    {
      name: "http_output",
      delivered: 0,
      failed: 9,
      dropped: 0,
      queued: 0,
      spooled: 0,
      retried: 4,
      lastError: "y",
      lastDelivery: undefined,
      healthy: false,
    },
  ],
  rules: () => ({ digest: "abc", rules: 25, since: 1_700_000_000_500, failures: 0 }),
  pods: () => ({
    node: "node-1",
    connected: true,
    lastSync: 1_700_000_002_000,
    objects: { pods: 12, namespaces: 3, services: 4, owners: 9 },
    kinds: new Map([
      [
        "pods",
        { connected: true, lastSync: 1_700_000_002_000, fault: undefined, faults: new Map([["gone", 2]]) },
      ],
      [
        "services",
        { connected: false, lastSync: undefined, fault: "HTTP 403", faults: new Map([["forbidden", 1]]) },
      ],
    ] as const),
    leftOut: new Map([["labels", 7]] as const),
  }),
  cluster: () => ({
    connected: true,
    lastSync: 1_700_000_000_000,
    wanted: "ab12",
    problem: undefined,
    faults: new Map([["set" as const, 2]]),
    reads: 5,
    stored: "ab12",
    storeFailures: 0,
  }),
  report: () => undefined,
  runtimes: () => ({
    runtimes: [
      {
        path: "/run/containerd/containerd.sock",
        type: "containerd",
        version: "1.6.20",
        up: true,
        reason: "",
        answered: 12,
        unknown: 3,
        timeout: 1,
        unreachable: 0,
        answer: 2,
        size: 4,
        connected: 2,
      },
    ],
    questions: 5,
    asked: 20,
    identified: 12,
    unknown: 3,
    dropped: 1,
    gone: 6,
  }),
  usage: () => ({ cpuSeconds: 1.5, residentBytes: 1 << 26 }),
};

/** Samples by name and labels, comments by name: enough of a parser of the text format to check it. */
function parse(text: string) {
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  const helps = new Map<string, string>();
  for (const line of text.trim().split("\n")) {
    if (line === "") continue;
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment !== null) {
      const [, kind, name, rest] = comment;
      const map = kind === "HELP" ? helps : types;
      assert.ok(!map.has(name!), `${name} is described once`);
      map.set(name!, rest!);
      continue;
    }
    const sample =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)((?:\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})?) (\S+)$/.exec(
        line,
      );
    assert.ok(sample !== null, `no sample of the text format: ${line}`);
    const key = sample[1]! + sample[2]!;
    assert.ok(!samples.has(key), `${key} comes once`);
    samples.set(key, Number(sample[3]));
  }
  return { samples, types, helps };
}

/** What `promtool check metrics` complains about (its linter's rules, in our words). */
function lint({ types, helps, samples }: ReturnType<typeof parse>): string[] {
  const problems: string[] = [];
  for (const [name, type] of types) {
    const say = (problem: string) => problems.push(`${name}: ${problem}`);
    if ((helps.get(name) ?? "") === "") say("no help");
    if (type === "counter" && !name.endsWith("_total")) say("a counter ends in _total");
    if (type !== "counter" && name.endsWith("_total")) say("only a counter ends in _total");
    if (/_(count|sum|bucket)$/.test(name)) say("reserved suffix");
    if (/[A-Z]/.test(name)) say("no camel case");
    if (name.includes(":")) say("no colon");
    if (new RegExp(`_(${type}|counter|gauge|histogram|summary)(_|$)`).test(name)) say("no type in the name");
    if (
      /_(ms|us|ns|s|sec|kb|mb|gb|milliseconds|microseconds|nanoseconds|minutes|hours|kilobytes|megabytes|percent)(_|$)/.test(
        name,
      )
    )
      say("base units, written out");
  }
  for (const key of samples.keys()) {
    const name = key.replace(/\{.*/s, "");
    if (!types.has(name)) problems.push(`${name}: no type`);
    if (/[{,](le|quantile)=/.test(key)) problems.push(`${name}: reserved label`);
  }
  return problems;
}

describe("metrics", () => {
  const settings = defaultSettings().metrics;

  it("are well-formed and keep the naming rules that promtool checks", async () => {
    const parsed = parse(
      await metricsText(agentMetrics({ ...settings, include_empty_values: true }, sources), () => 0).text(),
    );
    assert.deepEqual(lint(parsed), []);
    for (const name of parsed.types.keys()) assert.match(name, /^tiercel_/);
    assert.ok(parsed.types.size >= 20, `${parsed.types.size}`);
  });

  it("the check sees a planted fault of each kind", () => {
    const planted = parse(
      "# HELP a_count x\n# TYPE a_count counter\na_count 1\n# TYPE b_total gauge\nb_total 1\n# HELP c_ms_gauge x\n# TYPE c_ms_gauge gauge\nc_ms_gauge 1\nd 1\n",
    );
    assert.deepEqual(lint(planted), [
      "a_count: a counter ends in _total",
      "a_count: reserved suffix",
      "b_total: no help",
      "b_total: only a counter ends in _total",
      "c_ms_gauge: no type in the name",
      "c_ms_gauge: base units, written out",
      "d: no type",
    ]);
  });

  it("have the values of the moment, exact, with labels escaped", async () => {
    const { samples } = parse(await metricsText(agentMetrics(settings, sources), () => 0).text());
    const want: Record<string, number> = {
      'tiercel_events_total{source="syscall"}': 9_007_199_254_740_991,
      'tiercel_events_dropped_total{source="syscall",cause="ring full",event="openat"}': 7,
      'tiercel_events_dropped_total{source="syscall",cause="odd \\"cause\\"\\n",event=""}': 1,
      'tiercel_rules_matches_total{namespace="",object="",rule_name="Shell \\"x\\"\\\\",priority="Notice",source="syscall"}': 7,
      'tiercel_output_alerts_total{output="http_output",outcome="failed"}': 9,
      'tiercel_output_healthy{output="http_output"}': 0,
      'tiercel_output_last_delivery_timestamp_seconds{output="stdout_output"}': 1_700_000_001,
      'tiercel_requests_total{source="syscall",outcome="malformed"}': 2,
      'tiercel_state_entries{table="processes"}': 120,
      'tiercel_kubernetes_connected{kind="services"}': 0,
      'tiercel_kubernetes_last_sync_timestamp_seconds{kind="pods"}': 1_700_000_002,
      'tiercel_kubernetes_faults_total{kind="pods",cause="gone"}': 2,
      'tiercel_kubernetes_objects{kind="owners"}': 9,
      'tiercel_kubernetes_left_out_total{what="labels"}': 7,
      'tiercel_container_runtime_up{socket="/run/containerd/containerd.sock",runtime="containerd",version="1.6.20"}': 1,
      'tiercel_container_runtime_questions_total{socket="/run/containerd/containerd.sock",outcome="too_large"}': 4,
      'tiercel_container_runtime_connections_total{socket="/run/containerd/containerd.sock"}': 2,
      'tiercel_containers_total{outcome="dropped"}': 1,
      tiercel_container_questions: 5,
      tiercel_cpu_seconds_total: 1.5,
    };
    for (const [key, value] of Object.entries(want)) assert.equal(samples.get(key), value, key);
    assert.ok(
      ![...samples.keys()].some((key) => key.includes("Silent")),
      "a rule without a match is left out",
    );
  });

  it("come in groups that the settings switch off", async () => {
    const off = {
      ...settings,
      rules_counters_enabled: false,
      kernel_event_counters_enabled: false,
      state_counters_enabled: false,
      resource_utilization_enabled: false,
    };
    const { types } = parse(await metricsText(agentMetrics(off, sources), () => 0).text());
    assert.ok(![...types.keys()].some((name) => /rules_matches|events_|state_|cpu_|memory_/.test(name)));
    assert.ok(types.has("tiercel_output_alerts_total"));
  });

  it("are bounded: what lies beyond is added up", async () => {
    const many: Metric = {
      name: "tiercel_many_total",
      help: "Many.",
      type: "counter",
      labels: ["name"],
      read: () => Array.from({ length: 10_000 }, (_, n) => [[`n${n}`.padEnd(1000, "x")], 1] as const),
    };
    const text = await metricsText([many], () => 0).text();
    const { samples } = parse(text);
    assert.equal(samples.size, maximumSeries);
    assert.equal(samples.get('tiercel_many_total{name="(others)"}'), 10_000 - maximumSeries + 1);
    assert.ok(text.length < maximumSeries * 320);
  });

  it("leave out one that fails and what is no number, and keep the rest", async () => {
    const metric = (name: string, type: Metric["type"], read: Metric["read"]): Metric => ({
      name,
      help: "x",
      type,
      labels: [],
      read,
    });
    const { samples } = parse(
      await metricsText(
        [
          metric("a_total", "counter", () => [[[], -1]]),
          metric("b", "gauge", () => {
            throw new Error("no");
          }),
          metric("c", "gauge", () => [[[], Number.NaN]]),
          metric("d", "gauge", () => [[[], -5]]),
        ],
        () => 0,
      ).text(),
    );
    assert.equal(samples.get("d"), -5);
  });

  it("are read at most every quarter of a second", async () => {
    let reads = 0;
    let now = 0;
    const counted: Metric = { name: "r", help: "x", type: "gauge", labels: [], read: () => (reads++, []) };
    const text = metricsText([counted], () => now);
    for (let n = 0; n < 100; n++) await text.text();
    assert.equal(reads, 1);
    now = 250;
    await text.text();
    assert.equal(reads, 2);
  });
});
