/** `tiercel record`: an agent that keeps everything its alerts follow from, and alerts where it is given rules. */
import { hostname as ownHostname } from "node:os";
import { fileURLToPath } from "node:url";
import { shareMemoryArena } from "../../capture/native.ts";
import { escapeText } from "../../engine/json.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import type { Written } from "../../sources/recording/file.ts";
import { systemClock } from "../../sinks/clock.ts";
import { hostname } from "../../state/host.ts";
import type { NodeInput } from "../../state/node-input.ts";
import { takenCounter } from "../agent/alert-post.ts";
import { CaptureClient } from "../agent/capture-client.ts";
import type { Counters } from "../agent/counters.ts";
import { actOnLoss } from "../agent/drop-actions.ts";
import { DropWatch } from "../agent/drop-watch.ts";
import { captureData } from "../agent/from-settings.ts";
import { openKube, openPodMetadata } from "../agent/kubernetes.ts";
import { openLog } from "../agent/open-log.ts";
import { openRuntimes } from "../agent/open-runtimes.ts";
import { RulesSource } from "../agent/reload.ts";
import { endOnSignals } from "../agent/signals.ts";
import { summary } from "../agent/summary.ts";
import { exitCodes } from "../command.ts";
import { endProcess } from "../end-process.ts";
import type { Log } from "../log.ts";
import { loadSettings, type SettingsPlaces } from "../settings/load.ts";
import { draw } from "../settings/mistake.ts";
import type { Settings } from "../settings/schema.ts";
import { inPod } from "../web-server.ts";
import { factsNow } from "./recorded.ts";
import { createRecordingFile, RecordingClient, RecordingFileError } from "./recording-client.ts";
import { openStdout } from "./stdout-alerts.ts";

/** What the command line said. */
export interface RecordArguments {
  readonly file: string;
  readonly force: boolean;
  /** Ends after so many. */
  readonly seconds: number | undefined;
  /** Most bytes of the file. */
  readonly size: number;
  readonly config: string | undefined;
  readonly rules: readonly string[];
  readonly overrides: readonly string[];
}

/** How long the end may take for what waits for the disk, ms. */
const WRITING = 30_000;

const noRules: RuleSetPlan = { digest: "", rules: [] };

/** Records until it is told to end; ends the process, since what nobody reads must not keep it alive. */
export async function runRecord(given: RecordArguments): Promise<number> {
  shareMemoryArena();
  const places: SettingsPlaces = {
    ...(given.config !== undefined && { config: given.config }),
    overrides: given.overrides,
    environment: process.env,
    home: fileURLToPath(new URL("../../../../", import.meta.url)),
    workingFolder: process.cwd(),
  };
  const loaded = loadSettings(places);
  const { settings } = loaded;
  if (settings === undefined) {
    for (const mistake of loaded.mistakes) process.stderr.write(`${draw(mistake)}\n`);
    return exitCodes.failed;
  }
  const name = hostname(process.env, ownHostname());
  const { log, flush } = openLog(settings, name, inPod(process.env));
  for (const warning of loaded.warnings) log("warning", draw(warning));
  const load = async () => {
    if (given.rules.length === 0) return noRules;
    const source = new RulesSource(places, given.rules, { ...loaded, settings }, log);
    const { plan, mistakes, warnings } = await source.load();
    for (const warning of warnings) log("warning", warning);
    if (mistakes !== "") log("critical", mistakes);
    return plan;
  };
  let code: number;
  try {
    code = await new Recorder(given, settings, name, log).run(load);
  } catch (error) {
    if (!(error instanceof RecordingFileError)) throw error;
    log("critical", error.message);
    code = exitCodes.failed;
  }
  flush();
  endProcess(code);
}

class Recorder {
  private readonly given: RecordArguments;
  private readonly settings: Settings;
  private readonly name: string;
  private readonly log: Log;
  private readonly asked: Promise<string>;
  private ask!: (reason: string) => void;
  /** Ended before its time by something that is no wish. */
  private failed = false;

  constructor(given: RecordArguments, settings: Settings, name: string, log: Log) {
    this.given = given;
    this.settings = settings;
    this.name = name;
    this.log = log;
    this.asked = new Promise((resolve) => (this.ask = resolve));
  }

  async run(load: () => Promise<RuleSetPlan | undefined>): Promise<number> {
    const { settings, name, log, given } = this;
    const plan = await load();
    if (plan === undefined) return exitCodes.failed;
    const file = createRecordingFile(given.file, given.force);
    const recording = new RecordingClient(
      { fd: file.fd, limit: given.size, facts: factsNow(settings, name) },
      (reason) => {
        this.failed = !reason.startsWith("it has the");
        log(this.failed ? "critical" : "notice", `${given.file} takes no more: ${reason}`);
        this.ask(reason);
      },
    );
    const outputs = await openStdout(settings, log);
    const drops = new DropWatch(settings.syscall_event_drops);
    const onCounters = (counters: Counters, time: bigint) => {
      const loss = drops.look(counters, time);
      if (loss === undefined) return;
      actOnLoss(loss, settings.syscall_event_drops.actions, {
        log,
        publish: (alerts) => outputs.publish(alerts),
        stop: (reason) => this.fail(reason),
        hostname: name,
        now: () => time,
      });
    };
    const data = {
      ...captureData(settings, name),
      taken: takenCounter(),
      capacity: settings.outputs_queue.capacity,
      recording: recording.session,
    };
    const capture: CaptureClient = new CaptureClient(data, {
      onAlerts: (alerts) => outputs.publish(alerts),
      onCounters,
      onContainer: ({ id, cgroupPath }) => runtimes.ask(id, cgroupPath),
      log,
    });
    const environment = process.env;
    const tell = (input: NodeInput) => capture.tellNode(input);
    const runtimes = openRuntimes(settings, { tell, pod: inPod(environment), environment, log });
    const about = { environment, hostname: ownHostname(), clock: systemClock, log };
    const kube = openKube(settings, about);
    const pods = openPodMetadata(kube, { ...about, tell });
    void runtimes.start();
    endOnSignals({ stop: () => this.ask("stopped") });
    try {
      await capture.started;
      await capture.setRules(plan);
    } catch (error) {
      log("critical", (error as Error).message);
      await recording.abandon();
      file.discard();
      return exitCodes.failed;
    }
    file.keep();
    pods?.start();
    const rules = given.rules.length === 0 ? "" : `, ${plan.rules.length} rules alert meanwhile`;
    log("notice", `ready: recording to ${given.file}${rules}; Ctrl-C ends it`);
    void capture.died.then((reason) => this.fail(`capture ended: ${reason}`));
    const timer =
      given.seconds === undefined
        ? undefined
        : setTimeout(() => this.ask(`${given.seconds} s are over`), given.seconds * 1000);
    recording.endsBecause(await this.asked);
    clearTimeout(timer);
    await pods?.stop();
    kube?.client.close();
    runtimes.close();
    const counters = await capture.stop();
    await outputs.close(settings.output_timeout);
    const written = await withinTime(recording.written);
    process.stderr.write(`${summary([counters], outputs.counters())}\n${this.report(counters, written)}\n`);
    return this.failed || written === undefined ? exitCodes.failed : exitCodes.fine;
  }

  private fail(reason: string): void {
    this.failed = true;
    this.log("critical", reason);
    this.ask(reason);
  }

  /** What is in the file, and what is not. */
  private report({ sizes, drops }: Counters, written: Written | undefined): string {
    const file = escapeText(this.given.file);
    if (written === undefined)
      return `Recorded: the end of ${file} could not be written; it can be read up to there`;
    const dropped = drops.reduce((sum, { count }) => sum + count, 0);
    const unwritten = (sizes["unrecorded_records"] ?? 0) + written.unwritten;
    const lines = [`Recorded: ${written.records} records in ${written.bytes} bytes of ${file}`];
    if (dropped > 0) lines.push(`Not recorded: ${dropped} that the kernel side lost (see Events dropped)`);
    if (unwritten > 0) lines.push(`Not recorded: ${unwritten} because the disk did not take them`);
    const inputs = sizes["unrecorded_inputs"] ?? 0;
    if (inputs > 0) lines.push(`Not recorded: ${inputs} facts of the node, because the disk did not keep up`);
    return lines.join("\n");
  }
}

/** What `written` resolves with; undefined where it takes too long or fails. */
async function withinTime(written: Promise<Written>): Promise<Written | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), WRITING)));
  try {
    return await Promise.race([written, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
