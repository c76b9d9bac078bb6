/** Which names a text may refer to, and what hangs on a name: so that one object's change is checked against few others. */
import { Tables, type RuleEntry } from "../files/tables.ts";
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

type Words = ReadonlySet<string>;

/** Words of what was read. That stays the same however often it is put into tables, so it is looked at once. */
const known = new WeakMap<object, Words>();

function wordsOf(read: object, add: (words: Set<string>) => void): Words {
  const before = known.get(read);
  if (before !== undefined) return before;
  const words = new Set<string>();
  add(words);
  known.set(read, words);
  return words;
}

/** Words of a condition; of one that was put together they are looked at anew. */
function conditionWords({ condition, conditionNode }: Pick<RuleEntry, "condition" | "conditionNode">): Words {
  const { text } = condition;
  const isWhole = text === conditionNode.text;
  return wordsOf(isWhole ? conditionNode : condition, (words) => addWords(text, words));
}

/** Words by which something of these tables may refer to lists and macros; none where there is no such thing. */
export function* referencesOf(tables: Tables, { kind, name }: Name): Iterable<Words> {
  if (kind === "list") {
    const list = tables.lists.get(name);
    if (list !== undefined)
      yield wordsOf(list.items, (words) => {
        for (const item of list.items) addWords(item.text, words);
      });
    return;
  }
  if (kind === "macro") {
    const macro = tables.macros.get(name);
    if (macro !== undefined) yield conditionWords(macro);
    return;
  }
  const rule = tables.rules.get(name);
  if (rule === undefined) return;
  yield conditionWords(rule);
  for (const { fields, values } of rule.exceptions) {
    yield wordsOf(fields, (words) => {
      for (const field of fields) addWords(field.text, words);
    });
    yield wordsOf(values, (words) => {
      for (const value of values) addNodeWords(value, words);
    });
  }
}

/** What some names need to compile. */
export interface Needed {
  /** They themselves, and every list and macro that can be reached from them. What compiles there compiles the same in the whole. */
  readonly tables: Tables;
  /** All words on the way: the names that matter, were they defined or not. */
  readonly reach: Words;
}

function sortedInto<Entry extends { readonly index: number; readonly name: string }>(
  target: Map<string, Entry>,
  from: ReadonlyMap<string, Entry>,
  names: ReadonlySet<string>,
): void {
  const entries = [...names].map((name) => from.get(name)).filter((entry) => entry !== undefined);
  for (const entry of entries.sort((left, right) => left.index - right.index)) target.set(entry.name, entry);
}

/** The part of the tables that some names need. `outer` are those of the scope around. */
export function neededBy(names: Iterable<Name>, tables: Tables, outer: Tables | undefined): Needed {
  const reached = { list: new Set<string>(), macro: new Set<string>(), rule: new Set<string>() };
  const reach = new Set<string>();
  const open: (Name & { readonly tables: Tables })[] = [...names].map((name) => ({ ...name, tables }));
  const meet = (word: string) => {
    reach.add(word);
    if (tables.lists.has(word)) open.push({ kind: "list", name: word, tables });
    if (tables.macros.has(word)) open.push({ kind: "macro", name: word, tables });
    // Items of lists outside are pasted into texts of this scope, so they may name lists of it. Macros outside are settled.
    if (outer?.lists.has(word) === true) open.push({ kind: "list", name: word, tables: outer });
  };
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.tables === tables) reached[next.kind].add(next.name);
    for (const words of referencesOf(next.tables, next))
      for (const word of words) if (!reach.has(word)) meet(word);
  }
  const needed = new Tables();
  sortedInto(needed.lists, tables.lists, reached.list);
  sortedInto(needed.macros, tables.macros, reached.macro);
  sortedInto(needed.rules, tables.rules, reached.rule);
  for (const kind of ["list", "macro", "rule"] as const)
    for (const name of tables.broken[kind]) needed.broken[kind].add(name);
  return { tables: needed, reach };
}

/** Remembers which words there were, so that what a new name changes is looked for only where there is something. */
export class Users {
  readonly #tables: Tables;
  readonly #seen = new Set<string>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Takes in what an entry, as it is now, refers to. */
  add(name: Name): void {
    for (const words of referencesOf(this.#tables, name)) for (const word of words) this.#seen.add(word);
  }

  /** All that may mean something else, directly or through others, once these lists and macros are others. */
  of(changed: Iterable<Name>): Name[] {
    const found = new Map<string, Name>();
    const open = [...changed].flatMap(({ kind, name }) => (kind === "rule" ? [] : [name]));
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (!this.#seen.has(next)) continue;
      for (const user of this.#directly(next)) {
        const key = `${user.kind} ${user.name}`;
        if (found.has(key)) continue;
        found.set(key, user);
        if (user.kind !== "rule") open.push(user.name);
      }
    }
    return [...found.values()];
  }

  *#directly(word: string): Iterable<Name> {
    const { lists, macros, rules } = this.#tables;
    const tables = [
      ["list", lists],
      ["macro", macros],
      ["rule", rules],
    ] as const;
    for (const [kind, entries] of tables)
      for (const name of entries.keys())
        for (const words of referencesOf(this.#tables, { kind, name }))
          if (words.has(word)) yield { kind, name };
  }
}
