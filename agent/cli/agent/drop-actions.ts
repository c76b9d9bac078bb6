/** What is done about lost events (setting syscall_event_drops). */
import { internalAlert, type Alert, type OutputValue } from "../../engine/alert.ts";
import type { Log } from "../log.ts";
import type { DropSettings, Loss } from "./drop-watch.ts";
import { lossOf, ownerText, shortId, type LossOwner, type OwnerLoss } from "./loss-owner.ts";

export interface DropActionsParts {
  readonly log: Log;
  readonly publish: (alerts: readonly Alert[]) => void;
  /** Ends the agent for a reason. */
  readonly stop: (reason: string) => void;
  readonly hostname: string;
  /** ns since the epoch. */
  readonly now: () => bigint;
}

/** Event types that are named of one owner. */
const TYPES = 3;

function lossText(owner: OwnerLoss): string {
  const byEvent = new Map<string, number>();
  for (const { event, count } of owner.drops) byEvent.set(event, (byEvent.get(event) ?? 0) + count);
  const types = [...byEvent].sort(([, a], [, b]) => b - a).slice(0, TYPES);
  return `${lossOf(owner)} of ${ownerText(owner)}: ${types.map(([event, count]) => `${event} ${count}`).join(", ")}`;
}

/** Fields under the names that rules give them. */
function ownerFields({ container, cgroup, name, image, namespace, pod }: LossOwner) {
  const known: Record<string, string> = {
    "container.id": shortId(container),
    "container.name": name,
    "container.image": image,
    "k8s.ns.name": namespace,
    "k8s.pod.name": pod,
    cgroup,
  };
  return Object.entries(known).filter(([, value]) => value !== "");
}

/** Takes the actions that the settings name. */
export function actOnLoss(
  { dropped, events, causes, owners, flooder }: Loss,
  actions: DropSettings["actions"],
  { log, publish, stop, hostname, now }: DropActionsParts,
): void {
  const why = Object.entries(causes).map(([cause, count]) => `${cause} ${count}`);
  const whose = owners.map((owner) => `; ${lossText(owner)}`).join("");
  const who = flooder === undefined ? "" : `; most of the ring was wanted by ${ownerText(flooder)}`;
  const message = `${dropped} events were lost in the last second, ${events} arrived (${why.join(", ")})${whose}${who}`;
  if (actions.includes("log")) log("warning", message);
  if (actions.includes("alert")) {
    const fields: Record<string, OutputValue> = { n_drops: dropped, n_evts: events };
    for (const [cause, count] of Object.entries(causes)) fields[`n_drops_${cause}`] = count;
    const about = flooder ?? owners[0];
    if (about !== undefined) Object.assign(fields, Object.fromEntries(ownerFields(about)));
    publish([internalAlert("syscall event drop", 7, message, fields, { time: now(), hostname })]);
  }
  if (actions.includes("exit")) stop(`${message}; syscall_event_drops.actions says exit`);
}
