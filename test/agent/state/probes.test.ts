import assert from "node:assert/strict";
import { CgroupPaths } from "../../../agent/state/cgroup-paths.ts";
import { Containers } from "../../../agent/state/containers.ts";
import { State } from "../../../agent/state/state.ts";
import { containerFacts, podFacts, sandbox } from "./container-samples.ts";
import { execRecord, forkRecord, record, type Header } from "./records.ts";

const HOST = 1n;
const INSIDE = 2n;
const shim: Header = { pid: 10, start_time: 10n, comm: "containerd-shim", cgroup: HOST };

describe("checks of a container", () => {
  const command = ["/bin/sh", "-c", "curl -f localhost"];
  let containers: Containers;
  let state: State;
  beforeEach(() => {
    containers = new Containers();
    const cgroups = new CgroupPaths({ containers });
    cgroups.learn(HOST, "/");
    cgroups.learn(INSIDE, "/k8s.io/web");
    state = new State({ cgroups });
    containers.identify(containerFacts({ id: "web", healthcheck: command }));
    state.apply(record("openat", shim));
    start(20, shim, ["/app"]);
  });

  /** A process of the container that `parent` starts; what it is a check of. */
  function start(pid: number, parent: Header, args: readonly string[]) {
    const start = BigInt(pid);
    state.apply(forkRecord(parent, { pid, start, cgroup: INSIDE }));
    const header = {
      pid,
      start_time: start,
      ppid: Number(parent.pid),
      cgroup: INSIDE,
      comm: "x",
      time: start,
    };
    return state.apply(execRecord(header, "/bin/x", args))?.probe;
  }

  const app: Header = { pid: 20, start_time: 20n, ppid: 10, cgroup: INSIDE, comm: "x" };

  it("are told by their command line, where somebody outside starts them", () => {
    assert.equal(start(21, shim, command), "healthcheck");
    assert.equal(start(22, shim, ["/bin/sh", "-c", "curl -f elsewhere"]), undefined);
    assert.equal(start(23, shim, command.slice(0, 2)), undefined);
    assert.equal(start(24, app, command), undefined, "what the container itself starts is none");
    assert.equal(start(25, { ...app, cgroup: INSIDE }, ["/app"]), undefined);
  });

  it("hand it on to what they start, and keep it over exec", () => {
    start(21, shim, command);
    const check: Header = { pid: 21, start_time: 21n, ppid: 10, cgroup: INSIDE, comm: "sh" };
    assert.equal(start(30, check, ["curl", "-f", "localhost"]), "healthcheck");
    const again = state.apply(execRecord({ ...check, comm: "curl", time: 99n }, "/bin/curl", ["curl"]));
    assert.equal(again?.probe, "healthcheck");
  });

  it("of a pod are those of the API, by the container's name in the pod", () => {
    const labels = [["io.kubernetes.container.name", "front"]] as const;
    containers.identify(containerFacts({ id: "web", labels, pod: sandbox }));
    containers.learnPod(
      podFacts({
        uid: sandbox.uid,
        probes: [
          { container: "other", liveness: ["cat", "/other"], readiness: [] },
          { container: "front", liveness: ["cat", "/alive"], readiness: ["cat", "/ready"] },
        ],
      }),
    );
    assert.equal(start(21, shim, ["cat", "/alive"]), "liveness");
    assert.equal(start(22, shim, ["cat", "/ready"]), "readiness");
    assert.equal(start(23, shim, ["cat", "/other"]), undefined);
  });
});
