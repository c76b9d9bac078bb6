/**
 * Which FalcoRules are in the set, in which version, and why (design.md 5, "What waits for others").
 *
 * Pure but for what it remembers to be fast: the result follows from the arguments alone, in whatever order objects are
 * given. Objects are taken one by one, by (order, name), each only if everything before it still compiles with it.
 */
import type { Catalogue } from "../catalogue.ts";
import type { Finding } from "../diagnostics/finding.ts";
import { ConditionMemo } from "../files/condition-memo.ts";
import { objectDigest, setDigest } from "./digest.ts";
import { fieldFinding, type FieldFinding } from "./field-finding.ts";
import { readObject, type ReadObject } from "./read-object.ts";
import type { RuleSet, SetObject } from "./rule-set.ts";
import { Scope } from "./scope.ts";

/** Accepted: it is in the set as it is. Invalid, MissingReference: it is not; its last good version may be. */
export type VerdictReason = "Accepted" | "Invalid" | "MissingReference";

export interface Verdict {
  /** The object as it is now. */
  readonly object: SetObject;
  /** The version that is in the set: `object`, its last good version, or none. */
  readonly running: SetObject | undefined;
  readonly reason: VerdictReason;
  /** Why it is not in the set as it is. */
  readonly errors: readonly FieldFinding[];
  readonly warnings: readonly FieldFinding[];
  readonly hints: readonly FieldFinding[];
  /** Why its last good version is not in the set either. */
  readonly lastGoodErrors: readonly FieldFinding[];
}

export interface Judgement {
  readonly set: RuleSet;
  readonly digest: string;
  /** One for each object, in the set's order. */
  readonly verdicts: readonly Verdict[];
}

/** What one object would meet with, asked before it is stored. */
export interface Admission {
  /** Mistakes that no other object can mend. */
  readonly errors: readonly FieldFinding[];
  /** Why it would not be in the set now, though it may later. */
  readonly pending: readonly FieldFinding[];
  readonly warnings: readonly FieldFinding[];
  readonly hints: readonly FieldFinding[];
}

/** What a judgement goes by beside the objects. */
export type SetSettings = Pick<RuleSet, "operatorNamespace" | "choices" | "priority">;

/** `namespace/name`. */
export const objectKey = ({ namespace, name }: Pick<SetObject, "namespace" | "name">) =>
  `${namespace}/${name}`;

interface Candidate {
  readonly object: SetObject;
  readonly lastGood: SetObject | undefined;
}

/** One namespace judged. */
interface JudgedNamespace {
  readonly candidates: readonly Candidate[];
  readonly outer: Scope | undefined;
  readonly scope: Scope;
  readonly verdicts: readonly Verdict[];
}

/** Characters of conditions that are remembered at least; then everything is begun anew at four times what is in use. */
const leastMemory = 4 << 20;

const byOrder = (left: SetObject, right: SetObject) =>
  left.order - right.order || (left.name < right.name ? -1 : left.name > right.name ? 1 : 0);

export class Judge {
  readonly #catalogue: Catalogue;
  #memo = new ConditionMemo();
  #memoLimit = leastMemory;
  #read = new Map<SetObject, ReadObject>();
  #namespaces = new Map<string, JudgedNamespace>();
  #operatorNamespace = "";

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /**
   * Judges all objects. `lastGood` are the objects of the set before (those in the cluster's ConfigMaps after a start).
   * Objects that did not change should be given as the same values: what was found about them is then still known.
   */
  judge(objects: readonly SetObject[], lastGood: readonly SetObject[], settings: SetSettings): Judgement {
    this.#forget(objects, lastGood);
    this.#operatorNamespace = settings.operatorNamespace;
    const before = new Map(lastGood.map((object) => [objectKey(object), object]));
    const byNamespace = new Map<string, Candidate[]>();
    for (const object of objects) {
      const candidate = { object, lastGood: before.get(objectKey(object)) };
      const known = byNamespace.get(object.namespace);
      if (known === undefined) byNamespace.set(object.namespace, [candidate]);
      else known.push(candidate);
    }
    const platform = this.#namespace(settings.operatorNamespace, byNamespace, undefined);
    const others = [...byNamespace.keys()].filter((name) => name !== settings.operatorNamespace).sort();
    const judged = [platform, ...others.map((name) => this.#namespace(name, byNamespace, platform.scope))];
    const names = [settings.operatorNamespace, ...others];
    this.#namespaces = new Map(judged.map((each, index) => [names[index]!, each]));
    if (this.#memoLimit === Infinity) this.#memoLimit = Math.max(leastMemory, 4 * this.#memo.length);
    const verdicts = judged.flatMap((each) => each.verdicts);
    const set: RuleSet = {
      version: 1,
      operatorNamespace: settings.operatorNamespace,
      choices: settings.choices,
      priority: settings.priority,
      objects: verdicts.flatMap(({ running }) => (running === undefined ? [] : [running])),
    };
    return { set, digest: setDigest(set), verdicts };
  }

  /** Judges one object as it is about to be stored, against those that are in the set now. */
  admit(object: SetObject): Admission {
    const read = readObject(object, this.#catalogue);
    const seen = seenFrom(object);
    const together = this.#before(object).add(read, true);
    const { warnings, hints } = together;
    const rest = { warnings: seen(warnings), hints: seen(hints) };
    if (together.errors.length === 0) return { errors: [], pending: [], ...rest };
    const alone = this.#scope(undefined, () => undefined).add(read);
    const errors = seen(alone.errors.filter(({ missing }) => missing === undefined));
    return errors.length > 0
      ? { errors, pending: [], ...rest }
      : { errors, pending: seen(together.errors), ...rest };
  }

  /** The scope an object is added to: what runs of its namespace and comes before it. */
  #before(object: SetObject): Scope {
    const isPlatform = object.namespace === this.#operatorNamespace;
    const outer = isPlatform ? undefined : this.#namespaces.get(this.#operatorNamespace)?.scope;
    const verdicts = this.#namespaces.get(object.namespace)?.verdicts ?? [];
    const scope = this.#scope(
      outer,
      laterIn(
        verdicts.map((verdict) => this.#readOf(verdict.object)),
        object,
      ),
    );
    for (const { object: other, running } of verdicts)
      if (running !== undefined && byOrder(other, object) < 0) scope.trust(this.#readOf(running));
    return scope;
  }

  #scope(outer: Scope | undefined, later: ConstructorParameters<typeof Scope>[0]["later"]): Scope {
    return new Scope({ catalogue: this.#catalogue, memo: this.#memo, appendOutput: [], later }, outer);
  }

  #readOf(object: SetObject): ReadObject {
    const known = this.#read.get(object);
    if (known !== undefined) return known;
    const read = readObject(object, this.#catalogue);
    this.#read.set(object, read);
    return read;
  }

  /** Drops what was read of versions that are gone, and everything where conditions of the past take too much room. */
  #forget(objects: readonly SetObject[], lastGood: readonly SetObject[]): void {
    const live = new Set([...objects, ...lastGood]);
    for (const object of this.#read.keys()) if (!live.has(object)) this.#read.delete(object);
    if (this.#memo.length <= this.#memoLimit) return;
    this.#memo = new ConditionMemo();
    this.#namespaces.clear();
    this.#memoLimit = Infinity;
  }

  #namespace(
    name: string,
    byNamespace: ReadonlyMap<string, readonly Candidate[]>,
    outer: Scope | undefined,
  ): JudgedNamespace {
    const candidates = (byNamespace.get(name) ?? []).toSorted((left, right) =>
      byOrder(left.object, right.object),
    );
    const known = this.#namespaces.get(name);
    if (known !== undefined && known.outer === outer && isStill(known, candidates)) return known;
    const reads = candidates.map(({ object }) => this.#readOf(object));
    let current: SetObject | undefined;
    const scope = this.#scope(outer, (kind, wanted) => laterIn(reads, current!)(kind, wanted));
    const verdicts = candidates.map((candidate) => {
      current = candidate.object;
      return this.#verdict(candidate, scope);
    });
    return { candidates, outer, scope, verdicts };
  }

  #verdict({ object, lastGood }: Candidate, scope: Scope): Verdict {
    const { errors, warnings, hints } = scope.add(this.#readOf(object), true);
    const seen = seenFrom(object);
    const common = { object, errors: seen(errors), warnings: seen(warnings), hints: seen(hints) };
    if (errors.length === 0) return { ...common, running: object, reason: "Accepted", lastGoodErrors: [] };
    const reason = errors.every(({ missing }) => missing !== undefined) ? "MissingReference" : "Invalid";
    if (lastGood === undefined || objectDigest(lastGood) === objectDigest(object))
      return { ...common, running: undefined, reason, lastGoodErrors: [] };
    // It stands where the object now asks to be: a place of its own for each version would let an edit reorder others.
    const fallback = lastGood.order === object.order ? lastGood : { ...lastGood, order: object.order };
    const { errors: again } = scope.add(this.#readOf(fallback));
    return {
      ...common,
      running: again.length === 0 ? fallback : undefined,
      reason,
      lastGoodErrors: seen(again),
    };
  }
}

const seenFrom = (object: SetObject) => (findings: readonly Finding[]) =>
  findings.map((each) => fieldFinding(each, object));

/** True where a namespace would be judged as it was. The last good version of what was accepted is never looked at. */
const isStill = ({ candidates, verdicts }: JudgedNamespace, now: readonly Candidate[]) =>
  candidates.length === now.length &&
  candidates.every(
    ({ object, lastGood }, index) =>
      object === now[index]!.object &&
      (verdicts[index]!.reason === "Accepted" || lastGood === now[index]!.lastGood),
  );

/** Says which object defines a name, of those that come after one in its namespace. */
function laterIn(reads: readonly ReadObject[], object: SetObject) {
  return (kind: "list" | "macro", name: string): string | undefined => {
    const found = reads.find(
      (read) =>
        byOrder(read.object, object) > 0 &&
        read.items.some((item) => item.kind === kind && item.name === name),
    );
    return found === undefined
      ? undefined
      : `is defined by FalcoRule ${found.object.name}, which comes later: give that one a smaller spec.order`;
  };
}
