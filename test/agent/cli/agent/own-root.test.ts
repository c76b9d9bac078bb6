import assert from "node:assert/strict";
import { ownRootIsNodes } from "../../../../agent/cli/agent/own-root.ts";

describe("the agent's own root", () => {
  const node = "3:memory:/system.slice/ssh.service\n0::/init.scope\n";
  const docker = `3:memory:/docker/${"ab".repeat(32)}\n0::/\n`;
  const pod = { KUBERNETES_SERVICE_HOST: "10.0.0.1" };
  const cases: readonly [
    what: string,
    environment: NodeJS.ProcessEnv,
    own: string,
    first: string,
    is: boolean,
  ][] = [
    ["on the node itself", {}, node, node, true],
    ["in a pod", pod, node, node, false],
    ["in a container's cgroup", {}, docker, node, false],
    ["in a cgroup namespace of its own", {}, "0::/\n", "3:memory:/\n0::/../../init.scope\n", false],
    ["above all of a namespace", {}, "0::/\n", "0::/..\n", false],
    ["where process 1 is in a folder that begins with dots", {}, node, "0::/..a/init.scope\n", true],
  ];
  for (const [what, environment, own, first, is] of cases)
    it(`is ${is ? "" : "not "}the node's ${what}`, () => {
      assert.equal(ownRootIsNodes(environment, own, first, "memory"), is);
    });
});
