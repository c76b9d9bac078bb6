/**
 * Rules files → a rule set as plain data, and all that is to be said about them. Pure: no I/O, no clock.
 *
 * Files are taken in order into one set of tables; after each the whole set is compiled anew, so that a file must be valid
 * with only those before it (rules-files 7.4).
 */
import { AcceptedSet } from "./accepted.ts";
import type { Catalogue } from "./catalogue.ts";
import { checkField, RuleCompiler, type CompiledRule } from "./compile-rules.ts";
import { Findings } from "./diagnostics/collector.ts";
import type {
  ErrorFinding,
  Finding,
  HintFinding,
  LoadResult,
  WarningFinding,
} from "./diagnostics/finding.ts";
import type { NameHelp } from "./files/compile-conditions.ts";
import { ConditionMemo } from "./files/condition-memo.ts";
import type { PluginRequirement } from "./files/items.ts";
import { Merger } from "./files/merge.ts";
import { fileChain } from "./files/read-items.ts";
import { FileReader, hintTemplate, sourceFile } from "./files/read-file.ts";
import type { LostItem } from "./files/recover.ts";
import { schemaWarnings } from "./files/schema.ts";
import type { SourceFile } from "./files/source-text.ts";
import { Tables } from "./files/tables.ts";
import { unmetPlugin } from "./files/versions.ts";
import { hintsOf } from "./hints/hints.ts";
import { defaultMaxFileBytes, type CompileOptions } from "./options.ts";
import type { RuleSetPlan } from "./plan.ts";
import { rulePlan } from "./rule-plan.ts";
import { selectRules } from "./select.ts";
import { setDigest } from "./set/digest.ts";

/** A file as it was read. */
export interface RulesFile {
  readonly name: string;
  readonly text: string;
  /** Why the file could not be read; its text is then "". */
  readonly unreadable?: string;
}

export interface CompiledRuleSet {
  /** Undefined where any file has an error. */
  readonly plan: RuleSetPlan | undefined;
  /** One for each file, in order. */
  readonly results: readonly LoadResult[];
}

/** Compiles rules files, in order, against a catalogue. Whatever the texts are, nothing is thrown. */
export function compileRuleSet(
  files: readonly RulesFile[],
  catalogue: Catalogue,
  options: CompileOptions = {},
): CompiledRuleSet {
  return new Load(files, catalogue, options).run();
}

interface FileOutcome {
  readonly file: SourceFile;
  readonly findings: Findings;
  readonly schema: readonly string[];
}

class Load {
  readonly #files: readonly RulesFile[];
  readonly #catalogue: Catalogue;
  readonly #options: CompileOptions;
  readonly #tables = new Tables();
  readonly #accepted = new AcceptedSet();
  readonly #memo = new ConditionMemo();
  readonly #outcomes: FileOutcome[] = [];
  readonly #seen = new Set<string>();
  readonly #numbers = new Map<SourceFile, number>();
  readonly #help: NameHelp = {
    later: (kind, name) => this.#definedLater(kind, name),
    missing: (kind, name) =>
      kind === "macro"
        ? `define macro '${name}', or load the file that does before this one`
        : `load the file that defines ${kind} '${name}' before this one`,
  };
  #rules: readonly CompiledRule[] = [];
  #compiler: RuleCompiler | undefined;
  #state = "";
  /** Some file had a mistake: no plan comes out. */
  #refused = false;

  constructor(files: readonly RulesFile[], catalogue: Catalogue, options: CompileOptions) {
    this.#files = files;
    this.#catalogue = catalogue;
    this.#options = options;
  }

  /** What makes two findings the same one. Two files may have one name. */
  #keyOf({ code, message, place }: Finding): string {
    if (place === undefined) return `${code} ${message}`;
    const number = this.#numbers.get(place.file) ?? this.#numbers.size;
    this.#numbers.set(place.file, number);
    return `${code} ${number} ${place.at} ${place.end} ${message}`;
  }

  run(): CompiledRuleSet {
    for (const file of this.#files) this.#file(file);
    this.#hint();
    const results = this.#outcomes.map(resultOf);
    return { plan: this.#refused ? undefined : this.#plan(), results };
  }

  #file(given: RulesFile): void {
    const { file, hadMark } = sourceFile(given.name, given.text);
    const findings = new Findings();
    const unmet = new Findings();
    const roots = given.unreadable === undefined ? this.#read(file, hadMark, findings, unmet) : [];
    if (given.unreadable !== undefined)
      findings.error("LOAD_ERR_FILE_READ", given.unreadable, fileChain({ file, at: 0, end: 0 }));
    this.#refused ||= findings.errors.length > 0;
    const { rules, findings: compiled } = this.#compilerNow().compile(this.#refused);
    this.#rules = rules;
    compiled.addAll(unmet);
    this.#refused ||= compiled.errors.length > 0;
    if (findings.errors.length + compiled.errors.length > 0) hintTemplate(file, findings);
    this.#outcomes.push({ file, findings: this.#merged(findings, compiled), schema: schemaWarnings(roots) });
  }

  /** The compiler for lists and macros as they are: the one before where they did not change. */
  #compilerNow(): RuleCompiler {
    const state = this.#tables.sharedState;
    if (this.#compiler === undefined || state !== this.#state) {
      const context = {
        tables: this.#tables,
        catalogue: this.#catalogue,
        memo: this.#memo,
        help: this.#help,
      };
      this.#compiler = new RuleCompiler(context, this.#options.appendOutput ?? []);
      this.#state = state;
    }
    return this.#compiler;
  }

  /** Reads a file into the tables; requirements that are not met go to `unmet`, since Falco looks at them last. */
  #read(file: SourceFile, hadMark: boolean, findings: Findings, unmet: Findings) {
    const merger = new Merger(this.#tables, this.#catalogue, checkField, findings, this.#help.missing);
    const requirements: PluginRequirement[] = [];
    const visitor = {
      item: (item: Parameters<Merger["merge"]>[0]) => {
        this.#accepted.add(item);
        merger.merge(item);
      },
      requirement: (requirement: PluginRequirement) => void requirements.push(requirement),
      object: this.#accepted.object.bind(this.#accepted),
      lost: ({ kind, name }: LostItem) => void this.#tables.broken[kind].add(name),
    };
    const reader = new FileReader(this.#catalogue, visitor, {
      maxFileBytes: this.#options.maxFileBytes ?? defaultMaxFileBytes,
      namespace: this.#options.namespace ?? "",
    });
    const roots = reader.read(file, hadMark, findings);
    for (const requirement of requirements) {
      const message = unmetPlugin(requirement, this.#catalogue.plugins);
      if (message !== undefined) unmet.error("LOAD_ERR_VALIDATE", message, requirement.chain);
    }
    return roots;
  }

  /**
   * What reading and compiling found. An error of an earlier file is not told again; a warning is, marked as
   * repeated; the same one within a file is told once.
   */
  #merged(read: Findings, compiled: Findings): Findings {
    const merged = new Findings();
    const own = new Set<string>();
    const fresh = (finding: Finding) => {
      const key = this.#keyOf(finding);
      const isFresh = !this.#seen.has(key) && !own.has(key);
      own.add(key);
      return isFresh;
    };
    merged.errors.push(...[...read.errors, ...compiled.errors].filter(fresh));
    merged.hints.push(...[...read.hints, ...compiled.hints].filter(fresh));
    for (const warning of [...read.warnings, ...compiled.warnings])
      merged.warnings.push(this.#seen.has(this.#keyOf(warning)) ? { ...warning, repeated: true } : warning);
    for (const finding of [...merged.errors, ...merged.hints, ...merged.warnings])
      this.#seen.add(this.#keyOf(finding));
    return merged;
  }

  /** Hints on the set as it is in the end, each with the file its place is in. */
  #hint(): void {
    if (this.#compiler === undefined) return;
    const { lists, macros } = this.#tables;
    const names = { lists: new Set(lists.keys()), macros: new Set(macros.keys()) };
    for (const hint of hintsOf(this.#rules, this.#compiler.conditions, this.#catalogue, names)) {
      const key = this.#keyOf(hint);
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.#outcomes.find(({ file }) => file === hint.place?.file)?.findings.hints.push(hint);
    }
  }

  /** Names the file that has a macro or list of that name, found in the texts as they are; undefined where none has. */
  #definedLater(kind: "macro" | "list", name: string): string | undefined {
    const line = new RegExp(
      `^[ \\t]*-[ \\t]+["']?${kind}["']?[ \\t]*:[ \\t]*["']?${escapeRegExp(name)}["']?[ \\t\\r]*(?:#.*)?$`,
      "m",
    );
    const found = this.#files.slice(this.#outcomes.length + 1).find(({ text }) => line.test(text));
    return found === undefined ? undefined : `is defined in ${found.name}: load that file first`;
  }

  #plan(): RuleSetPlan {
    const selectable = this.#rules.map((rule) => ({ ...rule.entry, compiled: rule }));
    const rules = selectRules(selectable, this.#options).map(({ compiled }) => rulePlan(compiled));
    return { digest: setDigest(this.#accepted.toSet(this.#options)), rules };
  }
}

const escapeRegExp = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

function resultOf({ file, findings, schema }: FileOutcome): LoadResult {
  const errors: readonly ErrorFinding[] = findings.errors;
  const warnings: readonly WarningFinding[] = findings.warnings;
  const hints: readonly HintFinding[] = findings.hints;
  return {
    name: file.name,
    file,
    successful: errors.length === 0,
    schemaValid: schema.length === 0,
    schemaWarnings: schema,
    errors,
    warnings,
    hints,
  };
}
