/** A report before a made API, and alerts for it. */
import type { Alert } from "../../../agent/engine/alert.ts";
import { openReport, type Report, type ReportOptions } from "../../../agent/report/report.ts";
import type { AgentFacts } from "../../../agent/report/node-agent/facts.ts";
import { FakeClock, sampleAlert } from "../sinks/sample.ts";
import { MadeApi } from "./made-api.ts";

export const noFacts: Omit<AgentFacts, "heldBack"> = {
  startTime: 1_700_000_000_000,
  version: "0.1.0",
  kernel: "6.1.0",
  digest: "d1",
  ruleCount: 3,
  failures: [],
  capabilities: [],
  events: 0,
  drops: [],
  rules: [],
  goneMatches: 0,
  sinks: [],
};

/** An alert of a pod: `file` tells matters apart. */
export function podAlert(pod: string, file: string, more: Partial<Alert> = {}): Alert {
  return sampleAlert({
    identity: { namespace: "tiercel-system", object: "shells", rule: "Terminal shell in container" },
    group: { pod: `uid-of-${pod}`, container: "c0ffee", exePath: "/bin/sh", object: file },
    subject: { namespace: "shop", pod, podUid: `uid-of-${pod}`, container: "web", image: "nginx:1" },
    ...more,
  });
}

/** An alert of the node itself. */
export function hostAlert(file: string, more: Partial<Alert> = {}): Alert {
  return podAlert("", file, {
    group: { pod: "", container: "host", exePath: "/bin/sh", object: file },
    subject: { namespace: "", pod: "", podUid: "", container: "host", image: "" },
    ...more,
  });
}

export class MadeReport {
  readonly api: MadeApi;
  readonly clock: FakeClock;
  readonly said: string[] = [];
  facts = { ...noFacts };
  report!: Report;

  constructor(api = new MadeApi(), clock = new FakeClock()) {
    this.api = api;
    this.clock = clock;
  }

  async open(more: Partial<ReportOptions> = {}): Promise<this> {
    this.report = await openReport({
      client: this.api,
      clock: this.clock,
      random: () => 0.5,
      say: (level, message) => this.said.push(`${level}: ${message}`),
      identity: { name: "node-1", node: "node-1", role: "node", labels: { a: "b" }, owner: undefined },
      namespace: "tiercel-system",
      least: { alerts: 6, events: 5 },
      writesPerMinute: 10_000,
      counts: 5000,
      folder: undefined,
      facts: () => this.facts,
      ...more,
    });
    return this;
  }
}
