/** Says that nobody watched the node for a while: what happened then no rule has seen. */
import { internalAlert, type Alert } from "../../engine/alert.ts";
import { LifeSigns, type Absence } from "../cluster/life-signs.ts";
import type { Log } from "../log.ts";
import type { Settings } from "../settings/schema.ts";

const WARNING = 4;

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();

/** Seconds, to a tenth. */
const seconds = ({ from, until }: Absence) => Math.round((until - from) / 100) / 10;

/** Signs of life of an agent that watches a cluster's node; undefined for any other, which keeps nothing on the disk. */
export function openLifeSigns({ cluster, sources }: Settings, log: Log): LifeSigns | undefined {
  if (!cluster.enabled || !sources.syscall.enabled) return undefined;
  return new LifeSigns({
    folder: cluster.state_folder,
    now: Date.now,
    onFault: (reason) =>
      log("warning", `the next agent will not know until when this one watched: ${reason}`, "life signs"),
  });
}

/** One sentence for people. */
export function absenceText(absence: Absence): string {
  const { from, until, killed } = absence;
  const why = killed ? "the agent was killed, or the node went down" : "the agent ended and was started anew";
  return `nothing was watched on this node for ${seconds(absence)} s, from ${iso(from)} until ${iso(until)}: ${why}`;
}

/** Logs it; where the agent was killed it is an alert as well, since somebody may have done so on purpose. */
export function sayAbsence(
  absence: Absence,
  { log, publish, hostname }: { log: Log; publish: (alerts: readonly Alert[]) => void; hostname: string },
): void {
  const text = absenceText(absence);
  log(absence.killed ? "warning" : "notice", text);
  if (!absence.killed) return;
  const about = { time: BigInt(absence.until) * 1_000_000n, hostname };
  const fields = { from: iso(absence.from), until: iso(absence.until), seconds: seconds(absence) };
  publish([internalAlert("agent was killed", WARNING, text, fields, about)]);
}
