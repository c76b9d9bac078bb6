/** Engine and plugin versions that rules files ask for (rules-files 2 and 3). */
import type { Catalogue } from "../catalogue.ts";
import { invalid, required, scalar, toUnsigned, within, type Context } from "./decode.ts";
import type { PluginChoice, PluginRequirement } from "./items.ts";
import { get, type YamlMapping, type YamlNode, type YamlScalar } from "./yaml-tree.ts";

export type Version = readonly [number, number, number];

/** The first three numbers of `x.y.z`, whatever follows; undefined where there are not three. */
export function parseVersion(text: string): Version | undefined {
  const match = /^\s*\+?(\d+)\.\+?(\d+)\.\+?(\d+)/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** True where `have` has the same major number and is not older. */
export function satisfies(have: Version, wanted: Version): boolean {
  if (have[0] !== wanted[0]) return false;
  return have[1] > wanted[1] || (have[1] === wanted[1] && have[2] >= wanted[2]);
}

/** The later of two versions. */
export function laterVersion(left: Version | undefined, right: Version): Version {
  if (left === undefined) return right;
  const index = left.findIndex((part, at) => part !== right[at]);
  return index >= 0 && left[index]! < right[index]! ? right : left;
}

/** The engine version an item asks for, checked; undefined where it is none. Mistakes are reported. */
export function checkEngineVersion(node: YamlScalar, engine: Version, context: Context): Version | undefined {
  const number = toUnsigned(node.text);
  const wanted: Version | undefined = number === undefined ? parseVersion(node.text) : [0, number, engine[2]];
  const at = within(context, "required_engine_version", "", node);
  if (wanted === undefined) {
    const message = `Unable to parse engine version '${node.text}' as a semver string. Expected "x.y.z" semver format.`;
    const help = /^\d+\.\d+$/.test(node.text) ? `did you mean ${node.text}.0?` : undefined;
    invalid(at, message, help);
  } else if (!satisfies(engine, wanted))
    context.findings.error(
      "LOAD_ERR_VALIDATE",
      `Rules require engine version ${wanted.join(".")}, but engine version is ${engine.join(".")}`,
      at.chain,
    );
  return wanted;
}

/** Reads `required_engine_version: …` and checks it. */
export function readEngineVersion(item: YamlMapping, engine: Version, context: Context): Version | undefined {
  const node = required(
    item,
    "required_engine_version",
    within(context, "required_engine_version", "", item),
  );
  return node === undefined ? undefined : checkEngineVersion(node, engine, context);
}

function readChoice(node: YamlMapping, context: Context): PluginChoice | undefined {
  const name = required(node, "name", context);
  const version = required(node, "version", context);
  if (name === undefined || version === undefined) return undefined;
  if (parseVersion(version.text) === undefined) {
    const message = `Invalid required version '${version.text}' for plugin '${name.text}'`;
    context.findings.error("LOAD_ERR_VALIDATE", message, context.chain);
    return undefined;
  }
  return { name: name.text, version: version.text };
}

function readRequirement(node: YamlNode, context: Context): PluginRequirement | undefined {
  const at = within(context, "required plugin versions entry", "", node);
  if (node.kind !== "mapping") return invalid(at, "Plugin version must be a mapping");
  const before = context.findings.errors.length;
  const choices = [readChoice(node, at)];
  const alternatives = get(node, "alternatives");
  if (alternatives !== undefined && alternatives.kind !== "sequence")
    invalid(at, "Value of plugin version alternatives must be a sequence");
  for (const each of alternatives?.kind === "sequence" ? alternatives.items : []) {
    const inside = within(at, "required plugin versions alternative", "", each);
    if (each.kind === "mapping") choices.push(readChoice(each, inside));
    else invalid(inside, "Plugin version alternative must be a mapping");
  }
  if (context.findings.errors.length > before) return undefined;
  const found = choices.filter((choice) => choice !== undefined);
  const twice = found.find((choice, index) => found.findIndex((each) => each.name === choice.name) < index);
  if (twice !== undefined) {
    const message = `Defined multiple alternative version requirements for plugin '${twice.name}'`;
    context.findings.error("LOAD_ERR_VALIDATE", message, at.chain);
    return undefined;
  }
  return { choices: found, chain: at.chain };
}

/** Reads the plugins a file requires; mistakes are reported and left out. */
export function readPluginVersions(value: YamlNode, context: Context): PluginRequirement[] {
  const at = within(context, "required plugin versions", "", value);
  if (value.kind !== "sequence") {
    invalid(at, "Value of required_plugin_versions must be a sequence");
    return [];
  }
  return value.items.map((node) => readRequirement(node, at)).filter((found) => found !== undefined);
}

/** Why no loaded plugin satisfies a requirement; undefined where one does. */
export function unmetPlugin(
  requirement: PluginRequirement,
  plugins: Catalogue["plugins"],
): string | undefined {
  const chosen = requirement.choices.find((choice) => plugins.has(choice.name));
  if (chosen === undefined) {
    const wanted = requirement.choices.map(({ name, version }) => `${name} (>= ${version})`).join(", ");
    return `Plugin requirement not satisfied, must load one of: ${wanted}`;
  }
  const loaded = plugins.get(chosen.name)!;
  const have = parseVersion(loaded);
  const wanted = parseVersion(chosen.version);
  if (have !== undefined && wanted !== undefined && satisfies(have, wanted)) return undefined;
  return `Plugin '${chosen.name}' version '${loaded}' is not compatible with required plugin version '${chosen.version}'`;
}

/** The engine version of a manifest's `requires`. */
export function readManifestEngineVersion(
  node: YamlNode,
  engine: Version,
  context: Context,
): Version | undefined {
  const value = scalar(node, "engineVersion", context);
  return value === undefined ? undefined : checkEngineVersion(value, engine, context);
}
