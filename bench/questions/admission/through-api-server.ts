/**
 * The webhook through a real API server, which asks the operator as it runs in a cluster: what a PATCH takes with the chart's
 * ValidatingWebhookConfiguration and without it. Edits are stored, so the operator also makes sets of them meanwhile.
 */
import type { Context } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiFault } from "../../../agent/kube/fault.ts";
import type { KubeClient } from "../../../agent/kube/client.ts";
import { pathOf, resources } from "../../../operator/kube/resources.ts";
import { renderChart } from "../../../test/cluster/chart.ts";
import { ControlPlane } from "../../../test/cluster/control-plane.ts";
import { loopbackWebhookFlags, webhookOnLoopback } from "../../../test/cluster/loopback-webhook.ts";
import { OperatorProcess } from "../../../test/cluster/operator-process.ts";
import { freePort } from "../../../test/support/free-port.ts";
import { root } from "../../../test/support/reference.ts";
import { eventually } from "../../../test/system/support/commands.ts";
import { endWithUs } from "../../interrupted.ts";
import { quantile } from "../../numbers.ts";
import type { Figure, QuestionContext } from "../../question.ts";
import {
  edited,
  largestFile,
  namespace,
  small,
  team,
  together,
  type FalcoRule,
  type Times,
} from "./edits.ts";

/** With and without in turn, so often: what else the machine does falls on both. */
const TURNS = 4;
/**
 * Milliseconds between two edits of one person: ten edits a second in all. With five times as many the operator makes one set
 * after the other without a rest, and what is measured is how two processors are shared.
 */
const PAUSE = 500;

/** Where a test would be skipped there is nothing to measure. */
const context = {
  skip() {
    throw new Error("there are no binaries of Kubernetes and Helm; make cluster-binaries builds them");
  },
} as unknown as Context;

/** Seconds and number of reviews, summed. */
interface Spent {
  readonly seconds: number;
  readonly count: number;
}

/** The sum of a metric's series that hold `among`. */
function total(metrics: string, metric: string, among = ""): number {
  return metrics
    .split("\n")
    .filter((line) => line.startsWith(`${metric}{`) && line.includes(among))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** What the API server spent on the webhook, the way to it and back among it, by its own metrics. */
async function spentByServer(plane: ControlPlane): Promise<Spent> {
  const { stdout } = await plane.kubectl(["get", "--raw", "/metrics"]);
  const metric = "apiserver_admission_webhook_admission_duration_seconds";
  const ours = 'name="objects.tiercel.dev"';
  return { seconds: total(stdout, `${metric}_sum`, ours), count: total(stdout, `${metric}_count`, ours) };
}

/** What the operator spent on reviews, from a whole request to its answer, by its own metrics. */
async function spentByOperator(operator: OperatorProcess): Promise<Spent> {
  const metrics = (await operator.metrics()) ?? "";
  return {
    seconds: total(metrics, "tiercel_operator_review_seconds_total"),
    count: total(metrics, "tiercel_operator_reviews_total"),
  };
}

const meanOf = (before: Spent, after: Spent) =>
  ((after.seconds - before.seconds) / (after.count - before.count)) * 1000;

function figures(
  print: QuestionContext["print"],
  of: (on: boolean, who: keyof Times) => readonly number[],
): Figure[] {
  for (const on of [true, false])
    for (const who of ["large", "small"] as const) {
      const times = of(on, who);
      print(
        `  PATCH ${on ? "with" : "without"} the webhook, ${who}: ${times.length}, ` +
          [0.5, 0.9, 0.99, 1]
            .map((share) => `p${share * 100} ${quantile(times, share).toFixed(1)}`)
            .join(" ") +
          " ms",
      );
    }
  const row = (on: boolean, share: number): Figure => ({
    name: `PATCH of the largest rules file ${on ? "with" : "without"} the webhook, p${share * 100}`,
    value: `${quantile(of(on, "large"), share).toFixed(1)} ms`,
    aim: "",
  });
  const part = (share: number) => quantile(of(true, "large"), share) - quantile(of(false, "large"), share);
  return [
    row(true, 0.5),
    row(false, 0.5),
    row(true, 0.99),
    row(false, 0.99),
    { name: "the webhook's part, p50", value: `${part(0.5).toFixed(1)} ms`, aim: "" },
    {
      name: "the webhook's part, p99",
      value: `${part(0.99).toFixed(1)} ms`,
      aim: "50 ms",
      met: part(0.99) <= 50,
    },
  ];
}

/** What a PATCH takes. */
export async function throughApiServer(asked: QuestionContext): Promise<Figure[]> {
  const { seconds, print } = asked;
  const large = largestFile(asked);
  const port = await freePort();
  const plane = await ControlPlane.start(context, { apiserverFlags: loopbackWebhookFlags });
  const stops: (() => unknown)[] = [() => plane.stop()];
  const takeBack = endWithUs(() => plane.stop());
  try {
    for (const name of [namespace, team])
      await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    for (const args of [
      ["apply", "-f", `${root}crds/`],
      ["wait", "--for=condition=Established", "--timeout=60s", "-f", `${root}crds/`],
    ]) {
      const { code, stderr } = await plane.kubectl(args);
      if (code !== 0) throw new Error(stderr);
    }
    const chart = webhookOnLoopback(await renderChart(context), port);
    const configuration = chart.filter(({ kind }) => kind === "ValidatingWebhookConfiguration");
    const service = `${configuration[0]!.metadata.name}-webhook`;
    await plane.apply(chart.filter(({ kind, metadata }) => kind === "Service" && metadata.name === service));
    const operator = await OperatorProcess.start({
      kubeconfig: plane.kubeconfig("admin"),
      settings: { namespace, webhook_listen: `127.0.0.1:${port}`, "default_rules.enabled": "false" },
    });
    stops.push(() => operator.end("SIGKILL"));
    await operator.ready();
    // Each person has a connection of their own, as each kubectl has.
    const clients = Array.from({ length: 5 }, () => plane.as("admin"));
    const patch = async (client: KubeClient, object: FalcoRule): Promise<number> => {
      const began = performance.now();
      await client.ask({
        method: "PATCH",
        path: pathOf(resources.falcoRules, object.metadata),
        // As kubectl: the operator's own field manager is let in with mistakes.
        query: { fieldManager: "kubectl-client-side-apply" },
        body: { type: "application/merge-patch+json", text: JSON.stringify({ spec: object.spec }) },
      });
      return performance.now() - began;
    };
    for (const object of [large, ...clients.slice(1).map((_, index) => small(index, 0))])
      await plane.apply(object);
    let wrong = 0;
    /** Another mistake each time: what is stored already is not judged again. */
    const isAsked = () => {
      const condition = `no.such.field = ${++wrong}`;
      const rules = large.spec.rules.map((rule) => ({ ...rule, condition }));
      return patch(clients[0]!, { ...large, spec: { rules } }).then(
        () => false,
        (error: unknown) => {
          if (error instanceof ApiFault) return true;
          throw error;
        },
      );
    };
    const switched = async (on: boolean) => {
      if (on) await plane.apply(configuration);
      else await plane.kubectl(["delete", "validatingwebhookconfiguration", configuration[0]!.metadata.name]);
      await eventually(
        on ? "the webhook is asked" : "the webhook is asked no more",
        async () => ((await isAsked()) === on ? true : undefined),
        60_000,
      );
      await patch(clients[0]!, large);
      await sleep(2000);
    };
    const run = (length: number) =>
      together({
        seconds: length,
        pause: PAUSE,
        large: (edit) => patch(clients[0]!, edited(large, edit)),
        small: (object, edit) => patch(clients[object + 1]!, small(object, edit)),
      });
    await switched(true);
    await run(3);
    const before = [await spentByServer(plane), await spentByOperator(operator)] as const;
    const turns: { readonly on: boolean; readonly times: Times }[] = [];
    for (let turn = 0; turn < TURNS * 2; turn++) {
      const on = turn % 2 === 0;
      if (turn > 0) await switched(on);
      turns.push({ on, times: await run(seconds) });
    }
    const of = (on: boolean, who: keyof Times) =>
      turns.filter((turn) => turn.on === on).flatMap(({ times }) => times[who]);
    const server = meanOf(before[0], await spentByServer(plane));
    const within = meanOf(before[1], await spentByOperator(operator));
    print(
      `  a review took ${server.toFixed(1)} ms on average by the API server's metrics, ${within.toFixed(1)} ms of it in the operator`,
    );
    return figures(print, of);
  } finally {
    for (const stop of stops.reverse()) await stop();
    takeBack();
  }
}
