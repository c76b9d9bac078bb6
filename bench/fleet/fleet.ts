/** A real API server, the real operator, and many agents: what the operator writes, and its memory. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Context } from "mocha";
import type { KubeClient } from "../../agent/kube/client.ts";
import { systemClock } from "../../agent/kube/clock.ts";
import { pathOf, resources } from "../../operator/kube/resources.ts";
import { freePort } from "../../test/support/free-port.ts";
import { root } from "../../test/support/reference.ts";
import { ControlPlane } from "../../test/cluster/control-plane.ts";
import { OperatorProcess } from "../../test/cluster/operator-process.ts";
import { eventually } from "../../test/system/support/commands.ts";
import { endWithUs } from "../interrupted.ts";
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
  /** Objects whose Ready is True at the end. */
  readonly ready: number;
  /** Seconds from the agents' start until the first object says that it is on all of them, and until all are Ready. */
  readonly loadedAfter: number;
  readonly readyAfter: number;
  /** Writes of the operator until then, from its own start. */
  readonly startWrites: number;
  /** Writes a second of the operator after that, while all rules match, and of all agents. */
  readonly writes: number;
  readonly agentWrites: number;
  /** Writes of the operator in a rest in which only events pass. */
  readonly idleWrites: number;
  /** MiB resident: the operator at its highest, its start included, and a Node that does nothing. */
  readonly peak: number;
  readonly runtime: number;
  /** Processor time of the operator, share of a core, while all rules match. */
  readonly cpu: number;
}

const namespace = "tiercel-system";

/** Milliseconds without a write after which all is taken to be written: an object's counts may wait ten seconds. */
const quiet = 15_000;

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
  const text = await eventually("the operator tells its numbers", () => operator.metrics(), 60_000);
  const lines = text.match(/^rest_client_requests_total\{.*\} \d+$/gm) ?? [];
  return lines
    .filter((line) => /method="(?:POST|PUT|PATCH|DELETE)"/.test(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Milliseconds between two lines that say how far a wait is. */
const sayEvery = 30_000;

interface Wait {
  readonly operator: OperatorProcess;
  /** ms. */
  readonly bound: number;
  /** Says how far it is, after so many seconds. */
  readonly progress: (seconds: number) => void;
}

/**
 * Waits for a condition; one that fails is tried again, since a busy machine's API server does not always answer in time.
 * @throws Error where it does not come about in time, or the operator ends
 */
async function waitFor<T>(
  what: string,
  condition: () => Promise<T | undefined>,
  { operator, bound, progress }: Wait,
): Promise<T> {
  const began = performance.now();
  let said = began;
  return eventually(
    what,
    async () => {
      if (!operator.lives) throw new Error(`the operator ended; its log ends: ${operator.log.slice(-2000)}`);
      if (performance.now() - said > sayEvery) {
        said = performance.now();
        progress((said - began) / 1000);
      }
      return condition().catch(() => undefined);
    },
    bound,
  );
}

const rules = pathOf(resources.falcoRules, { namespace });

interface RuleStatus {
  readonly nodes?: { readonly loaded: number };
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

/** What the benchmark makes and reads, as the administrator. */
class FleetCluster {
  readonly #plane: ControlPlane;
  readonly #admin: KubeClient;

  constructor(plane: ControlPlane) {
    this.#plane = plane;
    this.#admin = plane.as("admin");
  }

  async #kubectl(...args: string[]): Promise<void> {
    const { code, stderr } = await this.#plane.kubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  }

  /** Definitions, nodes and FalcoRules. */
  async prepare({ agents, objects, rulesPerObject }: FleetOptions): Promise<void> {
    await this.#kubectl("apply", "-f", `${root}crds/`);
    await this.#kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", `${root}crds/`);
    await this.#kubectl("create", "namespace", namespace);
    for (let index = 0; index < agents; index++) await this.#plane.node(`node-${index}`);
    for (let object = 0; object < objects; object++) {
      const body = {
        apiVersion: "tiercel.dev/v1alpha1",
        kind: "FalcoRule",
        metadata: { name: objectName(object) },
        spec: { rules: Array.from({ length: rulesPerObject }, (_, index) => rule(object, index)) },
      };
      const text = JSON.stringify(body);
      await this.#admin.ask({ method: "POST", path: rules, body: { type: "application/json", text } });
    }
  }

  /** Digest of the set that is written; undefined while there is none. */
  async digest(): Promise<string | undefined> {
    const path = pathOf(resources.configMaps, { namespace, name: "tiercel-rules" });
    const { data } = (await this.#admin.ask({ path })) as { data: Readonly<Record<string, string>> };
    const index = JSON.parse(data["index.json"]!) as { digest: string; shards: readonly string[] };
    return index.shards.length > 0 ? index.digest : undefined;
  }

  async #statuses(): Promise<readonly RuleStatus[]> {
    const { items } = (await this.#admin.ask({ path: rules })) as { items: { status?: RuleStatus }[] };
    return items.map(({ status }) => status ?? {});
  }

  /** How many objects are Ready. */
  async ready(): Promise<number> {
    const isReady = ({ conditions = [] }: RuleStatus) =>
      conditions.some(({ type, status }) => type === "Ready" && status === "True");
    return (await this.#statuses()).filter(isReady).length;
  }

  /** On how many agents the first object is. */
  async loaded(): Promise<number> {
    const { status } = (await this.#admin.ask({ path: `${rules}/${objectName(0)}` })) as {
      status?: RuleStatus;
    };
    return status?.nodes?.loaded ?? 0;
  }
}

/** What is read again and again while something is measured. */
async function sample(operator: OperatorProcess, made: MadeAgents) {
  return { writes: await writesOf(operator), agents: made.writes, cpu: costOf(operator.pid).cpu };
}

/** Says what it waits for. @throws Error where something did not come about in time */
export async function fleet(context: Context, options: FleetOptions): Promise<FleetFigures> {
  const { agents, objects, rulesPerObject, program, seconds, print } = options;
  const plane = await ControlPlane.start(context);
  let operator: OperatorProcess | undefined;
  let made: MadeAgents | undefined;
  try {
    print(`  making ${agents} nodes, ${objects} FalcoRules with ${rulesPerObject} rules each`);
    const cluster = new FleetCluster(plane);
    await cluster.prepare(options);
    const running = await OperatorProcess.start({
      kubeconfig: plane.kubeconfig("admin"),
      settings: {
        namespace,
        "default_rules.enabled": "false",
        webhook_listen: `127.0.0.1:${await freePort()}`,
      },
      // As the image has it.
      environment: { MALLOC_ARENA_MAX: "2" },
      ...(program !== undefined && { program }),
    });
    operator = running;
    endWithUs(() => running.end());
    await running.ready();
    await running.untilLeads();
    print("  waiting for the index of rules");
    const digest = await waitFor("the index of rules is there", () => cluster.digest(), {
      operator: running,
      bound: 120_000,
      progress: (passed) => print(`  still, after ${passed.toFixed(0)} s`),
    });
    const clients = Array.from({ length: 8 }, () => plane.as("admin"));
    const counted = { agents, objects, rulesPerObject, matching: 200 };
    made = new MadeAgents({ clients, clock: systemClock, namespace, ...counted });
    const began = performance.now();
    await made.run(digest);
    const progress = (passed: number) => print(`  still, after ${passed.toFixed(0)} s`);
    const since = () => (performance.now() - began) / 1000;
    const wait = (bound: number) => ({ operator: running, bound, progress });
    print("  waiting until the first object runs on all agents");
    const isLoaded = async () => ((await cluster.loaded()) === agents ? true : undefined);
    await waitFor("the first object runs on all agents", isLoaded, wait(120_000));
    const loadedAfter = since();
    print("  waiting until all objects are Ready");
    const areReady = async () => ((await cluster.ready()) === objects ? true : undefined);
    await waitFor("all objects are Ready", areReady, wait(600_000));
    const readyAfter = since();
    print(`  measuring for ${seconds} s while all rules match`);
    const before = await sample(running, made);
    await pause(seconds);
    const after = await sample(running, made);
    made.rest();
    // What is counted has to be written first, at the roll-up's pace for numbers: 24 to 48 objects a minute.
    print(`  rules match no more; waiting until the last counts of ${objects} objects are written`);
    let writes = after.writes;
    let wroteAt = performance.now();
    await waitFor(
      "the operator has nothing more to write",
      async () => {
        await pause(1);
        const now = await writesOf(running);
        if (now !== writes) wroteAt = performance.now();
        writes = now;
        return performance.now() - wroteAt > quiet && (await cluster.ready()) === objects ? true : undefined;
      },
      {
        operator: running,
        bound: 1_200_000,
        progress: (passed) =>
          print(`  still, after ${passed.toFixed(0)} s: ${writes - after.writes} writes since`),
      },
    );
    print(`  measuring for ${seconds} s of rest`);
    await pause(seconds);
    const idleWrites = (await writesOf(running)) - writes;
    if (idleWrites > 0) print(`  the operator's log ends: ${running.log.slice(-2000)}`);
    return {
      ready: await cluster.ready(),
      loadedAfter,
      readyAfter,
      startWrites: before.writes,
      writes: (after.writes - before.writes) / seconds,
      agentWrites: (after.agents - before.agents) / seconds,
      idleWrites,
      peak: costOf(running.pid).peak,
      runtime: await residentOfNode(),
      cpu: (after.cpu - before.cpu) / seconds,
    };
  } finally {
    await made?.close();
    await operator?.end();
    await plane.stop();
  }
}
