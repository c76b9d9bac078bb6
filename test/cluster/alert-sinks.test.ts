/** AlertSinks on a real API server: their Secrets come, change and go; agents are told, and nothing secret leaks. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { alertSinksController } from "../../operator/controllers/alert-sinks/controller.ts";
import { ClusterClient } from "../../operator/kube/cluster-client.ts";
import type { KubeObject } from "../../operator/kube/object.ts";
import { resources } from "../../operator/kube/resources.ts";
import { root } from "../support/reference.ts";
import { ControlPlane } from "./control-plane.ts";
import { runController, type RunningController } from "./run-controller.ts";

const namespace = "tiercel-system";

interface Data extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}
interface Entry {
  readonly namespace: string;
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly test?: { readonly id: string; readonly node: string };
}
interface Sink extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly test?: { readonly id: string; readonly node?: string };
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
    }[];
  };
}

/** Tries until nothing is thrown, at most ten seconds. */
async function holds<T>(check: () => Promise<T>, what: string): Promise<T> {
  for (const end = Date.now() + 10_000; ; await sleep(20))
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw new Error(`${what} did not come: ${String(error)}`, { cause: error });
    }
}

describe("AlertSinks on a real API server", function () {
  this.timeout(120_000);
  let plane: ControlPlane;
  let client: ClusterClient;
  let running: RunningController | undefined;
  const log: string[] = [];

  const begin = async (teamSecrets = true) => {
    running = await runController({ cluster: plane, namespace }, (context) =>
      alertSinksController(context, { teamSecrets }),
    );
  };
  const stop = async () => {
    log.push(...(running?.log ?? []));
    await running?.stop();
    running = undefined;
  };
  before(async function () {
    plane = await ControlPlane.start(this);
    client = new ClusterClient(plane.as("admin"));
    for (const name of [namespace, "red", "blue"])
      await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    for (const file of readdirSync(`${root}crds`))
      await plane.apply(readFileSync(`${root}crds/${file}`, "utf8"));
    const { code, stderr } = await plane.kubectl(["wait", "--for=condition=Established", "crd", "--all"]);
    assert.equal(code, 0, stderr);
    await begin();
  });
  after(async () => {
    await stop();
    await plane?.stop();
  });

  const sink = (key: string, spec: object, annotations: Record<string, string> = {}) => {
    const [home = "", name = ""] = key.split("/");
    return plane.apply({
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "AlertSink",
      metadata: { namespace: home, name, annotations },
      spec,
    });
  };
  const secret = (key: string, stringData: Record<string, string>) => {
    const [home = "", name = ""] = key.split("/");
    return plane.apply({ apiVersion: "v1", kind: "Secret", metadata: { namespace: home, name }, stringData });
  };
  const remove = (kind: "alertSinks" | "secrets", key: string) => {
    const [home = "", name = ""] = key.split("/");
    return client.delete({ resource: resources[kind], namespace: home, name });
  };
  const made = async (kind: "configMaps" | "secrets") =>
    (await client.get<Data>({ resource: resources[kind], namespace, name: "tiercel-sinks" }))?.data ?? {};
  const entries = async () =>
    (JSON.parse((await made("configMaps"))["sinks.json"] ?? '{"sinks":[]}') as { sinks: Entry[] }).sinks;
  const names = async () => (await entries()).map((entry) => `${entry.namespace}/${entry.name}`);
  const values = async () =>
    Object.fromEntries(
      Object.entries(await made("secrets")).map(([key, value]) => [
        key,
        Buffer.from(value, "base64").toString(),
      ]),
    );
  const status = async (key: string) => {
    const [home = "", name = ""] = key.split("/");
    return (await client.get<Sink>({ resource: resources.alertSinks, namespace: home, name }))?.status;
  };
  const accepted = async (key: string) =>
    (await status(key))?.conditions?.find(({ type }) => type === "Accepted");
  const becomes = (key: string, reason: string) =>
    holds(async () => {
      const condition = await accepted(key);
      assert.equal(condition?.reason, reason, condition?.message);
      return condition;
    }, `${key} is ${reason}`);
  const webhook = (name: string, key: string) => ({ webhook: { urlFrom: { secretKeyRef: { name, key } } } });

  it("are given to agents, sorted, with what belongs to them", async () => {
    await sink("red/b", { webhook: { url: "http://b.red/" }, filter: { minPriority: "WARNING" } });
    await sink(`${namespace}/a`, { file: { name: "a.log" }, group: { window: "30s", by: ["rule"] } });
    await becomes("red/b", "Accepted");
    await becomes(`${namespace}/a`, "Accepted");
    assert.deepEqual(await entries(), [
      {
        namespace: "red",
        name: "b",
        spec: { webhook: { url: "http://b.red/" }, filter: { minPriority: "WARNING" } },
      },
      { namespace, name: "a", spec: { file: { name: "a.log" }, group: { window: "30s", by: ["rule"] } } },
    ]);
    const { metadata } = (await client.get({
      resource: resources.configMaps,
      namespace,
      name: "tiercel-sinks",
    }))!;
    assert.equal(metadata.labels?.["app.kubernetes.io/component"], "sinks");
    assert.equal((await status("red/b"))?.observedGeneration, 1);
  });

  it("wait for a Secret, take it when it comes, again when it is rotated, and say when it went", async () => {
    await sink("red/hook", webhook("hook", "url"));
    assert.equal(
      (await becomes("red/hook", "SecretNotFound")).message,
      "spec.webhook.urlFrom: there is no Secret red/hook; its alerts wait on the nodes until then",
    );
    const key = "red.hook.webhook.urlFrom";
    assert.deepEqual((await entries()).find(({ name }) => name === "hook")?.spec, {
      webhook: { urlFrom: { secret: key } },
    });
    assert.deepEqual(await values(), {});
    await secret("red/hook", { other: "x" });
    assert.match((await becomes("red/hook", "KeyNotFound")).message, /Secret red\/hook has no key url/);
    await secret("red/hook", { url: "https://hooks.example/s3cr3t-one\n", other: "n0t-asked-for" });
    await becomes("red/hook", "Accepted");
    assert.deepEqual(await values(), { [key]: "https://hooks.example/s3cr3t-one" });
    await secret("red/hook", { url: "https://hooks.example/s3cr3t-two" });
    await holds(
      async () => assert.deepEqual(await values(), { [key]: "https://hooks.example/s3cr3t-two" }),
      "the new value",
    );
    await remove("secrets", "red/hook");
    await becomes("red/hook", "SecretNotFound");
    assert.deepEqual(await values(), {});
    await secret("red/hook", { url: "https://hooks.example/s3cr3t-three" });
    await becomes("red/hook", "Accepted");
  });

  it("say what is wrong with a value without showing it", async () => {
    await secret("red/odd", { url: "s3cr3t but no URL", empty: "", header: "s3cr3t\u0001" });
    await sink("red/odd", webhook("odd", "url"));
    assert.match(
      (await becomes("red/odd", "Invalid")).message,
      /^spec\.webhook\.urlFrom: key url of Secret red\/odd is no http or https URL/,
    );
    await sink("red/odd", webhook("odd", "empty"));
    await holds(async () => assert.match((await accepted("red/odd"))?.message ?? "", /is empty/), "empty");
    const headers = [{ name: "Authorization", valueFrom: { secretKeyRef: { name: "odd", key: "header" } } }];
    await sink("red/odd2", { webhook: { url: "http://x.red/", headers } });
    await holds(
      async () =>
        assert.match(
          (await accepted("red/odd2"))?.message ?? "",
          /^spec\.webhook\.headers\.0\.valueFrom: key header .* has characters that no header may have/,
        ),
      "header",
    );
    for (const key of ["red/odd", "red/odd2"]) await remove("alertSinks", key);
  });

  it("read a team's Secret from its own namespace only", async () => {
    await secret("blue/only-blue", { url: "https://hooks.example/s3cr3t-blue" });
    await sink("red/thief", webhook("only-blue", "url"));
    assert.match((await becomes("red/thief", "SecretNotFound")).message, /there is no Secret red\/only-blue/);
    assert.ok(!JSON.stringify(await values()).includes("s3cr3t-blue"));
    await remove("alertSinks", "red/thief");
  });

  for (const [kind, spec] of [
    ["stdout", { stdout: {} }],
    ["file", { file: { name: "x.log" } }],
    ["syslog", { syslog: {} }],
  ] as const)
    it(`of a team are no ${kind}: agents never hear of it`, async () => {
      await sink("red/local", spec);
      assert.match(
        (await becomes("red/local", "NotAllowed")).message,
        new RegExp(`^spec\\.${kind}: .* only be in the operator's namespace ${namespace}`),
      );
      assert.ok(!(await names()).includes("red/local"));
      await remove("alertSinks", "red/local");
      await holds(async () => assert.equal(await status("red/local"), undefined), "it is gone");
    });

  it("that are wrong or wait keep nobody else; one that is deleted is taken from agents, with its credential", async () => {
    await secret("red/hook2", { url: "https://hooks.example/s3cr3t-hook2" });
    await sink("red/bad", webhook("nowhere", "url"));
    await sink("red/good", webhook("hook2", "url"));
    await becomes("red/good", "Accepted");
    await becomes("red/bad", "SecretNotFound");
    assert.ok((await values())["red.good.webhook.urlFrom"]);
    await remove("alertSinks", "red/good");
    await holds(async () => assert.ok(!(await names()).includes("red/good")), "it is taken from agents");
    assert.equal((await values())["red.good.webhook.urlFrom"], undefined);
    assert.ok((await names()).includes("red/bad"));
    await remove("alertSinks", "red/bad");
  });

  it("give a test message to one node, once an agent is there, and none where the annotation went", async () => {
    await sink("red/tested", { webhook: { url: "http://t.red/" } }, { "tiercel.dev/test": "one" });
    await holds(async () => assert.deepEqual((await status("red/tested"))?.test, { id: "one" }), "the wish");
    const agent = {
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "NodeAgent",
      spec: { node: "node-7", role: "node" },
    };
    await plane.apply({ ...agent, metadata: { name: "node-7" } });
    const test = async () => (await entries()).find(({ name }) => name === "tested")?.test;
    await holds(async () => assert.deepEqual(await test(), { id: "one", node: "node-7" }), "the node");
    await holds(async () => assert.equal((await status("red/tested"))?.test?.node, "node-7"), "the status");
    await plane.apply({ ...agent, spec: { node: "node-8", role: "node" }, metadata: { name: "node-8" } });
    await sink("red/tested", { webhook: { url: "http://t2.red/" } }, { "tiercel.dev/test": "one" });
    await holds(async () => {
      const entry = (await entries()).find(({ name }) => name === "tested");
      assert.deepEqual(entry?.spec, { webhook: { url: "http://t2.red/" } });
      assert.deepEqual(entry.test, { id: "one", node: "node-7" }, "it stays with that node");
    }, "the change");
    await sink("red/tested", { webhook: { url: "http://t2.red/" } });
    await holds(async () => assert.equal(await test(), undefined), "nothing to test");
    await holds(
      async () => assert.equal((await status("red/tested"))?.test, undefined),
      "nothing in the status",
    );
  });

  it("are put right where somebody changes what agents read, and nothing is written where nothing changes", async () => {
    const before = await made("configMaps");
    await client.delete({ resource: resources.configMaps, namespace, name: "tiercel-sinks" });
    await holds(async () => assert.deepEqual(await made("configMaps"), before), "the ConfigMap");
    const broken = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name: "tiercel-sinks" },
      data: { "sinks.json": "{}" },
    };
    await plane.apply(broken);
    await holds(async () => assert.deepEqual(await made("configMaps"), before), "its content");
    await sleep(300);
    running!.writes();
    await secret("blue/of-nobody", { x: "y" });
    await plane.apply({
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "NodeAgent",
      spec: { node: "node-7", role: "node" },
      metadata: { name: "node-7", labels: { a: "b" } },
    });
    await sleep(500);
    assert.deepEqual(running!.writes(), []);
  });

  it("are the same after a new start, without a write", async () => {
    const before = [await made("configMaps"), await made("secrets")];
    await stop();
    await begin();
    await sleep(500);
    assert.deepEqual(running!.writes(), []);
    assert.deepEqual([await made("configMaps"), await made("secrets")], before);
  });

  it("of teams get no credentials where the operator may not read their Secrets", async () => {
    await stop();
    await begin(false);
    assert.match((await becomes("red/hook", "NotAllowed")).message, /operator\.team_secrets/);
    assert.ok(!(await names()).includes("red/hook"));
    await becomes("red/b", "Accepted");
    await secret(`${namespace}/own`, { url: "https://hooks.example/s3cr3t-own" });
    await sink(`${namespace}/own`, webhook("own", "url"));
    await becomes(`${namespace}/own`, "Accepted");
    assert.equal((await values())[`${namespace}.own.webhook.urlFrom`], "https://hooks.example/s3cr3t-own");
    await stop();
    await begin();
    await becomes("red/hook", "Accepted");
  });

  it("leave their credentials in Secrets: in no ConfigMap, no status, no log", async () => {
    const kinds = [resources.configMaps, resources.alertSinks, resources.nodeAgents];
    const texts: string[] = [];
    for (const resource of kinds)
      for await (const object of client.list(resource, {})) texts.push(JSON.stringify(object));
    texts.push(...log, ...running!.log);
    assert.ok(texts.length > 5);
    for (const text of texts) assert.ok(!/s3cr3t|n0t-asked-for/.test(text), text);
    const all = JSON.stringify(await values());
    assert.ok(all.includes("s3cr3t-three"), "the test sees credentials where they are");
    assert.ok(!all.includes("n0t-asked-for"), "keys that nobody names are not taken");
  });
});
