/**
 * Which FalcoRules are in the set, in which version, and why (design.md 5, "What waits for others").
 *
 * Pure but for what it remembers to be fast: the result follows from the arguments alone, in whatever order objects are
 * given. Objects are taken one by one, by (order, name), each only if everything before it still compiles with it.
 */
import type { Catalogue } from "../catalogue.ts";
import type { Finding } from "../diagnostics/finding.ts";
import { ConditionMemo } from "../files/condition-memo.ts";
import { finished } from "../steps.ts";
import { setDigest } from "./digest.ts";
import { fieldFinding, type FieldFinding } from "./field-finding.ts";
import { judgeNamespace, type Candidate, type JudgedNamespace, type Verdict } from "./judge-namespace.ts";
import { byOrder, laterIn, objectKey } from "./order.ts";
import { readObject, type ReadObject } from "./read-object.ts";
import type { RuleSet, SetObject } from "./rule-set.ts";
import { Scope } from "./scope.ts";
import type { NameHelp } from "../files/compile-conditions.ts";

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

/** Characters of conditions that are remembered at least; then everything is begun anew at four times what is in use. */
const leastMemory = 4 << 20;

/** What a judgement leaves for the next. Conditions are numbered by their memo, so scopes go with the one they were made with. */
interface Remembered {
  readonly memo: ConditionMemo;
  /** Length of the memo at which it is begun anew. */
  readonly limit: number;
  readonly operatorNamespace: string;
  readonly namespaces: ReadonlyMap<string, JudgedNamespace>;
}

export class Judge {
  readonly #catalogue: Catalogue;
  readonly #read = new Map<SetObject, ReadObject>();
  #last: Remembered | undefined;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** Characters of conditions that are remembered: a measure of the memory this takes. */
  get remembered(): number {
    return this.#last?.memo.length ?? 0;
  }

  /**
   * Judges all objects. `lastGood` are the objects of the set before (those in the cluster's ConfigMaps after a start).
   * Objects that did not change should be given as the same values: what was found about them is then still known.
   */
  judge(objects: readonly SetObject[], lastGood: readonly SetObject[], settings: SetSettings): Judgement {
    return finished(this.judging(objects, lastGood, settings));
  }

  /** The same in steps of a rule each, so that others can have the thread between them. One at a time, run to its end. */
  *judging(
    objects: readonly SetObject[],
    lastGood: readonly SetObject[],
    settings: SetSettings,
  ): Generator<undefined, Judgement> {
    this.#forget(objects, lastGood);
    const { operatorNamespace } = settings;
    const before =
      this.#last === undefined || this.#last.memo.length > this.#last.limit ? undefined : this.#last;
    const memo = before?.memo ?? new ConditionMemo();
    const candidates = byNamespace(objects, lastGood);
    const judged = new Map<string, JudgedNamespace>();
    const judge = (name: string, outside: JudgedNamespace | undefined) =>
      judgeNamespace(
        candidates.get(name) ?? [],
        before?.namespaces.get(name),
        outside,
        this.#scopesWithin(memo, outside?.scope),
        this.#readOf,
      );
    const platform = yield* judge(operatorNamespace, undefined);
    judged.set(operatorNamespace, platform);
    for (const name of [...candidates.keys()].sort())
      if (name !== operatorNamespace) judged.set(name, yield* judge(name, platform));
    const limit = before?.limit ?? Math.max(leastMemory, 4 * memo.length);
    this.#last = { memo, limit, operatorNamespace, namespaces: judged };
    const verdicts = [...judged.values()].flatMap(({ steps }) => steps.map(({ verdict }) => verdict));
    const set: RuleSet = {
      version: 1,
      operatorNamespace,
      choices: settings.choices,
      priority: settings.priority,
      objects: verdicts.flatMap(({ running }) => (running === undefined ? [] : [running])),
    };
    return { set, digest: setDigest(set), verdicts };
  }

  /** Judges one object as it is about to be stored, against those that are in the set now. */
  admit(object: SetObject): Admission {
    const last = this.#last;
    const read = readObject(object, this.#catalogue);
    const seen = seenFrom(object);
    const { findings } = (last === undefined ? this.#alone() : this.#before(object, last)).add(read, true);
    const rest = { warnings: seen(findings.warnings), hints: seen(findings.hints) };
    if (findings.errors.length === 0) return { errors: [], pending: [], ...rest };
    const { findings: alone } = this.#alone().add(read);
    const errors = alone.errors.filter(({ missing }) => missing === undefined);
    if (errors.length > 0) return { errors: seen(errors), pending: [], ...rest };
    // Before the first judgement nobody knows what there is.
    return { errors: [], pending: last === undefined ? [] : seen(findings.errors), ...rest };
  }

  #alone(): Scope {
    return this.#scope(new ConditionMemo(), undefined, () => undefined);
  }

  /** The scope an object is added to: what runs of its namespace and comes before it. */
  #before(object: SetObject, { memo, operatorNamespace, namespaces }: Remembered): Scope {
    const platform = namespaces.get(operatorNamespace)?.scope;
    const verdicts = (namespaces.get(object.namespace)?.steps ?? []).map(({ verdict }) => verdict);
    const reads = verdicts.map((verdict) => this.#readOf(verdict.object));
    const outer = object.namespace === operatorNamespace ? undefined : platform;
    const scope = this.#scope(memo, outer, laterIn(reads, object));
    for (const { object: other, running } of verdicts)
      if (running !== undefined && byOrder(other, object) < 0) scope.trust(this.#readOf(running));
    return scope;
  }

  /**
   * Makes scopes inside another one. Not a closure of `judging`: a scope keeps what it is made by, and that would keep the
   * judgement before, which keeps the one before it.
   */
  #scopesWithin(memo: ConditionMemo, outer: Scope | undefined): (later: NameHelp["later"]) => Scope {
    return (later) => this.#scope(memo, outer, later);
  }

  #scope(memo: ConditionMemo, outer: Scope | undefined, later: NameHelp["later"]): Scope {
    return new Scope({ catalogue: this.#catalogue, memo, appendOutput: [], later }, outer);
  }

  readonly #readOf = (object: SetObject): ReadObject => {
    const known = this.#read.get(object);
    if (known !== undefined) return known;
    const read = readObject(object, this.#catalogue);
    this.#read.set(object, read);
    return read;
  };

  /** Drops what was read of versions that are gone. */
  #forget(objects: readonly SetObject[], lastGood: readonly SetObject[]): void {
    const live = new Set([...objects, ...lastGood]);
    for (const object of this.#read.keys()) if (!live.has(object)) this.#read.delete(object);
  }
}

const seenFrom = (object: SetObject) => (findings: readonly Finding[]) =>
  findings.map((each) => fieldFinding(each, object));

/** Objects with their last good versions, by namespace. */
function byNamespace(
  objects: readonly SetObject[],
  lastGood: readonly SetObject[],
): ReadonlyMap<string, readonly Candidate[]> {
  const before = new Map(lastGood.map((object) => [objectKey(object), object]));
  const found = new Map<string, Candidate[]>();
  for (const object of objects) {
    const candidate = { object, lastGood: before.get(objectKey(object)) };
    const known = found.get(object.namespace);
    if (known === undefined) found.set(object.namespace, [candidate]);
    else known.push(candidate);
  }
  return found;
}
