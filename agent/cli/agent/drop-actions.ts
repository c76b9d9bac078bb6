/** What is done about lost events (setting syscall_event_drops). */
import { internalAlert, type Alert } from "../../engine/alert.ts";
import type { Log } from "../log.ts";
import type { DropSettings, Loss } from "./drop-watch.ts";

export interface DropActionsParts {
  readonly log: Log;
  readonly publish: (alerts: readonly Alert[]) => void;
  /** Ends the agent for a reason. */
  readonly stop: (reason: string) => void;
  readonly hostname: string;
  /** ns since the epoch. */
  readonly now: () => bigint;
}

/** Takes the actions that the settings name. */
export function actOnLoss(
  { dropped, events, causes }: Loss,
  actions: DropSettings["actions"],
  { log, publish, stop, hostname, now }: DropActionsParts,
): void {
  const why = Object.entries(causes).map(([cause, count]) => `${cause} ${count}`);
  const message = `${dropped} events were lost in the last second, ${events} arrived (${why.join(", ")})`;
  if (actions.includes("log")) log("warning", message);
  if (actions.includes("alert")) {
    const fields: Record<string, number> = { n_drops: dropped, n_evts: events };
    for (const [cause, count] of Object.entries(causes)) fields[`n_drops_${cause}`] = count;
    publish([internalAlert("syscall event drop", 7, message, fields, { time: now(), hostname })]);
  }
  if (actions.includes("exit")) stop(`${message}; syscall_event_drops.actions says exit`);
}
