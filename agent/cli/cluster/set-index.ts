/** The ConfigMaps that hold a cluster's rule set, as they come from the API: index and shards. Pure. */
import type { RuleSetIndex } from "../../rules/set/rule-set.ts";

/** A whole set as it was read, before anybody looked into it. */
export interface SetText {
  readonly index: RuleSetIndex;
  /** In the index's order: a JSON array of SetObjects each. */
  readonly shards: readonly string[];
}

/** Characters of all shards together: a hundred times the largest public file. What is larger is not taken. */
export const maximumSet = 16 << 20;

/** Shards of a set at most; the operator keeps each below 1 MiB. */
const maximumShards = 64;

/** Why an object is not what it should be; fit for people. */
export class SetProblem extends Error {
  override readonly name = "SetProblem";
}

const digestForm = /^[0-9a-f]{64}$/;
/** Name of an object as the API allows it: fit for a path. */
const nameForm = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** The text under a key of a ConfigMap. @throws SetProblem */
function textAt(configMap: unknown, key: string): string {
  const text = mapping(mapping(configMap)["data"])[key];
  if (typeof text !== "string") throw new SetProblem(`it has no key ${key}`);
  return text;
}

/** The index that a ConfigMap holds. @throws SetProblem */
export function indexOf(configMap: unknown): RuleSetIndex {
  return readIndex(parsed(textAt(configMap, "index.json"), "index.json"));
}

function parsed(text: string, key: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SetProblem(`its ${key} is no JSON`);
  }
}

/** An index of this version that names shards. @throws SetProblem */
export function readIndex(value: unknown): RuleSetIndex {
  const { version, digest, set, shards } = mapping(value);
  if (version !== 1)
    throw new SetProblem(`it has version ${String(version)} and this agent knows 1: update the agent`);
  if (typeof digest !== "string" || !digestForm.test(digest))
    throw new SetProblem("its digest is no SHA-256 in hex");
  if (!Array.isArray(shards) || !shards.every((each) => typeof each === "string" && nameForm.test(each)))
    throw new SetProblem("its shards are no list of names");
  if (shards.length > maximumShards)
    throw new SetProblem(`it names ${shards.length} shards and ${maximumShards} are the most`);
  if (mapping(set)["version"] !== 1) throw new SetProblem("its set has not version 1");
  return { version, digest, set: set as RuleSetIndex["set"], shards: shards as string[] };
}

/** The objects that a shard holds, as text. @throws SetProblem */
export function shardText(configMap: unknown): string {
  return textAt(configMap, "objects.json");
}
