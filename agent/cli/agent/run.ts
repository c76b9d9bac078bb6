/** Puts the agent together: settings, threads, outputs, signals. */
import { fstatSync } from "node:fs";
import { hostname as ownHostname } from "node:os";
import { shareMemoryArena, trimMemory } from "../../capture/native.ts";
import { openUnixDatagram } from "../../capture/unix-datagram.ts";
import type { Alert } from "../../engine/alert.ts";
import { alertJson, alertText } from "../../engine/render.ts";
import { AccessError } from "../../kube/access.ts";
import type { Report } from "../../report/report.ts";
import { systemClock } from "../../sinks/clock.ts";
import type { Outputs } from "../../sinks/outputs.ts";
import { hostname } from "../../state/host.ts";
import type { NodeInput } from "../../state/node-input.ts";
import { exitCodes } from "../command.ts";
import { endProcess } from "../end-process.ts";
import type { Log } from "../log.ts";
import { makeOutputs } from "../outputs.ts";
import { loadSettings, type LoadedSettings } from "../settings/load.ts";
import { draw } from "../settings/mistake.ts";
import { ownPlaces } from "../settings/places.ts";
import type { Settings } from "../settings/schema.ts";
import { inPod, WebServerError } from "../web-server.ts";
import { openLifeSigns, sayAbsence, watchedOf } from "./absence.ts";
import { Agent } from "./agent.ts";
import { takenCounter } from "./alert-post.ts";
import { blindSpots } from "./blind-spots.ts";
import { CaptureClient, type CaptureHandlers } from "./capture-client.ts";
import { openCluster, type Cluster, type ClusterOptions } from "./cluster.ts";
import type { Counters } from "./counters.ts";
import { actOnLoss } from "./drop-actions.ts";
import { DropWatch } from "./drop-watch.ts";
import { alertFormat, captureData } from "./from-settings.ts";
import { openAudit } from "./open-audit.ts";
import { openClusterReport } from "./open-report.ts";
import { openLog } from "./open-log.ts";
import { openRuntimes } from "./open-runtimes.ts";
import { RulesSource } from "./reload.ts";
import { startServing } from "./serving.ts";
import { endOnSignals } from "./signals.ts";
import { RulesWatch } from "./watch.ts";

/** What the command line said. */
export interface AgentArguments {
  readonly config?: string;
  readonly rules: readonly string[];
  /** Settings as KEY=VALUE. */
  readonly overrides: readonly string[];
}

/** How often the log says what it left out, ms. */
const LOG_FLUSH = 60_000;

type Loaded = LoadedSettings & { readonly settings: Settings };

/** Runs the agent until a signal ends it; ends the process, since what nobody reads must not keep it alive. */
export async function runAgent({ config, rules, overrides }: AgentArguments): Promise<number> {
  shareMemoryArena();
  const places = ownPlaces(config, overrides);
  const loaded = loadSettings(places);
  const { settings } = loaded;
  if (settings === undefined) {
    for (const mistake of loaded.mistakes) process.stderr.write(`${draw(mistake)}\n`);
    return exitCodes.failed;
  }
  if (settings.cluster.enabled && rules.length > 0) {
    process.stderr.write(
      "--rules and cluster.enabled exclude each other: rules come from files or from the cluster\n",
    );
    return exitCodes.usage;
  }
  const name = hostname(process.env, ownHostname());
  const logger = openLog(settings, name, inPod(process.env));
  const flushing = setInterval(() => logger.flush(), LOG_FLUSH);
  for (const warning of loaded.warnings) logger.log("warning", draw(warning));
  const source = new RulesSource(places, rules, { ...loaded, settings }, logger.log);
  const code = await watchNode({ ...loaded, settings }, source, name, logger.log);
  clearInterval(flushing);
  logger.flush();
  endProcess(code);
}

function openOutputs(settings: Settings, log: Log): Outputs {
  const format = alertFormat(settings);
  return makeOutputs(settings, {
    render: (alert) => (settings.json_output ? alertJson(alert, format) : alertText(alert, format)),
    log,
    clock: systemClock,
    random: Math.random,
    workingFolder: process.cwd(),
    stdout: { stream: process.stdout, regularFile: fstatSync(1).isFile() },
    openDatagram: openUnixDatagram,
    environment: process.env,
  });
}

function openCapture(settings: Settings, name: string, handlers: CaptureHandlers): CaptureClient | undefined {
  if (!settings.sources.syscall.enabled) return undefined;
  const { capacity } = settings.outputs_queue;
  const data = { ...captureData(settings, name), taken: takenCounter(), capacity };
  return new CaptureClient(data, handlers);
}

async function watchNode(loaded: Loaded, source: RulesSource, name: string, log: Log): Promise<number> {
  const { settings, chosen } = loaded;
  const startTime = Date.now();
  const outputs = openOutputs(settings, log);
  await outputs.open();
  let report: Report | undefined;
  const publish = (alerts: readonly Alert[]) => {
    outputs.publish(alerts);
    report?.publish(alerts);
  };
  const now = () => BigInt(Date.now()) * 1_000_000n;
  const drops = new DropWatch(settings.syscall_event_drops);
  const stop = (reason: string) => agent.stop(reason);
  const onCounters = (counters: Counters) => {
    const loss = drops.look(counters, now());
    const { actions } = settings.syscall_event_drops;
    if (loss !== undefined) actOnLoss(loss, actions, { log, publish, stop, hostname: name, now });
  };
  const pod = inPod(process.env);
  const tell = (input: NodeInput) => capture?.tellNode(input);
  const runtimes = openRuntimes(settings, { tell, pod, environment: process.env, log });
  const capture: CaptureClient | undefined = openCapture(settings, name, {
    onAlerts: publish,
    onCounters,
    onContainer: ({ id, cgroupPath }) => runtimes.ask(id, cgroupPath),
    log,
  });
  const audit = openAudit(settings, { hostname: name, pod, onAlerts: publish, log });
  const sources = [capture, audit].filter((source) => source !== undefined);
  const cluster = clusterOf(settings, {
    ...{ environment: process.env, hostname: ownHostname(), clock: systemClock, log },
    tell: capture && tell,
    onChange: () => void agent.reload(),
  });
  if (cluster === undefined) return exitCodes.failed;
  const { kube, pods, rules, alertSinks } = cluster;
  source.cluster = cluster;
  if (alertSinks !== undefined) outputs.attach(alertSinks);
  const signs = openLifeSigns(settings, log);
  const agent = new Agent({
    sources,
    outputs: { publish, counters: () => outputs.counters(), close: (deadline) => outputs.close(deadline) },
    log,
    hostname: name,
    load: () => source.load(),
    onRules: ({ lastFailure }) => {
      if (lastFailure === undefined) rules?.inForce();
      report?.changed();
    },
    onEnd: () => signs?.end(),
    print: (text) => process.stderr.write(`${text}\n`),
    deadline: lastTries(settings),
    sourceDeadline: 5000,
    now: Date.now,
  });
  endOnSignals(agent);
  // Before it says that it is ready: SIGHUP ends a process that does not take it.
  process.on("SIGHUP", () => void agent.reload());
  process.on("SIGUSR1", () => outputs.reopen());
  try {
    const parts = {
      agent,
      sources,
      outputs,
      pods,
      rules,
      runtimes,
      log,
      report: () => report,
      absence: () => signs?.absence,
    };
    await startServing(settings, { ...parts, hostname: name, pod, chosen, startTime });
  } catch (error) {
    if (!(error instanceof WebServerError)) throw error;
    log("critical", error.message);
    return exitCodes.failed;
  }
  if (capture !== undefined) void runtimes.start();
  await cluster.open();
  if (kube !== undefined && alertSinks !== undefined)
    report = await openClusterReport(settings, {
      ...{ kube, namespace: cluster.namespace, clock: systemClock, log, environment: process.env, startTime },
      rules: () => agent.status,
      cluster: () => rules?.status,
      absence: () => signs?.absence,
      watched: watchedOf(settings),
      counters: () => sources.map((each) => each.counters()),
      sinks: () => alertSinks.facts(),
      blindSpots: () =>
        blindSpots({ syscalls: capture !== undefined, pods: kube.pods, runtimes: runtimes.status() }),
    });
  // Before they are read: what changes between the two is read once more.
  const watch = settings.watch_config_files ? watchFiles(source, agent, log) : undefined;
  if (!(await agent.start())) return exitCodes.failed;
  const absence = await signs?.begin();
  const watched = watchedOf(settings);
  if (absence !== undefined) sayAbsence(absence, { log, publish, hostname: name, watched });
  report?.changed();
  cluster.start();
  trimMemory();
  const code = await agent.run();
  watch?.close();
  await report?.stop(lastTries(settings));
  await cluster.stop();
  runtimes.close();
  return code;
}

/**
 * How long the end may wait for outputs, and then for the API server, ms. In a cluster both together leave room in two
 * seconds: nodes are drained and agents rolled by the hundred, and what AlertSinks could not deliver is on the disk.
 */
function lastTries({ cluster, output_timeout }: Settings): number {
  return cluster.enabled ? Math.min(output_timeout, 500) : output_timeout;
}

/** Undefined where the settings cannot do without the API and there is no access, which is said. */
function clusterOf(settings: Settings, options: ClusterOptions): Cluster | undefined {
  try {
    return openCluster(settings, options);
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    options.log("critical", error.message);
    return undefined;
  }
}

function watchFiles(source: RulesSource, agent: Agent, log: Log): RulesWatch {
  return new RulesWatch({
    paths: () => source.watched,
    onChange: () => void agent.reload(),
    onProblem: (path, message) =>
      log("warning", `${path} is not watched (${message}); SIGHUP reads settings and rules again`),
  });
}
