/** Shards of earlier sets on a real API server: they stay while an agent may read them, and go afterwards. */
import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../../agent/kube/clock.ts";
import type { RuleSetIndex } from "../../agent/rules/set/rule-set.ts";
import { falcoRuleControllers } from "../../operator/controllers/falco-rules/controller.ts";
import { resources } from "../../operator/kube/resources.ts";
import type { KubeObject } from "../../operator/kube/object.ts";
import { realClock } from "../agent/kube/clock.ts";
import { root } from "../support/reference.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { runController, type RunningController } from "./run-controller.ts";

const namespace = "tiercel-system";

/** A clock on which a minute lasts a second, and that can be put forward. */
class HastyClock implements Clock {
  readonly #haste = 60;
  readonly #began = Date.now();
  #skipped = 0;

  now(): number {
    return this.#began + (Date.now() - this.#began) * this.#haste + this.#skipped;
  }

  after(milliseconds: number, run: () => void): () => void {
    return realClock.after(milliseconds / this.#haste, run);
  }

  skip(milliseconds: number): void {
    this.#skipped += milliseconds;
  }
}

describe("shards of earlier sets on a real API server", function () {
  this.timeout(180_000);
  let plane: ControlPlane;
  let running: RunningController | undefined;
  const clock = new HastyClock();

  const begin = async () => {
    running = await runController({ cluster: plane, namespace, clock }, (context) =>
      falcoRuleControllers(context, { choices: [], priority: "debug" }),
    );
  };
  const end = async () => {
    await running?.stop();
    running = undefined;
  };
  const configMap = (name: string) =>
    running!.client.get<KubeObject & { readonly data?: Readonly<Record<string, string>> }>({
      resource: resources.configMaps,
      namespace,
      name,
    });
  const index = async (): Promise<RuleSetIndex> => {
    const map = await eventually(
      "an index",
      async () => (await configMap("tiercel-rules")) ?? undefined,
      60_000,
    );
    return JSON.parse(map.data!["index.json"]!) as RuleSetIndex;
  };
  const isThere = async (shard: string) => (await configMap(shard)) !== undefined;
  const gone = (shard: string) =>
    eventually(
      `the shard ${shard} is gone`,
      async () => ((await isThere(shard)) ? undefined : true),
      60_000,
    ).catch((error: Error) => assert.fail(`${error.message}\n${running?.log.join("\n")}`));
  /** Minutes of the operator's clock that it is given to do what it must not. */
  const minutes = async (count: number, shard: string) => {
    for (let minute = 0; minute < count; minute++) {
      await wait(1000);
      assert.ok(await isThere(shard), `it is gone after ${minute + 1} minutes`);
    }
  };
  /** Edits the rule; gives the index of the set it is in, once that is another one than before. */
  const edit = async (word: string): Promise<RuleSetIndex> => {
    const before = await index();
    const rule = { rule: "R", desc: "d", condition: `evt.type=open and proc.name=${word}`, output: "o" };
    await plane.apply({
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "FalcoRule",
      metadata: { namespace, name: "r" },
      spec: { rules: [{ ...rule, priority: "NOTICE" }] },
    });
    return eventually(
      `the set with ${word}`,
      async () => {
        const now = await index();
        return now.digest === before.digest ? undefined : now;
      },
      60_000,
    );
  };
  /** The agent of a node says which set it runs. */
  const runs = async (node: string, { digest }: RuleSetIndex) => {
    const object = {
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "NodeAgent",
      metadata: { name: node },
    };
    await running!.client.apply({ ...object, spec: { node, role: "node" } });
    await running!.client.applyStatus({ ...object, status: { digest } });
  };

  before(async function () {
    plane = await ControlPlane.start(this);
    await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    const { code, stderr } = await plane.kubectl(["apply", "-f", `${root}crds/`]);
    assert.equal(code, 0, stderr);
    await plane.kubectl(["wait", "--for=condition=Established", "crd", "--all"]);
    await begin();
  });
  after(async () => {
    await end();
    await plane?.stop();
  });

  it("stay while one of two agents has not moved on, and go when it has", async () => {
    const first = await edit("first");
    for (const node of ["node-1", "node-2"]) await runs(node, first);
    const second = await edit("second");
    await runs("node-1", second);
    const [shard] = first.shards as [string];
    assert.ok(!second.shards.includes(shard));
    await minutes(4, shard);
    await runs("node-2", second);
    await gone(shard);
    for (const name of second.shards) assert.ok(await isThere(name), "what the index names stays");
  });

  it("go after an hour though an agent never moves on: it has its set on its disk", async () => {
    const before = await index();
    const after = await edit("third");
    await runs("node-1", after);
    const [shard] = before.shards as [string];
    await minutes(3, shard);
    clock.skip(3_600_000);
    await gone(shard);
  });

  it("that an operator of before left are taken over by the next one", async () => {
    const before = await index();
    for (const node of ["node-1", "node-2"]) await runs(node, before);
    await edit("fourth");
    const [shard] = before.shards as [string];
    await end();
    await begin();
    assert.ok(await isThere(shard));
    for (const node of ["node-1", "node-2"]) await runs(node, await index());
    await gone(shard);
  });

  it("are not taken for old where an edit is taken back: the set of before is named again", async () => {
    const before = await edit("fifth");
    await edit("sixth");
    const again = await edit("fifth");
    assert.equal(again.digest, before.digest);
    for (const node of ["node-1", "node-2"]) await runs(node, again);
    await minutes(4, again.shards[0]!);
  });
});
