/** Manifests with one mistake each, of the kind people make. What the API server says to each is a golden file. */
import type { Kind } from "../../operator/api/resources.ts";

export interface BadManifest {
  readonly mistake: string;
  readonly kind: Kind;
  readonly spec: unknown;
  readonly status?: object;
  readonly name?: string;
}

const good = {
  rule: "Shell",
  desc: "A shell.",
  condition: "evt.type = execve",
  output: "shell",
  priority: "NOTICE",
};
const without = (key: string) => Object.fromEntries(Object.entries(good).filter(([name]) => name !== key));
const rules = (...list: readonly object[]) => ({ rules: list });
const rule = (mistake: string, more: object, base: object = good): BadManifest => ({
  mistake,
  kind: "FalcoRule",
  spec: rules({ ...base, ...more }),
});
const falcoRule = (mistake: string, spec: unknown): BadManifest => ({ mistake, kind: "FalcoRule", spec });
const sink = (mistake: string, spec: unknown): BadManifest => ({ mistake, kind: "AlertSink", spec });
const many = (count: number, make: (index: number) => unknown) =>
  Array.from({ length: count }, (_, index) => make(index));

const secret = { secretKeyRef: { name: "slack", key: "url" } };
const slack = { webhookURL: secret };
const alert = { rule: "Shell", priority: "Notice", node: "node-1" };

export const badManifests: readonly BadManifest[] = [
  rule("a priority that is no word of Falco's", { priority: "HIGH" }),
  rule("a priority that is a number", { priority: 3 }),
  rule("no output", {}, without("output")),
  rule("no priority", {}, without("priority")),
  rule("no description", {}, without("desc")),
  rule("no condition", {}, without("condition")),
  rule("no name", {}, without("rule")),
  rule("an empty name", { rule: "" }),
  rule("a name of 254 characters", { rule: "x".repeat(254) }),
  rule("an empty condition", { condition: "" }),
  rule("a condition that is a list", { condition: ["evt.type = open", "proc.name = vi"] }),
  rule("a condition of 65,537 characters", { condition: "x".repeat(65_537) }),
  rule("an output of 4,097 characters", { output: "x".repeat(4097) }),
  rule("enabled in quotes", { enabled: "yes" }),
  rule("tags in one text", { tags: "shell, container" }),
  rule("a tag of 65 characters", { tags: ["x".repeat(65)] }),
  rule("65 tags", { tags: many(65, (n) => `tag-${n}`) }),
  rule("a misspelt key", { conditon: "evt.type = open" }),
  rule("a key of another tool", { severity: "high" }),
  rule("an exception without a name", { exceptions: [{ fields: ["proc.name"], values: [["a"]] }] }),
  rule("two exceptions of one name", { exceptions: [{ name: "a", fields: "proc.name" }, { name: "a" }] }),
  rule("values of an exception that are no list", {
    exceptions: [{ name: "a", fields: "proc.name", values: "a" }],
  }),
  rule("an override of a key that can only be replaced", { override: { priority: "append" } }),
  rule("an override that is neither append nor replace", { override: { condition: "merge" } }),
  rule("a capture that lasts a day", { capture: true, capture_duration: 86_400_000 }),
  falcoRule("two rules of one name", rules(good, { ...good, desc: "Again." })),
  falcoRule("two macros of one name", { macros: many(2, () => ({ macro: "m", condition: "evt.num = 1" })) }),
  falcoRule("an item of a list that YAML takes for true", {
    lists: [{ list: "answers", items: [true, "no"] }],
  }),
  falcoRule("an item of a list that is a list", { lists: [{ list: "ports", items: [[22, 80]] }] }),
  falcoRule("2,001 items in a list", { lists: [{ list: "many", items: many(2001, (n) => n) }] }),
  falcoRule("501 rules", rules(...(many(501, (n) => ({ ...good, rule: `r${n}` })) as object[]))),
  falcoRule("rules as a text, as in Falco's Helm values", { rules: "- rule: Shell\n" }),
  falcoRule("an order beyond 99", { order: 100 }),
  falcoRule("a selector with an unknown operator", {
    selector: { podSelector: { matchExpressions: [{ key: "app", operator: "Equals", values: ["web"] }] } },
  }),
  falcoRule("In without values", {
    selector: { podSelector: { matchExpressions: [{ key: "app", operator: "In" }] } },
  }),
  falcoRule("a sink named twice", { sinks: ["slack", "slack"] }),
  { mistake: "no spec", kind: "FalcoRule", spec: undefined },
  sink("no kind of sink", { filter: { minPriority: "WARNING" } }),
  sink("two kinds of sink", { slack, stdout: {} }),
  sink("a program", { program: { command: "sh -c id" } }),
  sink("a credential in the open", { slack: { webhookURL: "https://hooks.slack.example/T/B/x" } }),
  sink("a reference without a key", { slack: { webhookURL: { secretKeyRef: { name: "slack" } } } }),
  sink("a password in a URL", { webhook: { url: "https://user:password@alerts.example.com/" } }),
  sink("a URL that is none", { webhook: { url: "alerts.example.com" } }),
  sink("a URL given twice", { webhook: { url: "https://alerts.example.com", urlFrom: secret } }),
  sink("a header with two values", {
    webhook: { url: "https://a.example", headers: [{ name: "X-Token", value: "a", valueFrom: secret }] },
  }),
  sink("a line end in a header", {
    webhook: { url: "https://a.example", headers: [{ name: "X-A", value: "a\nHost: b" }] },
  }),
  sink("a file with a folder", { file: { name: "../../etc/cron.d/x" } }),
  sink("a port without a host", { syslog: { port: 514 } }),
  sink("a port beyond 65535", { syslog: { host: "logs", port: 65_536 } }),
  sink("no replica of Alertmanager", { alertmanager: { urls: [] } }),
  sink("a label that Prometheus refuses", {
    alertmanager: { urls: ["http://a:9093"], labels: { "proc.aname[2]": "x" } },
  }),
  sink("a filter by a word that is no priority", { stdout: {}, filter: { minPriority: "high" } }),
  sink("a window without a unit", { slack, group: { window: "30" } }),
  sink("a window of two days", { slack, group: { window: "48h" } }),
  sink("a group without a window", { slack, group: { by: ["rule"] } }),
  {
    mistake: "a priority in Falco's rule form on an alert",
    kind: "SecurityAlert",
    spec: { ...alert, priority: "NOTICE" },
  },
  { mistake: "an alert without a node", kind: "SecurityAlert", spec: { rule: "Shell", priority: "Notice" } },
  {
    mistake: "a node's agent under another name",
    kind: "NodeAgent",
    spec: { node: "node-1", role: "node" },
    name: "node-2",
  },
  { mistake: "an unknown role", kind: "NodeAgent", spec: { node: "a", role: "spy" } },
];
