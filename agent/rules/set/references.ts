/** Which names a text may refer to, and what hangs on a name: so that one object's change is checked against few others. */
import type { RuleEntry, Tables } from "../files/tables.ts";
import { Tables as NewTables } from "../files/tables.ts";
import type { YamlNode } from "../files/yaml-tree.ts";

export type NameKind = "list" | "macro" | "rule";

/** A list, macro or rule. */
export interface Name {
  readonly kind: NameKind;
  readonly name: string;
}

/** Words as list substitution sees them, and as a condition spells macros: more than are names, never fewer. */
const listWords = /[^ \t\n\r(),=]+/g;
const macroWords = /[A-Za-z][A-Za-z0-9_]*/g;

function addWords(text: string, words: Set<string>): void {
  for (const [word] of text.matchAll(listWords)) {
    words.add(word);
    if (/^\w+$/.test(word)) continue;
    for (const [part] of word.matchAll(macroWords)) words.add(part);
  }
}

function addNodeWords(node: YamlNode, words: Set<string>): void {
  if (node.kind === "scalar") addWords(node.text, words);
  else if (node.kind === "sequence") for (const item of node.items) addNodeWords(item, words);
}

/** Words of an entry that may be names of lists or macros. Entries are never changed, so they are looked at once. */
const known = new WeakMap<object, ReadonlySet<string>>();

function wordsOf(entry: object, add: (words: Set<string>) => void): ReadonlySet<string> {
  let words = known.get(entry);
  if (words === undefined) {
    const found = new Set<string>();
    add(found);
    known.set(entry, (words = found));
  }
  return words;
}

function ruleWords(rule: RuleEntry): ReadonlySet<string> {
  return wordsOf(rule, (words) => {
    addWords(rule.condition.text, words);
    for (const { fields, values } of rule.exceptions) {
      for (const field of fields) addWords(field.text, words);
      for (const value of values) addNodeWords(value, words);
    }
  });
}

/** Words by which something of these tables may refer to a list or a macro; none where there is no such thing. */
export function referencesOf(tables: Tables, { kind, name }: Name): ReadonlySet<string> {
  if (kind === "rule") {
    const rule = tables.rules.get(name);
    return rule === undefined ? new Set() : ruleWords(rule);
  }
  if (kind === "macro") {
    const macro = tables.macros.get(name);
    return macro === undefined ? new Set() : wordsOf(macro, (words) => addWords(macro.condition.text, words));
  }
  const list = tables.lists.get(name);
  return list === undefined
    ? new Set()
    : wordsOf(list, (words) => {
        for (const item of list.items) addWords(item.text, words);
      });
}

function sortedInto<Entry extends { readonly index: number; readonly name: string }>(
  target: Map<string, Entry>,
  entries: readonly (Entry | undefined)[],
): void {
  const found = entries.filter((entry) => entry !== undefined);
  for (const entry of found.sort((left, right) => left.index - right.index)) target.set(entry.name, entry);
}

/**
 * The part of the tables that some names need: they themselves, and every list and macro that can be reached from them.
 * What compiles there compiles the same in the whole. `outer` are lists of the scope around, whose items may be names too.
 */
export function neededTables(tables: Tables, names: Iterable<Name>, outer: Tables | undefined): Tables {
  const reached = { list: new Set<string>(), macro: new Set<string>(), rule: new Set<string>() };
  const outerLists = new Set<string>();
  const open: Name[] = [...names];
  const visit = (words: ReadonlySet<string>) => {
    for (const word of words) {
      if (tables.lists.has(word)) open.push({ kind: "list", name: word });
      if (tables.macros.has(word)) open.push({ kind: "macro", name: word });
      if (outer?.lists.has(word) !== true || outerLists.has(word)) continue;
      outerLists.add(word);
      visit(referencesOf(outer, { kind: "list", name: word }));
    }
  };
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached[next.kind].has(next.name)) continue;
    reached[next.kind].add(next.name);
    visit(referencesOf(tables, next));
  }
  const needed = new NewTables();
  sortedInto(
    needed.lists,
    [...reached.list].map((name) => tables.lists.get(name)),
  );
  sortedInto(
    needed.macros,
    [...reached.macro].map((name) => tables.macros.get(name)),
  );
  sortedInto(
    needed.rules,
    [...reached.rule].map((name) => tables.rules.get(name)),
  );
  for (const kind of ["list", "macro", "rule"] as const)
    for (const name of tables.broken[kind]) needed.broken[kind].add(name);
  return needed;
}

/** Remembers what refers to a name, directly. It may know too much (what was changed since), never too little. */
export class References {
  readonly #users = new Map<string, Map<string, Name>>();

  /** Takes in what an entry, as it is now, refers to. */
  add(tables: Tables, name: Name): void {
    for (const word of referencesOf(tables, name)) {
      let users = this.#users.get(word);
      if (users === undefined) this.#users.set(word, (users = new Map<string, Name>()));
      users.set(`${name.kind} ${name.name}`, name);
    }
  }

  /** All that may mean something else, directly or through others, once these lists and macros are others. */
  affectedBy(changed: Iterable<Name>): Name[] {
    const found = new Map<string, Name>();
    const open = [...changed].filter(({ kind }) => kind !== "rule").map(({ name }) => name);
    for (let next = open.pop(); next !== undefined; next = open.pop())
      for (const [key, user] of this.#users.get(next) ?? []) {
        if (found.has(key)) continue;
        found.set(key, user);
        if (user.kind !== "rule") open.push(user.name);
      }
    return [...found.values()];
  }
}
