/** The admission webhook as the chart installs it: behind its Service, asked by a real API server through a real kube-proxy. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { checkMetrics, needPromtool } from "../../support/promtool.ts";
import { eventually, type Outcome } from "../../system/support/commands.ts";
import { kubectl, mustKubectl } from "./cluster.ts";
import { at } from "./layout.ts";
import { home, installed, sharedCluster } from "./shared.ts";

const inHome = ["--namespace", home] as const;
const inShop = ["--namespace", "shop"] as const;
const mistake = "evt.type = execve and\n  proc.nmae = sh";
const refusal =
  "spec.rules[0].condition:2:3: rule 'Shell': filter_check called with nonexistent field proc.nmae; did you mean proc.name, proc.aname or proc.pname?";
const operators = ["--selector", "app.kubernetes.io/component=operator"] as const;
const patience = 120_000;

const falcoRule = (name: string, condition: string) =>
  JSON.stringify({
    apiVersion: "tiercel.dev/v1alpha1",
    kind: "FalcoRule",
    metadata: { name },
    spec: {
      rules: [{ rule: "Shell", desc: "A shell.", condition, output: "shell %proc.name", priority: "NOTICE" }],
    },
  });

const apply = (name: string, condition: string, ...more: readonly string[]): Promise<Outcome> =>
  kubectl(["apply", ...inShop, ...more, "-f", "-"], falcoRule(name, condition));

const isRefused = ({ code, stderr }: Outcome) => code === 1 && stderr.includes(refusal);

/** Waits until the API server asks the webhook and is answered. */
const answers = () =>
  eventually(
    "the webhook answers",
    async () => isRefused(await apply("tried", mistake, "--dry-run=server")) || undefined,
    patience,
  );

/** What the API server wrote of requests that it could not ask the webhook about. */
const failures = () =>
  readFileSync(at("log/apiserver"), "utf8")
    .split("\n")
    .filter((line) => line.includes("Failed calling webhook, failing open"));

/** What the webhook answers while something is done to the operator. */
async function meanwhile(work: () => Promise<unknown>): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let ended = false;
  const done = work().finally(() => (ended = true));
  while (!ended) outcomes.push(await apply("tried", mistake, "--dry-run=server"));
  await done;
  return outcomes;
}

/** The certificate in a Secret of the operator. */
async function certificate(secret: string): Promise<string> {
  const path = "jsonpath={.data.tls\\.crt}";
  const text = await mustKubectl(["get", ...inHome, `secret/${secret}`, "-o", path]);
  return new X509Certificate(Buffer.from(text, "base64")).serialNumber;
}

describe("the webhook of an installed chart", function () {
  this.timeout(600_000);
  sharedCluster();

  before(async () => {
    await installed();
    await mustKubectl(["create", "namespace", "shop"]);
    await answers();
  });
  after(() => mustKubectl(["delete", "namespace", "shop", "--ignore-not-found"]));

  it("refuses a typo with its line and column, in a dry run too", async () => {
    for (const more of [[], ["--dry-run=server"]]) {
      const { code, stdout, stderr } = await apply("typo", mistake, ...more);
      const said = `Error from server (BadRequest): error when creating "STDIN": admission webhook "objects.tiercel.dev" denied the request: ${refusal}\n`;
      assert.deepEqual([code, stdout, stderr], [1, "", said]);
    }
    assert.equal((await kubectl(["get", ...inShop, "falcorule/typo"])).code, 1);
  });

  it("warns of what may still come, and lets it pass", async () => {
    const { code, stderr } = await apply("early", "mine and evt.type = execve");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^Warning: spec\.rules\[0\]\.condition:1:1: rule 'Shell': Undefined macro 'mine'/);
  });

  it("answers all the time while the operator is rolled", async () => {
    const before = failures().length;
    const outcomes = await meanwhile(async () => {
      await mustKubectl(["rollout", "restart", ...inHome, "deployment/tiercel-operator"]);
      await mustKubectl(["rollout", "status", ...inHome, "deployment/tiercel-operator", "--timeout=180s"]);
      // The old one ends some seconds after the new one is ready.
      await eventually(
        "one operator is left",
        async () => {
          const text = await mustKubectl(["get", "pods", ...inHome, ...operators, "-o", "name"]);
          return text.trim().split("\n").length === 1 ? true : undefined;
        },
        patience,
      );
    });
    assert.ok(outcomes.length > 5, `${outcomes.length}`);
    const failed = failures().slice(before);
    // A busy machine may need longer than the two seconds that an API server waits; that nobody is there is another matter.
    const late = failed.filter((line) => line.includes("context deadline exceeded"));
    assert.deepEqual(
      failed.filter((line) => !late.includes(line)),
      [],
    );
    const passed = outcomes.filter((outcome) => !isRefused(outcome));
    assert.equal(passed.length, late.length, JSON.stringify(passed));
    assert.ok(passed.length < outcomes.length, "most are refused");
  });

  it("keeps working with a new certificate, and with a new authority", async () => {
    for (const secret of ["tiercel-webhook-tls", "tiercel-ca"]) {
      const before = await certificate("tiercel-webhook-tls");
      await mustKubectl(["delete", ...inHome, `secret/${secret}`]);
      await eventually(
        `a new certificate after ${secret}`,
        async () => {
          const now = await certificate("tiercel-webhook-tls").catch(() => before);
          return now === before ? undefined : now;
        },
        patience,
      );
      await answers();
    }
  });

  it("has metrics of all that works, under names that dashboards know, and promtool finds nothing", async function () {
    needPromtool(this);
    const path = `/api/v1/namespaces/${home}/services/tiercel-operator:metrics/proxy/metrics`;
    const metrics = await mustKubectl(["get", "--raw", path]);
    assert.deepEqual(checkMetrics(metrics), { status: 0, said: "" });
    const controllers = [...metrics.matchAll(/^controller_runtime_reconcile_total\{controller="([^"]+)"/gm)];
    const names = new Set(controllers.map(([, name]) => name));
    for (const name of [
      "agents",
      "certificates",
      "defaults",
      "falcorule",
      "falcorule-status",
      "alertsink",
      "roll-up",
      "gone-agents",
    ])
      assert.ok(names.has(name), `${name}: ${[...names].join(", ")}`);
    for (const name of [
      "controller_runtime_reconcile_errors_total",
      "controller_runtime_reconcile_time_seconds_bucket",
      "controller_runtime_active_workers",
      "controller_runtime_webhook_requests_total",
      "workqueue_depth",
      "workqueue_adds_total",
      "workqueue_queue_duration_seconds_bucket",
      "workqueue_work_duration_seconds_bucket",
      "workqueue_unfinished_work_seconds",
      "workqueue_retries_total",
      'leader_election_master_status{name="tiercel-operator"} 1',
      'rest_client_requests_total{code="200",method="GET"',
    ])
      assert.ok(metrics.includes(`\n${name}`), name);
  });

  it("does not stand in the way where no operator runs: the controller says the mistake later", async () => {
    await mustKubectl(["scale", ...inHome, "deployment/tiercel-operator", "--replicas=0"]);
    await mustKubectl(["wait", ...inHome, "--for=delete", "pod", ...operators, "--timeout=60s"]);
    const { code, stderr } = await apply("late", mistake);
    await mustKubectl(["scale", ...inHome, "deployment/tiercel-operator", "--replicas=1"]);
    assert.equal(code, 0, stderr);
    await mustKubectl([
      "wait",
      ...inShop,
      "--for=condition=Accepted=False",
      "falcorule/late",
      "--timeout=120s",
    ]);
    const path = 'jsonpath={.status.conditions[?(@.type=="Accepted")].message}';
    const message = await mustKubectl(["get", ...inShop, "falcorule/late", "-o", path]);
    assert.ok(message.includes(refusal), message);
    await answers();
  });
});
