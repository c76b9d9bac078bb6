/** A real API server, the real operator, and many agents: what the operator writes, and its memory. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Context } from "mocha";
import { root } from "../../test/support/reference.ts";
import { ControlPlane } from "../../test/cluster/control-plane.ts";
import { OperatorProcess } from "../../test/cluster/operator-process.ts";
import { eventually } from "../../test/system/support/commands.ts";
import { costOf } from "../process-cost.ts";
import { MadeAgents, objectName, ruleName } from "./made-agents.ts";

export interface FleetOptions {
  readonly agents: number;
  readonly objects: number;
  readonly rulesPerObject: number;
  /** The operator's program; left out: bin/tiercel. */
  readonly program?: string;
  /** Seconds that are measured, of matching and of rest. */
  readonly seconds: number;
  readonly print: (line: string) => void;
}

export interface FleetFigures {
  /** Objects whose Ready is True once all agents run the set, and how long that took, seconds. */
  readonly ready: number;
  readonly readyAfter: number;
  /** Writes a second of the operator while all rules match, and of all agents. */
  readonly writes: number;
  readonly agentWrites: number;
  /** Writes of the operator in a rest in which only events pass. */
  readonly idleWrites: number;
  /** MiB resident: the operator at its highest, and a Node that does nothing. */
  readonly resident: number;
  readonly runtime: number;
  /** Processor time of the operator, share of a core, while all rules match. */
  readonly cpu: number;
}

const namespace = "tiercel-system";

/** A rule that costs something to hold: a condition and an output as people write them. */
const rule = (object: number, index: number) => ({
  rule: ruleName(object, index),
  desc: "Somebody read a file that holds passwords, and is not one of those who should.",
  condition: `evt.type in (open, openat, openat2) and fd.name startswith /etc/shadow-${object} and not proc.name in (sshd, login, su, sudo, passwd, chpasswd, useradd-${index})`,
  output:
    "A sensitive file was read (file=%fd.name user=%user.name process=%proc.name command=%proc.cmdline parent=%proc.pname)",
  priority: "WARNING",
  tags: ["filesystem", "mitre_credential_access", "T1555"],
});

async function residentOfNode(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const { rss } = costOf(child.pid!);
  child.kill("SIGKILL");
  await once(child, "close");
  return rss;
}

/** What the operator wrote so far, Leases apart: requests by its own count. */
async function writesOf(operator: OperatorProcess): Promise<number> {
  const text = (await operator.metrics()) ?? "";
  const lines = text.match(/^rest_client_requests_total\{.*\} \d+$/gm) ?? [];
  return lines
    .filter((line) => /method="(?:POST|PUT|PATCH|DELETE)"/.test(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** @throws Error where something did not come about in time */
export async function fleet(context: Context, options: FleetOptions): Promise<FleetFigures> {
  const { agents, objects, rulesPerObject, program, seconds, print } = options;
  const plane = await ControlPlane.start(context);
  let operator: OperatorProcess | undefined;
  let made: MadeAgents | undefined;
  try {
    const admin = plane.as("admin");
    const kubectl = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await plane.kubectl(args);
      if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
      return stdout;
    };
    await kubectl("apply", "-f", `${root}crds/`);
    await kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", `${root}crds/`);
    await kubectl("create", "namespace", namespace);
    for (let index = 0; index < agents; index++) await plane.node(`node-${index}`);
    const post = (object: object) =>
      admin.ask({
        method: "POST",
        path: `/apis/tiercel.dev/v1alpha1/namespaces/${namespace}/falcorules`,
        body: { type: "application/json", text: JSON.stringify(object) },
      });
    for (let object = 0; object < objects; object++)
      await post({
        apiVersion: "tiercel.dev/v1alpha1",
        kind: "FalcoRule",
        metadata: { name: objectName(object) },
        spec: { rules: Array.from({ length: rulesPerObject }, (_, index) => rule(object, index)) },
      });
    print(`  ${agents} nodes, ${objects} FalcoRules with ${rulesPerObject} rules each`);
    operator = await OperatorProcess.start({
      kubeconfig: plane.kubeconfig("admin"),
      settings: { namespace, "default_rules.enabled": "false" },
      ...(program !== undefined && { program }),
    });
    await operator.ready();
    await operator.untilLeads();
    const digest = await eventually(
      "the index of rules is there",
      async () => {
        const { code, stdout } = await plane.kubectl([
          ...["get", "configmap", "tiercel-rules", "-n", namespace],
          ...["-o", "jsonpath={.data.index\\.json}"],
        ]);
        if (code !== 0) return undefined;
        const index = JSON.parse(stdout) as { digest: string; shards: readonly string[] };
        return index.shards.length > 0 ? index.digest : undefined;
      },
      120_000,
    );
    const clients = Array.from({ length: 8 }, () => plane.as("admin"));
    made = new MadeAgents({ clients, agents, objects, rulesPerObject, namespace, matching: 200 });
    const began = performance.now();
    await made.run(digest);
    const ready = async () =>
      (
        await kubectl(
          ...["get", "falcorules", "-n", namespace],
          ...["-o", 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {end}'],
        )
      )
        .trim()
        .split(" ")
        .filter((status) => status === "True").length;
    const loaded = () =>
      kubectl(
        ...["get", "falcorules", "-n", namespace, objectName(0), "-o", "jsonpath={.status.nodes.loaded}"],
      );
    await eventually(
      "the first object runs on all agents",
      async () => (Number(await loaded()) === agents ? true : undefined),
      120_000,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; the operator's log ends: ${operator!.log.slice(-2000)}`);
    });
    const readyAfter = (performance.now() - began) / 1000;
    const pid = operator.pid;
    let resident = 0;
    const before = { writes: await writesOf(operator), agents: made.writes, cpu: costOf(pid).cpu };
    for (let second = 0; second < seconds; second++) {
      await pause(1);
      resident = Math.max(resident, costOf(pid).rss);
    }
    const after = { writes: await writesOf(operator), agents: made.writes, cpu: costOf(pid).cpu };
    made.rest();
    // What is counted has to be written first.
    await eventually(
      "the operator has nothing more to write",
      async () => {
        const count = await writesOf(operator!);
        await pause(15);
        return (await writesOf(operator!)) === count && (await ready()) === objects ? true : undefined;
      },
      1_200_000,
    );
    const idle = await writesOf(operator);
    await pause(seconds);
    resident = Math.max(resident, costOf(pid).rss);
    return {
      ready: await ready(),
      readyAfter,
      writes: (after.writes - before.writes) / seconds,
      agentWrites: (after.agents - before.agents) / seconds,
      idleWrites: (await writesOf(operator)) - idle,
      resident,
      runtime: await residentOfNode(),
      cpu: (after.cpu - before.cpu) / seconds,
    };
  } finally {
    await made?.close();
    await operator?.end();
    await plane.stop();
  }
}
