import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ResourceEventType, type ResourceEvent } from "@dot-i/k8s-operator";
import { clusterAccess, credentialsOf, loadConfig } from "../../../operator/kube/cluster-access.ts";
import { watch } from "../../../operator/kube/controller.ts";
import { KubeOperator } from "../../../operator/kube/kube-operator.ts";
import { Metrics } from "../../../operator/kube/metrics.ts";
import { resources } from "../../../operator/kube/resources.ts";
import { makeCertificates, type Certificates } from "../../agent/kube/certificates.ts";
import { realClock } from "../../agent/kube/clock.ts";
import { StandInApi } from "../../agent/kube/stand-in.ts";
import { root } from "../../support/reference.ts";
import { eventually } from "../../system/support/commands.ts";

/** What an operator does in a test. */
class TestOperator extends KubeOperator {
  readonly events: string[] = [];
  readonly reconciled: string[] = [];
  /** Handlers fail so often. */
  fails = 0;
  hangs = false;

  protected override async init(): Promise<void> {
    await this.watchResource("", "v1", "configmaps", (event) => this.#take(event), "n");
    const secrets = this.informers.open({
      resource: resources.secrets,
      project: ({ metadata }) => metadata.name,
    });
    this.add({
      name: "test",
      watches: [watch(secrets)],
      reconcile: async (key) => {
        this.reconciled.push(key);
        if (this.hangs) await new Promise(() => {});
      },
    });
  }

  async #take({ type, meta, object }: ResourceEvent): Promise<void> {
    if (this.fails-- > 0) throw new Error("handler");
    this.events.push(`${type} ${meta.namespace}/${meta.name} ${meta.kind} ${object.apiVersion}`);
  }

  /** What the base class would do. */
  use() {
    const meta = {
      id: "x",
      name: "a",
      namespace: "n",
      resourceVersion: "1",
      apiVersion: "v1",
      kind: "ConfigMap",
    };
    return {
      status: () => this.setResourceStatus(meta, { a: 1 }),
      finalizers: () => this.setResourceFinalizers(),
      definition: () => this.registerCustomResourceDefinition(),
      uri: () => this.getCustomResourceApiUri("tiercel.dev", "v1alpha1", "falcorules", "n"),
      pods: () => this.client.ask({ path: "/api/v1/namespaces/n/pods" }) as Promise<{ items: object[] }>,
      typed: () => this.k8sApi,
    };
  }
}

describe("the operator's base", () => {
  let certificates: Certificates;
  let api: StandInApi;
  let folder: string;
  let operator: TestOperator | undefined;
  const said: string[] = [];
  const kubeconfigBefore = process.env["KUBECONFIG"];
  const exit = process.exit.bind(process);

  before(function () {
    certificates = makeCertificates(this);
  });
  const kubeconfig = (cluster: object, user: object = { token: "secret-1" }) => {
    const path = join(folder, "kubeconfig");
    const config = {
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    writeFileSync(path, JSON.stringify(config));
    process.env["KUBECONFIG"] = path;
  };
  beforeEach(async () => {
    said.length = 0;
    process.exit = () => {
      throw new Error("process.exit was called");
    };
    folder = mkdtempSync(join(tmpdir(), "tiercel-operator-"));
    api = new StandInApi(certificates);
    const port = await api.listen();
    writeFileSync(join(folder, "ca.crt"), certificates.ca);
    kubeconfig({ server: `https://127.0.0.1:${port}`, "certificate-authority": "ca.crt" });
  });
  afterEach(async () => {
    await operator?.end();
    operator = undefined;
    await api.close();
    rmSync(folder, { recursive: true });
    process.exit = exit;
    if (kubeconfigBefore === undefined) delete process.env["KUBECONFIG"];
    else process.env["KUBECONFIG"] = kubeconfigBefore;
  });

  const open = () =>
    (operator = new TestOperator({
      environment: process.env,
      userAgent: "test/0",
      clock: realClock,
      random: () => 0,
      log: (level, message) => said.push(`${level}: ${message}`),
      metrics: new Metrics(),
      election: undefined,
    }));
  const config = (name: string) => ({ metadata: { name, namespace: "n", uid: name } });

  it("tells handlers of what comes, changes and goes, while nobody watched too, until they do not fail", async () => {
    api.put("configmaps", config("a"));
    const one = open();
    one.fails = 1;
    await one.start();
    await eventually("the first is told", () => (one.events.length === 1 ? true : undefined));
    assert.deepEqual(one.events, [`${ResourceEventType.Added} n/a ConfigMap v1`]);
    assert.match(said.join("\n"), /warning: configmaps n\/a: Error: handler; tried again/);
    api.put("configmaps", { ...config("a"), data: { x: 1 } });
    await eventually("its change is told", () => (one.events.length === 2 ? true : undefined));
    api.fault = () => ({ kind: "cut" });
    api.cutAll();
    api.delete("configmaps", "a");
    api.compact();
    api.fault = () => undefined;
    await eventually("its end is told", () => (one.events.length === 3 ? true : undefined));
    assert.deepEqual(
      one.events.map((event) => event.split(" ")[0]),
      ["ADDED", "MODIFIED", "DELETED"],
    );
  });

  it("runs controllers once all has listed, and outlives a server that is away", async () => {
    api.put("secrets", config("s"));
    api.fault = ({ resource }) => (resource === "configmaps" ? { kind: "cut" } : undefined);
    const one = open();
    await one.start();
    await eventually("the secrets are known", () =>
      one.informerStatus.some(({ name, synced }) => name === "secrets" && synced) ? true : undefined,
    );
    assert.deepEqual([one.synced, one.reconciled], [false, []]);
    api.fault = () => undefined;
    await eventually("the controller runs", () => (one.reconciled.length === 1 ? true : undefined));
    assert.deepEqual([one.synced, one.leads, one.reconciled], [true, true, ["n/s"]]);
    await one.end();
    assert.equal(one.leads, false);
  });

  it("ends in time though a controller never does, and the base's stop does the same", async () => {
    api.put("secrets", config("s"));
    const one = open();
    one.hangs = true;
    await one.start();
    await eventually("it hangs", () => (one.reconciled.length === 1 ? true : undefined));
    const began = performance.now();
    one.stop();
    await one.end();
    assert.ok(performance.now() - began < 1500);
  });

  it("has all requests go over the one kept connection, and reject with what the API said", async () => {
    const one = open();
    const use = one.use();
    assert.throws(() => use.typed(), /this\.client/);
    assert.deepEqual((await use.pods()).items, []);
    assert.equal(api.asked[0]!.headers.authorization, "Bearer secret-1");
    assert.equal(api.asked[0]!.headers["user-agent"], "test/0");
    api.fault = () => ({
      kind: "status",
      status: 409,
      body: JSON.stringify({ reason: "Conflict", code: 409 }),
    });
    await assert.rejects(use.pods(), { name: "ApiFault", status: 409, reason: "Conflict" });
    await assert.rejects(use.status(), { name: "NotLeading" });
    await one.start();
    await assert.rejects(use.status(), { name: "ApiFault", status: 409 });
    assert.match(
      use.uri(),
      /^https:\/\/127\.0\.0\.1:\d+\/apis\/tiercel\.dev\/v1alpha1\/namespaces\/n\/falcorules$/,
    );
    await assert.rejects(use.finalizers(), /no finalizers/);
    await assert.rejects(use.definition(), /installed by the chart/);
  });

  it("takes another token where the server does not know the one it has", async () => {
    const { server } = loadConfig(process.env).getCurrentCluster()!;
    api.fault = ({ headers }) =>
      headers.authorization === "Bearer secret-2" ? undefined : { kind: "status", status: 401 };
    const one = open();
    await assert.rejects(one.use().pods(), { kind: "unauthorized" });
    kubeconfig({ server, "certificate-authority": "ca.crt" }, { token: "secret-2" });
    await assert.rejects(one.use().pods(), { kind: "unauthorized" });
    assert.deepEqual((await one.use().pods()).items, []);
  });

  const refusals: readonly (readonly [what: string, cluster: object, user: object, message: RegExp])[] = [
    [
      "a proxy",
      { server: "https://x", "proxy-url": "http://p" },
      { token: "t" },
      /proxy-url is not supported/,
    ],
    [
      "a password",
      { server: "https://x" },
      { username: "u", password: "hunter2" },
      /passwords are not supported/,
    ],
    ["impersonation", { server: "https://x" }, { token: "t", as: "root" }, /impersonation is not supported/],
    ["plain HTTP", { server: "http://x" }, { token: "t" }, /must begin with https/],
    ["nothing", { server: "http://localhost:8080" }, {}, /neither a kubeconfig nor a pod's service account/],
  ];
  for (const [what, cluster, user, message] of refusals)
    it(`says what is wrong with ${what}`, () => {
      kubeconfig(cluster, user);
      assert.throws(open, (error: Error) => {
        assert.equal(error.name, "AccessError");
        assert.match(error.message, message);
        assert.ok(!error.message.includes("hunter2"));
        return true;
      });
    });

  it("says what is wrong with a file that is not there, is no YAML, or names no cluster", () => {
    writeFileSync(join(folder, "bad"), "{");
    for (const [path, message] of [
      [join(folder, "gone"), /gone cannot be used: ENOENT/],
      [join(folder, "bad"), /bad cannot be used: /],
    ] as const) {
      process.env["KUBECONFIG"] = path;
      assert.throws(open, message);
    }
    kubeconfig({ server: "https://x" });
    const config = loadConfig(process.env);
    config.setCurrentContext("none");
    assert.throws(() => clusterAccess(config, process.env), /current-context names no cluster/);
  });

  it("asks a plugin for credentials, and says what it says", async () => {
    const plugin = join(folder, "plugin.sh");
    const answer = (status: object) =>
      JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status });
    writeFileSync(plugin, `#!/bin/sh\necho '${answer({ token: "from-plugin" })}'\n`, { mode: 0o755 });
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: plugin, interactiveMode: "Never" };
    kubeconfig({ server: "https://x" }, { exec });
    const config = loadConfig(process.env);
    const given = await credentialsOf(config, () => config, Date.now).material();
    assert.equal(given.token, "from-plugin");
    writeFileSync(plugin, "#!/bin/sh\necho no >&2; exit 3\n", { mode: 0o755 });
    const other = loadConfig(process.env);
    await assert.rejects(credentialsOf(other, () => other, Date.now).material(), {
      name: "ApiFault",
      kind: "network",
      message: /^credentials cannot be had: /,
    });
  });
});

describe("the operator's sources", () => {
  it("never end the process by themselves", () => {
    const files = readdirSync(`${root}operator`, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".ts"),
    );
    const ending = files.filter((name) =>
      /process\.(exit|abort|kill)\(/.test(readFileSync(`${root}operator/${name}`, "utf8")),
    );
    assert.deepEqual(ending, []);
  });
});
