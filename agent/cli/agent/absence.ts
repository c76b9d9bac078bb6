/** Says that nobody watched for a while: what happened then no rule has seen. */
import { internalAlert, type Alert } from "../../engine/alert.ts";
import { LifeSigns, type Absence } from "../cluster/life-signs.ts";
import type { Log } from "../log.ts";
import type { Settings } from "../settings/schema.ts";

const WARNING = 4;

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();

/** Seconds, to a tenth. */
const seconds = ({ from, until }: Absence) => Math.round((until - from) / 100) / 10;

/** What an agent watches: its node, or what API servers send. */
export type Watched = "node" | "audit";

export const watchedOf = ({ sources }: Pick<Settings, "sources">): Watched =>
  sources.syscall.enabled ? "node" : "audit";

/** Signs of life of an agent in a cluster; undefined for any other, which keeps nothing on the disk. */
export function openLifeSigns({ cluster }: Settings, log: Log): LifeSigns | undefined {
  if (!cluster.enabled) return undefined;
  return new LifeSigns({
    folder: cluster.state_folder,
    now: Date.now,
    onFault: (reason) =>
      log("warning", `the next agent will not know until when this one watched: ${reason}`, "life signs"),
  });
}

const what: Readonly<Record<Watched, string>> = {
  node: "nothing was watched on this node",
  audit: "no audit event was taken here",
};

/** One sentence for people. */
export function absenceText(absence: Absence, watched: Watched): string {
  const { from, until, killed } = absence;
  const why = killed ? "the agent was killed, or the node went down" : "the agent ended and was started anew";
  return `${what[watched]} for ${seconds(absence)} s, from ${iso(from)} until ${iso(until)}: ${why}`;
}

export interface AbsenceParts {
  readonly log: Log;
  readonly publish: (alerts: readonly Alert[]) => void;
  readonly hostname: string;
  readonly watched: Watched;
}

/** Logs it; where the agent was killed it is an alert as well, since somebody may have done so on purpose. */
export function sayAbsence(absence: Absence, { log, publish, hostname, watched }: AbsenceParts): void {
  const text = absenceText(absence, watched);
  log(absence.killed ? "warning" : "notice", text);
  if (!absence.killed) return;
  const about = { time: BigInt(absence.until) * 1_000_000n, hostname };
  const fields = { from: iso(absence.from), until: iso(absence.until), seconds: seconds(absence) };
  publish([internalAlert("agent was killed", WARNING, text, fields, about)]);
}
