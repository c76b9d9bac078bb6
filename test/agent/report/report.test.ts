import assert from "node:assert/strict";
import type { Alert } from "../../../agent/engine/alert.ts";
import { ApiFault, statusFault } from "../../../agent/kube/fault.ts";
import { countOf } from "./made-api.ts";
import { hostAlert, MadeReport, podAlert } from "./sample.ts";

const at = (seconds: number) => 1_700_000_000_000_000_000n + BigInt(seconds) * 1_000_000_000n;
const requests = (made: MadeReport) =>
  made.api.requests
    .filter(({ path }) => !path.includes("nodeagents"))
    .map(({ method, path }) => `${method} ${path.split("/").slice(5).join("/")}`);

describe("reports", () => {
  it("make one SecurityAlert and one Event of a matter, and count repeats", async () => {
    const made = await new MadeReport().open();
    made.report.publish([podAlert("web-0", "/f", { time: at(0), message: "first" })]);
    await made.clock.advance(1000);
    const [alert] = made.api.of("SecurityAlert");
    const [event] = made.api.of("Event");
    assert.deepEqual(alert!["spec"], {
      rule: "Terminal shell in container",
      falcoRule: { namespace: "tiercel-system", name: "shells" },
      priority: "Notice",
      source: "syscall",
      tags: ["container", "shell"],
      node: "node-1",
      pod: "web-0",
      podUID: "uid-of-web-0",
      container: "web",
      containerID: "c0ffee",
      image: "nginx:1",
      output: "first",
      outputFields: { "proc.name": "bash", "user.uid": 0 },
    });
    const times = { firstSeen: "2023-11-14T22:13:20.000000Z", lastSeen: "2023-11-14T22:13:20.000000Z" };
    assert.deepEqual(alert!.status, { count: 1, ...times, lastOutput: "first" });
    const { metadata, ...rest } = event!;
    assert.deepEqual([metadata.name, metadata["namespace"]], [alert!.metadata.name, "shop"]);
    assert.deepEqual(rest, {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      eventTime: "2023-11-14T22:13:20.000000Z",
      reportingController: "tiercel.dev/agent",
      reportingInstance: "node-1",
      action: "Detected",
      reason: "TerminalShellInContainer",
      regarding: { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web-0", uid: "uid-of-web-0" },
      note: "first",
      type: "Normal",
    });
    for (let second = 1; second <= 100; second++) {
      made.report.publish([podAlert("web-0", "/f", { time: at(second), message: `number ${second}` })]);
      await made.clock.advance(100);
    }
    await made.clock.advance(60_000);
    assert.deepEqual(alert!.status, {
      count: 101,
      firstSeen: times.firstSeen,
      lastSeen: "2023-11-14T22:15:00.000000Z",
      lastOutput: "number 100",
    });
    assert.deepEqual(event!.series, { count: 101, lastObservedTime: "2023-11-14T22:15:00.000000Z" });
    assert.ok(requests(made).length <= 10, "repeats are written seldom");
  });

  it("go to the pod's namespace, and for hosts to the operator's and to the node", async () => {
    const made = await new MadeReport().open();
    made.report.publish([hostAlert("/f", { time: at(0), priority: 2 })]);
    await made.clock.advance(1000);
    assert.deepEqual(requests(made).slice(0, 2).sort(), [
      "POST default/events",
      "POST tiercel-system/securityalerts",
    ]);
    const [event] = made.api.of("Event");
    assert.deepEqual(event!["regarding"], { apiVersion: "v1", kind: "Node", name: "node-1", uid: "node-1" });
    assert.equal(event!["type"], "Warning");
  });

  it("leave out what is less urgent than asked for", async () => {
    const made = await new MadeReport().open({ least: { alerts: 4, events: 5 } });
    made.report.publish([
      podAlert("a", "/f"),
      podAlert("b", "/f", { priority: 6 }),
      podAlert("c", "/f", { priority: 4 }),
    ]);
    await made.clock.advance(1000);
    assert.deepEqual(
      made.api.of("SecurityAlert").map(({ spec }) => (spec as { pod: string }).pod),
      ["c"],
    );
    assert.equal(made.api.of("Event").length, 2);
  });

  it("make a new SecurityAlert after a closed one, and never touch what people said", async () => {
    const made = await new MadeReport().open();
    const publish = async (second: number) => {
      made.report.publish([podAlert("web-0", "/f", { time: at(second) })]);
      await made.clock.advance(120_000);
    };
    await publish(0);
    const [first] = made.api.of("SecurityAlert");
    made.api.edit(first!, (object) => (object.status = { ...object.status, state: "Acknowledged" }));
    await publish(200);
    assert.deepEqual([first!.status!["count"], first!.status!["state"]], [2, "Acknowledged"]);
    made.api.edit(first!, (object) => (object.status = { ...object.status, state: "Closed" }));
    await publish(400);
    await publish(600);
    const [, second, ...more] = made.api.of("SecurityAlert");
    assert.deepEqual([first!.status!["count"], first!.status!["state"]], [2, "Closed"]);
    assert.deepEqual(
      [second!.status!["count"], second!.status!["firstSeen"]],
      [2, "2023-11-14T22:20:00.000000Z"],
    );
    assert.equal(more.length, 0);
    assert.ok(requests(made).every((request) => !request.includes("Closed")));
    assert.ok(
      made.api.requests.every(({ body }) => !body!.text.includes('"state"')),
      "state is never written",
    );
  });

  it("find what an earlier life made, though they may not get it", async () => {
    const made = await new MadeReport().open();
    made.report.publish([podAlert("web-0", "/f", { time: at(0) })]);
    await made.clock.advance(10_000);
    await made.report.stop(1000);
    const next = await new MadeReport(made.api, made.clock).open();
    next.report.publish([podAlert("web-0", "/f", { time: at(1) })]);
    await made.clock.advance(10_000);
    assert.deepEqual([...made.api.of("SecurityAlert"), ...made.api.of("Event")].map(countOf), [2, 2]);
    assert.ok(made.api.requests.every(({ method }) => method !== "GET"));
  });

  it("keep to the budget, say so, and lose nothing", async () => {
    const made = await new MadeReport().open({ writesPerMinute: 20 });
    for (let file = 0; file < 100; file++)
      made.report.publish([podAlert("web-0", `/f${file}`, { time: at(file) })]);
    const before = requests(made).length;
    await made.clock.advance(60_000);
    const minute = requests(made).length - before;
    assert.ok(minute >= 15 && minute <= 20, `${minute} writes in a minute`);
    assert.match(made.said.join("\n"), /report.writes_per_minute/);
    const { alerts, writer } = made.report.status();
    assert.equal(alerts.written + alerts.waiting, 100);
    assert.ok(writer.budgetWaits > 0);
    await made.clock.advance(3_600_000);
    assert.equal(
      made.api.of("SecurityAlert").reduce((sum, object) => sum + countOf(object), 0),
      100,
    );
  });

  it("do not let a flood of one pod hold up another's matter", async () => {
    const made = await new MadeReport().open({ writesPerMinute: 20 });
    for (let file = 0; file < 500; file++) made.report.publish([podAlert("flood", `/f${file}`)]);
    await made.clock.advance(1000);
    made.report.publish([podAlert("quiet", "/f")]);
    await made.clock.advance(20_000);
    assert.ok(made.api.of("Event").some(({ regarding }) => (regarding as { name: string }).name === "quiet"));
  });

  it("keep so many matters, and count what has no room", async () => {
    const made = await new MadeReport().open({ bounds: { groups: 50, characters: 1 << 20 } });
    made.api.refuse = () => new ApiFault("network", "ECONNREFUSED");
    made.report.publish([podAlert("quiet", "/f")]);
    for (let file = 0; file < 200; file++) made.report.publish([podAlert("flood", `/f${file}`)]);
    const { alerts } = made.report.status();
    assert.deepEqual([alerts.groups, alerts.waiting, alerts.held.table_full], [50, 50, 151]);
    made.api.refuse = () => undefined;
    await made.clock.advance(600_000);
    assert.ok(made.api.of("SecurityAlert").some(({ spec }) => (spec as { pod: string }).pod === "quiet"));
    const condition = made.api.of("NodeAgent")[0]!.status!["conditions"] as {
      type: string;
      message: string;
    }[];
    assert.match(condition.find(({ type }) => type === "Reported")!.message, /table_full 302/);
  });

  it("forget what has nothing to write before what waits, however old that is", async () => {
    const made = await new MadeReport().open({ bounds: { groups: 50, characters: 1 << 20 } });
    made.report.publish([podAlert("old", "/f")]);
    await made.clock.advance(1000);
    made.report.publish([podAlert("old", "/f")]);
    for (let file = 0; file < 60; file++) {
      made.report.publish([podAlert("web-0", `/f${file}`)]);
      await made.clock.advance(20);
    }
    assert.equal(made.report.status().alerts.waiting, 1);
    await made.clock.advance(60_000);
    assert.deepEqual(made.report.status().alerts.held.table_full, 0);
    const old = made.api.of("SecurityAlert").find(({ spec }) => (spec as { pod: string }).pod === "old");
    assert.equal(countOf(old!), 2);
  });

  it("keep the first of too many matters that repeat in turn, with all their matches", async () => {
    const made = await new MadeReport().open({ bounds: { groups: 50, characters: 1 << 20 } });
    made.api.refuse = () => new ApiFault("network", "ECONNREFUSED");
    for (let round = 0; round < 10; round++)
      for (let file = 0; file < 150; file++) made.report.publish([podAlert("flood", `/f${file}`)]);
    const { alerts } = made.report.status();
    assert.deepEqual([alerts.groups, alerts.waiting, alerts.held.table_full], [50, 500, 1000]);
    made.api.refuse = () => undefined;
    await made.clock.advance(600_000);
    assert.deepEqual(new Set(made.api.of("SecurityAlert").map(countOf)), new Set([10]));
  });

  it("keep what is urgent in place of what is not, of which that goes first that matched least, the newest first", async () => {
    const made = await new MadeReport().open({ bounds: { groups: 12, characters: 1 << 20 } });
    made.api.refuse = () => new ApiFault("network", "ECONNREFUSED");
    const publish = (name: string, priority: Alert["priority"] = 5) =>
      made.report.publish([podAlert("web-0", name, { priority, message: name })]);
    for (let file = 0; file < 12; file++) publish(`notice${file}`);
    for (const file of [3, 11]) publish(`notice${file}`);
    for (let file = 0; file < 2; file++) publish(`critical${file}`, 2);
    publish("late");
    made.api.refuse = () => undefined;
    await made.clock.advance(600_000);
    const outputs = made.api.of("SecurityAlert").map(({ spec }) => (spec as { output: string }).output);
    assert.deepEqual(outputs.sort(), [
      "critical0",
      "critical1",
      ...["notice0", "notice1", "notice11"],
      ...[2, 3, 4, 5, 6, 7, 8].map((file) => `notice${file}`),
    ]);
  });

  it("keep so many characters", async () => {
    const made = await new MadeReport().open({ bounds: { groups: 5000, characters: 100_000 } });
    made.api.refuse = () => new ApiFault("network", "ECONNREFUSED");
    for (let file = 0; file < 1000; file++)
      made.report.publish([podAlert("flood", `/f${file}`, { message: "x".repeat(5000) })]);
    const { alerts } = made.report.status();
    assert.ok(alerts.groups <= 12, String(alerts.groups));
    assert.equal(alerts.waiting + alerts.held.table_full, 1000);
  });

  it("wait while the API is away, seldom asking, and go on with what it knows", async () => {
    const made = await new MadeReport().open();
    made.api.refuse = () => new ApiFault("network", "ECONNREFUSED");
    for (let second = 0; second < 600; second++) {
      made.report.publish([podAlert("web-0", "/f", { time: at(second) })]);
      await made.clock.advance(1000);
    }
    assert.match(made.report.status().writer.away!, /ECONNREFUSED/);
    assert.ok(requests(made).length < 60, `${requests(made).length} requests in ten minutes`);
    made.api.refuse = () => undefined;
    await made.clock.advance(120_000);
    assert.deepEqual([...made.api.of("SecurityAlert"), ...made.api.of("Event")].map(countOf), [600, 600]);
    assert.equal(made.report.status().writer.away, undefined);
  });

  const refusals = [
    {
      name: "a namespace that is gone",
      status: 404,
      message: 'namespaces "shop" not found',
      cause: "namespace_gone",
      asked: 1,
    },
    {
      name: "a namespace that ends",
      status: 403,
      message: "unable to create new content in namespace shop because it is being terminated",
      cause: "namespace_gone",
      asked: 1,
    },
    {
      name: "an object that is wrong",
      status: 422,
      message: "spec.rule: Too long",
      cause: "refused",
      asked: 1,
    },
    { name: "missing rights", status: 403, message: "cannot create resource", cause: "refused", asked: 6 },
  ] as const;
  for (const { name, status, message, cause, asked } of refusals)
    it(`count what ${name} refuses, and do not try for ever`, async () => {
      const made = await new MadeReport().open();
      made.api.refuse = ({ path }) =>
        path.includes("/namespaces/") ? statusFault(status, { code: status, message }) : undefined;
      made.report.publish([podAlert("web-0", "/f"), podAlert("web-0", "/f")]);
      await made.clock.advance(3_600_000);
      const { alerts, events } = made.report.status();
      assert.deepEqual([alerts.held[cause], events.held[cause], alerts.waiting], [2, 2, 0]);
      assert.equal(requests(made).length, 2 * asked);
    });

  it("wait a little for a server that has not read its roles yet, and are all written", async () => {
    const made = await new MadeReport().open();
    const message = 'cannot create resource: RBAC: [clusterrole.rbac.authorization.k8s.io "a" not found, x]';
    made.api.refuse = () => statusFault(403, { code: 403, message });
    made.report.publish([podAlert("web-0", "/f"), podAlert("web-0", "/f")]);
    await made.clock.advance(5_000);
    made.api.refuse = () => undefined;
    await made.clock.advance(30_000);
    assert.deepEqual([...made.api.of("SecurityAlert"), ...made.api.of("Event")].map(countOf), [2, 2]);
  });

  it("ask seldom for a kind that is not there, and then write what waited", async () => {
    const made = await new MadeReport().open();
    made.api.refuse = ({ path }) =>
      path.includes("securityalerts")
        ? statusFault(404, { message: "the server could not find the requested resource" })
        : undefined;
    made.report.publish([podAlert("web-0", "/f"), podAlert("web-0", "/g")]);
    await made.clock.advance(1_200_000);
    assert.equal(made.api.of("Event").length, 2, "Events go on");
    assert.ok(requests(made).filter((request) => request.includes("securityalerts")).length <= 5);
    made.api.refuse = () => undefined;
    await made.clock.advance(600_000);
    assert.deepEqual(made.api.of("SecurityAlert").map(countOf), [1, 1]);
  });

  it("make anew what somebody deleted", async () => {
    const made = await new MadeReport().open();
    made.report.publish([podAlert("web-0", "/f", { time: at(0) })]);
    await made.clock.advance(10_000);
    made.api.objects.clear();
    made.report.publish([podAlert("web-0", "/f", { time: at(1) })]);
    await made.clock.advance(60_000);
    assert.deepEqual([...made.api.of("SecurityAlert"), ...made.api.of("Event")].map(countOf), [1, 1]);
  });

  it("write nothing while nothing matches", async () => {
    const made = await new MadeReport().open();
    made.report.publish([podAlert("web-0", "/f")]);
    await made.clock.advance(60_000);
    const before = requests(made).length;
    await made.clock.advance(3_600_000);
    assert.equal(requests(made).length, before);
  });

  it("count what was lost where there is no disk and the API is away at the end", async () => {
    const made = await new MadeReport().open();
    made.api.refuse = () => new ApiFault("network", "ECONNREFUSED");
    made.report.publish([podAlert("web-0", "/f")]);
    const stopping = made.report.stop(2000);
    await made.clock.advance(2000);
    await stopping;
    assert.equal(made.report.status().alerts.held.ended, 1);
  });
});
