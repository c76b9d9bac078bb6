/** One object or two of each kind, as they are while all works. */
import type { Kind } from "../../operator/api/resources.ts";

export interface Example {
  readonly object: {
    readonly apiVersion: string;
    readonly kind: Kind;
    readonly metadata: { readonly name: string; readonly namespace?: string };
    readonly spec: object;
  };
  readonly status: object;
}

/** Objects with their statuses; times are some minutes ago. */
export function examples(): readonly Example[] {
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastTransitionTime: ago(5),
    observedGeneration: 1,
  });
  const make = (kind: Kind, name: string, spec: object, status: object): Example => ({
    object: {
      apiVersion: "tiercel.dev/v1alpha1",
      kind,
      metadata: kind === "NodeAgent" ? { name } : { name, namespace: "default" },
      spec,
    },
    status,
  });
  const rule = {
    rule: "Terminal shell in container",
    desc: "A shell with a terminal.",
    condition: "evt.type = execve and proc.tty != 0",
    output: "shell in %container.name",
    priority: "NOTICE",
  };
  return [
    make(
      "FalcoRule",
      "shells",
      { rules: [rule], sinks: ["slack"] },
      {
        observedGeneration: 1,
        conditions: [condition("Ready", "True", "Ready", "")],
        ruleCount: 1,
        nodes: { wanted: 3, loaded: 3, failed: 0, text: "3/3" },
        rules: [{ name: rule.rule, matches: 12, lastMatch: ago(4) }],
        matches: 12,
        lastMatch: ago(4),
      },
    ),
    make(
      "FalcoRule",
      "broken",
      { rules: [{ ...rule, condition: "evt.type = execve and" }] },
      {
        observedGeneration: 1,
        conditions: [
          condition(
            "Ready",
            "False",
            "Invalid",
            "spec.rules[0].condition: line 1, column 22: unexpected end of condition",
          ),
        ],
        ruleCount: 0,
        nodes: { wanted: 3, loaded: 0, failed: 0, text: "0/3" },
        matches: 0,
      },
    ),
    make(
      "AlertSink",
      "slack",
      {
        slack: { webhookURL: { secretKeyRef: { name: "slack", key: "url" } } },
        filter: { minPriority: "WARNING" },
        group: { window: "30s", by: ["rule", "k8s.pod.name"] },
      },
      {
        observedGeneration: 1,
        conditions: [condition("Ready", "False", "DeliveryFailed", "node-1: 404 no_team")],
        delivered: 7,
        failed: 2,
        dropped: 0,
        spooled: 1,
        lastDelivery: ago(4),
        lastError: "node-1: 404 no_team",
      },
    ),
    make(
      "SecurityAlert",
      "terminal-shell-in-container-5f0a91c3be",
      {
        rule: rule.rule,
        falcoRule: { namespace: "default", name: "shells" },
        priority: "Notice",
        source: "syscall",
        tags: ["container", "shell"],
        node: "node-1",
        pod: "web-5d9c",
        container: "main",
        image: "docker.io/library/web:1",
        output: "shell in main",
        // More digits than a JavaScript number holds; JSON.stringify would lose them.
        outputFields: { "evt.time": 1764140400123456789n, "container.name": "main" },
      },
      { state: "Open", count: 3, firstSeen: ago(9), lastSeen: ago(4), lastOutput: "shell in main" },
    ),
    make(
      "NodeAgent",
      "node-1",
      { node: "node-1", role: "node" },
      {
        conditions: [condition("Ready", "True", "Ready", "")],
        startTime: ago(60),
        heartbeat: ago(1),
        version: "0.1.0",
        kernel: "6.18.5",
        digest: "5f0a91c3be".padEnd(64, "0"),
        ruleCount: 42,
        events: 1_234_567,
        dropped: 12,
        drops: { ring_full: 12 },
        matches: 12,
        rules: [{ namespace: "default", object: "shells", rule: rule.rule, matches: 12, lastMatch: ago(4) }],
        sinks: [{ name: "default/slack", delivered: 7, failed: 2, dropped: 0, spooled: 1, lastError: "404" }],
      },
    ),
  ];
}
