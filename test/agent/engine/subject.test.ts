import assert from "node:assert/strict";
import { auditAccess } from "../../../agent/engine/audit-access.ts";
import type { AuditContext } from "../../../agent/fields/audit-context.ts";
import { auditReaders } from "../../../agent/fields/index.ts";
import { auditEvent } from "../../support/audit-events.ts";
import { madePipeline } from "../cli/agent/made-pipeline.ts";
import { containerFacts, sandbox } from "../state/container-samples.ts";
import { record } from "../state/records.ts";

const rules = `
- rule: Opened
  desc: d
  priority: NOTICE
  condition: evt.type = openat
  output: "%fd.name"
`;

describe("whom an alert is about", () => {
  const made = madePipeline(rules, [
    [1n, "/"],
    [2n, "/k8s.io/web"],
    [3n, "/k8s.io/db"],
  ]);
  const subjectOf = (cgroup: bigint) => {
    made.alerts.length = 0;
    const who = { pid: Number(cgroup), start_time: cgroup, ppid: 1, comm: "cat", cgroup };
    made.take(record("openat", { ...who, ret: 3, time: 1n }, { 0: -100, 1: "/etc/a", 2: 1, 16: "" }));
    return made.alerts[0]?.subject;
  };

  it("is the pod of the container", () => {
    made.input({ kind: "container", facts: containerFacts({ id: "web", pod: sandbox }) });
    assert.deepEqual(subjectOf(2n), {
      namespace: "shop",
      pod: "web-0",
      podUid: "0c1d",
      container: "web",
      image: "docker.io/library/nginx:1.27",
    });
  });

  it("is nobody's namespace on the host, and in a container outside pods", () => {
    assert.deepEqual(subjectOf(1n), { namespace: "", pod: "", podUid: "", container: "host", image: "" });
    made.input({ kind: "container", facts: containerFacts({ id: "db" }) });
    const { namespace, pod, podUid } = subjectOf(3n)!;
    assert.deepEqual([namespace, pod, podUid], ["", "", ""]);
  });

  it("is the object of an audit event", () => {
    const of = (objectRef: Record<string, string>) => {
      const audit = auditEvent({ verb: "create", uri: "/", objectRef });
      return auditAccess(auditReaders, "node7").subject({ audit } as unknown as AuditContext);
    };
    const nobody = { podUid: "", container: "", image: "" };
    assert.deepEqual(of({ resource: "pods", namespace: "shop", name: "web-0" }), {
      ...nobody,
      namespace: "shop",
      pod: "web-0",
    });
    assert.deepEqual(of({ resource: "configmaps", namespace: "shop", name: "c" }), {
      ...nobody,
      namespace: "shop",
      pod: "",
    });
    assert.deepEqual(of({ resource: "clusterrolebindings", name: "root" }), {
      ...nobody,
      namespace: "",
      pod: "",
    });
  });
});
