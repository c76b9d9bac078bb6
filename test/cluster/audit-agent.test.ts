/**
 * The audit Deployment as the operator makes it: what its pod mounts is there, and the agent runs with just that, takes
 * what a real API server posts, and tells of it. A kubelet's part, files of mounts and environment, is done by the test.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { V1ConfigMap, V1Container, V1Deployment, V1Secret, V1Volume } from "@kubernetes/client-node";
import { freePort } from "../support/free-port.ts";
import { startAgent, type RunningAgent } from "../system/support/agent.ts";
import { eventually } from "../system/support/commands.ts";
import { renderChart } from "./chart.ts";
import { ControlPlane } from "./control-plane.ts";
import { home, installChart, operatorToken } from "./installed-chart.ts";
import { OperatorProcess } from "./operator-process.ts";

const pod = "tiercel-audit-7d9f-abcde";
const node = "node-1";
/** The address that the API server is told; only the certificate knows it here. */
const address = "10.96.0.40";
const values = ["--set", `audit.enabled=true,audit.clusterIP=${address},defaultRules.enabled=false`];
const patience = 120_000;

describe("the audit Deployment", function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), "tiercel-audit-agent-"));
  const flags: string[] = [];
  let plane: ControlPlane;
  let operator: OperatorProcess;
  let agent: RunningAgent | undefined;
  let deployment: V1Deployment;

  const logs = () => `operator:\n${operator?.log.slice(-3000)}\nagent:\n${agent?.log().slice(-3000)}`;
  const kubectl = async (args: readonly string[], input?: object): Promise<string> => {
    const { code, stdout, stderr } = await plane.kubectl(args, input === undefined ? {} : { input });
    assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}\n${logs()}`);
    return stdout;
  };
  /** An object of the operator's namespace, waited for. */
  const there = <T>(kind: string, name: string): Promise<T> =>
    eventually(
      `${kind} ${name} is there`,
      async () => {
        const text = await kubectl(["get", kind, name, "-n", home, "--ignore-not-found", "-o", "json"]);
        return text === "" ? undefined : (JSON.parse(text) as T);
      },
      patience,
    ).catch((error: Error) => assert.fail(`${error.message}\n${logs()}`));

  before(async function () {
    plane = await ControlPlane.start(this, { controllerManager: true, apiserverFlags: flags });
    await installChart(this, plane, values);
    const settings = (await renderChart(this, values)).find(
      ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "tiercel",
    ) as unknown as V1ConfigMap;
    const config = join(folder, "tiercel.yaml");
    writeFileSync(config, settings.data!["tiercel.yaml"]!);
    const token = await operatorToken(plane);
    operator = await OperatorProcess.start({
      kubeconfig: plane.kubeconfig({ token }),
      config,
      settings: { namespace: home },
    });
    deployment = await there("deployment", "tiercel-audit");
  });
  after(async () => {
    await agent?.stop();
    await operator?.end("SIGKILL");
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Puts a volume where a kubelet would, below a folder of the test. */
  const mount = async ({ secret, configMap, emptyDir }: V1Volume, path: string): Promise<void> => {
    const files: [string, string | Buffer][] = [];
    if (secret !== undefined)
      for (const [key, value] of Object.entries((await there<V1Secret>("secret", secret.secretName!)).data!))
        files.push([key, Buffer.from(value, "base64")]);
    else if (configMap !== undefined)
      files.push(...Object.entries((await there<V1ConfigMap>("configmap", configMap.name!)).data!));
    else assert.ok(emptyDir, "a pod without rights has nothing of its node");
    mkdirSync(path, { recursive: true });
    for (const [name, content] of files) writeFileSync(join(path, name), content);
  };

  it("mounts only what is there, and its agent is ready with that", async function () {
    const { metadata, spec } = deployment.spec!.template;
    const { containers, volumes } = spec!;
    const { args, volumeMounts } = containers[0] as V1Container;
    for (const { name, mountPath } of volumeMounts!)
      await mount(
        volumes!.find((volume) => volume.name === name)!,
        join(folder, mountPath),
      );
    const port = await freePort();
    const webPort = await freePort();
    const moved = args!.map((word) =>
      word.replace(/(?<=^|=)\/(?=etc|var)/, `${folder}/`).replace("0.0.0.0:8765", `127.0.0.1:${port}`),
    );
    assert.equal(moved[0], "agent");
    assert.ok(moved.join(" ").includes(`127.0.0.1:${port}`), args!.join(" "));
    const token = await plane.podToken({
      ...{ namespace: home, serviceAccount: spec!.serviceAccountName!, pod, node },
      labels: metadata!.labels!,
    });
    agent = await startAgent({
      rules: [],
      args: moved.slice(1),
      settings: {
        "cluster.state_folder": join(folder, "var/lib/tiercel"),
        "webserver.enabled": "true",
        "webserver.listen_port": String(webPort),
      },
      environment: {
        KUBECONFIG: plane.kubeconfig({ token }),
        NODE_NAME: node,
        POD_NAME: pod,
        POD_NAMESPACE: home,
      },
      // As in its pod: without a right.
      ...(process.getuid?.() === 0 && {
        through: ["setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"],
      }),
    });
    await eventually(
      "its probe says ready",
      async () => ((await fetch(`http://127.0.0.1:${webPort}/readyz`)).ok ? true : undefined),
      patience,
    );
    const certificate = join(folder, "etc/tiercel-audit/tls/ca.crt");
    const webhook = join(folder, "webhook.json");
    const server = `https://127.0.0.1:${port}/k8s-audit`;
    writeFileSync(
      webhook,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [
          {
            name: "tiercel",
            cluster: { server, "certificate-authority": certificate, "tls-server-name": address },
          },
        ],
        contexts: [{ name: "tiercel", context: { cluster: "tiercel" } }],
        "current-context": "tiercel",
      }),
    );
    const policy = join(folder, "policy.json");
    const rules = [{ level: "Metadata", resources: [{ group: "", resources: ["configmaps"] }] }];
    writeFileSync(policy, JSON.stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules }));
    flags.push(
      `--audit-policy-file=${policy}`,
      `--audit-webhook-config-file=${webhook}`,
      "--audit-webhook-batch-max-wait=1s",
    );
    await plane.killApi();
    await plane.startApi();
  });

  it("tells by alert, SecurityAlert and count what a real API server posts to it", async () => {
    await kubectl(["apply", "-f", "-"], {
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "FalcoRule",
      metadata: { name: "map-made", namespace: home },
      spec: {
        source: "k8s_audit",
        rules: [
          {
            ...{ rule: "Map made", desc: "d", priority: "WARNING" },
            condition: "ka.verb = create and ka.target.resource = configmaps and ka.target.name = treasure",
            output: "%ka.user.name made %ka.target.namespace/%ka.target.name",
          },
        ],
      },
    });
    const wait = ["wait", "falcorule/map-made", "-n", home, "--for=condition=Ready", "--timeout=120s"];
    await kubectl(wait);
    await kubectl(["create", "configmap", "treasure", "-n", "default"]);
    const alert = await agent!
      .alert("the alert", ({ rule }) => rule === "Map made", 0, patience)
      .catch((error: Error) => assert.fail(`${error.message}\n${logs()}`));
    assert.match(alert.output, /admin made default\/treasure/);
    const field = async (what: readonly string[], path: string, expected: string) =>
      eventually(
        `${what.join(" ")} has ${path} ${expected}`,
        async () => {
          const { stdout } = await plane.kubectl(["get", ...what, "-o", `jsonpath=${path}`]);
          return stdout === expected ? true : undefined;
        },
        patience,
      ).catch((error: Error) => assert.fail(`${error.message}\n${logs()}`));
    await field(["nodeagent", `audit-${pod}`], "{.spec.role}", "audit");
    await field(["falcorule", "map-made", "-n", home], "{.status.nodes.text} {.status.matches}", "1/1 1");
    await field(["securityalerts", "-A"], "{range .items[*]}{.spec.rule} {.status.count}{end}", "Map made 1");
  });
});
