import { priorityNames, type Priority } from "../plan.ts";

/** The number of a priority as written in rules and settings, in any case; undefined for any other word. */
export function toPriority(text: string): Priority | undefined {
  const word = text.toLowerCase();
  const index = word === "info" ? 6 : priorityNames.findIndex((name) => name.toLowerCase() === word);
  return index < 0 ? undefined : (index as Priority);
}

/** Words of other systems, with the priority that is meant. */
const foreign: Readonly<Record<string, string>> = {
  fatal: "Emergency",
  emerg: "Emergency",
  panic: "Emergency",
  crit: "Critical",
  high: "Critical or Error",
  severe: "Error",
  err: "Error",
  medium: "Warning",
  warn: "Warning",
  low: "Notice",
  minor: "Notice",
  trace: "Debug",
};

/** What to write in place of a word that is no priority. */
export function priorityHelp(text: string): string {
  const meant = foreign[text.toLowerCase()];
  return meant === undefined
    ? `write one of ${priorityNames.join(", ")}`
    : `did you mean ${meant}? Priorities are ${priorityNames.join(", ")}`;
}
