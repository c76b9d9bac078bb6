/** Names that documents may use: settings, values of the chart, metrics. Each from where it is defined. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { settingsSchema } from "../../agent/cli/settings/schema.ts";
import { root } from "./reference.ts";

interface Group {
  readonly properties?: Readonly<Record<string, Group>> | undefined;
}

function pathsOf(group: Group, path: string, into: Set<string>): Set<string> {
  for (const [name, child] of Object.entries(group.properties ?? {})) {
    const full = path === "" ? name : `${path}.${name}`;
    into.add(full);
    pathsOf(child, full, into);
  }
  return into;
}

function keysOf(value: unknown, path: string, into: Set<string>): Set<string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return into;
  for (const [name, child] of Object.entries(value)) {
    const full = path === "" ? name : `${path}.${name}`;
    into.add(full);
    keysOf(child, full, into);
  }
  return into;
}

/** Dotted paths of all settings, groups among them. */
export const settingPaths: ReadonlySet<string> = pathsOf(settingsSchema, "", new Set());

/** Dotted paths of all values of the chart. */
export const valuePaths: ReadonlySet<string> = keysOf(
  parse(readFileSync(`${root}charts/tiercel/values.yaml`, "utf8")),
  "",
  new Set(),
);

const tops = new Set([...settingPaths, ...valuePaths].map((path) => path.split(".")[0]!));

/** Code in a page: `like this`, without what stands in blocks. */
export function codeIn(page: string): string[] {
  const prose = page.replaceAll(/^ *```[^]*?^ *```/gm, "");
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
}

/** What looks like a setting or a value of the chart and is neither. `name: value` counts as `name`. */
export function unknownNames(page: string): string[] {
  return codeIn(page)
    .map((code) => /^([a-z][\w-]*(?:\.[a-zA-Z0-9_]+)+)(?:: .*)?$/.exec(code)?.[1])
    .filter((name) => name !== undefined)
    .filter((name) => tops.has(name.split(".")[0]!) && !/\.(json|ya?ml)$/.test(name))
    .filter((name) => !settingPaths.has(name) && !valuePaths.has(name));
}

/** Metrics of agents, from the table that is made of them. */
const metrics: ReadonlySet<string> = new Set(
  [...readFileSync(`${root}docs/metrics.md`, "utf8").matchAll(/^\| `(tiercel_\w+)`/gm)].map(
    ([, name]) => name!,
  ),
);

/** Metrics that a page names, with or without labels, and that agents do not have. */
export function unknownMetrics(page: string): string[] {
  return [...page.matchAll(/\btiercel_\w+(?<!_)/g)]
    .map(([name]) => name)
    .filter((name) => !name.startsWith("tiercel_operator") && !metrics.has(name));
}
