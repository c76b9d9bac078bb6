/** A test on a recording: all alerts that rules raise on it, with the fields that are asked for. */
import { pathViews } from "../../fields/context.ts";
import { buildCatalogue, readersOf } from "../../fields/index.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import { Recording } from "../../sources/recording/read.ts";
import { staticFields } from "../agent/from-settings.ts";
import { recordedFacts, recordedSettings } from "../recording/recorded.ts";
import { asOn, Replay } from "../recording/replay.ts";
import type { Settings } from "../settings/schema.ts";
import { fieldOf, type RaisedAlert } from "./raised.ts";

/** A recording whose facts are settled; it is opened anew for each use. */
export interface RecordingFixture {
  readonly source: "recording";
  readonly path: string;
  readonly constants: ReadonlyMap<string, string>;
}

/** @throws RecordingError where it cannot be replayed. */
export function recordingFixture(path: string): RecordingFixture {
  const recording = Recording.open(path);
  try {
    const facts = recordedFacts(recording.facts, path);
    return { source: "recording", path, constants: staticFields(recordedSettings(facts, path)) };
  } finally {
    recording.close();
  }
}

/** As for an event: every rule, on every view, and no bound on alerts. */
const asForEvents = {
  rule_matching: "all",
  path_views: "both",
  alerts: { rate: 1e9, burst: 1e9 },
} satisfies Partial<Settings>;

/** What a recording raised, or why it is no good. */
export function raisedByRecording(
  { path, constants }: RecordingFixture,
  plan: RuleSetPlan,
  fields: ReadonlySet<string>,
): readonly RaisedAlert[] | string {
  const recording = Recording.open(path);
  const facts = recordedFacts(recording.facts, path);
  const recorded = recordedSettings(facts, path);
  const settings: Settings = { ...recorded, ...asForEvents };
  const source = buildCatalogue({ staticFields: constants }).sources.get("syscall")!;
  const readers = readersOf(constants);
  const alerts: RaisedAlert[] = [];
  const faults: string[] = [];
  const leave = asOn(facts);
  try {
    const replay = new Replay({
      facts,
      settings,
      plan,
      emit(alert, event) {
        if (event === undefined) return; // what the agent says about itself is no rule's
        // As of an event: the fields show what was asked, though another view may have matched.
        event.view = pathViews.asked;
        const values = new Map([...fields].map((name) => [name, fieldOf(name, event, source, readers)]));
        alerts.push({ alert, field: (name) => values.get(name) ?? null });
      },
      log: (level, message) => {
        if (level === "error") faults.push(message);
      },
    });
    const items = recording.items();
    let next = items.next();
    for (; next.done !== true; next = items.next()) replay.take(next.value);
    replay.finish();
    const { broken } = next.value;
    if (broken !== undefined)
      return `the recording is ${broken.kind} at offset ${broken.offset}: ${broken.reason}`;
    if (replay.malformed > 0) return `${replay.malformed} items of the recording cannot be taken in`;
    return faults[0] ?? alerts;
  } finally {
    leave();
    recording.close();
  }
}
