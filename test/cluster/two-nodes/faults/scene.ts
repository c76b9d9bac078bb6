/** What all tests of faults begin with: the release, a rule that matches the senders' files, a sink of each kind without a group. */
import assert from "node:assert/strict";
import { eventually } from "../../../system/support/commands.ts";
import { mustKubectl } from "../cluster.ts";
import { nodeName, nodeNumbers, type NodeNumber } from "../layout.ts";
import { home, installed } from "../shared.ts";
import { Receiver, receiverUrl } from "./receiver.ts";
import { Senders } from "./sender.ts";
import { agentOn, emptyFiles, inAlerts, inEvents, inFile, received, type Told } from "./told.ts";

const apiVersion = "tiercel.dev/v1alpha1";

/** The rule; its output begins with `word`. */
export const ruleOf = (word: string, name = "marked") => ({
  apiVersion,
  kind: "FalcoRule",
  metadata: { name, namespace: home },
  spec: {
    rules: [
      {
        rule: name === "marked" ? "Marked file opened" : `Marked file opened, ${name}`,
        desc: "A sender opened a file.",
        condition: "evt.type = openat and fd.name startswith /marked/",
        output: `${word} %fd.nameraw`,
        priority: "WARNING",
      },
    ],
  },
});

const sink = (name: string, spec: object) => ({
  apiVersion,
  kind: "AlertSink",
  metadata: { name, namespace: home },
  spec,
});

export async function apply(...objects: readonly object[]): Promise<void> {
  await mustKubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
}

/** Waits until all agents run the rule as it is now. */
export async function ruleIsReady(name = "marked"): Promise<void> {
  const { generation } = (await ruleObject(name)).metadata;
  await eventually(
    `the rule ${name} is ready`,
    async () => {
      const { status } = await ruleObject(name);
      const ready = status?.conditions?.find(({ type }) => type === "Ready");
      return ready?.status === "True" && ready.observedGeneration === generation ? true : undefined;
    },
    120_000,
  );
}

async function ruleObject(name: string) {
  return JSON.parse(await mustKubectl(["get", "falcorule", name, "-n", home, "-o", "json"])) as {
    metadata: { generation: number };
    status?: { conditions?: { type: string; status: string; observedGeneration: number }[] };
  };
}

/** Values of the release: enough requests that objects follow soon, and few matters so that a storm has more than are kept. */
export const values = [
  "defaultRules.enabled=false",
  "settings.report.writes_per_minute=6000",
  "agent.logFolder=/var/log/tiercel",
];

/** How far before the last sign of life, or after the first, a match may be missed: signs are a second apart. */
const slack = 2000;

export interface Scene {
  readonly senders: Senders;
  stop(): Promise<void>;
}

/** Fulfilled when a first match of each node came to both sinks. `more`: further values of the chart. */
export async function openScene(...more: readonly string[]): Promise<Scene> {
  await installed(...values, ...more);
  const receiver = await Receiver.start();
  emptyFiles();
  await apply(
    ruleOf("marked"),
    sink("receiver", { webhook: { url: receiverUrl, format: "json" } }),
    sink("node-file", { file: { name: "faults.json", format: "json" } }),
  );
  const senders = await Senders.start();
  await ruleIsReady();
  for (const node of nodeNumbers) {
    const name = `begin${Date.now()}`;
    await senders.send({ node, name, matches: 1, matters: 1, pause: 0 }).done;
    await eventually(
      `a first match of node ${node} is told`,
      () => (received(name).length > 0 && inFile(name, node).length > 0 ? true : undefined),
      60_000,
    );
  }
  return {
    senders,
    async stop() {
      await receiver.stop();
      await senders.stop();
      await mustKubectl(["delete", "falcorules,alertsinks", "--all", "-n", home]);
    },
  };
}

/** Waits until no more comes for a while. */
export async function settled(
  read: () => readonly Told[],
  enough: number,
  bound = 120_000,
): Promise<readonly Told[]> {
  return eventually(
    `${enough} matches are told, not ${read().length}`,
    () => (read().length >= enough ? read() : undefined),
    bound,
  );
}

/** Waits until SecurityAlerts and Events count exactly so many matches of a run. */
export async function objectsCount(run: string, matches: number): Promise<void> {
  for (const read of [inAlerts, inEvents]) {
    let last = 0;
    await eventually(
      `objects count ${matches} matches of ${run}`,
      async () => {
        last = (await read(run)).matches;
        return last === matches || undefined;
      },
      120_000,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; ${read.name} says ${last}`);
    });
  }
}

/** Each number from 1 to `matches` once and in order. @throws AssertionError that shows the first difference */
export function assertWhole(told: readonly Told[], matches: number, where: string): void {
  const numbers = told.map(({ number }) => number);
  const wanted = Array.from({ length: matches }, (_, index) => index + 1);
  const wrong = wanted.findIndex((number, index) => numbers[index] !== number);
  const near = numbers.slice(Math.max(0, wrong - 3), wrong + 4).join(" ");
  assert.ok(
    wrong === -1,
    `${where}: number ${wrong + 1} is not in its place: ... ${near} ... of ${numbers.length}`,
  );
  assert.equal(numbers.length, matches, where);
}

/**
 * That a run was told as a whole but for one gap, and that the agent which came after it says from when until when.
 * @throws AssertionError that shows what is missing where
 */
export async function assertOneGap(
  node: NodeNumber,
  told: readonly Told[],
  matches: number,
  why: "killed" | "ended",
): Promise<void> {
  const breaks = told.flatMap((after, index) => {
    const before = told[index - 1] ?? { number: 0, time: 0 };
    return after.number === before.number + 1 ? [] : [{ before, after }];
  });
  assert.deepEqual([told[0]?.number, told.at(-1)?.number], [1, matches], "the first and the last are told");
  const text = breaks.map(({ before, after }) => `${before.number} ${after.number}`).join(", ");
  assert.ok(breaks.length <= 1, `more than one gap: ${text}`);
  const holds = async () => {
    const { reason, message } = await unbroken(node);
    assert.equal(reason, why === "killed" ? "Killed" : "StartedAnew");
    const [from, until] = /from (\S+) until (\S+):/
      .exec(message)!
      .slice(1)
      .map((time) => Date.parse(time));
    for (const { before, after } of breaks) {
      assert.ok(before.time >= from! - slack, `${before.number} came long before: ${message}`);
      assert.ok(after.time <= until! + slack, `${after.number} came long after: ${message}`);
    }
  };
  // The agent that came says so some moments later.
  let last: unknown;
  await eventually(
    "the NodeAgent tells of the gap",
    () =>
      holds().then(
        () => true as const,
        (error: unknown) => void (last = error),
      ),
    60_000,
  ).catch(() => {
    throw last;
  });
}

/** What a NodeAgent says of the time before its agent. */
async function unbroken(node: NodeNumber): Promise<{ reason: string; message: string }> {
  const text = await mustKubectl(["get", "nodeagent", nodeName(node), "-o", "json"]);
  const { status } = JSON.parse(text) as {
    status: { conditions: { type: string; reason: string; message: string }[] };
  };
  return status.conditions.find(({ type }) => type === "Unbroken")!;
}

/** Whether the agent's pod on a node is ready again. */
export async function agentIsReady(node: (typeof nodeNumbers)[number]): Promise<void> {
  const { name } = await agentOn(node);
  await mustKubectl(["wait", "-n", home, `pod/${name}`, "--for=condition=Ready", "--timeout=120s"]);
}
