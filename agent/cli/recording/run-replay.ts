/** `tiercel replay`: the alerts of a recording, as the agent that recorded gave or would have given them. */
import { setImmediate, setTimeout } from "node:timers/promises";
import { escapeText } from "../../engine/json.ts";
import { Recording, type RecordingEnd } from "../../sources/recording/read.ts";
import { RecordingError } from "../../sources/recording/read-blocks.ts";
import type { Outputs } from "../../sinks/outputs.ts";
import { compileOptions, staticFields } from "../agent/from-settings.ts";
import { loadRules } from "../agent/load-rules.ts";
import { openLog } from "../agent/open-log.ts";
import { endOnSignals } from "../agent/signals.ts";
import { summary } from "../agent/summary.ts";
import { exitCodes } from "../command.ts";
import { endProcess } from "../end-process.ts";
import type { Log } from "../log.ts";
import { defaultSettings } from "../settings/check.ts";
import { Pace } from "./pace.ts";
import { recordedFacts, recordedSettings } from "./recorded.ts";
import { asOn, Replay } from "./replay.ts";
import { openStdout } from "./stdout-alerts.ts";

/** What the command line said. */
export interface ReplayArguments {
  readonly file: string;
  readonly rules: readonly string[];
  /** How alerts are printed; undefined: as the recording agent did. */
  readonly output: "text" | "json" | undefined;
  readonly speed: "recorded" | "full";
}

/** Alerts that may wait for whoever reads standard output. */
const MOST_WAITING = 1000;
/** Items between two looks at what else there is to do. */
const AT_ONCE = 512;

/** Replays a recording; ends the process, since what nobody reads must not keep it alive. */
export async function runReplay(given: ReplayArguments): Promise<number> {
  const { log, flush } = openLog(defaultSettings(), "", false);
  let code: number;
  try {
    code = await replayFile(given, log);
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    log("critical", error.message);
    code = exitCodes.failed;
  }
  flush();
  endProcess(code);
}

async function replayFile(given: ReplayArguments, log: Log): Promise<number> {
  const recording = Recording.open(given.file);
  const facts = recordedFacts(recording.facts, given.file);
  const recorded = recordedSettings(facts, given.file);
  const settings =
    given.output === undefined ? recorded : { ...recorded, json_output: given.output === "json" };
  const { plan, mistakes, warnings } = await loadRules({
    input: { kind: "files", paths: given.rules, skipMissing: false },
    options: compileOptions(settings),
    staticFields: staticFields(settings),
    nodeLabels: undefined,
    sources: ["syscall"],
  });
  for (const warning of warnings) log("warning", warning);
  if (mistakes !== "") log("critical", mistakes);
  if (plan === undefined) return exitCodes.failed;
  // The log is of now and here; its times are in UTC.
  asOn(facts);
  const outputs = await openStdout(settings, log);
  const replay = new Replay({ facts, settings, plan, emit: (alert) => outputs.publish([alert]), log });
  let stopped = false;
  endOnSignals({ stop: () => (stopped = true) });
  const items = recording.items();
  const pace = given.speed === "recorded" ? new Pace(() => performance.now()) : undefined;
  let end: RecordingEnd | undefined;
  for (let count = 1; !stopped; count++) {
    const next = items.next();
    if (next.done === true) {
      end = next.value;
      break;
    }
    const wait = pace?.before(next.value) ?? 0;
    if (wait > 0) await setTimeout(wait);
    replay.take(next.value);
    if (count % AT_ONCE === 0) await setImmediate();
    await delivered(outputs);
  }
  replay.finish();
  recording.close();
  // All of it: whoever reads may take the time that it takes.
  while (waiting(outputs) > 0) await setTimeout(1);
  await outputs.close(settings.output_timeout);
  const told = judge(end, replay, given.file, log);
  process.stderr.write(`${summary([replay.counters()], outputs.counters())}\n`);
  return told ? exitCodes.fine : exitCodes.failed;
}

const waiting = (outputs: Outputs) => outputs.counters().reduce((sum, { queued }) => sum + queued, 0);

async function delivered(outputs: Outputs): Promise<void> {
  while (waiting(outputs) > MOST_WAITING) await setTimeout(1);
}

/** Says what the recording lacks. False where it is damaged. */
function judge(end: RecordingEnd | undefined, replay: Replay, file: string, log: Log): boolean {
  const { malformed, unknown, lost } = replay;
  const name = escapeText(file);
  if (unknown > 0)
    log(
      "warning",
      `${unknown} records are of events that this version does not know; no rule was tried on them`,
    );
  if (lost.records > 0 || lost.inputs > 0)
    log(
      "warning",
      `${lost.records} records and ${lost.inputs} facts of the node are missing in ${name}: the disk did not keep up while it was recorded`,
    );
  const broken = end?.broken;
  if (broken?.kind === "torn")
    log(
      "warning",
      `${name} is torn at offset ${broken.offset}: ${broken.reason}; everything before was replayed`,
    );
  else if (broken !== undefined)
    log(
      "critical",
      `${name} is damaged at offset ${broken.offset}: ${broken.reason}; everything before was replayed, nothing behind it`,
    );
  else if (end !== undefined && end.end === undefined)
    log("warning", `${name} has no end: what recorded it was cut off; everything in it was replayed`);
  return broken?.kind !== "damaged" && malformed === 0;
}
