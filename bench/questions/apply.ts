/** From kubectl apply to the node: how soon an edited rule is in force, and what the agent takes in a cluster. */
import type { Context } from "mocha";
import { join } from "node:path";
import { ControlPlane } from "../../test/cluster/control-plane.ts";
import { OperatorProcess } from "../../test/cluster/operator-process.ts";
import { freePort } from "../../test/support/free-port.ts";
import { root } from "../../test/support/reference.ts";
import { eventually } from "../../test/system/support/commands.ts";
import { AgentProcess, pause } from "../agent-process.ts";
import { endWithUs } from "../interrupted.ts";
import { quantile } from "../numbers.ts";
import type { Figure, Question, QuestionContext } from "../question.ts";

const namespace = "tiercel-system";
const node = "node-1";
/** FalcoRules beside the one that is edited. */
const OBJECTS = 300;
/** Edits at least: their 99th percentile is asked for. */
const EDITS = 100;
const AIM = 2000;

/** Where a test would be skipped there is nothing to measure. */
const context = {
  skip() {
    throw new Error("there are no binaries of Kubernetes; make cluster-binaries builds them");
  },
} as unknown as Context;

function falcoRule(name: string, word: string) {
  const condition = `evt.type in (open, openat, openat2) and fd.name startswith /etc/shadow-${word} and not proc.name in (sshd, login, su, sudo, passwd)`;
  const output = "A sensitive file was read (file=%fd.name user=%user.name command=%proc.cmdline)";
  return {
    apiVersion: "tiercel.dev/v1alpha1",
    kind: "FalcoRule",
    metadata: { name, namespace },
    spec: { rules: [{ rule: name, desc: "d", condition, output, priority: "WARNING" }] },
  };
}

/** Digest of the set in force, and since when: ms since the epoch. */
async function inForce(port: number): Promise<{ readonly digest: string; readonly since: number }> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const digest = /^tiercel_rule_set_info\{digest="([0-9a-f]*)"\}/m.exec(text)?.[1] ?? "";
  const since = Number(/^tiercel_rule_set_timestamp_seconds (\S+)/m.exec(text)?.[1] ?? Number.NaN) * 1000;
  return { digest, since };
}

/** Resident MiB of an agent with the rules of a folder, and no cluster. */
async function residentAlone(rules: string, seconds: number, program: string): Promise<number> {
  const agent = await AgentProcess.start(["--rules", rules, "--set", "webserver.enabled=false"], program);
  await pause(seconds * 1000);
  const { rss } = agent.cost();
  await agent.stop();
  return rss;
}

async function ask({
  seconds,
  node: program,
  folder,
  defaultRules,
  print,
}: QuestionContext): Promise<Figure[]> {
  const alone = await residentAlone(defaultRules, seconds, program);
  const plane = await ControlPlane.start(context);
  const stops: (() => unknown)[] = [() => plane.stop()];
  const takeBack = endWithUs(() => plane.stop());
  try {
    const kubectl = async (args: readonly string[], input?: object): Promise<string> => {
      const { code, stdout, stderr } = await plane.kubectl(args, input === undefined ? {} : { input });
      if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
      return stdout;
    };
    const apply = (object: object) => kubectl(["apply", "-f", "-"], object);
    await kubectl(["apply", "-f", `${root}crds/`]);
    await kubectl(["wait", "--for=condition=Established", "--timeout=60s", "-f", `${root}crds/`]);
    await kubectl(["create", "namespace", namespace]);
    await plane.node(node);
    const kubeconfig = plane.kubeconfig("admin");
    const operator = await OperatorProcess.start({ kubeconfig, settings: { namespace } });
    stops.push(() => operator.end("SIGKILL"));
    await operator.ready();
    const port = await freePort();
    const settings = {
      "cluster.enabled": "true",
      "cluster.namespace": namespace,
      "cluster.state_folder": join(folder, "state"),
      "kubernetes.kubeconfig": kubeconfig,
      "kubernetes.node_name": node,
      "webserver.listen_port": String(port),
    };
    const set = Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
    const agent = await AgentProcess.start(set, program);
    stops.push(() => agent.stop());
    /** Waits until what the index asks for is in force. */
    const settled = () =>
      eventually(
        "the index's set is in force",
        async () => {
          const text = await kubectl([
            ...["get", "configmap", "tiercel-rules", "-n", namespace, "--ignore-not-found"],
            ...["-o", "jsonpath={.data.index\\.json}"],
          ]);
          const { digest } = text === "" ? { digest: undefined } : (JSON.parse(text) as { digest: string });
          return digest === (await inForce(port)).digest ? true : undefined;
        },
        60_000,
      );
    const edits = async (count: number, what: string): Promise<number[]> => {
      const delays: number[] = [];
      for (let edit = 0; edit < count; edit++) {
        const { digest: before } = await inForce(port);
        await apply(falcoRule("edited", `${what}-${edit}`));
        const returned = Date.now();
        const { since } = await eventually(
          "another set is in force",
          async () => {
            const now = await inForce(port);
            return now.digest === before ? undefined : now;
          },
          60_000,
        );
        delays.push(since - returned);
      }
      print(
        `  ${what}: ${count} edits, p50 ${quantile(delays, 0.5).toFixed(0)}, p99 ${quantile(delays, 0.99).toFixed(0)}, max ${Math.max(...delays).toFixed(0)} ms`,
      );
      return delays;
    };
    await apply(falcoRule("edited", "first"));
    await pause(3000);
    await settled();
    await pause(seconds * 1000);
    const { rss: quiet } = agent.cost();
    const few = await edits(EDITS, "default");
    await kubectl(["apply", "--server-side", "-f", "-"], {
      apiVersion: "v1",
      kind: "List",
      items: Array.from({ length: OBJECTS }, (_, index) => falcoRule(`made-${index}`, `made-${index}`)),
    });
    await pause(3000);
    await settled();
    const many = await edits(EDITS, "many");
    await pause(seconds * 1000);
    const { rss: after } = agent.cost();
    const figures = (delays: readonly number[], rules: string): Figure[] => {
      const p99 = quantile(delays, 0.99);
      return [
        { name: `apply to active, ${rules}, p50`, value: `${quantile(delays, 0.5).toFixed(0)} ms`, aim: "" },
        {
          name: `apply to active, ${rules}, p99`,
          value: `${p99.toFixed(0)} ms`,
          aim: `< ${AIM} ms`,
          met: p99 < AIM,
        },
      ];
    };
    return [
      ...figures(few, "default rules"),
      ...figures(many, `${OBJECTS} FalcoRules more`),
      { name: "RSS with the default rules from files", value: `${alone.toFixed(0)} MiB`, aim: "" },
      { name: "RSS with them from a cluster", value: `${quiet.toFixed(0)} MiB`, aim: "" },
      {
        name: `RSS after ${2 * EDITS} edits and ${OBJECTS} FalcoRules`,
        value: `${after.toFixed(0)} MiB`,
        aim: "",
      },
    ];
  } finally {
    for (const stop of stops.reverse()) await stop();
    takeBack();
  }
}

export const apply: Question = {
  name: "apply",
  asks: "How soon after kubectl apply is an edited rule in force on a node, and what does the agent take there?",
  ask,
};
