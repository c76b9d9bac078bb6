/** The operator as a process, on a real API server. */
import assert from "node:assert/strict";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { OperatorProcess } from "./operator-process.ts";

interface Lease {
  readonly spec?: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
}

describe("tiercel operator", function () {
  this.timeout(120_000);
  let plane: ControlPlane;
  const running: OperatorProcess[] = [];

  before(async function () {
    plane = await ControlPlane.start(this);
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

  it("ends as fast where the API server is away, or never was there", async () => {
    const operator = await start({ kubeconfig: plane.kubeconfig("admin") });
    await operator.untilLeads();
    await plane.killApi();
    const { code, milliseconds } = await operator.end();
    assert.deepEqual([code, milliseconds < 2000], [0, true], operator.log);
    const other = await start({ kubeconfig: plane.kubeconfig("admin") });
    await eventually("it says so", () => (/ECONNREFUSED/.test(other.log) ? true : undefined));
    assert.equal(await other.leads(), false);
    const end = await other.end();
    await plane.startApi();
    assert.deepEqual([end.code, end.milliseconds < 2000], [0, true], other.log);
  });

  it("says in one line that there is no cluster to be found, or that a port is taken", async () => {
    const nowhere = await start({ kubeconfig: "/nonexistent/kubeconfig" });
    await eventually("it ends", () => (nowhere.lives ? undefined : true));
    assert.match(nowhere.log, /critical: \/nonexistent\/kubeconfig cannot be used: ENOENT/);
    const first = await start({
      kubeconfig: plane.kubeconfig("admin"),
      settings: { metrics_listen: "127.0.0.1:0" },
    });
    await first.ready();
    const kubeconfig = plane.kubeconfig("admin");
    const taken = await start({ kubeconfig, settings: { metrics_listen: first.healthListen } });
    await eventually("it ends", () => (taken.lives ? undefined : true));
    assert.match(
      taken.log,
      /critical: cannot listen on 127\.0\.0\.1:\d+: something else does \(EADDRINUSE\); choose another operator\.metrics_listen/,
    );
  });
});
