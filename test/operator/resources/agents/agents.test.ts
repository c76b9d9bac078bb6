import assert from "node:assert/strict";
import type { V1DaemonSet, V1PodTemplateSpec } from "@kubernetes/client-node";
import { stringify } from "yaml";
import { restartAnnotation } from "../../../../operator/resources/agents/pod.ts";
import { installation, manySettings, objectsOf } from "../../../support/agent-objects.ts";
import { golden } from "../../../support/golden.ts";

interface WithPods {
  readonly spec: { readonly selector: unknown; readonly template: V1PodTemplateSpec };
}

const daemonSet = (text: string) => objectsOf(text).find(({ kind }) => kind === "DaemonSet") as V1DaemonSet;
const podOf = (text: string) => daemonSet(text).spec!.template.spec!;
const restarts = (text: string) => daemonSet(text).spec!.template.metadata!.annotations![restartAnnotation];

describe("objects of agents", () => {
  for (const [name, text] of Object.entries(manySettings))
    it(`are these with the settings ${name}`, () =>
      golden(
        `agents/${name}.yaml`,
        objectsOf(text)
          .map((object) => stringify(object, { version: "1.1", sortMapEntries: true }))
          .join("---\n"),
      ));

  it("have selectors that no setting changes", () => {
    const selectors = (text: string) =>
      objectsOf(text)
        .filter((object) => "spec" in object)
        .map((object) => (object as unknown as WithPods).spec.selector);
    const [, , metrics, agents, audit] = objectsOf(manySettings["everything"]!);
    assert.equal(new Set(selectors(manySettings["everything"]!).map((one) => JSON.stringify(one))).size, 4);
    for (const text of ["default", "privileged"])
      assert.deepEqual(selectors(manySettings[text]!), selectors("").slice(0, 2));
    assert.deepEqual(
      [metrics, agents, audit].map((object) => object?.kind),
      ["Service", "DaemonSet", "Service"],
    );
    const labels = daemonSet(manySettings["everything"]!).spec!.template.metadata!.labels!;
    for (const [key, value] of Object.entries(daemonSet("").spec!.selector.matchLabels!))
      assert.equal(labels[key], value, `${key} cannot be taken by a label of the user`);
  });

  it("belong to the operator's Deployment, all of them", () => {
    const objects = objectsOf(manySettings["everything"]!);
    assert.equal(objects.length, 6);
    for (const { metadata } of objects) assert.deepEqual(metadata?.ownerReferences, [installation.owner]);
  });

  it("give agents no folder of the node but their own", () => {
    const paths = podOf("").volumes!.flatMap(({ hostPath }) =>
      hostPath === undefined ? [] : [hostPath.path],
    );
    assert.deepEqual(paths, ["/var/lib/tiercel"]);
  });

  it("start agents anew for settings that they cannot take over, and for no others", () => {
    assert.equal(restarts("append_output: []"), restarts(""));
    assert.equal(restarts("priority: warning"), restarts(""));
    assert.notEqual(restarts("log_level: debug"), restarts(""));
  });

  it("hold no credential of the settings", () => {
    const text = JSON.stringify(objectsOf(manySettings["everything"]!));
    assert.match(text, /\$\{SLACK\}/);
    assert.ok(!text.includes("slack.example.com"));
  });
});
