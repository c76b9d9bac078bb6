/**
 * An alert as Alertmanager's API (version 2) wants it. Labels say which alert it is, so texts become labels, and numbers,
 * which tend to differ from one to the next, annotations.
 */
import type { Alert, OutputValue } from "../engine/alert.ts";
import { priorityNames } from "../rules/plan.ts";

export interface AlertmanagerLook {
  /** Labels for every alert; they outrank an alert's own. */
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds that an alert counts as firing from now on; undefined: as Alertmanager's settings say. */
  readonly expiresAfter: number | undefined;
}

export interface AlertmanagerAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt?: string;
}

/** Characters of a name and a value, and how many labels and annotations one alert has. */
const limits = { name: 128, label: 1024, annotation: 4096, labels: 64, annotations: 64 } as const;

/** The alert, sent at `now` (milliseconds since the epoch). */
export function alertmanagerAlert(alert: Alert, look: AlertmanagerLook, now: number): AlertmanagerAlert {
  const { subject } = alert;
  const start = Number(alert.time / 1_000_000n);
  const labels = new Names(limits.labels, limits.label);
  labels.addAll(look.labels);
  labels.addAll({
    alertname: alert.rule,
    severity: priorityNames[alert.priority].toLowerCase(),
    source: alert.source,
    node: alert.hostname,
    namespace: subject?.namespace ?? "",
    pod: subject?.pod ?? "",
    container: subject?.container ?? "",
    tags: alert.tags.join(","),
  });
  const annotations = new Names(limits.annotations, limits.annotation);
  annotations.addAll({ summary: alert.rule, description: alert.message });
  for (const [key, value] of alert.fields) (isText(value) ? labels : annotations).add(key, textOf(value));
  return {
    labels: labels.members(),
    annotations: annotations.members(),
    startsAt: new Date(start).toISOString(),
    ...(look.expiresAfter !== undefined && {
      endsAt: new Date(Math.max(start, now) + look.expiresAfter).toISOString(),
    }),
  };
}

const isText = (value: OutputValue) =>
  typeof value === "string" || typeof value === "boolean" || (typeof value === "object" && value !== null);

function textOf(value: OutputValue): string {
  if (value === null) return "";
  return typeof value === "object" ? `(${value.join(",")})` : String(value);
}

/** Names and values as Prometheus has them, each name once, no more than there may be. */
class Names {
  readonly #members = new Map<string, string>();
  readonly #most: number;
  readonly #longest: number;

  constructor(most: number, longest: number) {
    this.#most = most;
    this.#longest = longest;
  }

  addAll(members: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(members)) this.add(name, value);
  }

  /** Empty values are left out, as Alertmanager does. A name that is taken gets a number at its end. */
  add(name: string, value: string): void {
    if (value === "" || this.#members.size >= this.#most) return;
    const plain = prometheusName(name);
    let free = plain;
    for (let n = 2; this.#members.has(free); n++) free = `${plain}_${n}`;
    this.#members.set(free, cut(value, this.#longest));
  }

  members(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#members);
  }
}

/** `proc.aname[2]` as `proc_aname_2`: [a-zA-Z_][a-zA-Z0-9_]*, and no `__` in front, which is Prometheus' own. */
function prometheusName(name: string): string {
  const plain = name
    .replace(/[^a-zA-Z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, limits.name);
  if (plain === "") return "field";
  return /^[a-zA-Z]/.test(plain) ? plain : `_${plain}`;
}

/** At most that many UTF-16 units, no pair torn, with an ellipsis where something is missing. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
