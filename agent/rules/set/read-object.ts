/** Reads an object of a set into items, once for each version of it. */
import type { Catalogue } from "../catalogue.ts";
import type { Json } from "../canonical-json.ts";
import { Findings } from "../diagnostics/collector.ts";
import type { Context } from "../files/decode.ts";
import type { NamedItem, Origin, PluginRequirement } from "../files/items.ts";
import { readSpec } from "../files/manifest.ts";
import { fileChain } from "../files/read-items.ts";
import { unmetPlugin } from "../files/versions.ts";
import { mappingAt } from "../files/yaml-tree.ts";
import { fieldTree, type FieldFile } from "./field-tree.ts";
import type { SetObject } from "./rule-set.ts";

/** A version of an object, read. Nothing of it depends on other objects. */
export interface ReadObject {
  readonly object: SetObject;
  readonly items: readonly NamedItem[];
  /** What is wrong with, or to be said about, the items one by one. */
  readonly findings: Findings;
}

/** The selector as a plan has it: names in place of the selector they came from. */
function planSelector({ selector }: SetObject): Pick<Origin, "selector"> {
  if (selector === undefined) return {};
  const { namespaces, podSelector, nodeSelector } = selector;
  return {
    selector: {
      ...(namespaces === undefined ? {} : { namespaces }),
      ...(podSelector === undefined ? {} : { podSelector }),
      ...(nodeSelector === undefined ? {} : { nodeSelector }),
    },
  };
}

/** Reads an object. Places are fields below `spec`, lines and columns those within the field's text. */
export function readObject(object: SetObject, catalogue: Catalogue): ReadObject {
  const { source, requires, lists, macros, rules, sinks } = object;
  const spec = { requires, lists, macros, rules } as unknown as Json;
  const tree = mappingAt(fieldTree(spec, "spec", object))!;
  const findings = new Findings();
  const context: Context = { findings, chain: fileChain({ file: tree.source.file, at: 0, end: 0 }) };
  const items: NamedItem[] = [];
  const requirements: PluginRequirement[] = [];
  const visitor = {
    item: (item: NamedItem) => void items.push(item),
    requirement: (requirement: PluginRequirement) => void requirements.push(requirement),
  };
  const origin: Origin = {
    namespace: object.namespace,
    object: object.name,
    ...(source === undefined ? {} : { source }),
    ...(sinks === undefined ? {} : { sinks }),
    ...planSelector(object),
  };
  readSpec(tree, origin, catalogue, visitor, context);
  for (const requirement of requirements) {
    const message = unmetPlugin(requirement, catalogue.plugins);
    if (message !== undefined) findings.error("LOAD_ERR_VALIDATE", message, requirement.chain);
  }
  return { object, items, findings };
}

export type { FieldFile };
