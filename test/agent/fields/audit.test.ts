import assert from "node:assert/strict";
import type { AuditContext } from "../../../agent/fields/audit-context.ts";
import type { Json } from "../../../agent/events/json-value.ts";
import { at, pointerKeys } from "../../../agent/fields/audit-json.ts";
import { imageRepository } from "../../../agent/fields/audit-values.ts";
import { auditReaders } from "../../../agent/fields/index.ts";
import type { Value } from "../../../agent/rules/catalogue.ts";
import { catalogue, eventTime } from "./fixture.ts";

const source = catalogue.sources.get("k8s_audit")!;

function context(audit: Json): AuditContext {
  return {
    audit,
    number: 3,
    time: eventTime,
    firstTime: eventTime,
    host: { hostname: "node-1" },
    overrides: undefined,
  };
}

function read(token: string, audit: Json): Value {
  const [, name, argument] = /^([^[]+)(?:\[(.*)\])?$/.exec(token)!;
  const use = source.resolve(name!, argument);
  if ("message" in use) throw new Error(use.message);
  return auditReaders.reader(use)(context(audit));
}

const pod: Json = {
  auditID: "a-1",
  stage: "ResponseComplete",
  requestURI: "/api/v1/namespaces/default/pods/web/exec?command=sh%20-c&command=x&stdin=true",
  verb: "create",
  user: { username: "ada", groups: ["system:masters", "devs"] },
  impersonatedUser: { username: "eve" },
  sourceIPs: ["10.0.0.1", "10.0.0.2"],
  userAgent: "kubectl/v1.34",
  objectRef: { resource: "pods", namespace: "default", name: "web" },
  responseStatus: { code: 201, reason: null },
  responseObject: { metadata: { name: "web-1" } },
  annotations: { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "" },
  requestObject: {
    spec: {
      hostNetwork: true,
      securityContext: { runAsUser: 7, supplementalGroups: [1, 2] },
      containers: [
        {
          name: "a",
          image: "registry:5000/x/nginx:1.2",
          args: ["-v", "--all"],
          securityContext: { privileged: true, runAsUser: 0, capabilities: { add: ["SYS_ADMIN"] } },
          ports: [{ hostPort: 80 }, { containerPort: 81 }],
        },
        { name: "b", image: "busybox@sha256:abc", command: ["sh"] },
      ],
      initContainers: [{ name: "i" }],
      volumes: [
        { name: "v", hostPath: { path: "/etc/kubernetes" } },
        { name: "c", configMap: { name: "x" } },
      ],
    },
  },
};
const binding: Json = {
  auditID: "a-2",
  objectRef: { resource: "clusterrolebindings", name: "x" },
  requestObject: {
    roleRef: { name: "cluster-admin" },
    subjects: [
      { kind: "User", name: "ada" },
      { kind: "ServiceAccount", name: "default", namespace: "kube-system" },
      { kind: "ServiceAccount", name: "lost" },
      { kind: "Group", name: "devs" },
    ],
  },
};
const role: Json = {
  auditID: "a-3",
  requestObject: {
    rules: [
      { verbs: ["get", "list"], resources: ["pods"], apiGroups: [""] },
      { verbs: ["*"], nonResourceURLs: ["/healthz"] },
    ],
    data: { b: "2", a: 1 },
  },
};

describe("audit fields", () => {
  const cases: [token: string, event: Json, want: Value][] = [
    ["ka.auditid", pod, "a-1"],
    ["ka.user.name", pod, "ada"],
    ["ka.user.groups", pod, ["system:masters", "devs"]],
    ["ka.impuser.name", pod, "eve"],
    ["ka.verb", pod, "create"],
    ["ka.uri.param[command]", pod, "sh -c"],
    ["ka.uri.param[nope]", pod, undefined],
    ["ka.target.resource", pod, "pods"],
    ["ka.target.subresource", pod, undefined],
    ["ka.target.pod.name", pod, "web-1"],
    ["ka.target.pod.name", binding, undefined],
    ["ka.auth.decision", pod, "allow"],
    ["ka.auth.reason", pod, ""],
    ["ka.response.code", pod, "201"],
    ["ka.response.reason", pod, "null"],
    ["ka.sourceips", pod, ["10.0.0.1", "10.0.0.2"]],
    ["ka.sourceips[1]", pod, ["10.0.0.2"]],
    ["ka.sourceips[2]", pod, undefined],
    ["ka.req.pod.host_network", pod, "true"],
    ["ka.req.pod.host_pid", pod, undefined],
    ["ka.req.pod.run_as_user", pod, "7"],
    ["ka.req.pod.supplemental_groups", pod, ["1", "2"]],
    ["ka.req.pod.containers.name", pod, ["a", "b"]],
    ["ka.req.pod.containers.image", pod, ["registry:5000/x/nginx:1.2", "busybox@sha256:abc"]],
    ["ka.req.pod.containers.image[1]", pod, ["busybox@sha256:abc"]],
    ["ka.req.pod.containers.image.repository", pod, ["registry:5000/x/nginx", "busybox"]],
    ["ka.req.pod.containers.args", pod, ["-v --all"]],
    ["ka.req.pod.containers.command", pod, ["sh"]],
    ["ka.req.pod.containers.host_port", pod, ["80", "81"]],
    ["ka.req.pod.containers.privileged", pod, ["true"]],
    ["ka.req.pod.containers.add_capabilities", pod, ['["SYS_ADMIN"]']],
    ["ka.req.pod.containers.eff_run_as_user", pod, ["0", "7"]],
    ["ka.req.pod.initContainers.name", pod, ["i"]],
    ["ka.req.pod.initContainers.image", pod, undefined],
    ["ka.req.pod.ephemeralContainers.name", pod, undefined],
    ["ka.req.container.privileged", pod, "true"],
    ["ka.req.container.privileged", role, undefined],
    ["ka.req.container.image.repository", pod, "registry:5000/x/nginx"],
    ["ka.req.pod.volumes.hostpath", pod, ["/etc/kubernetes"]],
    ["ka.req.pod.volumes.volume_type", pod, ["hostPath", "configMap"]],
    ["ka.req.volume.hostpath[/etc*]", pod, "true"],
    ["ka.req.volume.hostpath[/etc]", pod, "false"],
    ["ka.req.volume.hostpath[/etc]", role, undefined],
    [
      "ka.req.binding.subjects",
      binding,
      [
        '{"kind":"User","name":"ada"}',
        '{"kind":"ServiceAccount","name":"default","namespace":"kube-system"}',
        '{"kind":"ServiceAccount","name":"lost"}',
        '{"kind":"Group","name":"devs"}',
      ],
    ],
    ["ka.req.binding.subjects.user_names", binding, ["ada"]],
    ["ka.req.binding.subjects.serviceaccount_names", binding, ["default", "lost"]],
    ["ka.req.binding.subjects.serviceaccount_ns_names", binding, ["kube-system:default"]],
    ["ka.req.binding.subjects.group_names", binding, ["devs"]],
    ["ka.req.binding.role", binding, "cluster-admin"],
    ["ka.req.binding.subject.has_name[x]", binding, "true"],
    ["ka.req.role.rules.verbs", role, ["get", "list", "*"]],
    ["ka.req.role.rules.verbs[1]", role, undefined],
    ["ka.req.role.rules.verbs[0]", role, ["get"]],
    ["ka.req.role.rules.nonResourceURLs", role, ["/healthz"]],
    ["ka.req.role.rules.apiGroups", role, [""]],
    ["ka.req.configmap.obj", role, '{"b":"2","a":1}'],
    ["json.value[/requestObject/spec/containers/1/name]", pod, "b"],
    ["jevt.value[responseStatus/code]", pod, "201"],
    ["jevt.value[/annotations/authorization.k8s.io~1decision]", pod, "allow"],
    ["jevt.value[/nope]", pod, undefined],
    ["jevt.value[/user/groups/x]", pod, undefined],
    ["jevt.rawtime", pod, String(eventTime)],
    ["json.obj", { a: 1 }, '{\n  "a": 1\n}'],
    ["evt.source", pod, "k8s_audit"],
    ["evt.pluginname", pod, "k8saudit"],
    ["evt.plugininfo", binding, "- - -"],
    ["evt.num", pod, 3],
    ["evt.hostname", pod, "node-1"],
  ];
  for (const [token, event, want] of cases)
    it(`${token} is ${JSON.stringify(want)}`, () => assert.deepEqual(read(token, event), want));

  it("are missing, all of them, in what is no audit event", () => {
    for (const audit of [{}, [], null, "x", 5, { auditId: "a", verb: "get" }] as Json[])
      for (const { name, argument } of source.fields) {
        if (!name.startsWith("ka.")) continue;
        assert.equal(read(argument === "required" ? `${name}[x]` : name, audit), undefined, name);
      }
  });

  it("survive events of the wrong shape", () => {
    const odd: Json = {
      auditID: 1,
      user: [],
      objectRef: "pods",
      requestURI: 7,
      requestObject: {
        spec: { containers: { a: 1 }, volumes: [null, 3] },
        subjects: [null, [], "x"],
        rules: "no",
      },
    };
    for (const { name, argument } of source.fields) read(argument === "required" ? `${name}[x]` : name, odd);
    assert.equal(read("ka.auditid", odd), "1");
  });

  it("read texts as UTF-8 bytes", () => {
    assert.equal(read("ka.user.name", { auditID: "x", user: { username: "é" } }), "\xc3\xa9");
  });

  it("do not reach into what objects inherit", () => {
    assert.equal(at({ a: 1 }, ["constructor"]), undefined);
    assert.equal(at([1], ["length"]), undefined);
    assert.equal(read("jevt.value[/__proto__]", pod), undefined);
  });

  it("pointers unescape ~1 before ~0", () => {
    assert.deepEqual(pointerKeys("/a~1b/c~0d/~01"), ["a/b", "c~d", "~1"]);
    assert.deepEqual(pointerKeys("x"), ["x"]);
  });

  for (const [image, want] of [
    ["nginx", "nginx"],
    ["nginx:1", "nginx"],
    ["a/b@sha256:c", "a/b"],
    ["reg:5000/a/b:1", "reg:5000/a/b"],
    ["reg:5000/a/b", "reg:5000/a/b"],
    ["reg:5000/a/b:1@sha256:c", "reg:5000/a/b"],
  ])
    it(`the repository of ${image} is ${want}`, () => assert.equal(imageRepository(image!), want));
});
