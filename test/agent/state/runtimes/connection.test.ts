import assert from "node:assert/strict";
import type { ContainerFacts, PodSandbox } from "../../../../agent/state/container-facts.ts";
import { Connection } from "../../../../agent/state/runtimes/connection.ts";
import type { RuntimeClient } from "../../../../agent/state/runtimes/runtime.ts";
import { FakeClock } from "./clock.ts";

describe("a connection to a container runtime", () => {
  const told: string[] = [];
  const called: string[] = [];
  const client: RuntimeClient = {
    type: "docker",
    version: "27",
    facts: (id) =>
      Promise.resolve({ id, type: "docker", pod: { name: "web" } as PodSandbox } as ContainerFacts),
    list: () => (called.push("list"), Promise.resolve([{ id: "a", running: true }])),
    watch: () => (called.push("watch"), Promise.resolve()),
    close: () => called.push("close"),
  };
  const connect = async (user: number | undefined) => {
    told.length = 0;
    called.length = 0;
    const connection = new Connection(
      { path: "/s", language: "docker", user },
      {
        clock: new FakeClock(),
        random: () => 0.5,
        open: () => Promise.resolve(client),
        onUp: () => told.push("up"),
        onStarted: (id) => told.push(`${id} started`),
        onGone: (id) => told.push(`${id} gone`),
        log: () => {},
      },
    );
    await connection.connect();
    return connection;
  };

  it("lists and watches a runtime of root, and believes which pods it names", async () => {
    const connection = await connect(undefined);
    assert.deepEqual(told, ["up", "a started"]);
    assert.deepEqual(called, ["watch", "list"]);
    assert.equal(((await connection.ask("a", "/")) as ContainerFacts).pod?.name, "web");
  });

  it("neither lists nor watches a user's, nor believes that its containers are in pods of Kubernetes", async () => {
    const connection = await connect(1000);
    assert.deepEqual(told, ["up"]);
    assert.deepEqual(called, []);
    assert.equal(((await connection.ask("a", "/")) as ContainerFacts).pod, undefined);
    connection.close();
    assert.deepEqual(called, ["close"]);
    assert.equal(await connection.ask("a", "/"), "failed");
  });
});
