/**
 * Rules in the idiom of 2019, when ka fields were single texts and looked at a pod's first container: they load, with what
 * engines of today warn of, and mean what they meant.
 */
import assert from "node:assert/strict";
import type { RequestFacts } from "../../../support/audit-events.ts";
import { raising, type Raise } from "../../../support/audit-rules.ts";
import { allErrors, load, warnings } from "../../../support/rules.ts";

const text = `
- macro: contains_private_credentials
  condition: (ka.req.configmap.obj contains "aws_access_key_id" or ka.req.configmap.obj contains "passphrase")
- list: trusted_images
  items: [nginx, "example.com:5000/team/web"]
- macro: pod
  condition: ka.target.resource=pods and not ka.target.subresource exists
- macro: kevt
  condition: (jevt.value[/stage] in (ResponseComplete))

- rule: Old privileged pod
  desc: the first container
  condition: kevt and pod and ka.verb=create and ka.req.container.privileged=true and not ka.req.container.image.repository in (trusted_images)
  output: "user=%ka.user.name image=%ka.req.container.image"
  priority: WARNING
  source: k8s_audit

- rule: Old host network
  desc: the pod's network
  condition: kevt and pod and ka.verb=create and ka.req.container.host_network=true
  output: "image=%ka.req.container.image.repository"
  priority: WARNING
  source: k8s_audit

- rule: Old sensitive mount
  desc: paths by key, with a star or without
  condition: kevt and pod and ka.verb=create and (ka.req.volume.hostpath[/proc*]=true or ka.req.volume.hostpath[/var/run/docker.sock]=true)
  output: "volumes=%jevt.value[/requestObject/spec/volumes]"
  priority: WARNING
  source: k8s_audit

- rule: Old binding
  desc: a constant now
  condition: kevt and ka.verb=create and ka.req.binding.subject.has_name[eve]=true and ka.req.binding.role=cluster-admin
  output: "subject=%ka.req.binding.subjects"
  priority: WARNING
  source: k8s_audit

- rule: Old credentials
  desc: the data as one text
  condition: kevt and ka.target.resource=configmaps and contains_private_credentials and not ka.user.name = "<NA>"
  output: "configmap=%ka.req.configmap.name %ka.req.configmap.obj"
  priority: WARNING
  source: k8s_audit

- rule: Old numbers
  desc: codes are texts
  condition: kevt and ka.response.code startswith 4 and jevt.value[/responseStatus/code]=403
  output: "%ka.response.code"
  priority: WARNING
  source: k8s_audit
`;

const request = (more: Partial<RequestFacts>): RequestFacts => ({
  verb: "create",
  uri: "/api/v1/namespaces/default/pods",
  objectRef: { resource: "pods", namespace: "default", name: "web", apiVersion: "v1" },
  ...more,
});
const pod = (spec: Readonly<Record<string, unknown>>) => request({ requestObject: { kind: "Pod", spec } });
const containers = (image: string, privileged: boolean) => ({
  containers: [{ name: "web", image, securityContext: { privileged } }],
});
const mount = (path: string) => pod({ containers: [], volumes: [{ name: "v", hostPath: { path } }] });
const data = (value: string) =>
  request({ objectRef: { resource: "configmaps", name: "c" }, requestObject: { data: { key: value } } });

describe("audit rules of 2019", () => {
  let raise: Raise;
  before(() => {
    ({ raise } = raising([text]));
  });

  for (const { name, facts, want } of [
    {
      name: "a privileged pod",
      facts: pod(containers("example.com:5000/miner:1", true)),
      want: ["Old privileged pod"],
    },
    { name: "an unprivileged pod", facts: pod(containers("example.com:5000/miner:1", false)), want: [] },
    { name: "a trusted image", facts: pod(containers("example.com:5000/team/web:2", true)), want: [] },
    {
      name: "the node's network",
      facts: pod({ containers: [], hostNetwork: true }),
      want: ["Old host network"],
    },
    { name: "a network of its own", facts: pod({ containers: [], hostNetwork: false }), want: [] },
    { name: "a path below /proc", facts: mount("/proc/sys"), want: ["Old sensitive mount"] },
    { name: "the runtime's socket", facts: mount("/var/run/docker.sock"), want: ["Old sensitive mount"] },
    { name: "a path beside the socket", facts: mount("/var/run/docker.sock2"), want: [] },
    {
      name: "a binding to cluster-admin",
      facts: request({
        requestObject: { roleRef: { name: "cluster-admin" }, subjects: [{ kind: "User", name: "x" }] },
      }),
      want: ["Old binding"],
    },
    { name: "a passphrase", facts: data("passphrase=x"), want: ["Old credentials"] },
    { name: "no passphrase", facts: data("colour=x"), want: [] },
    { name: "a refused request", facts: request({ code: 403 }), want: ["Old numbers"] },
    { name: "a request for what is not there", facts: request({ code: 404 }), want: [] },
    {
      name: "an earlier stage",
      facts: { ...data("passphrase=x"), stage: "RequestReceived" as const },
      want: [],
    },
  ])
    it(`on ${name} raise ${want.join() || "nothing"}`, () => assert.deepEqual(raise(facts), want));

  it("load with today's warning about <NA> and no other", () => {
    assert.deepEqual(allErrors([text]), []);
    const found = load([text]).results.flatMap(warnings);
    assert.equal(found.length, 1);
    assert.match(found[0]!, /^LOAD_UNSAFE_NA_CHECK 41:94 /);
  });
});
