import assert from "node:assert/strict";
import fc from "fast-check";
import { readSinks } from "../../../../agent/sinks/objects/spec.ts";
import type { AlertSinkSpec } from "../../../../operator/api/generated/alertsinks.ts";
import type { SecretValues } from "../../../../operator/controllers/alert-sinks/judge.ts";
import {
  mostOfTeam,
  mostSinks,
  planSinks,
  type Observed,
} from "../../../../operator/controllers/alert-sinks/plan.ts";
import { projectSink, type SinkView } from "../../../../operator/controllers/alert-sinks/view.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";
import { credentialKey, referencesIn } from "../../../../operator/resources/sinks.ts";

const installation = { name: "tiercel", namespace: "ops", owner: undefined };

function sink(key: string, spec: AlertSinkSpec, more: { created?: number; test?: string } = {}): SinkView {
  const [namespace = "", name = ""] = key.split("/");
  const creationTimestamp = new Date((more.created ?? 0) * 1000).toISOString();
  const annotations = more.test === undefined ? {} : { "tiercel.dev/test": more.test };
  const metadata = { namespace, name, uid: `uid-${key}`, generation: 3, creationTimestamp, annotations };
  return projectSink({ metadata, spec } as unknown as KubeObject)!;
}

const plan = (
  sinks: readonly SinkView[],
  secrets: Record<string, SecretValues> = {},
  more: Partial<Observed> = {},
) => {
  const { secret, configMap, statuses } = planSinks({
    installation,
    operatorNamespace: "ops",
    teamSecrets: true,
    secrets: (key) => secrets[key] ?? "missing",
    sinks,
    agents: [],
    configMap: undefined,
    secret: undefined,
    now: 1_800_000_000_000,
    ...more,
  });
  const { data = {} } = (configMap ?? {}) as { data?: Record<string, string> };
  const text = data["sinks.json"] ?? '{"version":1,"sinks":[]}';
  return {
    text,
    entries: readSinks(text),
    values: (secret as { data?: Record<string, string> } | undefined)?.data ?? {},
    reasons: Object.fromEntries(
      statuses.map(({ metadata, status }) => [
        `${metadata.namespace}/${metadata.name}`,
        status.conditions![0]!.reason,
      ]),
    ),
    tests: statuses.map(({ status }) => status.test),
  };
};
const web = { webhook: { url: "http://x/" } };
const hook = { slack: { webhookURL: { secretKeyRef: { name: "s", key: "k" } } } };

describe("what agents are given of AlertSinks", () => {
  it("is what agents read, whatever the names of Secrets, keys and labels are", () => {
    const word = fc.constantFrom("secret", "secretKeyRef", "name", "constructor", "__proto__", "a");
    fc.assert(
      fc.property(
        fc.dictionary(word, fc.string(), { noNullPrototype: true }),
        word,
        word,
        (labels, name, key) => {
          const spec: AlertSinkSpec = {
            alertmanager: {
              urls: ["http://a"],
              labels,
              headers: [
                { name: "A", value: "plain" },
                { name: "B", valueFrom: { secretKeyRef: { name, key } } },
              ],
            },
          };
          const path = "alertmanager.headers.1.valueFrom";
          assert.deepEqual(referencesIn(spec), [{ path, secret: name, key }]);
          const { entries, values } = plan([sink("red/a", spec)], {
            [`red/${name}`]: new Map([[key, "v@lue"]]),
          });
          assert.deepEqual(values, { [`red.a.${path}`]: Buffer.from("v@lue").toString("base64") });
          const [entry] = entries;
          assert.deepEqual((entry!.spec["alertmanager"] as { labels: unknown }).labels, labels);
          assert.ok(!JSON.stringify(entries).includes("v@lue"));
        },
      ),
    );
  });

  it("names credentials by keys that a Secret may have, each its own", () => {
    const long = credentialKey("red", "x".repeat(253), "webhook.headers.0.valueFrom");
    const other = credentialKey("red", `${"x".repeat(252)}y`, "webhook.headers.0.valueFrom");
    for (const key of [long, other]) {
      assert.match(key, /^[-._a-zA-Z0-9]{1,253}$/);
      assert.ok(key.startsWith("red."));
    }
    assert.notEqual(long, other);
    assert.equal(credentialKey("red", "a", "slack.webhookURL"), "red.a.slack.webhookURL");
  });

  it("keeps a sink whose Secret is missing, without a value, and says so", () => {
    const { entries, values, reasons } = plan([sink("red/a", hook), sink("red/b", web)]);
    assert.deepEqual([entries.length, values], [2, {}]);
    assert.deepEqual(reasons, { "red/a": "SecretNotFound", "red/b": "Accepted" });
    assert.equal(plan([sink("red/a", hook)], { "red/s": "unreadable" }).reasons["red/a"], "SecretNotFound");
    assert.equal(plan([sink("red/a", hook)], { "red/s": new Map() }).reasons["red/a"], "KeyNotFound");
  });

  it("asks for a Secret in the sink's own namespace alone", () => {
    const asked: string[] = [];
    plan(
      [sink("red/a", hook)],
      {},
      {
        secrets: (key) => {
          asked.push(key);
          return "missing";
        },
      },
    );
    assert.deepEqual(asked, ["red/s"]);
  });

  it(`has at most ${mostOfTeam} sinks of a team: the oldest`, () => {
    const many = Array.from({ length: mostOfTeam + 2 }, (_, n) =>
      sink(`red/s${n}`, web, { created: 100 - n }),
    );
    const { entries, reasons } = plan([...many, sink("blue/a", web), sink("ops/a", web, { created: 999 })]);
    assert.equal(entries.length, mostOfTeam + 2);
    const out = Object.keys(reasons).filter((key) => reasons[key] === "TooMany");
    assert.deepEqual(out.sort(), ["red/s0", "red/s1"]);
  });

  it(`has at most ${mostSinks} sinks, the operator's before all others`, () => {
    const many = Array.from({ length: mostSinks }, (_, n) => sink(`t${n}/a`, web, { created: n }));
    const { entries, reasons } = plan([...many, sink("ops/late", web, { created: 9999 })]);
    assert.equal(entries.length, mostSinks);
    assert.deepEqual(
      Object.keys(reasons).filter((key) => reasons[key] === "TooMany"),
      [`t${mostSinks - 1}/a`],
    );
    assert.equal(reasons["ops/late"], "Accepted");
  });

  it("fits into one ConfigMap and one Secret: a team cannot fill them for others", () => {
    const rules = Array.from({ length: 64 }, (_, n) => `${n}${"x".repeat(250)}`);
    const big = { ...web, filter: { rules } };
    const sinks = Array.from({ length: 10 }, (_, t) =>
      Array.from({ length: mostOfTeam }, (_, n) => sink(`t${t}/s${n}`, big, { created: 1000 + t })),
    ).flat();
    const { text, reasons } = plan([...sinks, sink("ops/a", big, { created: 9999 })]);
    assert.ok(text.length < 1 << 20);
    assert.equal(reasons["ops/a"], "Accepted");
    assert.equal(reasons["t9/s0"], "TooMany");
    const value = `https://x/${"y".repeat(8000)}`;
    const hooks = Array.from({ length: 300 }, (_, n) => sink(`t${n}/a`, hook, { created: n }));
    const filled = plan(hooks, Object.fromEntries(hooks.map((_, n) => [`t${n}/s`, new Map([["k", value]])])));
    assert.ok(JSON.stringify(filled.values).length < 1 << 20);
    assert.equal(filled.reasons["t299/a"], "TooMany");
  });

  it("sends a test to the node that was heard of last, and stays with it", () => {
    const agents = [
      { node: "a", heartbeat: "2026-01-01T00:00:00Z" },
      { node: "b", heartbeat: "2026-01-02T00:00:00Z" },
      { node: "c", heartbeat: "" },
    ];
    const tested = sink("ops/a", web, { test: "x" });
    const { entries, tests } = plan([tested], {}, { agents });
    assert.deepEqual(entries[0]!.test, { id: "x", node: "b" });
    assert.deepEqual(tests, [{ id: "x", node: "b", time: "2027-01-15T08:00:00Z" }]);
    const kept = { ...tested, status: { test: { id: "x", node: "gone" } } };
    assert.deepEqual(plan([kept], {}, { agents }).entries[0]!.test, { id: "x", node: "gone" });
    const again = { ...kept, test: "y" };
    assert.deepEqual(plan([again], {}, { agents }).entries[0]!.test, { id: "y", node: "b" });
    assert.deepEqual(plan([tested]).tests, [{ id: "x" }]);
    assert.equal(plan([tested]).entries[0]!.test, undefined);
  });

  it("leaves out what is being deleted", () => {
    const metadata = { namespace: "red", name: "a", deletionTimestamp: "2026-01-01T00:00:00Z" };
    assert.equal(projectSink({ metadata, spec: web } as unknown as KubeObject), undefined);
  });
});
