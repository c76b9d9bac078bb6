/** What a recording holds besides records and inputs: facts of the machine, settings that shape alerts, counters. */
import { release } from "node:os";
import { HEADER, PART_SLOTS } from "../../events/record.ts";
import { events } from "../../events/table.ts";
import { ownArchitecture, type Architecture } from "../../events/translate.ts";
import { RecordingError } from "../../sources/recording/read-blocks.ts";
import type { Counters, DropCount } from "../agent/counters.ts";
import type { Losses, OwnerLoss } from "../agent/loss-owner.ts";
import { checkTree } from "../settings/check.ts";
import { draw } from "../settings/mistake.ts";
import type { Settings } from "../settings/schema.ts";
import { checkTogether } from "../settings/together.ts";
import { readTree } from "../settings/tree.ts";
import { packageVersion } from "../version.ts";
import { big, list, number, object, oneOf, text, truth, type Shape } from "./shape.ts";

/** What the capture thread alone knows. */
export interface MachineFacts {
  /** ns since the epoch at which CLOCK_BOOTTIME was 0. */
  readonly bootTime: bigint;
  /** Where the node itself stands among the cgroups (containerOf). */
  readonly nodeRoot: string;
}

/** The first block of a recording. */
export interface RecordedFacts extends MachineFacts {
  /** Version of Tiercel that recorded. */
  readonly tiercel: string;
  /** As alerts name the node. */
  readonly hostname: string;
  readonly kernel: string;
  readonly architecture: Architecture;
  /** As the IANA database names it: local times in alerts. */
  readonly timeZone: string;
  /** Rows of the event table, and the layout of records: only ever appended to. */
  readonly events: { readonly rows: number; readonly header: number; readonly parts: number };
  /** Settings that shape alerts, as JSON; never one that holds a credential. */
  readonly settings: string;
}

/** Settings that decide whether an alert comes and what it says. */
const shaping = [
  "rule_matching",
  "path_views",
  "alerts",
  "static_fields",
  "buffer_format_base64",
  "priority",
  "rules",
  "append_output",
  "falco_libs",
  "syscall_event_drops",
  "json_output",
  "json_include_output_property",
  "json_include_message_property",
  "json_include_output_fields_property",
  "json_include_tags_property",
  "time_format_iso_8601",
] as const satisfies readonly (keyof Settings)[];

/** What is recorded of this machine and of how the agent was set. */
export function factsNow(settings: Settings, hostname: string): Omit<RecordedFacts, keyof MachineFacts> {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return {
    tiercel: packageVersion(),
    hostname,
    kernel: release(),
    architecture: ownArchitecture,
    // What ICU cannot name, it takes for UTC.
    timeZone: isTimeZone(zone) ? zone : "UTC",
    events: { rows: events.length, header: HEADER.size, parts: PART_SLOTS },
    settings: JSON.stringify(Object.fromEntries(shaping.map((key) => [key, settings[key]]))),
  };
}

const facts = object<RecordedFacts>({
  tiercel: text,
  hostname: text,
  kernel: text,
  architecture: oneOf("x64", "arm64"),
  timeZone: text,
  events: object({ rows: number, header: number, parts: number }),
  settings: text,
  bootTime: big,
  nodeRoot: text,
});

/** The facts that a recording begins with. @throws RecordingError where they are none that we can go by. */
export function recordedFacts(value: unknown, name: string): RecordedFacts {
  const wrong = facts(value, "facts");
  if (wrong !== undefined) throw new RecordingError(`${name}: the facts of its machine are wrong: ${wrong}`);
  const found = value as RecordedFacts;
  if (found.events.header !== HEADER.size || found.events.parts !== PART_SLOTS)
    throw new RecordingError(
      `${name} has records of a layout that this Tiercel does not know; use a newer one`,
    );
  if (!isTimeZone(found.timeZone))
    throw new RecordingError(`${name}: ${JSON.stringify(found.timeZone)} is no time zone`);
  return found;
}

/** Names of the IANA database only: TZ would take more than that, files among it. */
function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(zone) || zone.includes("//")) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** The settings that a recording was made with, all others at their defaults. @throws RecordingError */
export function recordedSettings({ settings }: RecordedFacts, name: string): Settings {
  const source = { name: `settings in ${name}`, text: settings, isFile: true };
  const { tree, mistakes } = readTree(source, undefined);
  const checked = tree === undefined ? { mistakes } : checkTree(tree);
  const wrong =
    "mistakes" in checked
      ? checked.mistakes
      : [...mistakes, ...checkTogether(checked.settings, () => undefined)];
  if ("mistakes" in checked || wrong.length > 0)
    throw new RecordingError(`${name}: its settings cannot be used here:\n${wrong.map(draw).join("\n")}`);
  return checked.settings;
}

/** What was counted by a second's end, on the kernel's side. The rest follows from records and inputs. */
export interface RecordedCounters extends Pick<Counters, "drops" | "losses"> {
  /** Time of the last event, ns since the epoch. */
  readonly time: bigint;
  /** Said when capture had ended. */
  readonly last: boolean;
}

const drops = list(object<DropCount>({ cause: text, event: text, count: number }));
const owner = object<OwnerLoss>({
  container: text,
  cgroup: text,
  name: text,
  image: text,
  namespace: text,
  pod: text,
  drops,
  demand: number,
});

const counters: Shape<RecordedCounters> = object<RecordedCounters>({
  time: big,
  last: truth,
  drops,
  losses: object<Losses>({ owners: list(owner), others: number }),
});

/** The counters that a recording's value is; a text says what is wrong with it. */
export function recordedCounters(value: unknown): RecordedCounters | string {
  return counters(value, "counters") ?? (value as RecordedCounters);
}
