/**
 * Alerts alike as few messages: the first at once, then at the end of each window one that says how many more there were.
 * On the events' own time, so that a replay gives the same.
 */
import type { Alert } from "../../engine/alert.ts";
import { priorityNames } from "../../rules/plan.ts";
import { milliseconds, type GroupSpec } from "./spec.ts";

/** Groups that are remembered; beyond it the oldest is closed before its time. */
const mostGroups = 1000;

/** Characters of one part of a key. */
const longestPart = 256;

interface Group {
  /** When the window ends: ns since the epoch. */
  end: bigint;
  /** Alerts since the last message, and the last of them. */
  more: number;
  last: Alert;
}

export class Grouping {
  readonly #window: bigint;
  readonly #windowText: string;
  readonly #by: readonly string[] | undefined;
  /** By key, in the order in which their windows began. */
  readonly #groups = new Map<string, Group>();
  /** No window ends before it. */
  #earliest: bigint | undefined;
  #held = 0;

  /** @throws Error where the window is no duration */
  constructor({ window, by }: GroupSpec) {
    this.#window = BigInt(milliseconds(window)) * 1_000_000n;
    this.#windowText = window;
    this.#by = by;
  }

  /** Alerts that were held back since the start: each is counted in some message, or will be. */
  get held(): number {
    return this.#held;
  }

  /** Milliseconds since the epoch when some window may end; undefined where there is none. */
  get due(): number | undefined {
    return this.#earliest === undefined ? undefined : Number(this.#earliest / 1_000_000n) + 1;
  }

  /** What is to be sent when `alert` comes: messages of windows that have ended, and the alert if it is the first alike. */
  take(alert: Alert): readonly Alert[] {
    const messages = this.at(alert.time);
    const key = groupKey(alert, this.#by);
    const group = this.#groups.get(key);
    if (group !== undefined) {
      group.more++;
      group.last = alert;
      this.#held++;
      return messages;
    }
    if (this.#groups.size >= mostGroups) messages.push(...this.#closeOldest());
    this.#begin(key, alert, alert.time);
    return [...messages, alert];
  }

  /** What is to be sent at a time, ns since the epoch: one message for each window that has ended with something to say. */
  at(time: bigint): Alert[] {
    if (this.#earliest === undefined || time < this.#earliest) return [];
    const ended = [...this.#groups].filter(([, { end }]) => end <= time);
    for (const [key] of ended) this.#groups.delete(key);
    this.#earliest = undefined;
    for (const { end } of this.#groups.values()) this.#endsAt(end);
    const messages: Alert[] = [];
    for (const [key, group] of ended) {
      if (group.more === 0) continue;
      messages.push(this.#message(group));
      this.#begin(key, group.last, time);
    }
    return messages;
  }

  #begin(key: string, last: Alert, time: bigint): void {
    const end = time + this.#window;
    this.#groups.set(key, { end, more: 0, last });
    this.#endsAt(end);
  }

  #endsAt(end: bigint): void {
    if (this.#earliest === undefined || end < this.#earliest) this.#earliest = end;
  }

  /** What is left to say; all groups are forgotten. */
  flush(): readonly Alert[] {
    const messages = [...this.#groups.values()].filter(({ more }) => more > 0);
    this.#groups.clear();
    this.#earliest = undefined;
    return messages.map((group) => this.#message(group));
  }

  #closeOldest(): readonly Alert[] {
    for (const [key, group] of this.#groups) {
      this.#groups.delete(key);
      return group.more > 0 ? [this.#message(group)] : [];
    }
    return [];
  }

  #message({ last, more }: Group): Alert {
    return {
      ...last,
      message: `${last.message} (${more} more like it within ${this.#windowText}, this is the last)`,
      fields: [...last.fields.filter(([key]) => key !== MORE), [MORE, more]],
    };
  }
}

/** Key of output_fields that says how many alerts a message stands for. */
const MORE = "tiercel.more";

/** Alerts with the same key are alike: by the rule and what it happened to, or by `by`. */
function groupKey(alert: Alert, by: readonly string[] | undefined): string {
  const parts = by?.map((name) => partNamed(name, alert)) ?? usualParts(alert);
  return JSON.stringify(parts.map((part) => part.slice(0, longestPart)));
}

function usualParts({ identity, rule, group, hostname }: Alert): readonly string[] {
  const { pod = "", container = "", exePath = "", object = "" } = group ?? {};
  const who = [identity?.namespace ?? "", identity?.object ?? "", rule];
  return [...who, pod === "" ? hostname : pod, container, exePath, object];
}

/** What `by` may name beside keys of output_fields. */
const named: Readonly<Record<string, (alert: Alert) => string>> = {
  rule: ({ rule }) => rule,
  priority: ({ priority }) => priorityNames[priority],
  source: ({ source }) => source,
  hostname: ({ hostname }) => hostname,
  "k8s.ns.name": ({ subject }) => subject?.namespace ?? "",
  "k8s.pod.name": ({ subject }) => subject?.pod ?? "",
  "k8s.pod.uid": ({ subject }) => subject?.podUid ?? "",
  "container.id": ({ group }) => group?.container ?? "",
  "container.name": ({ subject }) => subject?.container ?? "",
  "container.image": ({ subject }) => subject?.image ?? "",
  "proc.exepath": ({ group }) => group?.exePath ?? "",
  "fd.name": ({ group }) => group?.object ?? "",
};

function partNamed(name: string, alert: Alert): string {
  const value = alert.fields.find(([key]) => key === name)?.[1];
  if (value !== undefined) return String(value);
  return Object.hasOwn(named, name) ? named[name]!(alert) : "";
}
