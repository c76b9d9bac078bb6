/** What changes cost: a full disk, other rules under load, a rolling update of the agents. Matches made are counted against matches told. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, mustRun } from "../../../system/support/commands.ts";
import { mustKubectl } from "../cluster.ts";
import { nodeNumbers } from "../layout.ts";
import { agentsAreReady, home, installed, sharedCluster } from "../shared.ts";
import { containerdOf } from "./node-processes.ts";
import {
  agentIsReady,
  apply,
  assertOneGap,
  assertWhole,
  objectsCount,
  openScene,
  ruleIsReady,
  ruleOf,
  settled,
  values,
  type Scene,
} from "./scene.ts";
import { agentOn, inFile, logOf, received } from "./told.ts";

const state = "/var/lib/tiercel";

describe("a cluster of two nodes where something changes under load", function () {
  this.timeout(600_000);
  sharedCluster();
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene?.stop());

  /** Runs a program where the first node's folders are. */
  const onNode = (...command: readonly string[]) =>
    mustRun("nsenter", ["-t", String(containerdOf(1)), "-m", "-p", "--", ...command]);

  const restartAgent = async () => {
    const { name } = await agentOn(1);
    await mustKubectl(["delete", "pod", "-n", home, name]);
    await agentIsReady(1);
  };

  it("rules that are applied, edited and taken away: no match is lost", async () => {
    const run = { node: 1, name: "swap", matches: 800, matters: 8, pause: 15 } as const;
    const sending = scene.senders.send(run);
    let over = false;
    const sent = sending.done.finally(() => (over = true));
    // Told below; edits go on until then.
    sent.catch(() => {});
    let edits = 0;
    for (; !over; edits++) {
      await apply(ruleOf(`edit${edits}`), ruleOf("other", "another"));
      await mustKubectl(["delete", "falcorule", "another", "-n", home]);
    }
    await sent;
    const told = await settled(
      () => received(run.name).filter(({ output }) => !output.includes("other")),
      run.matches,
    );
    assertWhole(told, run.matches, "the receiver");
    const words = new Set(told.map(({ output }) => /edit\d+/.exec(output)?.[0]));
    assert.ok(words.size > 2, `rules were swapped meanwhile: ${[...words].join(" ")}`);
    await apply(ruleOf("marked"));
    await ruleIsReady();
  });

  it("a full disk of the agent's state: it goes on, says it once, and recovers", async () => {
    await onNode("mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", state);
    try {
      await restartAgent();
      await onNode("sh", "-c", `dd if=/dev/zero of=${state}/filler bs=4096 2>/dev/null; true`);
      await apply(ruleOf("full"));
      await ruleIsReady();
      const run = { node: 1, name: "disk", matches: 300, matters: 3, pause: 20 } as const;
      await scene.senders.send(run).done;
      assertWhole(await settled(() => received(run.name), run.matches), run.matches, "the receiver");
      assertWhole(await settled(() => inFile(run.name, 1), run.matches), run.matches, "the node's file");
      await objectsCount(run.name, run.matches);
      await sleep(11_000);
      const said = (await logOf(1)).split("\n").filter((line) => line.includes("ENOSPC"));
      assert.equal(
        new Set(said.map((line) => line.slice(line.indexOf("message")))).size,
        said.length,
        "each is said once",
      );
      assert.ok(said.length > 0, "it is said");
      await onNode("rm", `${state}/filler`);
      await apply(ruleOf("recovered"));
      await eventually(
        "the rules are on the disk again",
        async () =>
          (await onNode("cat", `${state}/rules.json`)).stdout.includes("recovered %fd.nameraw") || undefined,
        60_000,
      );
      await apply(ruleOf("marked"));
      await ruleIsReady();
    } finally {
      await onNode("umount", "-l", state);
      await restartAgent();
    }
  });

  it("a rolling update of the agents: each node misses one gap, which its agent says, and nothing before or after", async () => {
    const runs = nodeNumbers.map((node) => {
      const run = { node, name: `rolling${node}`, matches: 2000, matters: 5, pause: 50 };
      return { ...run, sending: scene.senders.send(run) };
    });
    const generation = () =>
      mustKubectl(["get", "daemonset", "tiercel-agent", "-n", home, "-o", "jsonpath={.metadata.generation}"]);
    const before = await generation();
    await installed(...values, "settings.report.matters=1000");
    await eventually(
      "the operator has changed the agents",
      async () => (await generation()) !== before || undefined,
      60_000,
    );
    await agentsAreReady();
    await sleep(2000);
    for (const { sending } of runs) sending.stop();
    for (const { node, name, sending } of runs) {
      const matches = await sending.done;
      await settled(() => received(name).filter(({ number }) => number === matches), 1);
      const told = received(name);
      await assertOneGap(node, told, matches, "ended");
      assert.deepEqual(await settled(() => inFile(name, node), told.length), told);
      await objectsCount(name, told.length);
    }
  });
});
