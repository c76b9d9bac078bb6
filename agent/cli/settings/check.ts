/** From a tree of texts to checked settings: types by the schema, all mistakes at once, each at its place. */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { falcoOnly } from "./falco.ts";
import { didYouMean, nearest } from "../suggest.ts";
import type { Mistake, Place } from "./mistake.ts";
import { settingsSchema, type Settings } from "./schema.ts";
import type { Setting } from "./setting.ts";
import type { MapTree, Tree } from "./tree.ts";

let compiled: ValidateFunction<Settings> | undefined;

function validator(): ValidateFunction<Settings> {
  if (compiled === undefined) {
    const ajv = new Ajv({ allErrors: true, useDefaults: true, verbose: true });
    ajv.addVocabulary(["alias", "secret", "sample"]);
    compiled = ajv.compile<Settings>({ ...settingsSchema, default: undefined });
  }
  return compiled;
}

/** Settings with all defaults filled in, or mistakes. */
export function checkTree(tree: MapTree): { settings: Settings } | { mistakes: readonly Mistake[] } {
  const value = typed(tree, settingsSchema);
  const check = validator();
  if (check(value)) return { settings: value };
  const mistakes = ofFittingForm(check.errors ?? []).map((error) => describe(error, tree));
  return { mistakes: mistakes.sort(byPlace) };
}

/** Files first, by name, then --set; within one text from its start. */
function byPlace({ place: a }: Mistake, { place: b }: Mistake): number {
  if (a === undefined || b === undefined) return 0;
  if (a.source.isFile !== b.source.isFile) return a.source.isFile ? -1 : 1;
  if (a.source.name !== b.source.name) return a.source.name < b.source.name ? -1 : 1;
  return a.start - b.start;
}

/**
 * Where a setting has two forms (anyOf) ajv complains about both: keeps what it says about the form that was meant,
 * and where none was, one error alone.
 */
function ofFittingForm(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors
    .filter(({ keyword }) => keyword === "anyOf")
    .map((error) => {
      const forms = error.schema as readonly Setting<unknown>[];
      const meant = isObject(error.data) ? "object" : typeof error.data;
      return { error, fitting: forms.findIndex(({ type }) => type === meant) };
    });
  return errors.filter((error) =>
    choices.every(({ error: choice, fitting }) => {
      if (error === choice) return fitting === -1;
      const inside = `${choice.schemaPath}/`;
      if (!error.schemaPath.startsWith(inside) || !error.instancePath.startsWith(choice.instancePath))
        return true;
      return error.schemaPath.startsWith(`${inside}${fitting}/`);
    }),
  );
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The settings that nobody changed. */
export function defaultSettings(): Settings {
  const value: unknown = {};
  const check = validator();
  if (!check(value))
    throw new Error(`the defaults of the settings are wrong: ${JSON.stringify(check.errors)}`);
  return value;
}

/**
 * The value of a tree with texts turned to what the schema wants there; undefined stands for "not there". What cannot
 * be turned stays text, so that the schema refuses it.
 */
function typed(tree: Tree, schema: Setting<unknown> | undefined): unknown {
  const fitting = schema?.anyOf?.find(({ type }) => (type === "object") === (tree.kind === "map")) ?? schema;
  if (tree.kind === "map") {
    const value = {};
    for (const [key, { value: child }] of tree.entries) {
      const known = own(fitting?.properties, key);
      const below = typed(child, known ?? (fitting?.additionalProperties || undefined));
      if (below !== undefined) put(value, key, below);
      else if (fitting?.properties !== undefined && known === undefined) put(value, key, null);
    }
    return value;
  }
  if (tree.kind === "list") return tree.items.map((item) => typed(item, fitting?.items) ?? "");
  if (fitting?.type === "array") {
    const one = typed(tree, fitting.items);
    return one === undefined ? undefined : [one];
  }
  return typedScalar(tree.text, tree.plain && !tree.expanded, tree.expanded, fitting);
}

/** A member of a table; undefined for what every object inherits (`constructor`). */
function own<T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Sets a key, `__proto__` like any other. */
function put(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}

function typedScalar(
  text: string,
  plain: boolean,
  expanded: boolean,
  schema: Setting<unknown> | undefined,
): unknown {
  if (plain && /^(|~|null)$/i.test(text)) return undefined;
  if (expanded && text === "" && (schema?.type !== "string" || schema.enum !== undefined)) return undefined;
  switch (schema?.type) {
    case "boolean":
      if (/^(true|yes|on|y)$/i.test(text)) return true;
      return /^(false|no|off|n)$/i.test(text) ? false : text;
    case "integer":
    case "number":
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
    case "string": {
      const word = text.toLowerCase();
      return schema.enum?.find((known) => known.toLowerCase() === word) ?? own(schema.alias, word) ?? text;
    }
    case "array":
    case "object":
    case undefined:
      return text;
  }
}

/** One mistake of ajv's in our words. */
function describe(error: ErrorObject, tree: MapTree): Mistake {
  const path = error.instancePath
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const name = dotted(path);
  const schema = error.parentSchema as Setting<unknown>;
  const { place } = find(tree, path);
  const value = (message: string): Mistake => {
    const mistake: Mistake = { code: "SETTINGS_VALUE", message, place };
    return schema.secret === true ? { ...mistake, secret: true } : mistake;
  };
  switch (error.keyword) {
    case "additionalProperties":
      return unknownKey(path, String(error.params["additionalProperty"]), schema, tree);
    case "type":
      return value(`${name} must be ${wanted(schema)}${shown(error.data, schema)}`);
    case "enum": {
      const words = schema.enum ?? [];
      const guess = typeof error.data === "string" ? didYouMean(error.data, words) : "";
      return value(`${name} must be one of ${words.join(", ")}${shown(error.data, schema)}${guess}`);
    }
    case "minimum":
      return value(`${name} must be at least ${schema.minimum}${shown(error.data, schema)}`);
    case "maximum":
      return value(`${name} must be at most ${schema.maximum}${shown(error.data, schema)}`);
    case "required":
      return value(`${name} needs the key ${String(error.params["missingProperty"])}`);
    case "minProperties":
    case "maxProperties":
      return value(
        `${name} must have exactly one of the keys ${Object.keys(schema.properties ?? {}).join(", ")}`,
      );
    case "anyOf":
      return value(`${name} must be ${(schema.anyOf ?? []).map(wanted).join(" or ")}`);
    default:
      return value(`${name} ${error.message ?? "is wrong"}`);
  }
}

function unknownKey(path: readonly string[], key: string, schema: Setting<unknown>, tree: MapTree): Mistake {
  const parent = find(tree, path).tree;
  const place = (parent?.kind === "map" ? parent.entries.get(key)?.key : undefined) ?? find(tree, path).place;
  const name = dotted([...path, key]);
  const remark = own(falcoOnly, name);
  if (remark !== undefined) {
    const message = `${name} is a setting of Falco's without a counterpart here: ${remark}`;
    return { code: "SETTINGS_UNKNOWN_KEY", message, place };
  }
  const near = nearest(key, Object.keys(schema.properties ?? {}));
  const elsewhere = near === undefined ? placesOf(key, settingsSchema, []) : [];
  const guess = near === undefined ? elsewhere[0] : dotted([...path, near]);
  const message = `there is no setting ${name}${guess === undefined ? "" : `, did you mean ${guess}?`}`;
  return { code: "SETTINGS_UNKNOWN_KEY", message, place };
}

/** Dotted paths at which a key of that name exists. */
function placesOf(key: string, schema: Setting<unknown>, path: readonly string[]): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, below]) => {
    const here = [...path, name];
    return [...(name === key ? [dotted(here)] : []), ...placesOf(key, below, here)];
  });
}

function find(tree: Tree, path: readonly string[]): { tree: Tree | undefined; place: Place } {
  let at: Tree = tree;
  for (const step of path) {
    const below: Tree | undefined =
      at.kind === "map" ? at.entries.get(step)?.value : at.kind === "list" ? at.items[Number(step)] : at;
    if (below === undefined) return { tree: undefined, place: at.place };
    at = below;
  }
  return { tree: at, place: at.place };
}

function dotted(path: readonly string[]): string {
  if (path.length === 0) return "this";
  return path.map((step, i) => (/^\d+$/.test(step) ? `[${step}]` : i === 0 ? step : `.${step}`)).join("");
}

function wanted(schema: Setting<unknown>): string {
  const { type } = schema;
  if (type === undefined) return "something else";
  switch (type) {
    case "boolean":
      return "true or false";
    case "integer":
      return "a whole number";
    case "number":
      return "a number";
    case "string":
      return "text";
    case "array":
      return "a list";
    case "object":
      return schema.properties === undefined
        ? "keys with texts"
        : `keys (${Object.keys(schema.properties).join(", ")})`;
  }
}

function shown(data: unknown, schema: Setting<unknown>): string {
  if (schema.secret === true || (typeof data !== "string" && typeof data !== "number")) return "";
  return `, not ${JSON.stringify(data).slice(0, 60)}`;
}
