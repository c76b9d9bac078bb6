/** Judges the objects of one namespace, one by one, as far as anything that matters to them changed. */
import type { Finding } from "../diagnostics/finding.ts";
import type { NameHelp } from "../files/compile-conditions.ts";
import { objectDigest } from "./digest.ts";
import { fieldFinding, type FieldFinding } from "./field-finding.ts";
import { byOrder, laterIn, objectKey } from "./order.ts";
import type { ReadObject } from "./read-object.ts";
import type { SetObject } from "./rule-set.ts";
import type { Added, Scope } from "./scope.ts";

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
  /** Why its last good version is not in the set either. */
  readonly lastGoodErrors: readonly FieldFinding[];
}

export interface Candidate {
  readonly object: SetObject;
  /** Its version in the set before. */
  readonly lastGood: SetObject | undefined;
}

/** One object judged, with what its verdict hangs on. */
export interface Step {
  readonly candidate: Candidate;
  readonly verdict: Verdict;
  /** Names of lists, macros and rules that it defines or changes, in either version. */
  readonly touched: ReadonlySet<string>;
  /** Words that name all that it uses. */
  readonly reach: ReadonlySet<string>;
}

export interface JudgedNamespace {
  readonly steps: readonly Step[];
  /** What runs, put together. */
  readonly scope: Scope;
  /** Names that may mean something else than in the judgement before; undefined where there was none. */
  readonly changed: ReadonlySet<string> | undefined;
}

const meet = (left: ReadonlySet<string>, right: ReadonlySet<string>): boolean => {
  const [few, many] = left.size < right.size ? [left, right] : [right, left];
  for (const each of few) if (many.has(each)) return true;
  return false;
};

/** What came, went or changed so far. */
class Changes {
  readonly touched: Set<string>;
  readonly #reach = new Set<string>();

  constructor(outside: ReadonlySet<string> | undefined) {
    this.touched = new Set(outside);
  }

  add(step: Step): void {
    for (const name of step.touched) this.touched.add(name);
    for (const word of step.reach) this.#reach.add(word);
  }

  /** Whether an object might fare otherwise now: by what it uses, or by what uses the names it defines. */
  matterTo({ touched, reach }: Step): boolean {
    return meet(this.touched, reach) || meet(this.touched, touched) || meet(this.#reach, touched);
  }
}

/**
 * Judges a namespace; yields after each object that is read, each rule and each object, so that a caller can let others have
 * the thread. `before` is what came of it last time, `outside` the operator's namespace now, unless this is it.
 * An object that was accepted, did not change and has nothing to do with what did keeps its verdict unchecked.
 */
export function* judgeNamespace(
  given: readonly Candidate[],
  before: JudgedNamespace | undefined,
  outside: JudgedNamespace | undefined,
  newScope: (later: NameHelp["later"]) => Scope,
  read: (object: SetObject) => ReadObject,
): Generator<undefined, JudgedNamespace> {
  const candidates = given.toSorted((left, right) => byOrder(left.object, right.object));
  const isFresh = before === undefined || (outside !== undefined && outside.changed === undefined);
  const known = isFresh ? [] : before.steps;
  if (!isFresh && (outside?.changed?.size ?? 0) === 0 && isStill(known, candidates))
    return { ...before, changed: new Set() };
  const changes = new Changes(outside?.changed);
  const now = new Map(candidates.map((candidate) => [objectKey(candidate.object), candidate]));
  const unchanged = new Map<string, Step>();
  for (const step of known) {
    const key = objectKey(step.candidate.object);
    if (isSame(step, now.get(key))) unchanged.set(key, step);
    else changes.add(step);
  }
  let current: SetObject | undefined;
  const reads: ReadObject[] = [];
  for (const { object } of candidates) {
    reads.push(read(object));
    yield;
  }
  const scope = newScope((kind, name) => laterIn(reads, current!)(kind, name));
  const steps: Step[] = [];
  for (const [index, candidate] of candidates.entries()) {
    current = candidate.object;
    const prior = unchanged.get(objectKey(candidate.object));
    if (prior?.verdict.reason === "Accepted" && !changes.matterTo(prior)) {
      scope.trust(reads[index]!);
      steps.push(prior);
      continue;
    }
    const step = yield* judged(candidate, scope, read);
    steps.push(step);
    yield;
    if (prior !== undefined && prior.verdict.running === step.verdict.running) continue;
    if (prior !== undefined) changes.add(prior);
    changes.add(step);
  }
  return { steps, scope, changed: isFresh ? undefined : scope.affectedBy(changes.touched) };
}

/** Judges one object, and its last good version where it is refused. */
function* judged(
  candidate: Candidate,
  scope: Scope,
  read: (object: SetObject) => ReadObject,
): Generator<undefined, Step> {
  const { object, lastGood } = candidate;
  const seen = (findings: readonly Finding[]) => findings.map((each) => fieldFinding(each, object));
  const added = yield* scope.adding(read(object));
  const { errors, warnings } = added.findings;
  const common = { object, errors: seen(errors), warnings: seen(warnings) };
  if (added.taken)
    return stepOf(candidate, { ...common, running: object, reason: "Accepted", lastGoodErrors: [] }, [added]);
  const reason = errors.every(({ missing }) => missing !== undefined) ? "MissingReference" : "Invalid";
  if (lastGood === undefined || objectDigest(lastGood) === objectDigest(object))
    return stepOf(candidate, { ...common, running: undefined, reason, lastGoodErrors: [] }, [added]);
  // It stands where the object now asks to be: a place of its own for each version would let an edit reorder others.
  const fallback = lastGood.order === object.order ? lastGood : { ...lastGood, order: object.order };
  const again = yield* scope.adding(read(fallback));
  const running = again.taken ? fallback : undefined;
  return stepOf(candidate, { ...common, running, reason, lastGoodErrors: seen(again.findings.errors) }, [
    added,
    again,
  ]);
}

function stepOf(candidate: Candidate, verdict: Verdict, added: readonly Added[]): Step {
  const touched = new Set(added.flatMap((each) => each.touched.map(({ name }) => name)));
  const [first, second] = added;
  const reach = second === undefined ? first!.reach : new Set([...first!.reach, ...second.reach]);
  return { candidate, verdict, touched, reach };
}

/** True where an object is what it was. The last good version of what was accepted is never looked at. */
function isSame({ candidate, verdict }: Step, now: Candidate | undefined): boolean {
  if (candidate.object !== now?.object) return false;
  return verdict.reason === "Accepted" || candidate.lastGood === now.lastGood;
}

const isStill = (steps: readonly Step[], now: readonly Candidate[]) =>
  steps.length === now.length && steps.every((step, index) => isSame(step, now[index]));
