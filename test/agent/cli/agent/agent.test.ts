import assert from "node:assert/strict";
import {
  Agent,
  type AgentOptions,
  type LoadedRules,
  type Source,
} from "../../../../agent/cli/agent/agent.ts";
import { noCounters } from "../../../../agent/cli/agent/counters.ts";
import type { Alert } from "../../../../agent/engine/alert.ts";
import type { RuleSetPlan } from "../../../../agent/rules/plan.ts";

const set = (digest: string, key = ""): LoadedRules => ({
  plan: { digest, rules: [] },
  key,
  from: "1 file",
  failures: [],
  selectsNodes: false,
  mistakes: "",
  warnings: [],
});
const bad: LoadedRules = {
  plan: undefined,
  key: "",
  from: "1 file",
  failures: [],
  selectsNodes: false,
  mistakes: "a.yaml:1:1: wrong\n    x",
  warnings: [],
};

/** An agent over fakes; `sets` are what each load gives in turn. */
function made(
  sets: readonly (LoadedRules | Error)[],
  options: Partial<Source> = {},
  outputs: Partial<AgentOptions["outputs"]> = {},
  further: readonly Source[] = [],
) {
  const log: string[] = [];
  const alerts: Alert[] = [];
  const printed: string[] = [];
  const swapped: RuleSetPlan[] = [];
  let loads = 0;
  const agent = new Agent({
    sources: [
      {
        name: "syscall",
        lastHeard: 0,
        started: Promise.resolve(),
        died: new Promise<string>(() => undefined),
        setRules: async (plan) => void swapped.push(plan),
        counters: () => ({ ...noCounters("syscall"), events: 1 }),
        stop: async () => ({ ...noCounters("syscall"), events: 2 }),
        ...options,
      },
      ...further,
    ],
    outputs: {
      publish: (batch) => void alerts.push(...batch),
      counters: () => [],
      close: async () => undefined,
      ...outputs,
    },
    log: (level, message) => log.push(`${level}: ${message}`),
    hostname: "node7",
    load: async () => {
      const next = sets[Math.min(loads++, sets.length - 1)]!;
      if (next instanceof Error) throw next;
      return next;
    },
    print: (text) => printed.push(text),
    deadline: 50,
    sourceDeadline: 50,
    now: () => 5,
  });
  return { agent, log, alerts, printed, swapped, loads: () => loads };
}

describe("start of the agent", () => {
  it("says that it is ready, with the digest, when the rules are in force", async () => {
    const { agent, log, swapped } = made([set("d1")]);
    assert.equal(await agent.start(), true);
    assert.equal(swapped.length, 1);
    assert.deepEqual(log, ["notice: ready: syscall runs with 0 rules from 1 file, digest d1"]);
    assert.deepEqual([agent.status.digest, agent.status.since], ["d1", 5]);
  });

  it("reads rules once more where that was asked before it was ready", async () => {
    const { agent, log, loads } = made([set("d1"), set("d2")]);
    const starts = agent.start();
    await Promise.all([agent.reload(), agent.reload()]);
    assert.equal(await starts, true);
    await agent.reload();
    assert.equal(agent.status.digest, "d2");
    assert.deepEqual(loads(), 3);
    assert.match(log.join(), /ready: .*digest d1,.*rules swapped: .*digest d2/);
  });

  it("fails with bad rules, and shows the mistakes", async () => {
    const { agent, log, swapped } = made([bad]);
    assert.equal(await agent.start(), false);
    assert.deepEqual([log, swapped], [["critical: a.yaml:1:1: wrong\n    x"], []]);
  });

  it("fails where capture cannot start, and shows mistakes of the rules at the same time", async () => {
    const { agent, log } = made([bad], { started: Promise.reject(new Error("no BTF")) });
    assert.equal(await agent.start(), false);
    assert.deepEqual(log, ["critical: no BTF", "critical: a.yaml:1:1: wrong\n    x"]);
  });
});

describe("reload", () => {
  it("swaps a good set in", async () => {
    const { agent, log, swapped } = made([set("d1"), set("d2")]);
    await agent.start();
    await agent.reload();
    assert.deepEqual(
      swapped.map(({ digest }) => digest),
      ["d1", "d2"],
    );
    assert.equal(log.at(-1), "notice: rules swapped: 0 rules in force, digest d2");
  });

  it("does nothing where nothing changed", async () => {
    const { agent, swapped, log } = made([set("d1")]);
    await agent.start();
    await agent.reload();
    assert.equal(swapped.length, 1);
    assert.match(log.at(-1)!, /nothing changed/);
  });

  it("swaps where only the settings it is compiled with changed", async () => {
    const { agent, swapped } = made([set("d1", "a"), set("d1", "b"), set("d1", "b")]);
    await agent.start();
    await agent.reload();
    await agent.reload();
    assert.equal(swapped.length, 2);
  });

  for (const { name, next, reason } of [
    { name: "a bad set", next: bad, reason: "a.yaml:1:1: wrong" },
    { name: "a set that could not be read", next: new Error("worker ended"), reason: "worker ended" },
  ])
    it(`keeps the good set when ${name} comes, and says so in log, status and an alert`, async () => {
      const { agent, log, alerts, swapped } = made([set("d1"), next, set("d1")]);
      await agent.start();
      await agent.reload();
      assert.equal(swapped.length, 1);
      assert.match(log.at(-1)!, /^error: .*those of digest d1 stay in force$/s);
      assert.deepEqual([agent.status.digest, agent.status.failures], ["d1", 1]);
      assert.match(agent.status.lastFailure!, new RegExp(`^${reason}`));
      assert.deepEqual(
        alerts.map(({ rule, priority, fields, time }) => [rule, priority, fields, time]),
        [
          [
            "Tiercel internal: rules refused",
            2,
            [
              ["digest", "d1"],
              ["reason", reason],
            ],
            5_000_000n,
          ],
        ],
      );
      await agent.reload();
      assert.deepEqual([agent.status.failures, agent.status.lastFailure], [1, undefined]);
    });

  it("that is asked for while another runs is one more reading, however often it was asked for", async () => {
    const { agent, loads } = made([set("d1"), set("d2"), set("d3")]);
    await agent.start();
    await Promise.all([agent.reload(), agent.reload(), agent.reload(), agent.reload()]);
    assert.equal(loads(), 3);
    assert.equal(agent.status.digest, "d3");
  });
});

describe("two sources", () => {
  const events = { ...noCounters("k8s_audit"), events: 5 };
  const second = (options: Partial<Source> = {}): Source => ({
    name: "k8s_audit",
    lastHeard: 0,
    started: Promise.resolve(),
    died: new Promise<string>(() => undefined),
    setRules: async () => undefined,
    counters: () => events,
    stop: async () => events,
    ...options,
  });

  it("get the same set, and the summary adds them up", async () => {
    const digests: string[] = [];
    const setRules = async ({ digest }: RuleSetPlan) => void digests.push(digest);
    const { agent, log, printed } = made([set("d1"), set("d2")], {}, {}, [second({ setRules })]);
    await agent.start();
    assert.deepEqual(log, ["notice: ready: syscall and k8s_audit run with 0 rules from 1 file, digest d1"]);
    await agent.reload();
    assert.deepEqual(digests, ["d1", "d2"]);
    const run = agent.run();
    agent.stop();
    assert.equal(await run, 0);
    assert.match(printed.join(), /^Events seen: 7 \(k8s_audit 5, syscall 2\)\n/);
  });

  it("are needed both", async () => {
    const refused = second({ started: Promise.reject(new Error("port is taken")) });
    const { agent, log } = made([set("d1")], {}, {}, [refused]);
    assert.equal(await agent.start(), false);
    assert.deepEqual(log, ["critical: port is taken"]);
  });

  it("end together when one dies", async () => {
    const { agent, log, printed } = made([set("d1")], {}, {}, [second({ died: Promise.resolve("planted") })]);
    await agent.start();
    assert.equal(await agent.run(), 1);
    assert.ok(log.includes("critical: k8s_audit ended: planted"));
    assert.match(printed.join(), /syscall 2/);
  });
});

describe("end of the agent", () => {
  it("prints the summary of the final counters and exits 0", async () => {
    const { agent, printed } = made([set("d1")]);
    await agent.start();
    const run = agent.run();
    agent.stop();
    assert.equal(await run, 0);
    assert.match(printed.join(), /^Events seen: 2\n/);
  });

  it("prints what an output that hangs did not deliver, which is counted when its time is over", async () => {
    let dropped = 0;
    const hangs = {
      close: (deadline: number) =>
        new Promise<void>((resolve) => {
          setTimeout(() => {
            dropped = 201;
            resolve();
          }, deadline + 5);
        }),
      counters: () => [
        {
          name: "http_output",
          delivered: 0,
          failed: 0,
          dropped,
          queued: 0,
          retried: 0,
          lastError: undefined,
          lastDelivery: undefined,
          healthy: undefined,
        },
      ],
    };
    const { agent, printed } = made([set("d1")], {}, hangs);
    await agent.start();
    const run = agent.run();
    agent.stop();
    await run;
    assert.match(printed.join(), /\nAlerts lost on the way: 201 \(http_output 201\)\n/);
  });

  it("does not wait for a capture thread that hangs", async () => {
    const { agent, printed, log } = made([set("d1")], { stop: () => new Promise(() => undefined) });
    await agent.start();
    const run = agent.run();
    agent.stop();
    assert.equal(await run, 0);
    assert.match(printed.join(), /^Events seen: 1\n/);
    assert.match(log.at(-1)!, /did not end within 50 ms/);
  });

  it("is a failure where it has a reason", async () => {
    const { agent, log } = made([set("d1")]);
    await agent.start();
    const run = agent.run();
    agent.stop("too many events were lost");
    assert.equal(await run, 1);
    assert.ok(log.includes("critical: too many events were lost"));
  });

  it("comes with exit code 1 when the capture thread dies", async () => {
    const { agent, log } = made([set("d1")], { died: Promise.resolve("planted") });
    await agent.start();
    assert.equal(await agent.run(), 1);
    assert.ok(log.includes("critical: syscall ended: planted"));
  });
});
