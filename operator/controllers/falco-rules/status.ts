/**
 * What the rule set says of a FalcoRule, as the part of its status that is ours: observedGeneration, digest, ruleCount and
 * the conditions Accepted and Distributed. All else follows from agents and is the roll-up's, which has a field manager of
 * its own. Pure.
 */
import { deafPart, deafReason } from "../../../agent/rules/deaf-selector.ts";
import type { FieldFinding } from "../../../agent/rules/set/field-finding.ts";
import type { Verdict } from "../../../agent/rules/set/judge-namespace.ts";
import { objectDigest } from "../../../agent/rules/set/digest.ts";
import type { SetObject } from "../../../agent/rules/set/rule-set.ts";
import { conditionOf, type Said } from "../../api/condition.ts";
import type { FalcoRuleStatus } from "../../api/generated/falcorules.ts";
import { conditionTypes, reasons } from "../../api/reasons.ts";

/** What the rule set says of an object. */
export interface SetStatus {
  /** Of the object: another one may have its name now. */
  readonly uid: string;
  /** The generation that was judged. */
  readonly generation: number;
  /** Digest of its version in the set that agents read; "" where none is. */
  readonly digest: string;
  /** Rules of that version. */
  readonly ruleCount: number;
  readonly accepted: Said;
  readonly distributed: Said;
}

/** Mistakes a condition tells. */
const mostMistakes = 10;

function told(findings: readonly FieldFinding[]): string {
  const lines = findings.slice(0, mostMistakes).map(({ text }) => text);
  if (findings.length > mostMistakes) lines.push(`and ${findings.length - mostMistakes} more`);
  return lines.join("\n");
}

/** Rules that a version defines; those it only changes are another object's. */
function ruleCountOf({ rules = [] }: SetObject): number {
  const names = rules.flatMap((rule) => {
    const {
      rule: name,
      override,
      append,
      enabled,
      condition,
      output,
      desc,
      priority,
    } = rule as Record<string, unknown>;
    const isChange =
      override !== undefined ||
      append === "true" ||
      (enabled !== undefined && [condition, output, desc, priority].every((each) => each === undefined));
    return isChange ? [] : [name];
  });
  return new Set(names).size;
}

/** Sinks of an object that are neither in its namespace nor in the operator's. */
function missingSinks(
  { namespace, sinks = [] }: SetObject,
  operatorNamespace: string,
  has: (key: string) => boolean,
): string[] {
  return sinks.filter((name) => !has(`${namespace}/${name}`) && !has(`${operatorNamespace}/${name}`));
}

/** What is to be said of a selector that leaves rules of the object no event, and of how many; undefined where it does not. */
function deafSaid({ rules = [], source, selector }: SetObject): string | undefined {
  const parts = rules.flatMap((rule) => {
    const own = (rule as Record<string, unknown>)["source"];
    return deafPart(typeof own === "string" ? own : (source ?? "syscall"), selector) ?? [];
  });
  const [part] = parts;
  return (
    part && `the rules compile, but ${parts.length} of ${rules.length} match nothing: ${deafReason(part)}`
  );
}

function acceptedSaid(
  { object, running, reason, errors, lastGoodErrors }: Verdict,
  missing: readonly string[],
): Said {
  const deaf = deafSaid(object);
  if (reason === "Accepted" && deaf !== undefined)
    return { status: "True", reason: reasons.selectorMatchesNothing, message: deaf };
  if (reason === "Accepted" && missing.length === 0)
    return { status: "True", reason: reasons.accepted, message: "the rules compile" };
  if (reason === "Accepted") {
    const [first] = missing;
    const others = missing.length === 1 ? "" : ` (and ${missing.length - 1} more)`;
    const message = `the rules compile, but there is no AlertSink ${first}${others}, neither in namespace ${object.namespace} nor in the operator's: alerts do not go there`;
    return { status: "True", reason: reasons.missingSink, message };
  }
  if (running !== undefined)
    return {
      status: "False",
      reason: reasons.lastGood,
      message: `the last version without mistakes runs on; this one is not taken:\n${told(errors)}`,
    };
  const also =
    lastGoodErrors.length === 0 ? "" : `\nnor can the version before be taken:\n${told(lastGoodErrors)}`;
  return {
    status: "False",
    reason: reason === "Invalid" ? reasons.invalid : reasons.missingReference,
    message: `${told(errors)}${also}`,
  };
}

/** What a verdict says of an object, once the set it belongs to is in the index. `hasSink` knows AlertSinks by `namespace/name`. */
export function setStatus(
  verdict: Verdict,
  { uid, generation }: Pick<SetStatus, "uid" | "generation">,
  operatorNamespace: string,
  hasSink: (key: string) => boolean,
): SetStatus {
  const { object, running } = verdict;
  const distributed: Said =
    running === undefined
      ? {
          status: "False",
          reason: reasons.notDistributed,
          message: "agents do not get these rules: no version of them can be taken",
        }
      : {
          status: "True",
          reason: reasons.distributed,
          message:
            running === object ? "agents get these rules" : "agents get the last version without mistakes",
        };
  return {
    uid,
    generation,
    digest: running === undefined ? "" : objectDigest(running),
    ruleCount: running === undefined ? 0 : ruleCountOf(running),
    accepted: acceptedSaid(verdict, missingSinks(object, operatorNamespace, hasSink)),
    distributed,
  };
}

/** What is said of an object that is too large for a ConfigMap. */
export const tooLarge = (bytes: number, most: number): Said => ({
  status: "False",
  reason: reasons.tooLarge,
  message: `the object has ${bytes} bytes as JSON; ${most} is the most, since agents read it from a ConfigMap: split it (\`tiercel convert\` does)`,
});

/** What is said of an object for which the set has no room (room.ts). */
export const noRoom = (message: string): Said => ({ status: "False", reason: reasons.tooMany, message });

/** The status of an object that is not judged, and why. */
export function leftOutStatus(
  accepted: Said,
  { uid, generation }: Pick<SetStatus, "uid" | "generation">,
): SetStatus {
  const message = "agents do not get these rules: they are too large";
  return {
    uid,
    generation,
    digest: "",
    ruleCount: 0,
    accepted,
    distributed: { status: "False", reason: reasons.notDistributed, message },
  };
}

/** Our part of the status. `before` is what is there; `now` in milliseconds. */
export function statusOf(set: SetStatus, before: FalcoRuleStatus | undefined, now: number): FalcoRuleStatus {
  const { generation, digest, ruleCount, accepted, distributed } = set;
  const known = before?.conditions ?? [];
  return {
    observedGeneration: generation,
    ...(digest !== "" && { digest }),
    ruleCount,
    conditions: [
      conditionOf(conditionTypes.accepted, accepted, generation, known, now),
      conditionOf(conditionTypes.distributed, distributed, generation, known, now),
    ],
  };
}
