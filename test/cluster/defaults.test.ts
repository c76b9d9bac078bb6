/** Rules and sinks that come with Tiercel, on a real API server: applied, upgraded, edited by people, switched off. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { buildCatalogue } from "../../agent/fields/index.ts";
import { defaultsController } from "../../operator/controllers/defaults/controller.ts";
import type { CustomRules } from "../../operator/custom-rules.ts";
import { defaultRules, exampleSinks } from "../../operator/default-objects.ts";
import { ClusterClient } from "../../operator/kube/cluster-client.ts";
import type { KubeObject } from "../../operator/kube/object.ts";
import { resources } from "../../operator/kube/resources.ts";
import { root } from "../support/reference.ts";
import { ControlPlane } from "./control-plane.ts";
import { runController, type RunningController } from "./run-controller.ts";

const namespace = "tiercel-system";

interface Rule {
  readonly rule: string;
  readonly condition?: string;
  readonly output?: string;
  readonly enabled?: boolean;
}
interface Rules extends KubeObject {
  readonly spec: { readonly order: number; readonly rules: readonly Rule[] };
}

describe("what comes with Tiercel on a real API server", function () {
  this.timeout(120_000);
  let plane: ControlPlane;
  let client: ClusterClient;
  let running: RunningController | undefined;
  const user = "system:serviceaccount:tiercel-system:tiercel-operator";
  const rules = defaultRules(root, buildCatalogue(), { audit: false, user });
  const everything = [...rules, ...exampleSinks(root)];

  const get = async (name = "tiercel-default") =>
    (await client.get<Rules>({ resource: resources.falcoRules, namespace, name }))!;
  const ruleOf = async (name: string) => (await get()).spec.rules.find(({ rule }) => rule === name)!;
  const kubectl = async (...args: string[]) => {
    const { code, stderr } = await plane.kubectl(["-n", namespace, ...args]);
    assert.equal(code, 0, stderr);
  };
  const stop = async () => {
    await running?.stop();
    running = undefined;
  };
  const begin = async (objects: readonly KubeObject[], refused: CustomRules["refused"] = []) => {
    await stop();
    running = await runController({ cluster: plane, namespace }, (context) =>
      defaultsController(context, { objects, refused }),
    );
  };
  const quiet = async () => {
    const writes: string[] = [];
    for (let still = 0; still < 4; still++) {
      await sleep(150);
      const more = running!.writes();
      if (more.length > 0) still = 0;
      writes.push(...more);
      assert.ok(writes.length < 50, `writes for ever: ${writes.join(", ")}`);
    }
    return writes;
  };
  /** The next release: all rules but the last, and one of them with another output. */
  const nextRelease = (changed: string): KubeObject[] =>
    (rules as Rules[]).map((object) => ({
      ...object,
      spec: {
        ...object.spec,
        rules: object.spec.rules
          .slice(0, -1)
          .map((one) =>
            one.rule === changed ? { ...one, output: "new text", condition: `${one.condition} ` } : one,
          ),
      },
    }));
  /** Changes one rule in place as `kubectl edit` does. */
  const edit = async (name: string, change: Partial<Rule>) => {
    const index = (await get()).spec.rules.findIndex(({ rule }) => rule === name);
    const patch = Object.entries(change).map(([key, value]) => ({
      op: "add",
      path: `/spec/rules/${index}/${key}`,
      value,
    }));
    await kubectl("patch", "falcorule/tiercel-default", "--type=json", "-p", JSON.stringify(patch));
  };

  before(async function () {
    plane = await ControlPlane.start(this);
    client = new ClusterClient(plane.as("admin"));
    await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    for (const file of readdirSync(`${root}crds`))
      await plane.apply(readFileSync(`${root}crds/${file}`, "utf8"));
    await kubectl("wait", "--for=condition=Established", "crd", "--all");
  });
  after(async () => {
    await stop();
    await plane?.stop();
  });

  it("is taken by the API server, and written nothing when the operator starts again", async () => {
    await begin(everything);
    assert.deepEqual(await quiet(), ["apply FalcoRule tiercel-default", "apply AlertSink tiercel-example"]);
    const { spec } = await get();
    assert.deepEqual(spec.rules.length, (rules as Rules[])[0]!.spec.rules.length);
    await begin(everything);
    assert.deepEqual(await quiet(), []);
  });

  it("stays as people made it when a new release comes, by another object or in place (R67)", async () => {
    await begin(rules);
    await quiet();
    const [first, second, third] = (await get()).spec.rules;
    const local = {
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "FalcoRule",
      metadata: { name: "mine", namespace },
      spec: { rules: [{ rule: third!.rule, enabled: false }] },
    };
    await plane.apply(local);
    await edit(first!.rule, { enabled: false });
    await edit(second!.rule, { condition: "evt.type = open" });
    assert.deepEqual(await quiet(), [], "an edit is not put back");
    const version = (await get("mine")).metadata.resourceVersion;

    await begin(nextRelease(second!.rule));
    assert.deepEqual(await quiet(), ["apply FalcoRule tiercel-default"]);
    assert.equal((await ruleOf(first!.rule)).enabled, false);
    assert.equal((await ruleOf(second!.rule)).condition, "evt.type = open");
    assert.equal((await ruleOf(second!.rule)).output, "new text", "the rest of the rule is new");
    assert.match(running!.log.join("\n"), /left as somebody else has set it: spec\.rules\[.*\]\.condition/);
    assert.equal((await get()).spec.rules.length, (rules as Rules[])[0]!.spec.rules.length - 1);
    assert.equal((await get("mine")).metadata.resourceVersion, version, "the local object is not touched");
    assert.ok((await get()).spec.order < 50, "and comes after ours, so that it may change them");
  });

  it("is put back where it was deleted", async () => {
    await begin(everything);
    await quiet();
    await kubectl("delete", "falcorule/tiercel-default");
    assert.deepEqual(await quiet(), ["apply FalcoRule tiercel-default"]);
    assert.equal((await ruleOf((rules as Rules[])[0]!.spec.rules[0]!.rule)).enabled, undefined);
  });

  it("goes when it is switched off, and nothing else goes", async () => {
    await begin(rules);
    assert.deepEqual(await quiet(), ["delete AlertSink tiercel-example"]);
    await begin([]);
    assert.deepEqual(await quiet(), ["delete FalcoRule tiercel-default"]);
    assert.ok(await get("mine"));
  });
});
