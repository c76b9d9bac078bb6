/** Textual substitution of lists in conditions (rules-files 9.1). */
import { MappedText } from "./mapped-text.ts";
import type { ListEntry, Tables } from "./tables.ts";
import type { YamlScalar } from "./yaml-tree.ts";

/** Bound of a condition's text once lists are in: UTF-16 units. */
export const maxConditionLength = 1 << 20;

/** A condition grew beyond maxConditionLength. */
export class TooLong extends Error {
  override readonly name = "TooLong";
}

const blanks = " \t\n\r";
const delimiters = `${blanks}(),=`;
const words = /[^ \t\n\r(),=]+/g;

/** An item as it is pasted: with a blank in it, in quotes. */
function pasted(item: YamlScalar): MappedText {
  const { text } = item;
  if (!text.includes(" ") || text.startsWith('"') || text.startsWith("'")) return MappedText.of(item);
  return MappedText.made(`"${text}"`, item);
}

interface Effective {
  readonly entry: ListEntry;
  readonly joined: MappedText;
  /** Lists whose items were taken over. */
  readonly nested: readonly string[];
}

/** Pastes lists into conditions, and knows which ones were used. */
export class ListExpander {
  readonly #lists: ReadonlyMap<string, ListEntry>;
  readonly #outer: ListExpander | undefined;
  readonly #effective = new Map<string, Effective>();
  /** Names of lists that something used. */
  used = new Set<string>();

  /** Lists of `outer` count as defined before all of these; those of the same name are hidden. */
  constructor(tables: Tables, outer?: ListExpander) {
    this.#lists = tables.lists;
    this.#outer = outer;
    for (const list of this.#lists.values())
      for (const { text } of list.items) if (this.#nestedIn(list, text) !== undefined) this.used.add(text);
  }

  /** The list an item stands for: one whose slot is before this list's last change. One level only. */
  #nestedIn(list: ListEntry, item: string): ListEntry | undefined {
    const found = this.#lists.get(item);
    return found !== undefined && found.index < list.visibility ? found : this.#outer?.find(item);
  }

  /** The list of a name. */
  find(name: string): ListEntry | undefined {
    return this.#lists.get(name) ?? this.#outer?.find(name);
  }

  #effectiveOf(entry: ListEntry): Effective {
    if (this.#outer !== undefined && this.#lists.get(entry.name) !== entry)
      return this.#outer.#effectiveOf(entry);
    const known = this.#effective.get(entry.name);
    if (known !== undefined) return known;
    const parts: MappedText[] = [];
    const nested: string[] = [];
    let length = 0;
    const add = (item: YamlScalar) => {
      if (parts.length > 0) parts.push(MappedText.made(", ", item));
      const part = pasted(item);
      length += part.text.length;
      if (length > maxConditionLength)
        throw new TooLong(`list '${entry.name}' is longer than ${maxConditionLength} characters`);
      parts.push(part);
    };
    for (const item of entry.items) {
      const inner = this.#nestedIn(entry, item.text);
      if (inner === undefined) add(item);
      else {
        nested.push(inner.name);
        for (const each of inner.items) add(each);
      }
    }
    const effective = { entry, joined: MappedText.join(parts), nested };
    this.#effective.set(entry.name, effective);
    return effective;
  }

  /** The effective items of a list as text, joined: for hints. @throws TooLong */
  joined(name: string): string | undefined {
    const entry = this.find(name);
    return entry === undefined ? undefined : this.#effectiveOf(entry).joined.text;
  }

  /**
   * The condition with every list put in, in order of definition.
   * @throws TooLong where it grows beyond the bound.
   */
  expand(condition: MappedText): MappedText {
    let result = condition;
    let last = -1;
    for (;;) {
      const entry = this.#firstIn(result.text, last);
      if (entry === undefined) return result;
      last = entry.index;
      this.used.add(entry.name);
      result = substitute(result, entry.name, this.#effectiveOf(entry).joined);
      if (result.text.length > maxConditionLength)
        throw new TooLong(
          `the condition is longer than ${maxConditionLength} characters once lists are put in`,
        );
    }
  }

  /** Of the lists a text names, the one that was defined first after slot `last`. */
  #firstIn(text: string, last: number): ListEntry | undefined {
    let first: ListEntry | undefined;
    for (const [word] of text.matchAll(words)) {
      const found = this.find(word);
      if (found !== undefined && found.index > last && found.index < (first?.index ?? Infinity))
        first = found;
    }
    return first;
  }
}

/** Replaces each occurrence of `name` that stands between delimiters. */
function substitute(condition: MappedText, name: string, joined: MappedText): MappedText {
  const { text } = condition;
  const origin = condition.origin;
  if (origin === undefined) return condition;
  const parts: MappedText[] = [];
  const blank = MappedText.made(" ", origin);
  let copied = 0;
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at)) {
    const end = at + name.length;
    const delimited =
      (at === 0 || delimiters.includes(text[at - 1]!)) &&
      (end === text.length || delimiters.includes(text[end]!));
    if (!delimited) {
      at++;
      continue;
    }
    let left = at;
    while (left > copied && blanks.includes(text[left - 1]!)) left--;
    let right = end;
    while (right < text.length && blanks.includes(text[right]!)) right++;
    if (joined.text === "") {
      if (left > copied && text[left - 1] === ",") left--;
      else if (text[right] === ",") right++;
    }
    parts.push(condition.slice(copied, left), blank, joined, blank);
    copied = right;
    at = right;
  }
  parts.push(condition.slice(copied));
  return MappedText.join(parts);
}
