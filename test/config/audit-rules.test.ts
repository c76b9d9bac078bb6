/** Each default rule about audit events on an Event that raises it, and on twins that differ in one thing and do not. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { buildCatalogue } from "../../agent/fields/index.ts";
import { compileRuleSet } from "../../agent/rules/compile.ts";
import { raising, type Raise } from "../support/audit-rules.ts";
import type { RequestFacts } from "../support/audit-events.ts";
import { root } from "../support/reference.ts";

const file = `${root}config/audit-rules/audit.yaml`;
const text = readFileSync(file, "utf8");
const names = (parse(text) as { rule?: string }[]).flatMap(({ rule }) => rule ?? []);

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const rbacRef = (resource: string, name: string, namespace?: string) => ({
  resource,
  name,
  apiGroup: "rbac.authorization.k8s.io",
  apiVersion: "v1",
  ...(namespace !== undefined && { namespace }),
});
const inShop = (resource: string, name: string, subresource?: string) => ({
  resource,
  namespace: "shop",
  name,
  apiVersion: "v1",
  ...(subresource !== undefined && { subresource }),
});
const role = (name: string) => ({
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
  subjects: [{ kind: "User", name: "mallory" }],
});
const user = (username: string) => ({ user: { username, groups: ["system:authenticated"] } });
const data = (text: string) => ({ requestObject: { kind: "ConfigMap", data: { settings: text } } });
const rule = (verbs: string[], resources: string[]) => ({
  requestObject: { rules: [{ apiGroups: ["*"], resources, verbs }] },
});

const binding: RequestFacts = {
  verb: "create",
  uri: `${rbac}/clusterrolebindings`,
  objectRef: rbacRef("clusterrolebindings", "mallory"),
  requestObject: role("cluster-admin"),
};
const roleMade: RequestFacts = {
  verb: "update",
  uri: `${rbac}/namespaces/shop/roles/all`,
  objectRef: rbacRef("roles", "all", "shop"),
  code: 200,
  ...rule(["*"], ["*"]),
};
const exec: RequestFacts = {
  verb: "get",
  uri: "/api/v1/namespaces/shop/pods/web/exec?command=sh&container=web&stdin=true&tty=true",
  objectRef: inShop("pods", "web", "exec"),
  level: "Metadata",
  stage: "ResponseStarted",
  code: 101,
};
const debug: RequestFacts = {
  verb: "patch",
  uri: "/api/v1/namespaces/shop/pods/web/ephemeralcontainers",
  objectRef: inShop("pods", "web", "ephemeralcontainers"),
  code: 200,
};
const configMap: RequestFacts = {
  verb: "create",
  uri: "/api/v1/namespaces/shop/configmaps",
  objectRef: inShop("configmaps", "web"),
  ...data("DB_PASSWORD=hunter2"),
};
const anonymous: RequestFacts = {
  verb: "list",
  uri: "/api/v1/namespaces/shop/pods",
  objectRef: { resource: "pods", namespace: "shop", apiVersion: "v1" },
  level: "Metadata",
  code: 200,
  ...user("system:anonymous"),
};

interface Case {
  readonly rule: string;
  readonly raised: Readonly<Record<string, RequestFacts>>;
  readonly silent: Readonly<Record<string, RequestFacts>>;
}

const cases: readonly Case[] = [
  {
    rule: "Cluster administrator made",
    raised: {
      "for the cluster": binding,
      "for a namespace": {
        ...binding,
        uri: `${rbac}/namespaces/shop/rolebindings`,
        objectRef: rbacRef("rolebindings", "mallory", "shop"),
      },
      "by a change of one that was there": { ...binding, verb: "patch", code: 200 },
    },
    silent: {
      "for another role": { ...binding, requestObject: role("view") },
      "that was refused": { ...binding, code: 403 },
      "that the API server made itself": { ...binding, ...user("system:apiserver") },
    },
  },
  {
    rule: "Role with all rights made",
    raised: {
      "in a namespace": roleMade,
      "for the cluster": {
        ...roleMade,
        verb: "create",
        objectRef: rbacRef("clusterroles", "all"),
        code: 201,
      },
    },
    silent: {
      "with some verbs": { ...roleMade, ...rule(["get"], ["*"]) },
      "with some resources": { ...roleMade, ...rule(["*"], ["pods"]) },
      "by the controller that adds up roles": {
        ...roleMade,
        ...user("system:serviceaccount:kube-system:clusterrole-aggregation-controller"),
      },
    },
  },
  {
    rule: "Command run in a pod through the API",
    raised: {
      exec,
      "attach by POST": { ...exec, verb: "create", objectRef: inShop("pods", "web", "attach") },
    },
    silent: {
      "once more when it ends": { ...exec, stage: "ResponseComplete" },
      "that was refused": { ...exec, code: 403 },
      "but a log that is followed": { ...exec, objectRef: inShop("pods", "web", "log"), code: 200 },
    },
  },
  {
    rule: "Container added to a running pod",
    raised: { "kubectl debug": debug },
    silent: { "but a change of its labels": { ...debug, objectRef: inShop("pods", "web") } },
  },
  {
    rule: "Credentials in a ConfigMap",
    raised: {
      "a password": configMap,
      "a private key": { ...configMap, verb: "update", ...data("-----BEGIN EC PRIVATE KEY-----\nMHc") },
      "an access key": { ...configMap, ...data("AWS_SECRET_ACCESS_KEY=a") },
      "of a service account that is called like the operator": {
        ...configMap,
        ...user("system:serviceaccount:shop:tiercel-operator"),
      },
    },
    silent: {
      "but a certificate": { ...configMap, ...data("-----BEGIN CERTIFICATE-----\nMIIB") },
      "but a Secret": { ...configMap, objectRef: inShop("secrets", "web") },
      "of the operator, which hands rules to agents": {
        ...configMap,
        ...user("system:serviceaccount:tiercel-system:tiercel-operator"),
      },
      "of the control plane": { ...configMap, ...user("system:kube-controller-manager") },
    },
  },
  {
    rule: "Anonymous request answered",
    raised: { "a list of pods": anonymous },
    silent: {
      "that was refused": {
        ...anonymous,
        code: 403,
        annotations: { "authorization.k8s.io/decision": "forbid" },
      },
      "about health": { ...anonymous, verb: "get", uri: "/readyz?verbose" },
      "of somebody who is known": { ...anonymous, ...user("ada") },
    },
  },
];

describe("the default rules about audit events", () => {
  let raise: Raise;
  before(() => {
    raise = raising([text]).raise;
  });

  it("load without an error, a warning or a hint, and have a case each", () => {
    const { results } = compileRuleSet([{ name: file, text }], buildCatalogue());
    const [{ errors, warnings, hints }] = results as [(typeof results)[number]];
    assert.deepEqual([errors, warnings, hints], [[], [], []]);
    assert.deepEqual(
      cases.map((each) => each.rule),
      names,
    );
  });

  for (const { rule, raised, silent } of cases) {
    for (const [what, event] of Object.entries(raised))
      it(`${rule}: ${what}`, () => assert.deepEqual(raise(event), [rule]));
    for (const [what, event] of Object.entries(silent))
      it(`${rule}: not ${what}`, () => assert.deepEqual(raise(event), []));
  }
});
