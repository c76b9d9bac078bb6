/** Events against rules: finds the rules under an event's type, tries them, hands out alerts. */
import type { RulePlan } from "../rules/plan.ts";
import type { Alert, AlertGroup, AlertSubject, OutputValue } from "./alert.ts";
import { FAILS_HERE, HOLDS, TURNS, type Conjunction, type SharedTest } from "./conjunction.ts";
import type { RuleCount } from "./rule-counts.ts";
import type { EventPlace } from "./scope.ts";

/** What the engine asks about events of type E, whatever their source. */
export interface EventAccess<E> {
  readonly hostname: string;
  /** Code of the event table (EventCatalogue), from 0. */
  code(event: E): number;
  /** ns since the epoch. */
  time(event: E): bigint;
  group(event: E): AlertGroup;
  subject(event: E): AlertSubject;
  /** Where rules may be limited to. */
  readonly place: EventPlace<E>;
  /** Absent: events have one view of their paths. */
  readonly views?: PathTries<E>;
  /** Whether nobody could say whose container the event is of; absent: events are of none. */
  isUnidentified?(event: E): boolean;
}

/** The views of an event's paths that are worth trying (design.md 3.3). */
export interface PathTries<E> {
  /** Forgets what it knew and puts the first view in place; called once for each event that has rules. */
  begin(event: E): void;
  /** Puts view number `index` (from 0) in place; false where there are no more that differ from those before. */
  show(event: E, index: number): boolean;
}

/** A rule's condition for some types of events. */
export interface RuleVariant<E> {
  readonly condition: Conjunction<E>;
  /** Gives the condition by all but who the container is and where the rule applies (identity.ts), often the same one. */
  readonly withoutIdentity: () => Conjunction<E>;
}

/** When an event of a container that is not known yet has to be tried. */
export type Trial =
  /** No rule can match. */
  | "never"
  /** Some rule may, and all that it says is known. */
  | "now"
  /** Some rule may, and it says who the container is. */
  | "later";

/** One rule as closures. */
export interface CompiledRule<E> {
  readonly plan: RulePlan;
  readonly count: RuleCount;
  /** By event code; codes without one cannot match. */
  readonly variants: ReadonlyMap<number, RuleVariant<E>>;
  /** The message, and output_fields; both decoded. */
  readonly message: (event: E) => string;
  readonly fields: (event: E) => readonly (readonly [string, OutputValue])[];
  /** Whether condition, output or scope say who the container is. */
  readonly usesIdentity: boolean;
}

/** A rule under one event code. */
interface Listed<E> extends RuleVariant<E> {
  readonly rule: CompiledRule<E>;
  /** What `withoutIdentity` gave, once it was asked for. */
  trial: Conjunction<E> | undefined;
}

/** The last turn: numbers beyond are no longer small integers to V8. */
const LAST_TURN = 2 ** 30 - TURNS;

export interface EngineOptions<E> {
  /** Setting rule_matching: every rule that matches, or only the first of an event. */
  readonly matching: "all" | "first";
  /** Takes an alert, and the event while it can still be read; must not block. */
  readonly emit: (alert: Alert, event: E) => void;
  /** Told once a rule of this engine has thrown for the first time. */
  readonly onFault: (rule: RulePlan, error: unknown) => void;
}

/** A set of rules ready to run. Never changes; a new set is a new engine. */
export class Engine<E> {
  readonly digest: string;
  readonly rules: readonly CompiledRule<E>[];
  private readonly access: EventAccess<E>;
  private readonly options: EngineOptions<E>;
  /** Rules in order, by event code. */
  private readonly byCode: readonly (readonly Listed<E>[])[];
  private readonly failed = new Set<CompiledRule<E>>();
  /** Every test, once. */
  private readonly tests = new Set<SharedTest<E>>();
  /** The event under way, for what tests remember: TURNS more for each. */
  private turn = 0;

  /** `size` is the number of event codes. */
  constructor(
    digest: string,
    rules: readonly CompiledRule<E>[],
    size: number,
    access: EventAccess<E>,
    options: EngineOptions<E>,
  ) {
    this.digest = digest;
    this.rules = rules;
    this.access = access;
    this.options = options;
    const byCode: Listed<E>[][] = Array.from({ length: size }, () => []);
    for (const rule of rules)
      for (const [code, { condition, withoutIdentity }] of rule.variants) {
        byCode[code]?.push({ rule, condition, withoutIdentity, trial: undefined });
        this.register(condition);
      }
    this.byCode = byCode;
  }

  /** Event codes that some rule is listed under. */
  get codes(): number[] {
    return this.byCode.flatMap((rules, code) => (rules.length > 0 ? [code] : []));
  }

  /** Whether some rule is listed under an event code. */
  lists(code: number): boolean {
    return (this.byCode[code]?.length ?? 0) > 0;
  }

  /** Tries all rules under the event's code. Gives the number of rules that matched. Never throws. */
  process(event: E): number {
    const rules = this.byCode[this.access.code(event)];
    if (rules === undefined || rules.length === 0) return 0;
    this.begin(event);
    let matched = 0;
    for (let index = 0; index < rules.length; index++) {
      const listed = rules[index]!;
      try {
        if (!this.try(listed.condition, event)) continue;
        matched++;
        this.raise(listed.rule, event);
      } catch (error) {
        this.fault(listed.rule, error);
        continue;
      }
      if (this.options.matching === "first") break;
    }
    return matched;
  }

  /** When to try an event whose container is not known yet, by what is known. Raises nothing. Never throws. */
  trial(event: E): Trial {
    const rules = this.byCode[this.access.code(event)];
    if (rules === undefined || rules.length === 0) return "never";
    this.begin(event);
    let trial: Trial = "never";
    for (const listed of rules) {
      try {
        if (listed.trial === undefined) this.register((listed.trial = listed.withoutIdentity()));
        if (!this.try(listed.trial, event)) continue;
      } catch {
        // It is tried again, and counted then.
      }
      if (listed.rule.usesIdentity) return "later";
      trial = "now";
    }
    return trial;
  }

  /** Whether a condition holds under one of the views; that view stays in place for the output. */
  private try(condition: Conjunction<E>, event: E): boolean {
    const { views } = this.access;
    const { turn } = this;
    if (views === undefined) return condition.evaluate(event, turn, 0) === HOLDS;
    views.show(event, 0);
    let outcome = condition.evaluate(event, turn, 0);
    for (let index = 1; outcome === FAILS_HERE && index < TURNS && views.show(event, index); index++)
      outcome = condition.evaluate(event, turn, index);
    return outcome === HOLDS;
  }

  /** Puts the event's first view in place; what tests remember of another event counts no longer. */
  private begin(event: E): void {
    this.access.views?.begin(event);
    this.turn = this.turn < LAST_TURN ? this.turn + TURNS : this.firstTurn();
  }

  /** Begins the count of turns anew: no test may take an event for one of the last round. */
  private firstTurn(): number {
    for (const test of this.tests) test.at = -1;
    return TURNS;
  }

  private register(condition: Conjunction<E>): void {
    for (const test of condition.tests) this.tests.add(test);
  }

  private raise(rule: CompiledRule<E>, event: E): void {
    const { count, plan } = rule;
    const time = this.access.time(event);
    count.matches++;
    count.lastMatch = time;
    if (!count.bucket.take(time)) {
      count.suppressed++;
      count.unsaid++;
      return;
    }
    const unidentified = this.access.isUnidentified?.(event) === true;
    const alert: Alert = {
      rule: plan.rule,
      identity: plan.identity,
      priority: plan.priority,
      source: plan.source,
      tags: plan.tags,
      time,
      hostname: this.access.hostname,
      message: unidentified ? `${rule.message(event)} container_identity=unknown` : rule.message(event),
      fields: unidentified ? [...rule.fields(event), ["container.identity", "unknown"]] : rule.fields(event),
      group: this.access.group(event),
      subject: this.access.subject(event),
      sinks: plan.sinks,
    };
    this.options.emit(alert, event);
  }

  private fault(rule: CompiledRule<E>, error: unknown): void {
    rule.count.faults++;
    if (this.failed.has(rule)) return;
    this.failed.add(rule);
    this.options.onFault(rule.plan, error);
  }
}
