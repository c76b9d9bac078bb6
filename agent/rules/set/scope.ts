/**
 * The names of one namespace, put together object by object. The operator's namespace is the scope around all others:
 * its names can be used there, hidden, but never changed (design.md 5, "Whose names are whose").
 */
import type { Catalogue } from "../catalogue.ts";
import { checkField, RuleCompiler, type CompiledRule } from "../compile-rules.ts";
import { Findings } from "../diagnostics/collector.ts";
import { Conditions, type ConditionContext, type NameHelp } from "../files/compile-conditions.ts";
import type { ConditionMemo } from "../files/condition-memo.ts";
import { Merger } from "../files/merge.ts";
import { Tables } from "../files/tables.ts";
import { hintsOf } from "../hints/hints.ts";
import type { AppendOutput } from "../options.ts";
import { finished } from "../steps.ts";
import type { ReadObject } from "./read-object.ts";
import { neededBy, Users, type Name } from "./references.ts";

export interface ScopeOptions {
  readonly catalogue: Catalogue;
  readonly memo: ConditionMemo;
  readonly appendOutput: readonly AppendOutput[];
  /** Says where a list or macro is defined that comes later; undefined where none does. */
  readonly later: NameHelp["later"];
}

/** Puts entries back where an object is not taken. */
class Undo {
  readonly #steps: (() => void)[] = [];

  /** Remembers what stands at a key now. */
  keep<Value>(map: Map<string, Value>, key: string): void {
    const before = map.get(key);
    this.#steps.push(() => {
      if (before === undefined) map.delete(key);
      else map.set(key, before);
    });
  }

  keepSet(set: Set<string>): void {
    const before = [...set];
    this.#steps.push(() => {
      set.clear();
      for (const each of before) set.add(each);
    });
  }

  run(): void {
    for (const step of this.#steps.reverse()) step();
  }
}

/** What came of adding an object. */
export interface Added {
  /** Errors are the reason why it was not taken. */
  readonly findings: Findings;
  readonly taken: boolean;
  /** What it defines or changes. */
  readonly touched: readonly Name[];
  /** All words that what was compiled for it reaches: what they name matters to it. */
  readonly reach: ReadonlySet<string>;
}

export class Scope {
  readonly #options: ScopeOptions;
  readonly #outer: Scope | undefined;
  /** What was put together so far. */
  readonly tables: Tables;
  readonly #compiled = new Map<string, CompiledRule>();
  readonly #users: Users;
  readonly #help: NameHelp;
  #conditions: Conditions | undefined;

  /** `outer` must not be added to any more. */
  constructor(options: ScopeOptions, outer?: Scope) {
    this.#options = options;
    this.#outer = outer;
    this.tables = new Tables(outer?.tables.next);
    this.#users = new Users(this.tables);
    this.#help = {
      later: options.later,
      missing: (kind, name) => this.#helpMissing(kind, name),
    };
  }

  /** Rules that can run, in slot order: those of known sources. */
  get rules(): CompiledRule[] {
    return [...this.#compiled.values()].sort((left, right) => left.entry.index - right.entry.index);
  }

  /** Names of all lists and macros that can be used here. */
  #names(kind: "lists" | "macros"): Set<string> {
    return new Set([...(this.#outer?.tables[kind].keys() ?? []), ...this.tables[kind].keys()]);
  }

  #helpMissing(kind: Name["kind"], name: string): string {
    const outer = this.#outer?.tables;
    const tables = { list: outer?.lists, macro: outer?.macros, rule: outer?.rules };
    if (tables[kind]?.has(name) === true)
      return `${kind} '${name}' belongs to the operator's namespace and can be changed only from there`;
    const later = kind === "rule" ? undefined : this.#options.later(kind, name);
    if (later !== undefined) return `${kind} '${name}' ${later}`;
    return `no FalcoRule that comes before this one defines ${kind} '${name}'`;
  }

  /** The conditions of this scope as it is, for those inside. */
  #settled(): Conditions {
    this.#conditions ??= new Conditions(this.#contextOf(this.tables), new Findings());
    return this.#conditions;
  }

  #contextOf(tables: Tables): ConditionContext {
    const { catalogue, memo } = this.#options;
    return {
      tables,
      catalogue,
      memo,
      help: this.#help,
      macroNames: () => this.#names("macros"),
      ...(this.#outer === undefined ? {} : { outer: this.#outer.#settled() }),
    };
  }

  /**
   * Takes an object in if all that is here still compiles with it, else leaves everything as it was. `hints` asks for
   * hints on its rules too.
   */
  add(read: ReadObject, hints = false): Added {
    return finished(this.adding(read, hints));
  }

  /** The same; yields after each rule. Run it to its end before anything else is asked of this scope. */
  *adding(read: ReadObject, hints = false): Generator<undefined, Added> {
    const findings = new Findings();
    findings.addAll(read.findings);
    const { undo, touched } = this.#merge(read, findings);
    const affected = this.#users.of(touched);
    const { rules, reach } = yield* this.#compile([...touched, ...affected], touched, findings, hints);
    const taken = findings.errors.length === 0;
    if (taken) {
      this.#taken(touched);
      for (const { kind, name } of [...touched, ...affected])
        if (kind === "rule") this.#compiled.delete(name);
      for (const rule of rules) this.#compiled.set(rule.entry.name, rule);
    } else undo.run();
    return { findings, taken, touched, reach };
  }

  /** Names of all that may mean something else where these lists and macros are others; they themselves too. */
  affectedBy(names: ReadonlySet<string>): ReadonlySet<string> {
    const users = this.#users.of([...names].map((name) => ({ kind: "macro", name })));
    return new Set([...names, ...users.map(({ name }) => name)]);
  }

  /** Takes in, unchecked, an object that was taken before where what it reaches was the same. Its rules do not show. */
  trust(read: ReadObject): void {
    this.#taken(this.#merge(read, new Findings()).touched);
  }

  #taken(touched: readonly Name[]): void {
    for (const name of touched) this.#users.add(name);
    this.#conditions = undefined;
  }

  #merge(read: ReadObject, findings: Findings): { readonly undo: Undo; readonly touched: Name[] } {
    const undo = new Undo();
    const tables = { list: this.tables.lists, macro: this.tables.macros, rule: this.tables.rules };
    for (const set of Object.values(this.tables.broken)) undo.keepSet(set);
    const merger = new Merger(this.tables, this.#options.catalogue, checkField, findings, this.#help.missing);
    const touched: Name[] = [];
    for (const item of read.items) {
      const kind = kindOf(item);
      undo.keep<unknown>(tables[kind], item.name);
      merger.merge(item);
      touched.push({ kind, name: item.name });
    }
    return { undo, touched };
  }

  /** Compiles some rules against the part of the tables they need. */
  *#compile(names: readonly Name[], own: readonly Name[], findings: Findings, hints: boolean) {
    const { tables, reach } = neededBy(names, this.tables, this.#outer?.tables);
    if (names.length === 0) return { rules: [], reach };
    const compiler = new RuleCompiler(this.#contextOf(tables), this.#options.appendOutput);
    const { rules, findings: compiled } = yield* compiler.compiling(true);
    findings.addAll(compiled);
    if (hints) {
      const names = new Set(own.flatMap(({ kind, name }) => (kind === "rule" ? [name] : [])));
      const hinted = rules.filter(({ entry }) => names.has(entry.name));
      const known = { lists: this.#names("lists"), macros: this.#names("macros") };
      findings.hints.push(...hintsOf(hinted, compiler.conditions, this.#options.catalogue, known));
    }
    return { rules, reach };
  }
}

function kindOf(item: ReadObject["items"][number]): Name["kind"] {
  if (item.kind === "list" || item.kind === "macro") return item.kind;
  return item.kind === "broken" ? item.of : "rule";
}
