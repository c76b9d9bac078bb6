import assert from "node:assert/strict";
import { chooseApi } from "../../../../agent/cli/agent/kubernetes.ts";
import { defaultSettings } from "../../../../agent/cli/settings/check.ts";
import type { Settings } from "../../../../agent/cli/settings/schema.ts";

const kubeconfig = `
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://10.0.0.9"}}]
users: [{name: u, user: {token: t}}]
`;
const pod = { KUBERNETES_SERVICE_HOST: "10.96.0.1" };

/** The choice in one line. */
function choose(settings: Partial<Settings["kubernetes"]>, environment: NodeJS.ProcessEnv): string {
  const choice = chooseApi(
    { ...defaultSettings().kubernetes, ...settings },
    {
      environment,
      hostname: "My-Host",
      read: (path) => {
        if (path === "/k") return kubeconfig;
        throw Object.assign(new Error(), { code: "ENOENT" });
      },
    },
  );
  if (choice.kind === "on") return `${choice.access.server.host} for ${choice.node}`;
  return choice.kind === "off" ? "off" : choice.message;
}

describe("whether the Kubernetes API is asked about pods", () => {
  const cases: readonly (readonly [Partial<Settings["kubernetes"]>, NodeJS.ProcessEnv, string])[] = [
    [{}, {}, "off"],
    [{}, { ...pod, NODE_NAME: "node-1" }, "10.96.0.1 for node-1"],
    [{}, pod, "the node's name is not known; set NODE_NAME from spec.nodeName"],
    [{ node_name: "node-2" }, { ...pod, NODE_NAME: "node-1" }, "10.96.0.1 for node-2"],
    [{ pod_metadata: "cri" }, { ...pod, NODE_NAME: "node-1" }, "off"],
    // A developer's machine.
    [{}, { KUBECONFIG: "/k" }, "off"],
    [{}, { NODE_NAME: "node-1" }, "off"],
    [{}, { KUBECONFIG: "/k", NODE_NAME: "node-1" }, "10.0.0.9 for node-1"],
    [{ pod_metadata: "api" }, { KUBECONFIG: "/k" }, "10.0.0.9 for my-host"],
    [{ kubeconfig: "/k" }, {}, "10.0.0.9 for my-host"],
    [{ kubeconfig: "/k" }, { ...pod, NODE_NAME: "node-1" }, "10.0.0.9 for node-1"],
    [{ pod_metadata: "api" }, { KUBECONFIG: "/none::/k" }, "10.0.0.9 for my-host"],
    [{ kubeconfig: "/none" }, {}, "/none cannot be read: ENOENT"],
    [
      { pod_metadata: "api" },
      {},
      "there is neither a pod's service account nor a kubeconfig; set KUBECONFIG",
    ],
    [{}, { ...pod, NODE_NAME: "a,b=c" }, "`a,b=c` is no name of a node; set NODE_NAME"],
  ];
  for (const [settings, environment, expected] of cases)
    it(`${JSON.stringify(settings)} with ${JSON.stringify(environment)}: ${expected}`, () => {
      assert.equal(choose(settings, environment), expected);
    });
});
