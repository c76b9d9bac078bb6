/** Puts the agent together: settings, threads, outputs, signals. */
import { hostname as ownHostname } from "node:os";
import { fileURLToPath } from "node:url";
import type { Alert } from "../../engine/alert.ts";
import { alertJson, alertText } from "../../engine/render.ts";
import { systemClock } from "../../sinks/clock.ts";
import { Outputs } from "../../sinks/outputs.ts";
import { SinkQueue } from "../../sinks/queue.ts";
import { noRetry } from "../../sinks/retry.ts";
import { stdoutSink } from "../../sinks/stdout.ts";
import { hostname } from "../../state/host.ts";
import { exitCodes } from "../command.ts";
import { loadSettings, type SettingsPlaces } from "../settings/load.ts";
import { draw } from "../settings/mistake.ts";
import type { Settings } from "../settings/schema.ts";
import { Agent, type Log, type LogLevel } from "./agent.ts";
import { takenCounter } from "./alert-post.ts";
import { CaptureClient } from "./capture-client.ts";
import type { Counters } from "./counters.ts";
import { actOnLoss } from "./drop-actions.ts";
import { DropWatch } from "./drop-watch.ts";
import { alertFormat, captureData } from "./from-settings.ts";
import { RulesSource } from "./reload.ts";
import { RulesWatch } from "./watch.ts";

/** What the command line said. */
export interface AgentArguments {
  readonly config?: string;
  readonly rules: readonly string[];
  /** Settings as KEY=VALUE. */
  readonly overrides: readonly string[];
}

/** Exit codes of a process that a signal ended: 128 and its number. */
const signalled = { SIGINT: 130, SIGTERM: 143 } as const;

const stderrLog: Log = (level: LogLevel, message: string) => {
  process.stderr.write(`tiercel: ${level}: ${message}\n`);
};

function openOutputs(settings: Settings, log: Log): Outputs {
  const format = alertFormat(settings);
  const render = (alert: Alert) =>
    settings.json_output ? alertJson(alert, format) : alertText(alert, format);
  const queue = new SinkQueue(stdoutSink(process.stdout), {
    capacity: settings.outputs_queue.capacity,
    timeout: settings.output_timeout,
    patient: true,
    retry: noRetry,
    clock: systemClock,
    random: Math.random,
    report: (level, _, message) => log(level, message),
  });
  return new Outputs([{ queue }], render);
}

/** Runs the agent until a signal ends it; ends the process, since what nobody reads must not keep it alive. */
export async function runAgent({ config, rules, overrides }: AgentArguments): Promise<number> {
  const places: SettingsPlaces = {
    ...(config !== undefined && { config }),
    overrides,
    environment: process.env,
    home: fileURLToPath(new URL("../../../../", import.meta.url)),
    workingFolder: process.cwd(),
  };
  const loaded = loadSettings(places);
  const log = stderrLog;
  for (const warning of loaded.warnings) log("warning", draw(warning));
  const { settings } = loaded;
  if (settings === undefined) {
    for (const mistake of loaded.mistakes) process.stderr.write(`${draw(mistake)}\n`);
    return exitCodes.failed;
  }
  const source = new RulesSource(places, rules, { ...loaded, settings }, log);
  process.exit(await watchNode(settings, source, log));
}

async function watchNode(settings: Settings, source: RulesSource, log: Log): Promise<number> {
  const name = hostname(process.env, ownHostname());
  const outputs = openOutputs(settings, log);
  await outputs.open();
  const publish = (alerts: readonly Alert[]) => outputs.publish(alerts);
  const now = () => BigInt(Date.now()) * 1_000_000n;
  const drops = new DropWatch(settings.syscall_event_drops);
  const stop = (reason: string) => agent.stop(reason);
  const onCounters = (counters: Counters) => {
    const loss = drops.look(counters, now());
    const { actions } = settings.syscall_event_drops;
    if (loss !== undefined) actOnLoss(loss, actions, { log, publish, stop, hostname: name, now });
  };
  const capacity = settings.outputs_queue.capacity;
  const data = { ...captureData(settings, name), taken: takenCounter(), capacity };
  const capture = new CaptureClient(data, { onAlerts: publish, onCounters, log });
  const agent = new Agent({
    capture,
    outputs,
    log,
    hostname: name,
    load: () => source.load(),
    print: (text) => process.stderr.write(`${text}\n`),
    deadline: settings.output_timeout,
    now: Date.now,
  });
  endOnSignals(agent);
  if (!(await agent.start())) return exitCodes.failed;
  process.on("SIGHUP", () => void agent.reload());
  process.on("SIGUSR1", () => outputs.reopen());
  const watch = settings.watch_config_files ? watchFiles(source, agent, log) : undefined;
  const code = await agent.run();
  watch?.close();
  return code;
}

function watchFiles(source: RulesSource, agent: Agent, log: Log): RulesWatch {
  return new RulesWatch({
    paths: () => source.watched,
    onChange: () => void agent.reload(),
    onProblem: (path, message) =>
      log("warning", `${path} is not watched (${message}); SIGHUP reads settings and rules again`),
  });
}

/** Tools such as timeout(1) signal a process and then its group: what comes so soon is the same wish, in ms. */
const SAME_WISH = 300;

/** The first signal asks for the end, another one does not wait for it. */
function endOnSignals(agent: Agent): void {
  let asked: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      const now = performance.now();
      if (asked !== undefined && now - asked > SAME_WISH) process.exit(signalled[signal]);
      asked ??= now;
      agent.stop();
    });
}
