/** The outputs of falcosidekick as AlertSinks. Credentials become references to a Secret that the user makes. */
import { toPriority } from "../../rules/files/priority.ts";
import { priorityNames } from "../../rules/plan.ts";
import { get, isNull, mappingAt, type YamlMapping, type YamlNode } from "../../rules/files/yaml-tree.ts";
import { objectName } from "./objects.ts";
import { otherOutputs, outputs } from "./sink-keys.ts";
import type { Plain, PlainObject } from "./values.ts";

/** Keys of every output that say nothing worth a remark while they are empty or have their default. */
const common: ReadonlySet<string> = new Set(["minimumpriority", "enabled"]);

/** Keys of falcosidekick that are no outputs. */
const general: ReadonlySet<string> = new Set([
  "listenaddress",
  "listenport",
  "debug",
  "customfields",
  "templatedfields",
  "bracketreplacer",
  "outputfieldformat",
  "mutualtlsfilespath",
  "mutualtlsclient",
  "tlsclient",
  "tlsserver",
  "existingsecret",
  "extraenv",
  "extraargs",
]);

export interface ConvertedSinks {
  readonly objects: readonly PlainObject[];
  readonly remarks: readonly string[];
}

/** The mapping that holds falcosidekick's outputs: its own file, its chart's values, or those of the chart around it. */
export function sidekickConfiguration(root: YamlMapping): YamlMapping | undefined {
  const candidates = [mappingAt(root, "falcosidekick", "config"), mappingAt(root, "config"), root];
  return candidates.find((each) =>
    each?.entries.some(
      ({ key, value }) =>
        (isOutput(key.text) || otherOutputs.has(key.text.toLowerCase())) && value.kind === "mapping",
    ),
  );
}

const isOutput = (key: string) => Object.hasOwn(outputs, key.toLowerCase());

const isSet = (node: YamlNode | undefined) =>
  node !== undefined &&
  !isNull(node) &&
  !(node.kind === "scalar" && node.text === "") &&
  !(node.kind !== "scalar" && plainIsEmpty(node));

const plainIsEmpty = (node: YamlNode) =>
  node.kind === "sequence" ? node.items.length === 0 : node.kind === "mapping" && node.entries.length === 0;

class SinkConverter {
  readonly objects: PlainObject[] = [];
  readonly remarks: string[] = [];
  readonly #file: string;
  readonly #namespace: string | undefined;

  constructor(file: string, namespace: string | undefined) {
    this.#file = file;
    this.#namespace = namespace;
  }

  output(name: string, value: YamlMapping): void {
    const row = outputs[name.toLowerCase()]!;
    const known = (key: string) => (Object.hasOwn(row.keys, key) ? row.keys[key] : undefined);
    const given = value.entries
      .map(({ key, value: each }) => ({ key: key.text, lower: key.text.toLowerCase(), each }))
      .filter(({ lower, each }) => isSet(each) && !common.has(lower));
    if (!given.some(({ lower }) => lower === row.needs)) {
      if (given.some(({ lower }) => known(lower) !== undefined))
        this.#remark(`${name} has no ${row.needs}, so it is off; it was left out`);
      return;
    }
    const settings: Record<string, Plain> = {};
    const secret = `falcosidekick-${objectName(name)}`;
    for (const { key, lower, each } of given) {
      const row = known(lower);
      const what = `${name}.${key}`;
      if (row === undefined) this.#remark(`${what} has no counterpart and was left out`);
      else {
        const read = row.read(each, { what, secret, remark: (text) => this.#remark(text) });
        if (read !== undefined) settings[row.to] = read;
      }
    }
    if (settings[row.keys[row.needs]!.to] === undefined) return;
    this.objects.push({
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "AlertSink",
      metadata: { name: `falcosidekick-${objectName(name)}`, namespace: this.#namespace },
      spec: { [row.sink]: settings, filter: this.#filter(name, get(value, "minimumpriority")) },
    });
  }

  #filter(name: string, node: YamlNode | undefined): PlainObject | undefined {
    if (node?.kind !== "scalar" || node.isNull || node.text === "") return undefined;
    const priority = toPriority(node.text);
    if (priority !== undefined) return { minPriority: priorityNames[priority].toUpperCase() };
    this.#remark(`${name}.minimumpriority: ${node.text} is no priority; it was left out`);
    return undefined;
  }

  other(name: string, value: YamlNode): void {
    if (!isSet(value)) return;
    const isUsed =
      value.kind !== "mapping" ||
      value.entries.some(
        ({ key, value: each }) => !common.has(key.text) && isSet(each) && secretive(key.text),
      );
    if (general.has(name.toLowerCase())) this.#remark(`${name} has no counterpart`);
    else if (isUsed) this.#remark(`${name}: there is no such sink yet; it was left out`);
  }

  #remark(text: string): void {
    this.remarks.push(`${this.#file}: falcosidekick: ${text}`);
  }
}

/** A key whose being set shows that an output is in use. */
const secretive = (key: string) =>
  /url|host|address|key|token|arn|endpoint|topic|bucket|webhook|project|queue|region/i.test(key);

/** Converts falcosidekick's settings; `file` is for remarks. */
export function convertSinks(
  configuration: YamlMapping,
  file: string,
  namespace: string | undefined,
): ConvertedSinks {
  const converter = new SinkConverter(file, namespace);
  for (const { key, value } of configuration.entries)
    if (isOutput(key.text) && value.kind === "mapping") converter.output(key.text, value);
    else converter.other(key.text, value);
  return { objects: converter.objects, remarks: converter.remarks };
}
