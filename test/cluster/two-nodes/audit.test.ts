/**
 * The audit log of a real API server, on the way that docs/k8s-audit.md tells: its commands, policy and flags are taken out of
 * that page as they stand there.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { falcoRules, root } from "../../support/reference.ts";
import { eventually, mustRun } from "../../system/support/commands.ts";
import { imageName } from "../../system/support/image.ts";
import { kubectl, mustKubectl } from "./cluster.ts";
import { restartApi } from "./control.ts";
import { at } from "./layout.ts";
import { logTail } from "./processes.ts";
import { binary, home, installed, sharedCluster } from "./shared.ts";

const page = readFileSync(`${root}docs/k8s-audit.md`, "utf8");

/** The page's first block of code that holds a text. */
function block(text: string): string {
  const found = [...page.matchAll(/^```\w*\n(.*?)^```/gms)].find((each) => each[1]!.includes(text));
  assert.ok(found, `docs/k8s-audit.md has a block with ${text}`);
  return found[1]!;
}

interface Alert {
  readonly metadata: { readonly namespace: string };
  readonly spec: {
    readonly rule: string;
    readonly priority: string;
    readonly source: string;
    readonly output: string;
    readonly pod?: string;
  };
  readonly status?: { readonly count?: number };
}

/** What a test asks of the API server, which raises one alert by each of three rules; `name` tells its alerts from others. */
const acts = (name: string): readonly (readonly string[])[] => [
  ["create", "clusterrolebinding", name, "--clusterrole=cluster-admin", "--user=mallory"],
  ["create", "configmap", name, "--from-literal=password=hunter2"],
  ["exec", "audited", "--", "echo", name],
];

const inHome = ["--namespace", home] as const;
const auditPods = [...inHome, "--selector", "app.kubernetes.io/component=audit"];
/** How long an event may be on its way: batches wait, and the API server waits longer after each refusal. */
const patience = 300_000;

describe("the audit log of a real API server", function () {
  this.timeout(900_000);
  sharedCluster();
  let folder = "";
  const names: string[] = [];

  /** Commands of the page, run as an administrator does. */
  const shell = (text: string) =>
    mustRun("bash", ["-euc", text], {
      cwd: folder,
      env: { ...process.env, PATH: `${at("bin")}:${process.env["PATH"]}` },
    });

  const flags = () =>
    block("--audit-webhook-config-file")
      .trim()
      .split(/\s+/)
      .map((flag) => flag.replace("/etc/kubernetes/audit", folder));

  async function act(name: string): Promise<void> {
    names.push(name);
    for (const args of acts(name)) await mustKubectl(args);
  }

  async function alerts(): Promise<Alert[]> {
    const text = await mustKubectl(["get", "securityalerts", "--all-namespaces", "-o", "json"]);
    return (JSON.parse(text) as { items: Alert[] }).items.filter(({ spec }) => spec.source === "k8s_audit");
  }

  /** Alerts of a rule that name somebody's act, once there are some. */
  const alertsOf = (rule: string, name: string) =>
    eventually(
      `${rule}: an alert about ${name}\n${logTail("apiserver")}`,
      async () => {
        // The count is written a moment after the object.
        const found = (await alerts()).filter(
          ({ spec, status }) =>
            spec.rule === rule && spec.output.includes(name) && status?.count !== undefined,
        );
        return found.length === 0 ? undefined : found;
      },
      patience,
    );

  /** Lines about a rule and a name in the agent's own output. */
  async function lines(text: string, name: string): Promise<string[]> {
    const output = await mustKubectl(["logs", ...inHome, "deployment/tiercel-audit"]);
    return output.split("\n").filter((line) => line.includes(text) && line.includes(name));
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-audit-"));
    await shell(block("openssl rand"));
    await installed("audit.enabled=true", "audit.tokenSecret=tiercel-audit-token");
    await mustKubectl(["wait", ...inHome, "--for=create", "deployment/tiercel-audit", "--timeout=120s"]);
    await mustKubectl(["rollout", "status", ...inHome, "deployment/tiercel-audit", "--timeout=180s"]);
    // prettier-ignore
    await mustKubectl([
      "run", "audited", `--image=${imageName}`, "--image-pull-policy=Never", "--restart=Never", "--command", "--", "sleep", "36000",
    ]);
    await mustKubectl(["wait", "--for=condition=Ready", "pod/audited", "--timeout=120s"]);
    await shell(block("set-cluster"));
    writeFileSync(join(folder, "policy.yaml"), block("kind: Policy"));
    await restartApi(binary, flags());
  });

  // Other files find the API server as it was.
  after(async () => {
    if (folder === "") return;
    await restartApi(binary);
    await mustKubectl(["wait", "--for=condition=Ready", "node", "--all", "--timeout=120s"]);
    await mustKubectl(["delete", "pod/audited", "--now", "--ignore-not-found"]);
    for (const name of names)
      await mustKubectl(["delete", `clusterrolebinding/${name}`, `configmap/${name}`, "--ignore-not-found"]);
    await mustKubectl(["delete", ...inHome, "secret/tiercel-audit-token", "--ignore-not-found"]);
    rmSync(folder, { recursive: true, force: true });
  });

  it("makes an alert of each of three requests, once, by the rules that come with Tiercel", async () => {
    await act("first");
    await act("second");
    for (const name of ["second", "first"]) {
      const of = async (rule: string) => {
        const found = await alertsOf(rule, name);
        assert.deepEqual(
          found.map(({ status }) => status?.count),
          [1],
          `${rule}: one alert about ${name}, matched once`,
        );
        return found[0]!;
      };
      const bound = await of("Cluster administrator made");
      assert.equal(bound.metadata.namespace, home, "nobody's namespace");
      assert.match(bound.spec.output, /user=admin verb=create binding=\w+ .*mallory/);
      const credentials = await of("Credentials in a ConfigMap");
      assert.equal(credentials.metadata.namespace, "default");
      assert.equal(credentials.spec.priority, "Warning");
      assert.match(credentials.spec.output, /user=admin verb=create namespace=default configmap=/);
      assert.doesNotMatch(credentials.spec.output, /hunter2/);
    }
    // Two in the same pod are one matter, which counts; the log has each.
    const told = await eventually(
      "commands in the log",
      async () => {
        const found = await lines("A command was run in a pod", "pod=audited");
        return found.length < 2 ? undefined : found;
      },
      patience,
    );
    assert.equal(told.length, 2, told.join("\n"));
    const [command] = await alertsOf("Command run in a pod through the API", "audited");
    assert.equal(command!.spec.pod, "audited");
    assert.match(
      command!.spec.output,
      /user=admin action=exec namespace=default pod=audited container=audited/,
    );
  });

  it("tells it in the agent's log, in Events, and in the rule's status", async () => {
    assert.equal((await lines("Somebody was bound to cluster-admin", "first")).length, 1);
    assert.equal((await lines("looks like it holds credentials", "first")).length, 1);
    const reasons = await eventually(
      "Events",
      async () => {
        const text = await mustKubectl([
          "get",
          "events.events.k8s.io",
          "-o",
          "jsonpath={range .items[*]}{.reason} {.regarding.kind}/{.regarding.name}{'\\n'}{end}",
        ]);
        const ours = text
          .split("\n")
          .filter((line) => /^(Cluster|Command|CredentialsIn)/.test(line))
          .map((line) => line.replace(/node\d$/, "N"));
        return new Set(ours).size < 3 ? undefined : ours;
      },
      patience,
    );
    assert.deepEqual(
      [...new Set(reasons)].sort(),
      [
        "ClusterAdministratorMade Node/N",
        "CommandRunInAPodThroughTheAPI Pod/audited",
        "CredentialsInAConfigMap Namespace/default",
      ],
      reasons.join("\n"),
    );
    await eventually(
      "the rule's count",
      async () => {
        const path = "jsonpath={.status.matches} {.status.nodes.text}";
        const text = await mustKubectl(["get", ...inHome, "falcorule/tiercel-audit", "-o", path]);
        return text === "6 1/1" ? true : undefined;
      },
      patience,
    );
  });

  it("runs public rules beside them, converted and applied", async function () {
    const file = `${falcoRules(this)}/falco-rules/k8s_audit_rules.yaml`;
    const { stdout } = await mustRun("node", [`${root}bin/tiercel`, "convert", file]);
    await mustKubectl(["apply", ...inHome, "--server-side", "-f", "-"], stdout);
    const rule = "falcorule/k8s-audit-rules";
    await mustKubectl(["wait", ...inHome, "--for=condition=Ready", rule, "--timeout=120s"]);
    await act("third");
    for (const name of ["Attach to cluster-admin Role", "Create/Modify Configmap With Private Credentials"])
      assert.equal((await alertsOf(name, "user=admin")).length, 1, name);
    const [command] = await alertsOf("Attach/Exec Pod", "command=echo");
    assert.equal(command!.spec.pod, "audited");
    await mustKubectl(["delete", ...inHome, rule]);
  });

  it("gets what was asked for while its agent was away", async () => {
    await mustKubectl(["delete", "pod", ...auditPods, "--now", "--wait=false"]);
    await act("meanwhile");
    await mustKubectl(["rollout", "status", ...inHome, "deployment/tiercel-audit", "--timeout=180s"]);
    for (const rule of ["Cluster administrator made", "Credentials in a ConfigMap"]) {
      const found = await alertsOf(rule, "meanwhile");
      assert.deepEqual(
        found.map(({ status }) => status?.count),
        [1],
        rule,
      );
    }
  });

  it("needs no right on its node: its pod fits a namespace that is labelled restricted", async () => {
    const deployment = await mustKubectl(["get", ...inHome, "deployment/tiercel-audit", "-o", "json"]);
    const { template } = (JSON.parse(deployment) as { spec: { template: { spec: object } } }).spec;
    const strict = { name: "strict", labels: { "pod-security.kubernetes.io/enforce": "restricted" } };
    await mustKubectl(
      ["apply", "-f", "-"],
      JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: strict }),
    );
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "audit", namespace: "strict" },
      spec: { ...template.spec, serviceAccountName: "default", priorityClassName: "" },
    };
    const tried = await eventually("the namespace's account", async () => {
      const outcome = await kubectl(["create", "--dry-run=server", "-f", "-"], JSON.stringify(pod));
      return outcome.stderr.includes("serviceaccount") ? undefined : outcome;
    });
    await mustKubectl(["delete", "namespace", "strict", "--wait=false"]);
    assert.deepEqual([tried.code, tried.stderr], [0, ""]);
  });

  it("says on both sides that a token is wrong, and how much the API server dropped", async () => {
    await shell(
      `kubectl config --kubeconfig=webhook.yaml set-credentials api-server --token=of-somebody-else`,
    );
    await restartApi(binary, [...flags(), "--audit-webhook-initial-backoff=100ms"]);
    await eventually(
      "the API server says it",
      () =>
        /Error in audit plugin 'webhook' affecting \d+ audit events: the server has asked for the client to provide credentials/.test(
          logTail("apiserver", 200),
        ) || undefined,
      patience,
    );
    const metrics = await mustKubectl(["get", "--raw", "/metrics"]);
    assert.match(metrics, /^apiserver_audit_error_total\{plugin="webhook"\} [1-9]/m);
    await eventually("the agent says it", async () =>
      (await lines("bearer token", "k8s_audit")).length > 0 ? true : undefined,
    );
  });
});
