/** The chart as Helm 3 and Helm 4 render it. */
import type { Context } from "mocha";
import { parseAllDocuments } from "yaml";
import type { Outcome } from "../system/support/commands.ts";
import { run } from "../system/support/commands.ts";
import { root } from "../support/reference.ts";
import { clusterBinary } from "./binaries.ts";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [key: string]: unknown;
}

export const chartFolder = `${root}charts/tiercel`;

/** Runs one of them to its end. */
export function helm(context: Context, version: 3 | 4, args: readonly string[]): Promise<Outcome> {
  return run(clusterBinary(context, `helm${version}`), args);
}

/** The text of a `helm template` as objects, by kind and name: the two Helms put kinds in another order. @throws Error */
export function manifestsOf({ code, stdout, stderr }: Outcome): Manifest[] {
  if (code !== 0) throw new Error(stderr);
  const documents = parseAllDocuments(stdout, { merge: true });
  const id = ({ kind, metadata: { name } }: Manifest) => `${kind} ${name}`;
  return (Array.isArray(documents) ? documents : [])
    .map((document) => document.toJS({ maxAliasCount: -1 }) as Manifest | null)
    .filter((manifest) => manifest !== null)
    .sort((a, b) => (id(a) < id(b) ? -1 : 1));
}

export interface Rendering {
  readonly release?: string;
  readonly namespace?: string;
  /** Folder of the chart; ours where it is left out. */
  readonly chart?: string;
  readonly version?: 3 | 4;
}

/** What `helm template` makes of the chart, as an installation would. @throws Error where values are refused */
export async function renderChart(
  context: Context,
  args: readonly string[] = [],
  { release = "tiercel", namespace = "tiercel-system", chart = chartFolder, version = 3 }: Rendering = {},
): Promise<Manifest[]> {
  const command = ["template", release, chart, "--namespace", namespace, ...args];
  return manifestsOf(await helm(context, version, command));
}
