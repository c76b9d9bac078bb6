/**
 * From `kubectl apply` of a rule, which the webhook checks, to the objects and the sinks that tell of its matches: a real API
 * server, the operator and the agent as processes of their own with the rights of the chart, a real kernel, real containers,
 * a receiver over HTTP. Whatever ends in the middle, the end state is right.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { KubeClient } from "../../agent/kube/client.ts";
import { HttpReceiver } from "../agent/sinks/receivers.ts";
import { freePort } from "../support/free-port.ts";
import { root } from "../support/reference.ts";
import { needCapture, startAgent, type PrintedAlert, type RunningAgent } from "../system/support/agent.ts";
import { eventually } from "../system/support/commands.ts";
import { needContainers, startContainers, type Containers } from "../system/support/containers.ts";
import { renderChart } from "./chart.ts";
import { ControlPlane } from "./control-plane.ts";
import { LivePods, type LivePod } from "./live-pods.ts";
import { loopbackWebhookFlags, webhookOnLoopback } from "./loopback-webhook.ts";
import { OperatorProcess } from "./operator-process.ts";

const home = "tiercel-system";
const node = "node-1";
/** Agents tell of counts every 30 s at most, and machines are busy. */
const patience = 120_000;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}
interface FalcoRule {
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly matches?: number;
    readonly nodes?: { readonly text?: string };
    readonly rules?: readonly { readonly name: string; readonly matches: number }[];
  };
}
interface SecurityAlert {
  readonly metadata: { readonly namespace: string };
  readonly spec: { readonly rule: string; readonly pod?: string; readonly node: string };
  readonly status?: { readonly count?: number; readonly lastOutput?: string };
}
interface Event {
  readonly regarding?: { readonly kind?: string; readonly name?: string; readonly uid?: string };
  readonly reportingController?: string;
  readonly note?: string;
}

/** A FalcoRule with one rule, which matches what is started with the word `marker`. */
function falcoRule(namespace: string, name: string, marker: string, more: object = {}) {
  const condition = `evt.type in (execve, execveat) and proc.args = "${marker}"`;
  const output = `started with ${marker} in %k8s.ns.name/%k8s.pod.name`;
  return {
    apiVersion: "tiercel.dev/v1alpha1",
    kind: "FalcoRule",
    metadata: { name, namespace },
    spec: { rules: [{ rule: name, desc: "d", condition, output, priority: "WARNING" }], ...more },
  };
}

/** One that names a field which does not exist, in its second line. */
function bad(name: string) {
  const object = falcoRule(home, name, "marker-bad");
  object.spec.rules[0]!.condition = 'evt.type = execve and\n  proc.nmae = "x"';
  return object;
}
const mistake = /spec\.rules\[0\]\.condition:2:3: .*proc\.nmae/;

const operatorsUrl = "http://alerts.example/all";
const teamsUrl = "http://alerts.example/shop";

/** An AlertSink whose URL is in a Secret beside it. */
const sink = (namespace: string, url: string) => [
  { apiVersion: "v1", kind: "Secret", metadata: { name: "hook", namespace }, stringData: { url } },
  {
    apiVersion: "tiercel.dev/v1alpha1",
    kind: "AlertSink",
    metadata: { name: "hook", namespace },
    spec: { webhook: { urlFrom: { secretKeyRef: { name: "hook", key: "url" } } } },
  },
];

describe("a rule from kubectl apply to its alerts, on a real API server", function () {
  this.timeout(300_000);
  let plane: ControlPlane;
  let admin: KubeClient;
  let containers: Containers;
  let pods: LivePods;
  let shop: LivePod;
  let bank: LivePod;
  let operator: OperatorProcess;
  let agent: RunningAgent;
  let operatorConfig: string;
  let agentConfig: string;
  let webhookPort: number;
  let receiverAddress: string;
  const receiver = new HttpReceiver();
  const folder = mkdtempSync(join(tmpdir(), "tiercel-end-to-end-"));

  const kubectl = async (args: readonly string[], input?: object): Promise<string> => {
    const { code, stdout, stderr } = await plane.kubectl(args, input === undefined ? {} : { input });
    assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  /** What kubectl says of an object that is refused. */
  const refused = async (object: object, ...more: readonly string[]): Promise<string> => {
    const { code, stderr } = await plane.kubectl(["apply", ...more, "-f", "-"], { input: object });
    assert.equal(code, 1, `${stderr}\n${logs()}`);
    return stderr;
  };
  /** `kubectl apply` as a user does it. */
  const apply = (object: object) => kubectl(["apply", "-f", "-"], object);
  const list = async <T>(what: string, namespace: string): Promise<readonly T[]> =>
    (JSON.parse(await kubectl(["get", what, "-n", namespace, "-o", "json"])) as { items: readonly T[] })
      .items;
  const alertsOf = async (namespace: string, rule: string) =>
    (await list<SecurityAlert>("securityalerts", namespace)).filter(({ spec }) => spec.rule === rule);
  const rule = async (namespace: string, name: string) =>
    JSON.parse(await kubectl(["get", "falcorule", name, "-n", namespace, "-o", "json"])) as FalcoRule;
  const conditionOf = ({ status }: FalcoRule, type: string) =>
    status?.conditions?.find((condition) => condition.type === type);

  /** What both processes said, for failures. */
  const logs = () => `operator:\n${operator?.log.slice(-3000)}\nagent:\n${agent?.log().slice(-3000)}`;
  const until = async (what: string, holds: () => Promise<boolean>) =>
    eventually(what, async () => ((await holds()) ? true : undefined), patience).catch((error: Error) => {
      throw new Error(`${error.message}\n${logs()}`);
    });

  const startOperator = async () => {
    operator = await OperatorProcess.start({
      kubeconfig: operatorConfig,
      settings: {
        namespace: home,
        "default_rules.enabled": "false",
        "example_sink.enabled": "false",
        webhook_listen: `127.0.0.1:${webhookPort}`,
      },
    });
    await operator.ready();
  };
  /** Waits until the API server asks the webhook: it finds one, and that one comes back, with a delay. */
  const checks = () =>
    until("the webhook is asked", async () => {
      const args = ["apply", "--dry-run=server", "-f", "-"];
      return (await plane.kubectl(args, { input: bad("probe") })).code === 1;
    });
  /** What the receiver got for the sink of this URL. */
  const sentTo = (url: string) => receiver.requests.filter((request) => request.path === url);
  /** Outputs of a rule among that, in order. */
  const received = (url: string, name: string) =>
    sentTo(url)
      .map(({ body }) => JSON.parse(body) as PrintedAlert)
      .filter(({ rule: of }) => of === name)
      .map(({ output }) => / (started with \S+ in \S+)/.exec(output)?.[1]);
  const beginAgent = async () => {
    agent = await startAgent({
      rules: [],
      settings: {
        "cluster.enabled": "true",
        "cluster.namespace": home,
        "cluster.state_folder": join(folder, "state"),
        "kubernetes.kubeconfig": agentConfig,
        "kubernetes.node_name": node,
        "container_runtime.sockets": `[${containers.socket}]`,
        // The receiver is reached as a proxy: a team's sink may not go to the node itself.
        "network.http_proxy": receiverAddress,
        log_level: "debug",
      },
    });
  };
  /** Runs `marker` in a pod and waits for the agent's own alert. */
  const trigger = async (pod: LivePod, marker: string, name: string) => {
    const from = agent.alerts.length;
    await pod.exec("/bin/true", marker);
    const found = await agent
      .alert(`an alert of ${name}`, (alert) => alert.rule === name, from, 20_000)
      .catch((error: Error) => assert.fail(`${error.message}\n${logs()}`));
    const where = ` started with ${marker} in ${pod.namespace}/${pod.name} `;
    assert.ok(found.output.includes(where), found.output);
  };
  /** Runs `marker` and sees that no rule of this name matches: one that matches everything tells when it has passed. */
  const quiet = async (pod: LivePod, marker: string, name: string) => {
    const from = agent.alerts.length;
    await pod.exec("/bin/true", marker);
    await trigger(pod, "sentinel", "sentinel");
    assert.deepEqual(
      agent.alerts.slice(from).filter((alert) => alert.rule === name),
      [],
    );
  };
  /** Waits until rules in an agent are those of the objects as they are: it says so, and so does the rule. */
  const loaded = async (namespace: string, name: string) => {
    await kubectl([
      ...["wait", "--for=condition=Ready", "--timeout=120s", "-n", namespace, `falcorule/${name}`],
    ]).catch(async (error: Error) =>
      assert.fail(`${error.message}\n${JSON.stringify(await rule(namespace, name))}\n${logs()}`),
    );
  };
  const counts = async (name: string, matches: number) => {
    const found = async () => (await rule(home, name)).status?.matches;
    await until(`the rule ${name} counts ${matches}`, async () => (await found()) === matches).catch(
      async (error: Error) => assert.fail(`${await found()} matches: ${error.message}`),
    );
  };
  const applied = async (object: ReturnType<typeof falcoRule>) => {
    await apply(object);
    await current(object.metadata.namespace, object.metadata.name);
    await loaded(object.metadata.namespace, object.metadata.name);
  };
  /** Waits until the status is of the present generation. */
  const current = (namespace: string, name: string) =>
    until(`the status of ${name} is of its generation`, async () => {
      const { metadata, status } = (await rule(namespace, name)) as {
        readonly metadata: { readonly generation: number };
        readonly status?: { readonly observedGeneration?: number };
      };
      return status?.observedGeneration === metadata.generation;
    });

  before(async function () {
    needCapture(this);
    needContainers(this);
    plane = await ControlPlane.start(this, { controllerManager: true, apiserverFlags: loopbackWebhookFlags });
    webhookPort = await freePort();
    admin = plane.as("admin");
    for (const name of [home, "shop", "bank"]) await kubectl(["create", "namespace", name]);
    await kubectl(["apply", "-f", `${root}crds/`]);
    await kubectl(["wait", "--for=condition=Established", "--timeout=60s", "-f", `${root}crds/`]);
    const chart = (await renderChart(this)).filter(({ kind }) => kind !== "CustomResourceDefinition");
    await plane.apply(webhookOnLoopback(chart, webhookPort));
    receiverAddress = `http://127.0.0.1:${await receiver.listen()}`;
    for (const object of [...sink(home, operatorsUrl), ...sink("shop", teamsUrl)]) await apply(object);
    const tokenOf = (serviceAccount: string) =>
      plane.podToken({ namespace: home, serviceAccount, pod: `${serviceAccount}-of-test`, node });
    operatorConfig = plane.kubeconfig({ token: await tokenOf("tiercel-operator") });
    agentConfig = plane.kubeconfig({ token: await tokenOf("tiercel-agent") });
    containers = await startContainers([], [], { kubernetes: true });
    pods = new LivePods({ admin, containers, node });
    shop = await pods.start("shop", "web-0", { app: "web" });
    bank = await pods.start("bank", "safe-0", { app: "safe" });
    await startOperator();
    await beginAgent();
    await applied(falcoRule(home, "sentinel", "sentinel"));
    await checks();
  });
  after(async function () {
    await agent?.stop();
    await operator?.end("SIGKILL");
    await pods?.close();
    await containers?.close();
    receiver.close();
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is loaded, matches a system call in a container, and is told by Event, SecurityAlert, sinks and its own count", async () => {
    await applied(falcoRule(home, "first", "marker-1"));
    assert.equal((await rule(home, "first")).status?.nodes?.text, "1/1");
    await trigger(shop, "marker-1", "first");
    await until("a SecurityAlert", async () => (await alertsOf("shop", "first")).length === 1);
    const [alert] = await alertsOf("shop", "first");
    assert.deepEqual([alert?.spec.pod, alert?.spec.node], ["web-0", node]);
    const events = (await list<Event>("events.events.k8s.io", "shop")).filter(
      ({ reportingController }) => reportingController === "tiercel.dev/agent",
    );
    const event = events.find(({ note }) => note?.includes("marker-1"));
    assert.deepEqual(
      [event?.regarding?.kind, event?.regarding?.name, event?.regarding?.uid],
      ["Pod", "web-0", shop.uid],
    );
    const told = ["started with marker-1 in shop/web-0"];
    for (const url of [operatorsUrl, teamsUrl])
      await until(`it is told at ${url}`, async () => isDeepStrictEqual(received(url, "first"), told));
    await counts("first", 1);
    assert.deepEqual(
      (await rule(home, "first")).status?.rules?.map(({ name, matches }) => [name, matches]),
      [["first", 1]],
    );
  });

  it("of a team sees its namespace's pods alone", async () => {
    await applied(falcoRule("shop", "own", "marker-team"));
    await quiet(bank, "marker-team", "own");
    await trigger(shop, "marker-team", "own");
    await until("a SecurityAlert", async () => (await alertsOf("shop", "own")).length === 1);
    assert.deepEqual(await alertsOf("bank", "own"), []);
  });

  it("is told to a team's sink for the team's pods alone, and each sink counts what it delivered", async () => {
    await applied(falcoRule(home, "shared", "marker-shared"));
    await trigger(bank, "marker-shared", "shared");
    await trigger(shop, "marker-shared", "shared");
    const [inBank, inShop] = ["bank/safe-0", "shop/web-0"].map(
      (pod) => `started with marker-shared in ${pod}`,
    );
    const both = () => isDeepStrictEqual(received(operatorsUrl, "shared"), [inBank, inShop]);
    await until("both are told to the operator's sink", async () => both());
    await until("one is told to the team's", async () => received(teamsUrl, "shared").length > 0);
    assert.deepEqual(received(teamsUrl, "shared"), [inShop]);
    for (const [namespace, url] of [
      [home, operatorsUrl],
      ["shop", teamsUrl],
    ] as const)
      await until(`the sink of ${namespace} counts`, async () => {
        const [found] = await list<{ readonly status?: { readonly delivered?: number } }>(
          "alertsinks",
          namespace,
        );
        return found?.status?.delivered === sentTo(url).length;
      });
  });

  it("that is edited matches what it now says; a bad edit is refused by line and column, dry or not, and changes nothing", async () => {
    await applied(falcoRule(home, "edited", "marker-old"));
    await trigger(shop, "marker-old", "edited");
    await applied(falcoRule(home, "edited", "marker-new"));
    await quiet(shop, "marker-old", "edited");
    await trigger(shop, "marker-new", "edited");
    assert.match(await refused(bad("edited"), "--dry-run=server"), mistake);
    assert.match(await refused(bad("edited")), mistake);
    const { spec } = (await rule(home, "edited")) as { readonly spec?: object };
    assert.deepEqual(spec, { ...spec, ...falcoRule(home, "edited", "marker-new").spec });
    await trigger(bank, "marker-new", "edited");
  });

  it("with a mistake that comes while no webhook answers is not run: its status says line and column, the last good one stays", async () => {
    await applied(falcoRule(home, "unchecked", "marker-good"));
    await operator.end("SIGKILL");
    await apply(bad("unchecked"));
    await startOperator();
    await until(
      "it is said",
      async () => conditionOf(await rule(home, "unchecked"), "Accepted")?.status === "False",
    );
    const accepted = conditionOf(await rule(home, "unchecked"), "Accepted");
    assert.match(accepted?.message ?? "", mistake);
    await trigger(bank, "marker-good", "unchecked");
    await checks();
    await applied(falcoRule(home, "unchecked", "marker-mended"));
    await trigger(shop, "marker-mended", "unchecked");
  });

  it("that is deleted matches no more", async () => {
    await applied(falcoRule(home, "deleted", "marker-deleted"));
    await trigger(shop, "marker-deleted", "deleted");
    await kubectl(["delete", "falcorule", "deleted", "-n", home]);
    await applied(falcoRule(home, "later", "marker-later"));
    await quiet(shop, "marker-deleted", "deleted");
  });

  it("is right after the operator was killed in the middle of an edit", async () => {
    await applied(falcoRule(home, "orphan", "marker-before"));
    await apply(falcoRule(home, "orphan", "marker-while"));
    await operator.end("SIGKILL");
    await apply(falcoRule(home, "orphan", "marker-after"));
    await startOperator();
    await current(home, "orphan");
    await loaded(home, "orphan");
    await trigger(shop, "marker-after", "orphan");
    await quiet(shop, "marker-before", "orphan");
  });

  it("is right after the API server was away: matches go on, sinks are told meanwhile, objects afterwards", async () => {
    await applied(falcoRule(home, "away", "marker-away"));
    await plane.killApi();
    await trigger(shop, "marker-away", "away");
    await trigger(bank, "marker-away", "away");
    const both = ["shop/web-0", "bank/safe-0"].map((pod) => `started with marker-away in ${pod}`);
    await until("sinks are told", async () => isDeepStrictEqual(received(operatorsUrl, "away"), both));
    await plane.startApi();
    await until(
      "both are told",
      async () => (await alertsOf("shop", "away")).length + (await alertsOf("bank", "away")).length === 2,
    );
    await applied(falcoRule(home, "away", "marker-back"));
    await trigger(shop, "marker-back", "away");
    await counts("away", 3);
  });

  it("is right after the agent ended in the middle, and while the API server is away at its start", async () => {
    await applied(falcoRule(home, "restarted", "marker-first"));
    await agent.stop();
    await apply(falcoRule(home, "restarted", "marker-second"));
    await beginAgent();
    await current(home, "restarted");
    await loaded(home, "restarted");
    await trigger(shop, "marker-second", "restarted");
    await agent.stop();
    await plane.killApi();
    await beginAgent();
    await trigger(shop, "marker-second", "restarted");
    await plane.startApi();
    await applied(falcoRule(home, "restarted", "marker-third"));
    await trigger(bank, "marker-third", "restarted");
    // Of three agents: the counts of those that ended are not lost, and none is counted twice.
    await counts("restarted", 3);
  });

  it("with a namespace selector counts for a namespace that is made later, without a restart (R60)", async () => {
    const selector = { namespaceSelector: { matchLabels: { watched: "yes" } } };
    await applied(falcoRule(home, "selected", "marker-selected", { selector }));
    await quiet(shop, "marker-selected", "selected");
    const object = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "late", labels: { watched: "yes" } },
    };
    await apply(object);
    await until("its service account is there", () =>
      admin.ask({ path: "/api/v1/namespaces/late/serviceaccounts/default" }).then(
        () => true,
        () => false,
      ),
    );
    const late = await pods.start("late", "new-0");
    const from = agent.alerts.length;
    await until("the new pod raises it", async () => {
      await late.exec("/bin/true", "marker-selected");
      return agent.alerts.slice(from).some((alert) => alert.rule === "selected");
    });
    await quiet(bank, "marker-selected", "selected");
  });
});
