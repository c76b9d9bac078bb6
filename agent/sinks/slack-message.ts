/**
 * An alert as a message of Slack's incoming webhooks: blocks in an attachment, which gives it its colour. Texts that a
 * container may have had a hand in are plain_text, in which Slack sees no mark-up, link, mention or emoji.
 */
import type { Alert, OutputValue } from "../engine/alert.ts";

export interface SlackLook {
  /** Each "" for the webhook's own. */
  readonly channel: string;
  readonly username: string;
  /** URL or :emoji:. */
  readonly icon: string;
  readonly footer: string;
}

/** Slack's limits, in characters: header, text of a section, field of a section; fields per section. */
const limits = { header: 150, section: 3000, field: 2000, fields: 10 } as const;

/** Name and colour of each priority. */
const priorities: Record<Alert["priority"], readonly [name: string, colour: string]> = {
  0: ["Emergency", "#8b0000"],
  1: ["Alert", "#b00020"],
  2: ["Critical", "#d32f2f"],
  3: ["Error", "#f44336"],
  4: ["Warning", "#ff9800"],
  5: ["Notice", "#fbc02d"],
  6: ["Informational", "#2196f3"],
  7: ["Debug", "#9e9e9e"],
};

interface PlainText {
  readonly type: "plain_text";
  readonly text: string;
  readonly emoji: false;
}

export interface SlackMessage {
  readonly text: string;
  readonly channel?: string;
  readonly username?: string;
  readonly icon_emoji?: string;
  readonly icon_url?: string;
  readonly attachments: readonly {
    readonly color: string;
    readonly fallback: string;
    readonly blocks: readonly unknown[];
  }[];
}

/** The message for one alert. */
export function slackMessage(alert: Alert, look: SlackLook): SlackMessage {
  const { channel, username, icon, footer } = look;
  const [priority, color] = priorities[alert.priority];
  const title = `${priority}: ${alert.rule}`;
  const facts: (readonly [string, string])[] = [
    ["host", alert.hostname],
    ["time", new Date(Number(alert.time / 1_000_000n)).toISOString()],
    ["source", alert.source],
    ...(alert.tags.length === 0 ? [] : [["tags", alert.tags.join(", ")] as const]),
  ];
  const fields = [
    ...facts,
    ...alert.fields.flatMap(([key, value]) => (value === null ? [] : [[key, shown(value)] as const])),
  ];
  const blocks: unknown[] = [
    { type: "header", text: plain(title, limits.header) },
    { type: "section", text: plain(alert.message, limits.section) },
    {
      type: "section",
      fields: fields.slice(0, limits.fields).map(([key, value]) => plain(`${key}\n`, limits.field, value)),
    },
  ];
  if (footer !== "") blocks.push({ type: "context", elements: [plain(footer, limits.field)] });
  return {
    text: escapeMarkup(cut(visible(title), limits.header)),
    ...(channel === "" ? {} : { channel }),
    ...(username === "" ? {} : { username }),
    ...(icon === "" ? {} : icon.startsWith(":") ? { icon_emoji: icon } : { icon_url: icon }),
    attachments: [
      {
        color,
        fallback: escapeMarkup(cut(visible(alert.message), limits.section)),
        blocks,
      },
    ],
  };
}

function shown(value: Exclude<OutputValue, null>): string {
  return typeof value === "object" ? `(${value.join(",")})` : String(value);
}

/** `before` as it is, then `text` made visible; never empty, which Slack refuses. */
function plain(before: string, most: number, text?: string): PlainText {
  const whole = text === undefined ? visible(before) : `${visible(before.trimEnd())}\n${visible(text)}`;
  return { type: "plain_text", text: cut(whole.trim() === "" ? "-" : whole, most), emoji: false };
}

/** Control characters, and what turns the direction of text, as \u escapes. */
function visible(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The three characters that begin mark-up outside plain_text (Slack: formatting text for app surfaces). */
function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** At most that many UTF-16 units, no pair torn, with an ellipsis where something is missing. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
