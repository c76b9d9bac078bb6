/** Compiles the rules of one state of the tables, in slot order (rules-files 10). */
import type { SourceCatalogue } from "./catalogue.ts";
import { ConditionError } from "./condition/error.ts";
import type { ConditionWarning } from "./condition/check.ts";
import { parseOperand } from "./condition/parser.ts";
import { resolveOperand } from "./condition/operand.ts";
import { Findings } from "./diagnostics/collector.ts";
import type { ErrorFinding } from "./diagnostics/finding.ts";
import { finished } from "./steps.ts";
import { nearest } from "./condition/nearest.ts";
import { didYouMean } from "./diagnostics/suggest.ts";
import type { FieldCheck } from "./files/check-exception.ts";
import { Conditions, type ConditionContext, type Subject, type Usage } from "./files/compile-conditions.ts";
import type { CompiledCondition } from "./files/condition-memo.ts";
import { compileRuleOutput } from "./files/compile-output.ts";
import { expandExceptions } from "./files/expand-exceptions.ts";
import { TooLong } from "./files/expand-lists.ts";
import type { MappedText } from "./files/mapped-text.ts";
import type { RuleEntry } from "./files/tables.ts";
import { placeOf } from "./files/yaml-tree.ts";
import type { AppendOutput } from "./options.ts";
import type { OutputPlan } from "./plan.ts";

/** A rule that can run. */
export interface CompiledRule {
  readonly entry: RuleEntry;
  readonly source: SourceCatalogue;
  /** Condition with exceptions, before lists. */
  readonly conditionText: string;
  /** Condition with lists. */
  readonly text: MappedText;
  readonly condition: CompiledCondition;
  readonly output: OutputPlan;
}

/** What came of compiling. */
export interface CompiledRules {
  readonly rules: CompiledRule[];
  readonly findings: Findings;
}

/** Why a text is no left side of a check; undefined where it is one. */
export const checkField: FieldCheck = (text, source) => {
  try {
    const { info } = resolveOperand(parseOperand(text), source);
    return info?.printOnly === true ? { help: `${info.name} is for outputs only` } : undefined;
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    const help = didYouMean(error.suggestions) ?? error.hint;
    return help === undefined ? {} : { help };
  }
};

/** What to write in place of a deprecated field. */
function helpFor(field: string | undefined): { help?: string } {
  if (field === "evt.dir")
    return { help: "leave it out: a system call is one event now, when it returns, and evt.dir is always <" };
  if (field?.startsWith("evt.latency") === true || field === "evt.wait_latency")
    return { help: "leave it out: it is always 0 now" };
  return {};
}

/** Texts of errors that `skip-if-unknown-filter` lets pass. */
const unknownFilter = /nonexistent field|invalid formatting token|unknown event type|unknown filter:/;

const tooMany = "Rule matches too many evt.type values. This has a significant performance penalty.";

/** More codes than this count as "all". */
const manyCodes = 100;

/** What compiling one rule gave; it holds while rule, lists and macros stay what they are. */
interface Outcome {
  readonly rule: CompiledRule | undefined;
  readonly findings: Findings;
  readonly usage: Usage;
}

/** Compiles rules against one state of lists and macros, each once however often it is asked. */
export class RuleCompiler {
  readonly conditions: Conditions;
  readonly #context: ConditionContext;
  readonly #append: readonly AppendOutput[];
  readonly #macroFindings = new Findings();
  #outcomes = new Map<RuleEntry, Outcome>();
  #findings = new Findings();

  constructor(context: ConditionContext, append: readonly AppendOutput[]) {
    this.#context = context;
    this.#append = append;
    this.conditions = new Conditions(context, this.#macroFindings);
  }

  /**
   * All rules that compile, in slot order; findings for the others, then for what nobody uses, unless mistakes (here or,
   * as `refused` says, elsewhere) make that a guess.
   */
  compile(refused: boolean): CompiledRules {
    return finished(this.compiling(refused));
  }

  /** The same; yields after each rule that had to be compiled. Run it to its end before anything else is asked of this. */
  *compiling(refused: boolean): Generator<undefined, CompiledRules> {
    const findings = new Findings();
    findings.addAll(this.#macroFindings);
    const macros = new Set(this.conditions.usage.macros);
    const lists = new Set(this.conditions.usage.lists);
    const rules: CompiledRule[] = [];
    const outcomes = new Map<RuleEntry, Outcome>();
    const entries = [...this.#context.tables.rules.values()].sort((left, right) => left.index - right.index);
    for (const entry of entries) {
      const known = this.#outcomes.get(entry);
      const outcome = known ?? this.#outcome(entry);
      if (known === undefined) yield;
      outcomes.set(entry, outcome);
      findings.addAll(outcome.findings);
      for (const name of outcome.usage.macros) macros.add(name);
      for (const name of outcome.usage.lists) lists.add(name);
      if (outcome.rule !== undefined) rules.push(outcome.rule);
    }
    this.#outcomes = outcomes;
    if (!refused && findings.errors.length === 0) this.#unused({ macros, lists }, findings);
    return { rules, findings };
  }

  #outcome(entry: RuleEntry): Outcome {
    const findings = new Findings();
    this.#findings = findings;
    const { result, usage } = this.conditions.record(findings, () => this.#rule(entry));
    return { rule: result, findings, usage };
  }

  #unused(usage: Usage, findings: Findings): void {
    const { tables } = this.#context;
    for (const { name, chain, nameNode } of tables.macros.values())
      if (!usage.macros.has(name))
        findings.warning("LOAD_UNUSED_MACRO", "Macro not referred to by any other rule/macro", chain, {
          place: placeOf(nameNode),
        });
    for (const { name, chain, nameNode } of tables.lists.values())
      if (!usage.lists.has(name))
        findings.warning("LOAD_UNUSED_LIST", "List not referred to by any other rule/macro", chain, {
          place: placeOf(nameNode),
        });
  }

  #rule(entry: RuleEntry): CompiledRule | undefined {
    const { catalogue } = this.#context;
    const findings = this.#findings;
    const source = catalogue.sources.get(entry.source);
    if (entry.unknownSource || source === undefined) {
      const help = didYouMean(nearest(entry.source, catalogue.sources.keys()));
      findings.warning("LOAD_UNKNOWN_SOURCE", `Unknown source ${entry.source}, skipping`, entry.chain, {
        place: placeOf(entry.nameNode),
        ...(help === undefined ? {} : { help }),
      });
      return undefined;
    }
    const errors: ErrorFinding[] = [];
    const rule = this.#compiled(entry, source, errors);
    const first = errors[0];
    if (first === undefined) return rule;
    if (entry.skipIfUnknownFilter && unknownFilter.test(first.message)) {
      const { message, chain, place, help } = first;
      const extra = { ...(place === undefined ? {} : { place }), ...(help === undefined ? {} : { help }) };
      findings.warning("LOAD_UNKNOWN_FILTER", message, chain, extra);
    } else findings.errors.push(...errors);
    return undefined;
  }

  #compiled(entry: RuleEntry, source: SourceCatalogue, errors: ErrorFinding[]): CompiledRule | undefined {
    const findings = this.#findings;
    const withExceptions = this.#exceptions(entry);
    const output = compileRuleOutput(entry, source, this.#append, findings, (error) => errors.push(error));
    if (withExceptions === undefined) return undefined;
    const subject = { text: withExceptions, node: entry.conditionNode, chain: entry.chain };
    const text = this.conditions.withLists(subject);
    if (text === undefined) return undefined;
    const expanded = { ...subject, text };
    const condition = this.conditions.compile(expanded, source, (error) =>
      errors.push(...this.conditions.errorsOf(error, expanded)),
    );
    if (condition === undefined || output === undefined) return undefined;
    for (const warning of condition.warnings) this.#warn(warning, expanded);
    this.#judgeEvents(entry, condition, source);
    return { entry, source, conditionText: withExceptions.text, text, condition, output };
  }

  #exceptions(entry: RuleEntry): MappedText | undefined {
    try {
      return expandExceptions(entry, this.#findings);
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
      this.#findings.error("LOAD_ERR_VALIDATE", error.message, entry.chain);
      return undefined;
    }
  }

  #warn(warning: ConditionWarning, subject: Subject): void {
    const findings = this.#findings;
    const place = this.conditions.placeOf(subject, warning.macros, warning.at, warning.end);
    const chain = [
      ...subject.chain,
      { type: "rule condition" as const, name: "", place: placeOf(subject.node) },
    ];
    const { code, message, field } = warning;
    if (code === "TIERCEL_NEVER_SET" || code === "TIERCEL_MODIFIER_FIRST_ONLY")
      findings.hint(code, message, chain, { place });
    else
      findings.warning(code, message, chain, {
        place,
        ...(field === undefined ? {} : { deprecatedField: field }),
        ...helpFor(field),
      });
  }

  #judgeEvents(entry: RuleEntry, { events }: CompiledCondition, source: SourceCatalogue): void {
    if (source.name !== "syscall" || !entry.warnEvttypes) return;
    if (events !== "all" && events.length <= manyCodes) return;
    this.#findings.warning("LOAD_NO_EVTTYPE", tooMany, entry.chain, {
      place: placeOf(entry.conditionNode),
      help: "add a check of evt.type, for example evt.type in (execve, execveat)",
    });
  }
}
