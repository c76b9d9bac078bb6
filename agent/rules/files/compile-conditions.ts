/** Macros and conditions of one state of the tables: parsed, macros put in, checked (rules-files 9.2, 10). */
import type { Catalogue, SourceCatalogue } from "../catalogue.ts";
import type { Expr } from "../condition/ast.ts";
import { analyseCondition } from "../condition/analyse.ts";
import { ConditionError } from "../condition/error.ts";
import { expandMacros, macroNames } from "../condition/macros.ts";
import type { Findings } from "../diagnostics/collector.ts";
import type { ErrorFinding, Location, MissingName } from "../diagnostics/finding.ts";
import { nearest } from "../condition/nearest.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { CompiledCondition, ConditionMemo } from "./condition-memo.ts";
import { ListExpander, TooLong } from "./expand-lists.ts";
import type { MappedText } from "./mapped-text.ts";
import type { FilePlace } from "./source-text.ts";
import type { MacroEntry, Tables } from "./tables.ts";
import { placeOf, type YamlScalar } from "./yaml-tree.ts";

/** The first 20 characters of a condition in quotes: what Falco calls the expression. */
const expressionName = (text: string) => `"${text.slice(0, 20)}"`;

interface ParsedMacro {
  readonly entry: MacroEntry;
  readonly text: MappedText;
  readonly expr: Expr;
  /** Stands for the text and all macros in it. */
  number: number;
  expanded?: Expr;
}

/** What a condition is about, for findings. */
export interface Subject {
  readonly text: MappedText;
  readonly node: YamlScalar;
  readonly chain: readonly Location[];
}

/** What to say about names that are not there; the words depend on where rules come from. */
export interface NameHelp {
  /** Where a macro or list is defined that is not known yet, and what to do; undefined where it is nowhere. */
  readonly later: (kind: "macro" | "list", name: string) => string | undefined;
  /** What to do where nothing else is known. */
  readonly missing: (kind: "list" | "macro" | "rule", name: string) => string;
}

export interface ConditionContext {
  readonly tables: Tables;
  readonly catalogue: Catalogue;
  readonly memo: ConditionMemo;
  readonly help: NameHelp;
  /** Conditions of a scope around this one: its names can be used unless these tables hide them, and mean what they mean there. */
  readonly outer?: Conditions;
  /** Names of macros to suggest; absent: those of the tables. */
  readonly macroNames?: () => Iterable<string>;
}

/** Names that something refers to. */
export interface Usage {
  readonly macros: ReadonlySet<string>;
  readonly lists: ReadonlySet<string>;
}

export class Conditions {
  readonly lists: ListExpander;
  /** What macros, and lists in lists, refer to. */
  readonly usage: Usage;
  /** Where mistakes go. */
  #findings: Findings;
  #usedMacros = new Set<string>();
  readonly #context: ConditionContext;
  readonly #macros = new Map<string, ParsedMacro>();
  /** Macros that cannot be used because they, or what they use, have mistakes that were reported. */
  readonly #broken: Set<string>;

  /** Parses all macros and puts them into each other; their mistakes go to `findings`. */
  constructor(context: ConditionContext, findings: Findings) {
    this.#context = context;
    this.#findings = findings;
    this.lists = new ListExpander(context.tables, context.outer?.lists);
    this.#broken = new Set(context.tables.broken.macro);
    for (const macro of context.tables.macros.values()) this.#parseMacro(macro);
    for (const macro of this.#macros.values()) this.#expandMacro(macro);
    this.usage = { macros: this.#usedMacros, lists: this.lists.used };
  }

  /** The macro of a name, one of these tables before one of the scope around. */
  #find(name: string): ParsedMacro | undefined {
    const own = this.#macros.get(name);
    return own !== undefined || this.#broken.has(name) ? own : this.#findOutside(name);
  }

  /** The macro that one with slot and visibility `user` means by a name. */
  #findFor(user: MacroEntry, name: string): ParsedMacro | undefined {
    const own = this.#macros.get(name);
    if (own !== undefined && own.entry.index < user.visibility) return own;
    return this.#findOutside(name);
  }

  #findOutside(name: string): ParsedMacro | undefined {
    const { outer } = this.#context;
    return outer === undefined ? undefined : outer.#find(name);
  }

  /** Does some work with `findings` as the place for mistakes, and says what it used. */
  record<T>(findings: Findings, work: () => T): { readonly result: T; readonly usage: Usage } {
    this.#findings = findings;
    this.#usedMacros = new Set();
    this.lists.used = new Set();
    const result = work();
    return { result, usage: { macros: this.#usedMacros, lists: this.lists.used } };
  }

  /** Lists put in; undefined, reported, where the text becomes too long. */
  withLists(subject: Subject): MappedText | undefined {
    try {
      return this.lists.expand(subject.text);
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
      this.#findings.error("LOAD_ERR_VALIDATE", error.message, subject.chain);
      return undefined;
    }
  }

  #parseMacro(entry: MacroEntry): void {
    const subject = { text: entry.condition, node: entry.conditionNode, chain: entry.chain };
    const text = this.withLists(subject);
    const expr = text === undefined ? undefined : this.parse({ ...subject, text });
    if (text === undefined || expr === undefined) this.#broken.add(entry.name);
    else this.#macros.set(entry.name, { entry, text, expr, number: -1 });
  }

  #expandMacro(macro: ParsedMacro): void {
    const { entry, text, expr } = macro;
    let usesBroken = false;
    try {
      macro.expanded = expandMacros(expr, (name) => {
        if (this.#broken.has(name)) usesBroken = true;
        const found = this.#findFor(entry, name);
        if (found === undefined) return undefined;
        this.#usedMacros.add(name);
        return found.expanded ?? found.expr;
      });
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      this.#broken.add(entry.name);
      if (!usesBroken) this.report(error, { text, node: entry.conditionNode, chain: entry.chain });
    }
    macro.number = this.#numberOf(text.text, expr, (name) => this.#findFor(entry, name));
  }

  /** Stands for a text with the macros it uses. */
  #numberOf(text: string, expr: Expr, find: (name: string) => ParsedMacro | undefined): number {
    const parts = [...macroNames(expr)].map((name) => find(name)?.number ?? -1);
    return this.#context.memo.number(`${parts.join()} ${text}`);
  }

  /** The tree of a text; undefined, reported, where it has none. */
  parse(subject: Subject): Expr | undefined {
    const parsed = this.#context.memo.parse(subject.text.text);
    if (!(parsed instanceof ConditionError)) return parsed;
    this.report(parsed, subject);
    return undefined;
  }

  /**
   * A rule's condition; undefined where it has mistakes: they are given to `failed` unless they were reported for a
   * macro already.
   */
  compile(
    subject: Subject,
    source: SourceCatalogue,
    failed: (error: ConditionError) => void,
  ): CompiledCondition | undefined {
    const { memo, catalogue } = this.#context;
    const parsed = memo.parse(subject.text.text);
    if (parsed instanceof ConditionError) {
      failed(parsed);
      return undefined;
    }
    const { expr, unknown, usesBroken } = this.#withMacros(parsed, failed);
    if (expr === undefined) return undefined;
    if (unknown || usesBroken) {
      this.#checkRest(expr, source, failed);
      return undefined;
    }
    const key = `${source.name} ${this.#numberOf(subject.text.text, parsed, (name) => this.#find(name))}`;
    const checked = memo.check(key, () => ({ expr, ...analyseCondition(expr, source, catalogue) }));
    if (!(checked instanceof ConditionError)) return checked;
    failed(checked);
    return undefined;
  }

  /**
   * A rule's condition with macros put in. Each macro that does not exist is told and stands for nothing, so that the
   * rest can be checked; what is in broken macros was told before.
   */
  #withMacros(parsed: Expr, failed: (error: ConditionError) => void) {
    const unknown = new Set<string>();
    let usesBroken = false;
    const lookup = (name: string): Expr => {
      const found = this.#find(name);
      if (this.#broken.has(name)) usesBroken = true;
      else if (found === undefined) unknown.add(name);
      if (found === undefined || this.#broken.has(name)) return nothing;
      this.#usedMacros.add(name);
      return found.expanded ?? found.expr;
    };
    let expr: Expr | undefined;
    try {
      expr = expandMacros(parsed, lookup);
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      failed(error);
    }
    for (const macro of unknownMacros(parsed, new Set(unknown))) failed(undefinedMacro(macro));
    return { expr, unknown: unknown.size > 0, usesBroken };
  }

  /** Tells a condition's mistakes beside its macros. */
  #checkRest(expr: Expr, source: SourceCatalogue, failed: (error: ConditionError) => void): void {
    try {
      analyseCondition(expr, source, this.#context.catalogue);
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      failed(error);
    }
  }

  /** The place of a stretch of a condition or, where macros are given, of the innermost one's. */
  placeOf(subject: Subject, macros: readonly string[], at: number, end: number): FilePlace {
    const foreign = macros.findIndex((name) => !this.#macros.has(name));
    const { outer } = this.#context;
    if (foreign >= 0 && outer !== undefined) return outer.placeOf(subject, macros.slice(foreign), at, end);
    const innermost = macros.at(-1);
    const text = innermost === undefined ? subject.text : this.#macros.get(innermost)?.text;
    return text?.placeOf(at, end) ?? placeOf(subject.node);
  }

  /** Findings for a condition's mistakes: the error and all that were found beside it. */
  errorsOf(error: ConditionError, subject: Subject): ErrorFinding[] {
    return [error, ...error.others].map((each) => this.#finding(each, subject));
  }

  /** Reports a condition's mistakes. */
  report(error: ConditionError, subject: Subject): void {
    this.#findings.errors.push(...this.errorsOf(error, subject));
  }

  #finding(error: ConditionError, subject: Subject): ErrorFinding {
    const place = this.placeOf(subject, error.macros, error.at, error.end);
    const help = this.#help(error, subject);
    const missing = missingName(error);
    const macro = error.macros.at(-1);
    const outermost = error.macros[0];
    const used = outermost === undefined ? undefined : subject.chain.at(-1);
    return {
      code: error.code,
      message: error.message,
      chain: [...subject.chain, expression(subject, error)],
      place,
      ...(help === undefined ? {} : { help }),
      ...(missing === undefined ? {} : { missing }),
      ...(macro === undefined || used === undefined
        ? {}
        : {
            related: {
              message: `macro '${macro}' is used by ${used.type} '${used.name}'`,
              place: used.place,
            },
          }),
    };
  }

  #help(error: ConditionError, subject: Subject): string | undefined {
    const macro = undefinedName(error);
    if (macro !== undefined) return this.#undefinedMacro(macro);
    const text = error.macros.length > 0 ? "" : subject.text.text.slice(error.at, error.end);
    const later = /^[A-Za-z][\w-]*$/.test(text) ? this.#context.help.later("list", text) : undefined;
    if (later !== undefined) return `list '${text}' ${later}`;
    const said = [error.hint, didYouMean(error.suggestions)].filter((each) => each !== undefined);
    return said.length > 0 ? said.join("; ") : undefined;
  }

  #undefinedMacro(name: string): string | undefined {
    const later = this.#context.help.later("macro", name);
    const known = this.#context.tables.macros.get(name);
    if (known !== undefined) return `macro '${name}' is defined after the macro that uses it: move it up`;
    if (later !== undefined) return `macro '${name}' ${later}`;
    const names = this.#context.macroNames?.() ?? this.#context.tables.macros.keys();
    const near = didYouMean(nearest(name, names));
    return near ?? this.#context.help.missing("macro", name);
  }
}

function undefinedMacro({ name, at, end }: Expr & { kind: "macro" }): ConditionError {
  return new ConditionError(`Undefined macro '${name}' used in filter.`, at, end, {
    code: "LOAD_ERR_VALIDATE",
  });
}

const undefinedName = ({ message }: ConditionError) => /^Undefined macro '(.*)' used/.exec(message)?.[1];

/** Words that a slip puts where a macro could stand. */
const connectives: ReadonlySet<string> = new Set(["and", "or", "not"]);

/** What would mend a mistake if somebody defined it: a macro, or a list where an item could be the name of one. */
function missingName(error: ConditionError): MissingName | undefined {
  const { item } = error;
  const macro = undefinedName(error);
  if (macro !== undefined) return connectives.has(macro) ? undefined : { kind: "macro", name: macro };
  return item !== undefined && /^[A-Za-z][\w-]*$/.test(item) ? { kind: "list", name: item } : undefined;
}

/** Stands where a macro is not known. */
const nothing: Expr = { kind: "or", args: [], at: 0, end: 0 };

/** The first use of each unknown macro, in text order. */
function unknownMacros(expr: Expr, names: Set<string>): (Expr & { kind: "macro" })[] {
  const found: (Expr & { kind: "macro" })[] = [];
  const visit = (node: Expr): void => {
    if (node.kind === "macro") {
      if (names.delete(node.name)) found.push(node);
    } else if (node.kind === "not") visit(node.arg);
    else if (node.kind !== "check") for (const arg of node.args) visit(arg);
  };
  if (names.size > 0) visit(expr);
  return found;
}

/** The link of a chain that stands for a condition's expression, with the place of a mistake in it. */
function expression(subject: Subject, error: ConditionError): Location {
  const before = subject.text.text.slice(0, error.at);
  const line = before.split("\n").length;
  const column = before.length - before.lastIndexOf("\n");
  return {
    type: "condition expression",
    name: expressionName(subject.text.text),
    place: placeOf(subject.node),
    inside: { line, column, offset: error.at },
  };
}
