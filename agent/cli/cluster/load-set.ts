/** A cluster's set as text → a plan: parsed, held against its digest, compiled. Runs on the thread that compiles rules. */
import type { Catalogue } from "../../rules/catalogue.ts";
import type { CompileOptions } from "../../rules/options.ts";
import { compileSet, type ObjectFindings } from "../../rules/set/compile-set.ts";
import { setDigest } from "../../rules/set/digest.ts";
import { fieldFinding } from "../../rules/set/field-finding.ts";
import type { RuleSet, SetObject } from "../../rules/set/rule-set.ts";
import type { LoadedRules, ObjectFailure } from "../agent/agent.ts";
import type { SetText } from "./set-index.ts";

type LoadedSet = Omit<LoadedRules, "key" | "selectsNodes">;

const nothing = { plan: undefined, from: "", warnings: [], failures: [] };

/** Loads a set. An object that this agent's compiler does not take is left out and said; the others are in force. */
export function loadSet(
  { index, shards }: SetText,
  catalogue: Catalogue,
  options: CompileOptions,
): LoadedSet {
  const set = parseSet(index.set, shards);
  if (set === undefined || setDigest(set) !== index.digest) {
    const mistakes = `the rule set ${index.digest.slice(0, 12)} is damaged: its objects do not have that digest`;
    return { ...nothing, mistakes, damaged: true };
  }
  const { plan, objects } = compileSet(set, catalogue, options);
  const failures = objects.flatMap(failureOf);
  const count = set.objects.length;
  return {
    plan,
    from: `${count} FalcoRule${count === 1 ? "" : "s"}`,
    mistakes: "",
    warnings: failures.map(
      ({ namespace, object, message }) => `FalcoRule ${namespace}/${object} is left out: ${message}`,
    ),
    failures,
  };
}

/** The set; undefined where it is none. */
function parseSet(head: Omit<RuleSet, "objects">, shards: readonly string[]): RuleSet | undefined {
  try {
    const objects = shards.flatMap((shard) => {
      const list: unknown = JSON.parse(shard);
      if (!Array.isArray(list)) throw new TypeError("a shard is no list");
      return list as SetObject[];
    });
    return objects.every(({ namespace, name }) => typeof namespace === "string" && typeof name === "string")
      ? { ...head, objects }
      : undefined;
  } catch {
    return undefined;
  }
}

function failureOf({ object, findings }: ObjectFindings): ObjectFailure[] {
  const [first] = findings.errors;
  if (first === undefined) return [];
  const { namespace, name } = object;
  const more = findings.errors.length - 1;
  const { text } = fieldFinding(first, object);
  return [{ namespace, object: name, message: more === 0 ? text : `${text} (and ${more} more)` }];
}
