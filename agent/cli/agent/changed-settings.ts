/** Which settings changed, and which of them a running agent cannot take over. Pure. */
import type { Settings } from "../settings/schema.ts";

/** Settings that a reload takes over: they shape the rule set, or what is watched. */
export const takenOver: ReadonlySet<string> = new Set([
  "rules",
  "priority",
  "append_output",
  "rules_files",
  "config_files",
  "operator",
]);

/** Top-level keys that differ and take effect at the next start only, sorted. */
export function needRestart(before: Settings, after: Settings): string[] {
  const keys = Object.keys(after) as (keyof Settings)[];
  return keys
    .filter((key) => !takenOver.has(key) && JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .sort();
}
