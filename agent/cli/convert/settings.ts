/** A falco.yaml as tiercel.yaml: keys that Tiercel has are kept with their comments, each other one gets a remark. */
import { isMap, isScalar, parseDocument, type YAMLMap } from "yaml";
import { falcoOnly } from "../settings/falco.ts";
import { position } from "../settings/mistake.ts";
import { readSettings } from "../settings/read.ts";
import { settingsSchema } from "../settings/schema.ts";
import type { Setting } from "../settings/setting.ts";

export interface ConvertedSettings {
  readonly text: string;
  readonly remarks: readonly string[];
}

const known = settingsSchema.properties ?? {};

/** Keys of a falco.yaml; a file with some of them and no `kind` is one. */
export function isFalcoConfiguration(keys: readonly string[]): boolean {
  const tops = new Set([
    ...Object.keys(falcoOnly).map((key) => key.split(".")[0]!),
    ...Object.keys(known),
    "rules_file",
  ]);
  const found = keys.filter((key) => tops.has(key)).length;
  return found > 0 && found >= keys.length / 2 && !keys.includes("kind");
}

const renamed: Readonly<Record<string, string>> = { rules_file: "rules_files" };

/** The name a key has in the result. */
const renamedIn = (path: string, name: string) => (path === "" ? (renamed[name] ?? name) : name);

class Walk {
  readonly remarks: string[] = [];
  readonly #lineOf: (offset: number) => string;

  constructor(lineOf: (offset: number) => string) {
    this.#lineOf = lineOf;
  }

  /** Takes out of a map what Tiercel has not. */
  map(map: YAMLMap, schema: Readonly<Record<string, Setting<unknown>>>, path: string): void {
    const seen = new Set<string>();
    map.items = map.items.filter(({ key, value }) => {
      if (!isScalar(key)) return false;
      const name = String(key.value);
      const isRepeated = seen.has(renamedIn(path, name));
      seen.add(renamedIn(path, name));
      const full = path === "" ? name : `${path}.${name}`;
      const where = this.#lineOf(key.range?.[0] ?? 0);
      if (isRepeated) {
        this.remarks.push(`${where}: ${full} is given twice: the first one was kept`);
        return false;
      }
      const instead = falcoOnly[full];
      const setting = Object.hasOwn(schema, name) ? schema[name] : undefined;
      if (instead !== undefined) this.remarks.push(`${where}: ${full} has no counterpart: ${instead}`);
      else if (setting === undefined && path === "" && renamed[name] !== undefined) {
        this.remarks.push(`${where}: ${name} is called ${renamed[name]} now`);
        key.value = renamed[name];
        return true;
      } else if (setting === undefined)
        this.remarks.push(`${where}: ${full} is no setting of Tiercel and was left out`);
      if (instead !== undefined || setting === undefined) return false;
      if (setting.properties !== undefined && isMap(value)) {
        this.map(value, setting.properties, full);
        return value.items.length > 0;
      }
      return true;
    });
  }
}

/** Converts the text of a falco.yaml; `name` is for remarks. */
export function convertSettings(name: string, text: string): ConvertedSettings {
  const document = parseDocument(text, {
    version: "1.2",
    logLevel: "silent",
    uniqueKeys: false,
    prettyErrors: false,
  });
  const source = { name, text, isFile: true };
  const lineOf = (start: number) => `${name}:${position({ source, start, end: start }).line}`;
  const walk = new Walk(lineOf);
  const [error] = document.errors;
  if (error !== undefined)
    return {
      text: "",
      remarks: [`${lineOf(error.pos[0])}: to be mended first: ${error.message.slice(0, 200)}`],
    };
  if (!isMap(document.contents)) return { text: "", remarks: [`${name}: it is no mapping of settings`] };
  const contents = document.contents;
  walk.map(contents, known, "");
  if (!document.has("rule_matching")) {
    document.set("rule_matching", "first");
    walk.remarks.push(`${name}: rule_matching: first was added: it is Falco's default, Tiercel's is all`);
  }
  if (document.has("config_files"))
    walk.remarks.push(
      `${name}: config_files: convert the files it names as well; those Falco installed have Falco's keys`,
    );
  const converted = document.toString({ lineWidth: 0 }).trimStart();
  const check = readSettings({
    main: { name, text: converted, isFile: true },
    included: [],
    overrides: [],
    environment: {},
  });
  const mistakes = check.mistakes.map((mistake) => `${name}: to be mended: ${mistake.message}`);
  return { text: converted, remarks: [...walk.remarks, ...mistakes] };
}
