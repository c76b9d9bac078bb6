/** What kill -9 costs: of an agent, of the operator, of containerd. Matches made are counted against matches told. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../system/support/commands.ts";
import { imageName } from "../../../system/support/image.ts";
import { mustKubectl } from "../cluster.ts";
import { nodeName } from "../layout.ts";
import { home, sharedCluster } from "../shared.ts";
import { containerdOf, podProcess } from "./node-processes.ts";
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
  type Scene,
} from "./scene.ts";
import { sendersHome } from "./sender.ts";
import { agentOn, inAlerts, inEvents, inFile, metric, metricsOf, received, receivedWith } from "./told.ts";

const kill = (pid: number | undefined) => {
  assert.ok(pid !== undefined, "the process is there");
  process.kill(pid, "SIGKILL");
};

describe("a cluster of two nodes where a process is killed", function () {
  this.timeout(600_000);
  sharedCluster();
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene?.stop());

  it("the operator: rules go on, and an edit made meanwhile is in force after its new start", async () => {
    const run = { node: 1, name: "operator", matches: 400, matters: 4, pause: 20 } as const;
    const sending = scene.senders.send(run);
    const uid = await mustKubectl([
      "get",
      "pods",
      "-n",
      home,
      "-l",
      "app.kubernetes.io/component=operator",
      "-o",
      "jsonpath={.items[0].metadata.uid}",
    ]);
    kill(podProcess(uid, "operator"));
    await apply(ruleOf("edited"));
    await sending.done;
    assertWhole(await settled(() => received(run.name), run.matches), run.matches, "the receiver");
    await ruleIsReady();
    const after = { ...run, name: "operator2", matches: 1, matters: 1 };
    await scene.senders.send(after).done;
    const [one] = await settled(() => received(after.name), 1);
    assert.match(one!.output, /edited/);
    await apply(ruleOf("marked"));
    await ruleIsReady();
  });

  it("containerd: the agent goes on, what it knew is named, and so is what comes after", async () => {
    const run = { node: 1, name: "runtime", matches: 500, matters: 5, pause: 20 } as const;
    const sending = scene.senders.send(run);
    await sleep(1000);
    kill(containerdOf(1));
    await sending.done;
    assertWhole(await settled(() => received(run.name), run.matches), run.matches, "the receiver");
    await objectsCount(run.name, run.matches);
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "newcomer", namespace: sendersHome },
      spec: {
        nodeName: nodeName(1),
        restartPolicy: "Never",
        containers: [
          {
            name: "newcomer",
            image: imageName,
            imagePullPolicy: "Never",
            command: ["sh", "-c", "mkdir -p /marked/1; : >/marked/1/../newcomer-0; sleep 3"],
          },
        ],
      },
    };
    await apply(pod);
    await eventually(
      "the new pod's match is counted with its name",
      async () => {
        const { matches } = await inAlerts("newcomer");
        return matches > 0 || undefined;
      },
      120_000,
    );
  });

  it("an agent: what it missed lies in one gap, which it says", async () => {
    const run = { node: 2, name: "agent", matches: 1000, matters: 10, pause: 20 } as const;
    const sending = scene.senders.send(run);
    await sleep(5000);
    const { uid } = await agentOn(2);
    const killed = Date.now();
    kill(podProcess(uid, "agent"));
    await sending.done;
    await agentIsReady(2);
    await settled(
      () =>
        received(run.name)
          .slice(-1)
          .filter(({ number }) => number === run.matches),
      1,
    );
    const told = received(run.name);
    await assertOneGap(2, told, run.matches, "killed");
    assert.deepEqual(await settled(() => inFile(run.name, 2), told.length), told);
    // As little as waits here goes to the disk every second, a busy machine's in three.
    const safe = told.filter(({ time }) => time < killed - 3000 || time > killed).length;
    for (const read of [inAlerts, inEvents])
      await eventually(
        `objects count at least ${safe} of ${told.length} matches`,
        async () => {
          const { matches } = await read(run.name);
          assert.ok(matches <= told.length, `${matches} are counted, ${told.length} were told`);
          return matches >= safe || undefined;
        },
        120_000,
      );
    assert.equal(metric(await metricsOf(2), "tiercel_absence_seconds") > 0, true);
    await eventually(
      "an alert says that it was killed",
      () =>
        receivedWith("the agent was killed").some(({ hostname }) => hostname === nodeName(2)) || undefined,
      60_000,
    );
  });
});
