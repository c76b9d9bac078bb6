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
import type { ReadObject } from "./read-object.ts";
import { neededTables, References, type Name } from "./references.ts";

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

export class Scope {
  readonly #options: ScopeOptions;
  readonly #outer: Scope | undefined;
  /** What was put together so far. */
  readonly tables: Tables;
  readonly #references = new References();
  readonly #compiled = new Map<string, CompiledRule>();
  readonly #help: NameHelp;
  #conditions: Conditions | undefined;

  /** `outer` must not be added to any more. */
  constructor(options: ScopeOptions, outer?: Scope) {
    this.#options = options;
    this.#outer = outer;
    this.tables = new Tables(outer?.tables.next);
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
   * Takes an object in if all that is here still compiles with it, else leaves everything as it was. Gives what is to be
   * said: errors are the reason why it was not taken. `hints` asks for hints on its rules too.
   */
  add(read: ReadObject, hints = false): Findings {
    const findings = new Findings();
    findings.addAll(read.findings);
    const { undo, touched } = this.#merge(read, findings);
    const affected = this.#references.affectedBy(touched);
    const compiled = this.#compile([...touched, ...affected], touched, findings, hints);
    if (findings.errors.length > 0) {
      undo.run();
      return findings;
    }
    this.#conditions = undefined;
    for (const name of touched) {
      this.#references.add(this.tables, name);
      if (name.kind === "rule") this.#compiled.delete(name.name);
    }
    for (const { kind, name } of affected) if (kind === "rule") this.#compiled.delete(name);
    for (const rule of compiled) this.#compiled.set(rule.entry.name, rule);
    return findings;
  }

  /** Takes in, unchecked, an object that was taken before in this same place. */
  trust(read: ReadObject): void {
    const { touched } = this.#merge(read, new Findings());
    for (const name of touched) this.#references.add(this.tables, name);
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
  #compile(names: readonly Name[], own: readonly Name[], findings: Findings, hints: boolean): CompiledRule[] {
    if (names.length === 0) return [];
    const needed = neededTables(this.tables, names, this.#outer?.tables);
    const compiler = new RuleCompiler(this.#contextOf(needed), this.#options.appendOutput);
    const { rules, findings: compiled } = compiler.compile(true);
    findings.addAll(compiled);
    if (!hints) return rules;
    const ownRules = new Set(own.flatMap(({ kind, name }) => (kind === "rule" ? [name] : [])));
    const hinted = rules.filter(({ entry }) => ownRules.has(entry.name));
    const known = { lists: this.#names("lists"), macros: this.#names("macros") };
    findings.hints.push(...hintsOf(hinted, compiler.conditions, this.#options.catalogue, known));
    return rules;
  }
}

function kindOf(item: ReadObject["items"][number]): Name["kind"] {
  if (item.kind === "list" || item.kind === "macro") return item.kind;
  return item.kind === "broken" ? item.of : "rule";
}
