/** Runs the operator until a signal ends it. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { exitCodes } from "../agent/cli/command.ts";
import { createLog, streamTarget, type Logger } from "../agent/cli/log.ts";
import { loadSettings } from "../agent/cli/settings/load.ts";
import { draw } from "../agent/cli/settings/mistake.ts";
import { ownPlaces } from "../agent/cli/settings/places.ts";
import type { Settings } from "../agent/cli/settings/schema.ts";
import { packageVersion } from "../agent/cli/version.ts";
import { inPod } from "../agent/cli/web-server.ts";
import { AccessError } from "../agent/kube/access.ts";
import type { ApiTimes } from "../agent/kube/client.ts";
import { systemClock } from "../agent/kube/clock.ts";
import { allControllers, type MakeController } from "./controllers.ts";
import { Metrics } from "./kube/metrics.ts";
import { TiercelOperator } from "./operator.ts";
import { operatorMetrics } from "./operator-metrics.ts";
import { collectAtRest, ownHeap } from "./kube/rest.ts";
import { ListenError, startServing } from "./serving.ts";

export interface OperatorArguments {
  readonly config?: string;
  /** Settings as KEY=VALUE. */
  readonly overrides: readonly string[];
  /** Left out: all of ours. */
  readonly controllers?: readonly MakeController[];
  /** Left out: the usual ones. */
  readonly times?: ApiTimes;
}

/** How often the log says what it left out, ms. */
const logFlush = 60_000;

/** Where the kubelet puts the name of a pod's namespace. */
const mountedNamespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/** Gives the exit code when it has ended; nothing keeps the process alive then. */
export async function runOperator(given: OperatorArguments): Promise<number> {
  const { config, overrides } = given;
  const places = ownPlaces(config, overrides);
  const { settings, mistakes, warnings } = loadSettings(places);
  if (settings === undefined) {
    for (const mistake of mistakes) process.stderr.write(`${draw(mistake)}\n`);
    return exitCodes.failed;
  }
  const logger = createLog({
    level: settings.log_level,
    json: inPod(process.env),
    targets: [streamTarget(process.stderr)],
    now: Date.now,
  });
  for (const warning of warnings) logger.log("warning", draw(warning));
  const flushing = setInterval(() => logger.flush(), logFlush);
  try {
    return await operate(settings, { controllers: allControllers(places), ...given }, logger);
  } finally {
    clearInterval(flushing);
    logger.flush();
  }
}

async function operate(
  settings: Settings,
  { controllers, times }: OperatorArguments & { readonly controllers: readonly MakeController[] },
  { log }: Logger,
): Promise<number> {
  const { kubeconfig } = settings.kubernetes;
  if (kubeconfig !== "") process.env["KUBECONFIG"] = kubeconfig;
  const namespace = namespaceOf(settings, process.env);
  const metrics = new Metrics();
  const signals = untilSignal();
  let operator: TiercelOperator;
  try {
    operator = new TiercelOperator({
      environment: process.env,
      userAgent: `tiercel-operator/${packageVersion()}`,
      clock: systemClock,
      random: Math.random,
      log,
      metrics,
      election: electionOf(settings, namespace),
      settings,
      namespace,
      controllers,
      ...(times !== undefined && { times }),
    });
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    log("critical", error.message);
    return exitCodes.failed;
  }
  operatorMetrics(metrics, operator);
  let servers: Awaited<ReturnType<typeof startServing>>;
  try {
    servers = await startServing(settings.operator, { operator, metrics });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    log("critical", error.message);
    return exitCodes.failed;
  }
  await operator.start();
  const endWatch = collectAtRest(ownHeap(), systemClock);
  log("info", `the operator of namespace ${namespace} runs (${packageVersion()})`);
  const signal = await signals;
  log("info", `${signal}: the operator ends`);
  endWatch();
  await operator.end();
  await servers.close();
  return exitCodes.fine;
}

function electionOf({ operator }: Settings, namespace: string) {
  const { enabled, lease_duration, renew_deadline, retry_period } = operator.leader_election;
  if (!enabled) return undefined;
  return {
    namespace,
    name: `${operator.name}-operator`,
    identity: `${process.env["POD_NAME"] ?? hostname()}_${randomUUID()}`,
    times: { lease: lease_duration * 1000, deadline: renew_deadline * 1000, retry: retry_period * 1000 },
  };
}

function namespaceOf({ operator }: Settings, environment: NodeJS.ProcessEnv): string {
  const named = [operator.namespace, environment["POD_NAMESPACE"] ?? ""].find((name) => name !== "");
  if (named !== undefined) return named;
  try {
    return readFileSync(mountedNamespace, "utf8").trim();
  } catch {
    return "tiercel-system";
  }
}

/** Tools such as timeout(1) signal a process and then its group: what comes so soon is the same wish, in ms. */
const sameWish = 300;

/** Resolves at the first SIGINT or SIGTERM; another one, later, ends the process as if nobody listened. */
function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const signals = ["SIGINT", "SIGTERM"] as const;
    const take = (signal: NodeJS.Signals) => {
      resolve(signal);
      setTimeout(() => {
        for (const one of signals) process.off(one, take);
      }, sameWish).unref();
    };
    for (const one of signals) process.on(one, take);
  });
}
