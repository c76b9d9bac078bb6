/** The operator as a process, on a real API server. */
import assert from "node:assert/strict";
import { checkMetrics, needPromtool } from "../support/promtool.ts";
import { root } from "../support/reference.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { OperatorProcess } from "./operator-process.ts";

interface Lease {
  readonly spec?: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
}

describe("tiercel operator", function () {
  this.timeout(240_000);
  let plane: ControlPlane;
  const running: OperatorProcess[] = [];

  before(async function () {
    plane = await ControlPlane.start(this);
    await plane.kubectl(["apply", "-f", `${root}crds/`]);
  });
  afterEach(async () => {
    for (const operator of running.splice(0)) await operator.end("SIGKILL");
  });
  after(() => plane?.stop());

  const start = async (...[options]: Parameters<typeof OperatorProcess.start>) => {
    const operator = await OperatorProcess.start(options);
    running.push(operator);
    return operator;
  };
  const lease = async () =>
    (await plane.as("admin").ask({
      path: "/apis/coordination.k8s.io/v1/namespaces/default/leases/tiercel-operator",
    })) as Lease;

  it("is ready, acts, and ends within 2 s of SIGTERM with its Lease given back", async () => {
    const operator = await start({ kubeconfig: plane.kubeconfig("admin") });
    await operator.ready();
    await operator.untilLeads();
    assert.match((await lease()).spec!.holderIdentity!, /^operator_[0-9a-f-]{36}$/);
    assert.match(operator.log, /the API server is Kubernetes v1\.\d+/);
    const { code, milliseconds } = await operator.end();
    assert.equal(code, 0, operator.log);
    assert.ok(milliseconds < 2000, `${milliseconds} ms`);
    assert.equal((await lease()).spec!.holderIdentity ?? "", "");
  });

  it("has metrics that promtool has nothing to say against, under the names that dashboards know", async function () {
    needPromtool(this);
    const operator = await start({ kubeconfig: plane.kubeconfig("admin"), mirror: true });
    await operator.untilLeads();
    await plane.as("admin").ask({
      method: "POST",
      path: "/api/v1/namespaces/default/configmaps",
      body: {
        type: "application/json",
        text: JSON.stringify({ metadata: { name: "source", labels: { role: "source" } } }),
      },
    });
    const success = 'controller_runtime_reconcile_total{controller="mirror",result="success"} ';
    await eventually(
      "a reconcile is counted",
      async () => ((await operator.metric(success)) ?? 0) > 0 || undefined,
    );
    const metrics = (await operator.metrics())!;
    assert.deepEqual(checkMetrics(metrics), { status: 0, said: "" });
    for (const name of [
      "controller_runtime_reconcile_errors_total",
      "controller_runtime_reconcile_time_seconds_bucket",
      "controller_runtime_active_workers",
      "controller_runtime_max_concurrent_reconciles",
      "workqueue_depth",
      "workqueue_adds_total",
      "workqueue_queue_duration_seconds_bucket",
      "workqueue_work_duration_seconds_bucket",
      "workqueue_unfinished_work_seconds",
      "workqueue_longest_running_processor_seconds",
      "workqueue_retries_total",
      'leader_election_master_status{name="tiercel-operator"} 1',
      'rest_client_requests_total{code="200",method="GET"',
      'tiercel_operator_informer_objects{informer="deployments in default"} 0',
    ])
      assert.ok(metrics.includes(`\n${name}`), name);
    assert.notEqual(checkMetrics(`${metrics}tiercel_planted_total 1\n`).status, 0);
  });

  it("ends as fast where the API server is away, or never was there", async () => {
    const operator = await start({ kubeconfig: plane.kubeconfig("admin") });
    await operator.untilLeads();
    await plane.killApi();
    const { code, milliseconds } = await operator.end();
    assert.deepEqual([code, milliseconds < 2000], [0, true], operator.log);
    const other = await start({ kubeconfig: plane.kubeconfig("admin") });
    await eventually("it says so", () => (/ECONNREFUSED/.test(other.log) ? true : undefined), 60_000);
    assert.equal(await other.leads(), false);
    const end = await other.end();
    await plane.startApi();
    assert.deepEqual([end.code, end.milliseconds < 2000], [0, true], other.log);
  });

  it("says in one line that there is no cluster to be found, or that a port is taken", async () => {
    const nowhere = await start({ kubeconfig: "/nonexistent/kubeconfig" });
    await eventually("it ends", () => (nowhere.lives ? undefined : true), 60_000);
    assert.match(nowhere.log, /critical: \/nonexistent\/kubeconfig cannot be used: ENOENT/);
    const first = await start({
      kubeconfig: plane.kubeconfig("admin"),
      settings: { metrics_listen: "127.0.0.1:0" },
    });
    await first.ready();
    const kubeconfig = plane.kubeconfig("admin");
    const taken = await start({ kubeconfig, settings: { metrics_listen: first.healthListen } });
    await eventually("it ends", () => (taken.lives ? undefined : true), 60_000);
    assert.match(
      taken.log,
      /critical: cannot listen on 127\.0\.0\.1:\d+: something else does \(EADDRINUSE\); choose another operator\.metrics_listen/,
    );
  });
});
