/** The settings that the operator hands on to agents: what somebody wrote, without what is the operator's. Pure. */
import { createHash } from "node:crypto";
import { Document, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { canonicalJson } from "../../rules/canonical-json.ts";
import { takenOver } from "../agent/changed-settings.ts";
import { defaultSettings } from "./check.ts";
import { mergeSources, type SettingsInput } from "./read.ts";
import { treeOf, type ScalarTree, type Tree } from "./tree.ts";

/** Settings that say nothing to an agent in a cluster: rules come from the cluster, files with settings stay here. */
const notForAgents = ["operator", "rules", "priority", "rules_files", "rules_file", "config_files"];

/** What means "as if it were not there" where it stands without quotes. */
const missing = /^(?:|~|null)$/i;

/** Settings for agents. */
export interface HandedOn {
  /** YAML: what differs from the defaults. `${NAME}` stays as written, so that no credential comes into it. */
  readonly text: string;
  /** Changes with whatever a running agent cannot take over; 16 hex digits. */
  readonly restartKey: string;
}

/**
 * @param input texts that were found to be right before.
 * @param cluster where agents find rules and sinks; goes over what the texts say of it.
 */
export function handOn(
  input: Omit<SettingsInput, "environment">,
  cluster: Readonly<Record<string, string | boolean>>,
): HandedOn {
  const { tree } = mergeSources({ ...input, environment: undefined });
  const entries = new Map<string, Tree>();
  const place = tree.place;
  for (const [key, { value }] of tree.entries) if (!notForAgents.includes(key)) entries.set(key, value);
  const said = entries.get("cluster");
  const own = new Map(
    Object.entries(cluster).map(([key, value]) => [key, { key: place, value: treeOf(value, place) }]),
  );
  entries.set("cluster", {
    kind: "map",
    entries: new Map([...(said?.kind === "map" ? said.entries : []), ...own]),
    place,
  });
  const defaults = defaultSettings() as Readonly<Record<string, unknown>>;
  const changed = [...entries].flatMap(([key, value]) => {
    const left = withoutDefaults(value, defaults[key]);
    return left === undefined ? [] : [[key, left] as const];
  });
  const restart = changed.filter(([key]) => !takenOver.has(key)).map(([key, value]) => [key, plain(value)]);
  return {
    text: yaml(changed),
    restartKey: createHash("sha256")
      .update(canonicalJson(Object.fromEntries(restart) as never))
      .digest("hex")
      .slice(0, 16),
  };
}

/** The tree without values that are the default anyway; undefined where nothing is left. */
function withoutDefaults(tree: Tree, otherwise: unknown): Tree | undefined {
  if (tree.kind === "scalar") return isDefault(tree, otherwise) ? undefined : tree;
  if (tree.kind === "list")
    return JSON.stringify(plain(tree)) === JSON.stringify(plain(treeOf(otherwise ?? [], tree.place)))
      ? undefined
      : tree;
  const entries = new Map<string, { key: typeof tree.place; value: Tree }>();
  for (const [key, { key: place, value }] of tree.entries) {
    const below = (otherwise as Readonly<Record<string, unknown>> | undefined)?.[key];
    const left = withoutDefaults(value, below);
    if (left !== undefined) entries.set(key, { key: place, value: left });
  }
  return entries.size === 0 ? undefined : { ...tree, entries };
}

/** Also where it was left empty, `~` or `null`, which means the default. */
function isDefault({ text, plain: bare }: ScalarTree, otherwise: unknown): boolean {
  if (bare && missing.test(text)) return true;
  if (typeof otherwise === "string") return text === otherwise;
  return (typeof otherwise === "number" || typeof otherwise === "boolean") && text === String(otherwise);
}

function plain(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.text;
  if (tree.kind === "list") return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plain(value)]));
}

/** Every scalar is a text to us and written as it was, so that it is read as the same. */
function yaml(entries: readonly (readonly [string, Tree])[]): string {
  const contents = new YAMLMap();
  contents.items = entries.map(([key, value]) => new Pair(new Scalar(key), node(value)));
  return new Document(contents, { schema: "failsafe" }).toString({ lineWidth: 0 });
}

function node(tree: Tree): Scalar | YAMLMap | YAMLSeq {
  if (tree.kind === "scalar") {
    const scalar = new Scalar(tree.text);
    if (!tree.plain && missing.test(tree.text)) scalar.type = Scalar.QUOTE_DOUBLE;
    return scalar;
  }
  if (tree.kind === "list") {
    const list = new YAMLSeq();
    list.items = tree.items.map(node);
    return list;
  }
  const map = new YAMLMap();
  map.items = [...tree.entries].map(([key, { value }]) => new Pair(new Scalar(key), node(value)));
  return map;
}
