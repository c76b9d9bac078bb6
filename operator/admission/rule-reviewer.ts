/**
 * What a FalcoRule that is about to be stored would meet with. It is compiled by the code that agents load it with, beside
 * the lists and macros that the cluster has; rules of others are looked at only where it changes them, so that this stays
 * quick and small however many there are.
 */
import { buildCatalogue } from "../../agent/fields/index.ts";
import type { Json } from "../../agent/rules/canonical-json.ts";
import type { FieldFinding } from "../../agent/rules/set/field-finding.ts";
import { Judge } from "../../agent/rules/set/judge.ts";
import type { SetObject } from "../../agent/rules/set/rule-set.ts";

/** What is said about an object, in texts. */
export interface RuleReview {
  /** Mistakes that no other object can mend. */
  readonly mistakes: readonly string[];
  /** Worst first: what keeps it out of the set for now, warnings, hints. */
  readonly warnings: readonly string[];
}

/** An object without its rules. */
export function definitionsOf(object: SetObject): SetObject {
  const { namespace, name, order, source, requires, lists, macros } = object;
  return {
    namespace,
    name,
    order,
    ...(source === undefined ? {} : { source }),
    ...(requires === undefined ? {} : { requires }),
    ...(lists === undefined ? {} : { lists }),
    ...(macros === undefined ? {} : { macros }),
  };
}

const field = (item: Json, name: string): Json | undefined =>
  typeof item === "object" && item !== null && !Array.isArray(item)
    ? (item as Readonly<Record<string, Json>>)[name]
    : undefined;

/** A name is text; anything else names nothing. */
const ruleName = (item: Json): string => {
  const name = field(item, "rule");
  return typeof name === "string" ? name : "";
};

/** Names of rules that it changes rather than defines. */
function changedRules({ rules = [] }: SetObject): Set<string> {
  const changes = rules.filter(
    (item) =>
      field(item, "override") !== undefined ||
      field(item, "append") !== undefined ||
      field(item, "condition") === undefined,
  );
  return new Set(changes.map((item) => ruleName(item)));
}

/** Objects of the same namespace with only those rules that this one changes; none where it changes none. */
export function basesOf(object: SetObject, others: Iterable<SetObject>): SetObject[] {
  const names = changedRules(object);
  if (names.size === 0) return [];
  return [...others].flatMap((other) => {
    if (other.namespace !== object.namespace || other.name === object.name) return [];
    const rules = other.rules?.filter((item) => names.has(ruleName(item))) ?? [];
    return rules.length === 0 ? [] : [{ ...definitionsOf(other), rules }];
  });
}

/**
 * True for a mistake in the object's own text: another object can bring a name that is missing, but no other meaning for a
 * field that does not exist.
 */
const isOwn = ({ code, missing, elsewhere }: FieldFinding) =>
  missing === undefined && elsewhere === undefined && code.startsWith("LOAD_ERR_COMPILE");

const keyOf = ({ namespace, name }: SetObject) => `${namespace}/${name}`;
const texts = (findings: readonly FieldFinding[]) => findings.map(({ text }) => text);

export class RuleReviewer {
  readonly #operatorNamespace: string;
  readonly #judge = new Judge(buildCatalogue());
  readonly #definitions = new Map<string, SetObject>();
  #changed = true;

  constructor(operatorNamespace: string) {
    this.#operatorNamespace = operatorNamespace;
  }

  /** Learns an object's definitions, or that it is gone. */
  know(key: string, definitions: SetObject | undefined): void {
    if (definitions === undefined) this.#definitions.delete(key);
    else this.#definitions.set(key, definitions);
    this.#changed = true;
  }

  /** Reviews an object beside what is known; `bases` are objects with rules that it changes. */
  review(object: SetObject, bases: readonly SetObject[]): RuleReview {
    if (this.#changed || bases.length > 0) {
      const known = new Map(this.#definitions);
      for (const base of bases) known.set(keyOf(base), base);
      const settings = { operatorNamespace: this.#operatorNamespace, choices: [], priority: "debug" };
      this.#judge.judge([...known.values()], [], settings);
      this.#changed = bases.length > 0;
    }
    const { errors, pending, warnings, hints } = this.#judge.admit(object);
    const mistakes = [...errors, ...pending.filter(isOwn)];
    const waiting = pending.filter((finding) => !isOwn(finding));
    return {
      mistakes: texts(mistakes),
      warnings: [...texts(waiting), ...texts(warnings), ...texts(hints)],
    };
  }
}
