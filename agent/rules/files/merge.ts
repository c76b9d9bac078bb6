/** Puts items into the tables: definition, redefinition, append, override (rules-files 7 and 8.4). */
import type { Catalogue } from "../catalogue.ts";
import type { Findings } from "../diagnostics/collector.ts";
import type { Location } from "../diagnostics/finding.ts";
import { nearest } from "../condition/nearest.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { appendException } from "./append-exception.ts";
import { checkException, type FieldCheck } from "./check-exception.ts";
import type { NameHelp } from "./compile-conditions.ts";
import type {
  BrokenItem,
  ExceptionItem,
  ListItem,
  MacroItem,
  NamedItem,
  RuleEnableItem,
  RuleItem,
  RuleUpdateItem,
  RuleValues,
} from "./items.ts";
import { MappedText } from "./mapped-text.ts";
import type { ExceptionEntry, RuleEntry, Tables } from "./tables.ts";
import { placeOf, type YamlScalar } from "./yaml-tree.ts";

const defaultSource = "syscall";

const spaced = (left: MappedText, right: MappedText, node: YamlScalar) =>
  MappedText.join([left, MappedText.made(" ", node), right]);

const innermost = (chain: readonly Location[]) => chain.at(-1)?.place;

/** Merges items of any number of files into one set of tables. */
export class Merger {
  readonly #tables: Tables;
  readonly #catalogue: Pick<Catalogue, "sources">;
  readonly #checkField: FieldCheck;
  readonly #findings: Findings;
  readonly #help: NameHelp["missing"];
  readonly #onMissing: ((item: NamedItem) => void) | undefined;

  /** `onMissing` takes changes that have nothing to work on; without it they are mistakes, told with `help`. */
  constructor(
    tables: Tables,
    catalogue: Pick<Catalogue, "sources">,
    checkField: FieldCheck,
    findings: Findings,
    help: NameHelp["missing"],
    onMissing?: (item: NamedItem) => void,
  ) {
    this.#tables = tables;
    this.#catalogue = catalogue;
    this.#checkField = checkField;
    this.#findings = findings;
    this.#help = help;
    this.#onMissing = onMissing;
  }

  merge(item: NamedItem): void {
    switch (item.kind) {
      case "list":
        return this.#list(item);
      case "macro":
        return this.#macro(item);
      case "rule":
        return this.#rule(item);
      case "rule-update":
        return this.#update(item);
      case "rule-enable":
        return this.#enable(item);
      case "broken":
        return this.#broken(item);
    }
  }

  #broken(item: BrokenItem): void {
    this.#tables.broken[item.of].add(item.name);
  }

  /** Reports that an append or override has nothing to work on; silent where the base only has mistakes. */
  #missing(item: NamedItem, kind: "list" | "macro" | "rule", message: string): void {
    if (this.#onMissing !== undefined) return this.#onMissing(item);
    if (this.#tables.broken[kind].has(item.name)) return;
    const tables = { list: this.#tables.lists, macro: this.#tables.macros, rule: this.#tables.rules };
    const help = didYouMean(nearest(item.name, tables[kind].keys()));
    this.#findings.error("LOAD_ERR_VALIDATE", message, item.chain, {
      place: placeOf(item.nameNode),
      help: help ?? this.#help(kind, item.name),
      missing: { kind, name: item.name },
    });
    this.#tables.broken[kind].add(item.name);
  }

  #list(item: ListItem): void {
    const base = this.#tables.lists.get(item.name);
    if (item.change === "append" && base === undefined) {
      const message =
        "List uses 'append' or 'override.items: append' but no list by that name already exists";
      return this.#missing(item, "list", message);
    }
    const items = item.change === "append" ? [...base!.items, ...item.items] : item.items;
    const { name, chain, nameNode } = item;
    const entry = {
      name,
      chain,
      nameNode,
      items,
      origin: base?.origin ?? item.origin,
      ...this.#tables.place(base),
    };
    this.#tables.lists.set(name, entry);
    this.#tables.broken.list.delete(name);
  }

  #macro(item: MacroItem): void {
    const base = this.#tables.macros.get(item.name);
    if (item.change === "append" && base === undefined) {
      const message =
        "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists";
      return this.#missing(item, "macro", message);
    }
    const own = MappedText.of(item.condition);
    const condition = item.change === "append" ? spaced(base!.condition, own, item.condition) : own;
    const { name, chain, nameNode } = item;
    this.#tables.broken.macro.delete(name);
    this.#tables.macros.set(name, {
      name,
      chain,
      nameNode,
      condition,
      conditionNode: item.condition,
      origin: base?.origin ?? item.origin,
      ...this.#tables.place(base),
    });
  }

  #rule(item: RuleItem): void {
    const base = this.#tables.rules.get(item.name);
    const source = item.source?.text ?? item.origin.source ?? defaultSource;
    if (base !== undefined && base.source !== source) {
      this.#findings.error(
        "LOAD_ERR_VALIDATE",
        "Rule has been re-defined with a different source",
        item.chain,
        {
          place: placeOf(item.source ?? item.nameNode),
          ...this.#baseOf(base),
          help: `its source is ${base.source}, here it is ${source}`,
        },
      );
      return;
    }
    const known = this.#catalogue.sources.get(source);
    const exceptions = this.#checked(item.values.exceptions ?? [], known, source);
    const { values, name, chain, nameNode } = item;
    this.#tables.broken.rule.delete(name);
    this.#tables.rules.set(name, {
      name,
      chain,
      nameNode,
      complete: item.complete && exceptions !== undefined,
      origin: base?.origin ?? item.origin,
      ...this.#tables.place(base),
      condition: MappedText.of(values.condition),
      conditionNode: values.condition,
      output: MappedText.of(values.output).trim(),
      outputNode: values.output,
      desc: values.desc.text,
      priority: values.priority,
      source,
      unknownSource: known === undefined,
      tags: new Set(values.tags),
      exceptions: exceptions ?? [],
      enabled: values.enabled ?? true,
      capture: values.capture ?? false,
      captureDuration: values.captureDuration ?? 0,
      warnEvttypes: values.warnEvttypes ?? true,
      skipIfUnknownFilter: values.skipIfUnknownFilter ?? false,
    });
  }

  #baseOf(base: RuleEntry) {
    const place = innermost(base.chain);
    return place === undefined
      ? {}
      : { related: { message: "the rule it changes", place: placeOf(base.nameNode) } };
  }

  /** Exceptions of a definition; those of an unknown source are taken as they are. */
  #checked(
    items: readonly ExceptionItem[],
    known: Parameters<FieldCheck>[1] | undefined,
    source: string,
  ): ExceptionEntry[] | undefined {
    if (!this.#catalogue.sources.has(source)) return [];
    const entries = items.map((item) => checkException(item, known, this.#checkField, this.#findings));
    return entries.some((entry) => entry === undefined)
      ? undefined
      : entries.filter((entry) => entry !== undefined);
  }

  #enable(item: RuleEnableItem): void {
    const base = this.#tables.rules.get(item.name);
    if (base === undefined)
      return this.#missing(item, "rule", "Rule has 'enabled' key but no rule by that name already exists");
    this.#tables.rules.set(item.name, {
      ...base,
      enabled: item.enabled,
      chain: item.chain,
      ...this.#tables.place(base),
    });
  }

  #update(item: RuleUpdateItem): void {
    const base = this.#tables.rules.get(item.name);
    if (base === undefined) {
      const message = item.hasAppend
        ? "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists"
        : "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists";
      this.#missing(item, "rule", message);
    } else if (item.source !== undefined && item.source.text !== base.source) {
      this.#findings.error(
        "LOAD_ERR_VALIDATE",
        "Rule has been re-defined with a different source",
        item.chain,
        {
          place: placeOf(item.source),
          ...this.#baseOf(base),
          help: `the rule's source is ${base.source}`,
        },
      );
    } else if (base.unknownSource && item.legacy) {
      this.#findings.warning("LOAD_UNKNOWN_SOURCE", `Unknown source ${base.source}, skipping`, item.chain);
    } else this.#apply(base, item);
    this.#findings.errors.push(...item.late);
  }

  #apply(base: RuleEntry, item: RuleUpdateItem): void {
    const { append, replace } = item;
    const exceptions = this.#exceptions(base, append.exceptions ?? [], replace.exceptions);
    if (exceptions === undefined) return;
    const tags = replace.tags ?? [...base.tags, ...(append.tags ?? [])];
    const updated: RuleEntry = {
      ...base,
      ...texts(base, append, replace),
      chain: item.chain,
      ...this.#tables.place(base),
      desc:
        replace.desc?.text ?? (append.desc === undefined ? base.desc : `${base.desc} ${append.desc.text}`),
      tags: new Set(tags),
      exceptions,
      priority: replace.priority ?? base.priority,
      enabled: replace.enabled ?? base.enabled,
      capture: replace.capture ?? base.capture,
      captureDuration: replace.captureDuration ?? base.captureDuration,
      warnEvttypes: replace.warnEvttypes ?? base.warnEvttypes,
      skipIfUnknownFilter: replace.skipIfUnknownFilter ?? base.skipIfUnknownFilter,
    };
    this.#tables.rules.set(item.name, updated);
  }

  #exceptions(
    base: RuleEntry,
    append: readonly ExceptionItem[],
    replace: readonly ExceptionItem[] | undefined,
  ): readonly ExceptionEntry[] | undefined {
    const before = this.#findings.errors.length;
    const check = (item: ExceptionItem) =>
      checkException(item, this.#catalogue.sources.get(base.source), this.#checkField, this.#findings);
    let entries = [...base.exceptions];
    if (!base.unknownSource)
      for (const item of append) entries = appendException(entries, item, check, this.#findings);
    if (replace !== undefined)
      entries = base.unknownSource ? [] : replace.map(check).filter((entry) => entry !== undefined);
    return this.#findings.errors.length > before ? undefined : entries;
  }
}

/** Condition and output after appends, then replaces. */
function texts(base: RuleEntry, append: RuleValues, replace: RuleValues) {
  const merged = (old: MappedText, added: YamlScalar | undefined, instead: YamlScalar | undefined) => {
    if (instead !== undefined) return MappedText.of(instead);
    return added === undefined ? old : spaced(old, MappedText.of(added), added);
  };
  return {
    condition: merged(base.condition, append.condition, replace.condition),
    conditionNode: replace.condition ?? append.condition ?? base.conditionNode,
    output: merged(base.output, append.output, replace.output).trim(),
    outputNode: replace.output ?? append.output ?? base.outputNode,
  };
}
