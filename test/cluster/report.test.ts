/** What an agent writes, on a real API server: as kubectl shows it, with the agent's rights alone, and through an outage. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Alert } from "../../agent/engine/alert.ts";
import type { KubeClient } from "../../agent/kube/client.ts";
import { openReport, type Report, type ReportOptions } from "../../agent/report/report.ts";
import { realClock } from "../agent/kube/clock.ts";
import { countOf, type MadeObject } from "../agent/report/made-api.ts";
import { hostAlert, noFacts, podAlert } from "../agent/report/sample.ts";
import { root } from "../support/reference.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";

const namespace = "tiercel-system";
const node = "node-1";

/** What design.md 6 gives an agent of what it writes; none of it is get, list or watch. */
const rights = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: { name: "agent" },
  rules: [
    { apiGroups: ["tiercel.dev"], resources: ["securityalerts"], verbs: ["create", "patch"] },
    {
      apiGroups: ["tiercel.dev"],
      resources: ["securityalerts/status", "nodeagents/status"],
      verbs: ["patch"],
    },
    { apiGroups: ["tiercel.dev"], resources: ["nodeagents"], verbs: ["create"] },
    { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
  ],
};

describe("reports on a real API server", function () {
  this.timeout(300_000);
  let plane: ControlPlane;
  let admin: KubeClient;
  let report: Report;
  let podUid: string;
  const folder = mkdtempSync(join(tmpdir(), "tiercel-report-"));
  const said: string[] = [];
  let facts = { ...noFacts };

  const open = (more: Partial<ReportOptions> = {}) =>
    openReport({
      client: plane.as("agent"),
      clock: realClock,
      random: Math.random,
      say: (level, message) => said.push(`${level}: ${message}`),
      identity: {
        name: node,
        node,
        role: "node",
        labels: { "app.kubernetes.io/name": "tiercel" },
        owner: undefined,
      },
      namespace,
      least: { alerts: 6, events: 6 },
      writesPerMinute: 10_000,
      counts: 5000,
      folder,
      facts: () => facts,
      ...more,
    });
  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await plane.kubectl(args);
    assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  const list = async (what: string): Promise<MadeObject[]> =>
    (JSON.parse(await kubectl("get", what, "-A", "-o", "json")) as { items: MadeObject[] }).items;
  const ours = async () =>
    (await list("events.events.k8s.io")).filter(
      ({ reportingController }) => reportingController === "tiercel.dev/agent",
    );
  /** An alert of the pod web-0, which there is. */
  const alert = (file: string, more: Partial<Alert> = {}) =>
    podAlert("web-0", file, {
      subject: { namespace: "shop", pod: "web-0", podUid, container: "main", image: "none" },
      time: BigInt(Date.now()) * 1_000_000n,
      ...more,
    });
  /** Waits until nothing waits any more. */
  const written = (of: Report = report) =>
    eventually(
      "all is written",
      () => {
        const { alerts, events } = of.status();
        return alerts.waiting + events.waiting === 0 ? true : undefined;
      },
      120_000,
    ).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; said last: ${said.slice(-5).join("\n")}`);
    });

  before(async function () {
    plane = await ControlPlane.start(this);
    admin = plane.as("admin");
    await kubectl("apply", "-f", `${root}crds/`);
    await kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", `${root}crds/`);
    await kubectl("create", "namespace", namespace);
    await plane.podToken({ namespace: "shop", serviceAccount: "default", pod: "web-0", node });
    podUid = await kubectl("get", "pod", "web-0", "-n", "shop", "-o", "jsonpath={.metadata.uid}");
    await plane.apply([
      rights,
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "agent" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "agent" },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "agent" }],
      },
    ]);
    await eventually(
      "default is there",
      () => admin.ask({ path: "/api/v1/namespaces/default" }).catch(() => undefined),
      120_000,
    );
    report = await open();
  });
  after(async () => {
    await report?.stop(100);
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("show in kubectl describe pod and kubectl get securityalerts", async () => {
    report.publish([alert("/etc/shadow", { message: "A shell was started (user=root)" })]);
    await written();
    report.publish([alert("/etc/shadow", { message: "A shell was started (user=mallory)" })]);
    await written();
    const described = await kubectl("describe", "pod", "web-0", "-n", "shop");
    assert.match(
      described,
      /Normal +TerminalShellInContainer +\S+ \(x2 over \S+\) +tiercel\.dev\/agent\S* +A shell was started \(user=root\)/,
    );
    const table = await kubectl("get", "securityalerts", "-A");
    assert.match(
      table,
      /shop +terminal-shell-in-container-[0-9a-f]{10} +Notice +Terminal shell in container +web-0 +2 +\d+s +\d+s/,
    );
    const [object] = await list("securityalerts");
    assert.deepEqual(object!.status!["lastOutput"], "A shell was started (user=mallory)");
    assert.deepEqual((object!["spec"] as { output: string }).output, "A shell was started (user=root)");
  });

  it("show in kubectl describe node what is about the node", async () => {
    report.publish([
      hostAlert("/etc/shadow", { time: 1_800_000_000_000_000_001n, priority: 3, rule: "Host: bad file" }),
    ]);
    await written();
    assert.match(await kubectl("describe", "node", node), /Warning +HostBadFile .*A shell was started/);
    assert.match(
      await kubectl("get", "securityalerts", "-n", namespace),
      /host-bad-file-[0-9a-f]{10} +Error/,
    );
  });

  it("take whatever a container puts into them", async () => {
    const hostile = "\u001b]0;x\u0007\n\u009b31m\u202e\ud800😀\ufffd".repeat(8192);
    const before = report.status();
    const fields = [
      ["proc.cmdline", hostile],
      ["big", 18_446_744_073_709_551_615n],
      [hostile, hostile],
    ] as const;
    report.publish([
      alert(hostile, { message: hostile, fields, priority: 6 }),
      alert("/h", { rule: hostile, message: hostile, tags: [hostile] }),
      hostAlert(hostile, { message: hostile, rule: "\u001b\n" }),
    ]);
    await written();
    const after = report.status();
    assert.equal(after.alerts.written - before.alerts.written, 3, said.join("\n"));
    assert.equal(after.events.written - before.events.written, 3, said.join("\n"));
    const outputs = await kubectl("get", "securityalerts", "-A", "-o", "wide");
    assert.doesNotMatch(outputs, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    for (const { note } of await ours()) assert.ok(Buffer.byteLength(note as string) <= 1024);
  });

  it("leave closed ones alone and make new ones, with no right to read", async () => {
    const agent = plane.as("agent");
    await assert.rejects(
      agent.ask({ path: `/apis/tiercel.dev/v1alpha1/namespaces/shop/securityalerts` }),
      /403/,
    );
    report.publish([alert("/closed", { rule: "Closing" })]);
    await written();
    const named = async () =>
      (await list("securityalerts")).filter(({ spec }) => (spec as { rule: string }).rule === "Closing");
    const [first] = await named();
    const state = JSON.stringify({ status: { state: "Closed" } });
    await kubectl(
      "patch",
      "securityalert",
      first!.metadata.name,
      "-n",
      "shop",
      "--subresource=status",
      "--type=merge",
      "-p",
      state,
    );
    report.publish([alert("/closed", { rule: "Closing" })]);
    await written();
    const all = await named();
    assert.deepEqual(all.map(({ status }) => [status!["count"], status!["state"] ?? "Open"]).sort(), [
      [1, "Closed"],
      [1, "Open"],
    ]);
  });

  it("count a namespace that is gone, and one that ends, as held back", async () => {
    const gone = (name: string) =>
      alert("/f", {
        rule: `In ${name}`,
        subject: { namespace: name, pod: "p", podUid: `u-${name}`, container: "c", image: "" },
      });
    await kubectl("create", "namespace", "ends");
    await kubectl("delete", "namespace", "ends", "--wait=false");
    report.publish([gone("nowhere"), gone("ends")]);
    await written();
    const { alerts, events } = report.status();
    assert.deepEqual([alerts.held.namespace_gone, events.held.namespace_gone], [2, 2], said.join("\n"));
  });

  it("lose nothing while the API server is killed in a storm, and the agent ends meanwhile", async () => {
    const before = report.status();
    let published = 0;
    const storm = async (of: Report, milliseconds: number) => {
      const end = Date.now() + milliseconds;
      while (Date.now() < end) {
        for (let file = 0; file < 10; file++)
          of.publish([alert(`/storm-${file}`, { rule: "Storm", message: `n ${published}` })]);
        published += 10;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await storm(report, 2000);
    await plane.killApi();
    await storm(report, 3000);
    await report.stop(500);
    const held = report.status().alerts.held;
    report = await open();
    await storm(report, 1000);
    await plane.startApi();
    await storm(report, 2000);
    await written();
    const sum = (objects: readonly MadeObject[]) =>
      objects.reduce((total, object) => total + countOf(object), 0);
    const alerts = (await list("securityalerts")).filter(
      ({ spec }) => (spec as { rule: string }).rule === "Storm",
    );
    const events = (await ours()).filter(({ reason }) => reason === "Storm");
    assert.deepEqual([alerts.length, events.length], [10, 10]);
    assert.equal(sum(alerts), published, `alerts; ${said.slice(-5).join("\n")}`);
    assert.equal(sum(events), published, `events; ${said.slice(-5).join("\n")}`);
    assert.deepEqual(held, before.alerts.held, "nothing was held back");
  });

  it("tell what the node runs, and nothing while nothing changes", async () => {
    facts = {
      ...facts,
      digest: "d2",
      rules: [
        { namespace: "shop", object: "o", rule: "R", matches: 3, lastMatch: 1_800_000_000_000_000_000n },
      ],
    };
    report.changed();
    await eventually(
      "the digest is told",
      async () => ((await list("nodeagents"))[0]?.status?.["digest"] === "d2" ? true : undefined),
      120_000,
    );
    const version = async () => (await list("nodeagents"))[0]!.metadata.resourceVersion;
    assert.match(await kubectl("get", "nodeagents"), /node-1 +True +node +3/);
    const before = await version();
    facts = { ...facts, events: 1_000_000 };
    report.changed();
    await new Promise((resolve) => setTimeout(resolve, 7000));
    assert.equal(await version(), before);
  });
});
