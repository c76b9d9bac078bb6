/** An alert as text and as JSON (outputs.md 3 to 5): the one place that knows either form. */
import { clock, iso8601 } from "../fields/time.ts";
import { priorityNames } from "../rules/plan.ts";
import { INTERNAL, type Alert } from "./alert.ts";
import { escapeText, jsonObject, jsonString, jsonValue } from "./json.ts";

/** Settings of the same names, in camel case. */
export interface AlertFormat {
  readonly timeFormatIso8601: boolean;
  readonly jsonIncludeOutputProperty: boolean;
  readonly jsonIncludeMessageProperty: boolean;
  readonly jsonIncludeOutputFieldsProperty: boolean;
  readonly jsonIncludeTagsProperty: boolean;
}

/** The settings' defaults. */
export const defaultFormat: AlertFormat = {
  timeFormatIso8601: false,
  jsonIncludeOutputProperty: true,
  jsonIncludeMessageProperty: false,
  jsonIncludeOutputFieldsProperty: true,
  jsonIncludeTagsProperty: true,
};

/** `TIME: PRIORITY MESSAGE`, nothing escaped. Internal alerts have local time always. */
function plainText(alert: Alert, format: AlertFormat): string {
  const iso = format.timeFormatIso8601 && alert.source !== INTERNAL;
  const time = iso ? iso8601(alert.time) : clock(alert.time, true);
  return `${time}: ${priorityNames[alert.priority]} ${alert.message}`;
}

/** One line without its newline; control characters are escaped as in JSON. Internal alerts end with their fields. */
export function alertText(alert: Alert, format: AlertFormat = defaultFormat): string {
  const line = escapeText(plainText(alert, format));
  if (alert.source !== INTERNAL || alert.fields.length === 0) return line;
  const fields = [...alert.fields].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${line} (${fields.map(([key, value]) => `${key}=${jsonValue(value)}`).join(" ")})`;
}

function outputFields(alert: Alert, format: AlertFormat): string {
  const members = new Map<string, string>();
  if (alert.source !== INTERNAL)
    members.set(format.timeFormatIso8601 ? "evt.time.iso8601" : "evt.time", alert.time.toString());
  for (const [key, value] of alert.fields) members.set(key, jsonValue(value));
  return jsonObject(members);
}

/** One line of JSON without its newline, keys sorted. */
export function alertJson(alert: Alert, format: AlertFormat = defaultFormat): string {
  const members = new Map([
    ["hostname", jsonString(alert.hostname)],
    ["priority", jsonString(priorityNames[alert.priority])],
    ["rule", jsonString(alert.rule)],
    ["source", jsonString(alert.source)],
    ["time", jsonString(iso8601(alert.time).replace("+0000", "Z"))],
  ]);
  if (alert.source === INTERNAL) {
    members.set("output", jsonString(alert.message));
    members.set("output_fields", outputFields(alert, format));
    return jsonObject(members);
  }
  if (format.jsonIncludeMessageProperty) members.set("message", jsonString(alert.message));
  if (format.jsonIncludeOutputProperty) members.set("output", jsonString(plainText(alert, format)));
  if (format.jsonIncludeOutputFieldsProperty) members.set("output_fields", outputFields(alert, format));
  if (format.jsonIncludeTagsProperty) members.set("tags", jsonValue(alert.tags));
  return jsonObject(members);
}
