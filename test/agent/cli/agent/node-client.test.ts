import assert from "node:assert/strict";
import { NodeClient } from "../../../../agent/cli/agent/node-client.ts";
import type { ProcessFacts } from "../../../../agent/state/facts.ts";
import type { UserFiles } from "../../../../agent/state/users.ts";
import { eventually } from "../../../system/support/commands.ts";

describe("the thread that reads /proc", () => {
  let client: NodeClient;
  const loaded: (readonly ProcessFacts[])[] = [];
  const completed = new Map<number, ProcessFacts | undefined>();
  const users = new Map<string, UserFiles | undefined>();
  const errors: Error[] = [];

  beforeEach(() => {
    loaded.length = 0;
    completed.clear();
    const data = { controller: "", clockOffset: 0n };
    client = new NodeClient({ data, idle: 50, onError: (error) => errors.push(error) });
    client.start((input) => {
      if (input.kind === "scan") loaded.push(input.processes);
      if (input.kind === "process") completed.set(input.pid, input.facts);
      if (input.kind === "users") users.set(input.containerId, input.files);
    });
  });
  afterEach(() => client.close());

  it("starts with the first question and ends when none came for a while, again and again", async () => {
    assert.equal(client.runs, false);
    for (let round = 0; round < 2; round++) {
      await client.scan();
      assert.equal(client.runs, true);
      assert.ok(loaded[round]!.some(({ pid }) => pid === process.pid));
      await eventually("the thread ends", () => (client.runs ? undefined : true));
    }
    assert.deepEqual(errors, []);
  });

  it("answers for one process, and for one that is gone", async () => {
    client.process(process.pid);
    client.process(2 ** 30);
    await eventually("both answers", () => (completed.size === 2 ? true : undefined));
    assert.equal(completed.get(process.pid)?.pid, process.pid);
    assert.equal(completed.get(2 ** 30), undefined);
  });

  it("knows the node's users, also where process 1 lets nobody into its root", async () => {
    client.usersOf("host", 1);
    await eventually("the users", () => (users.has("host") ? true : undefined));
    assert.match(users.get("host")?.passwd ?? "", /^root:/m);
  });

  it("stays while names are looked up again and again", async () => {
    await client.lookUp(["localhost"], 5000);
    await client.scan();
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.equal(client.runs, true);
  });
});
