/** Reads fields and transformer calls; what conditions and output templates have in common. */
import type { FieldNode, ListNode, TransformerName, TransformerNode, ValueNode } from "./ast.ts";
import { ConditionError } from "./error.ts";
import type { ConditionErrorDetails } from "./error.ts";
import { transformerNames } from "./operators.ts";
import { Scanner } from "./scanner.ts";
import { signHint } from "./syntax-hints.ts";
import { fromBytes } from "./text.ts";

/** Falco's bound inside rules. A level of parentheses costs 5, so the JS stack is never at risk. */
const maxDepth = 1000;

/** A parser of operands, from a place in a text on. Its methods give undefined where nothing of the kind begins. */
export class OperandParser {
  readonly scanner: Scanner;
  private depth = 0;

  constructor(text: string, at = 0) {
    this.scanner = new Scanner(text, at);
  }

  blank(): boolean {
    return this.scanner.blank();
  }

  /** A field, if one stands here. */
  field(): FieldNode | undefined {
    const { scanner } = this;
    const at = scanner.at;
    const name = scanner.token("fieldName");
    if (name === undefined) return undefined;
    const argument = this.argument();
    return { kind: "field", name, ...argument, at, end: scanner.at };
  }

  private argument(): { argument?: string; quotedArgument?: boolean } {
    const { scanner } = this;
    if (!scanner.word("[")) return {};
    const quoted = scanner.quoted();
    const argument = quoted ?? scanner.token("bareArgument");
    if (argument === undefined)
      return this.fail("expected a valid field argument: a quoted string or a bare string", this.unclosed());
    if (!scanner.word("]"))
      return this.fail("expected a ']' token", {
        hint: /^\s/.test(this.rest()) ? "an argument with a blank stands in quotes" : undefined,
      });
    return quoted === undefined ? { argument } : { argument: fromBytes(quoted), quotedArgument: true };
  }

  protected number(): ValueNode | undefined {
    const { scanner } = this;
    const at = scanner.at;
    const text = scanner.token("hexNumber") ?? scanner.token("number");
    return text === undefined ? undefined : { kind: "value", text, quoted: false, at, end: scanner.at };
  }

  /** `( item, item )`, if a bracket opens here. */
  protected bracketed<Item extends ListNode["items"][number]>(
    what: string,
    item: () => Item | undefined,
  ): (ListNode & { items: readonly Item[] }) | undefined {
    const { scanner } = this;
    const at = scanner.at;
    if (!scanner.word("(")) return undefined;
    const items: Item[] = [];
    this.blank();
    let next = item();
    while (next !== undefined) {
      items.push(next);
      this.blank();
      if (!scanner.word(",")) break;
      this.blank();
      next = item();
      if (next === undefined) this.fail(`expected ${what}`, this.unclosed());
    }
    const gap = this.blank() || /\s/.test(scanner.text.charAt(scanner.at - 1));
    if (!scanner.word(")"))
      this.fail(
        "expected a ')' token",
        items.length === 0 ? this.unclosed() : listHint(scanner.last, gap, this.rest()),
      );
    return { kind: "list", items, at, end: scanner.at };
  }

  /** A transformer call, if one stands here; `val` only where `right`. */
  transformer(right: boolean): TransformerNode | undefined {
    const { scanner } = this;
    const at = scanner.at;
    const word = scanner.peek("identifier") as TransformerName | undefined;
    if (word === undefined || !transformerNames.includes(word)) return undefined;
    if ((word === "val" && !right) || scanner.text.charAt(at + word.length) !== "(") return undefined;
    return this.nested(() => {
      scanner.word(word);
      scanner.word("(");
      const args = word === "val" ? [this.plainField()] : this.transformerArguments();
      this.blank();
      if (!scanner.word(")")) this.fail("expected a ')' token");
      const { argument } = this.argument();
      return {
        kind: "transformer",
        name: word,
        args,
        ...(argument !== undefined && { argument }),
        at,
        end: scanner.at,
      };
    });
  }

  private plainField(): FieldNode {
    this.blank();
    return this.field() ?? this.fail("expected a field: val() takes a plain field");
  }

  private transformerArguments(): TransformerNode["args"] {
    const args: TransformerNode["args"][number][] = [];
    do {
      this.blank();
      const list = this.bracketed("a field, a value or a transformer", () => this.transformerItem());
      args.push(
        list ??
          this.transformerItem() ??
          this.fail(
            "expected a transformer argument: a field, a transformer, a quoted string, a number or a list",
            {
              ...this.unclosed(),
            },
          ),
      );
      this.blank();
    } while (this.scanner.word(","));
    return args;
  }

  private transformerItem(): FieldNode | TransformerNode | ValueNode | undefined {
    const { scanner } = this;
    const at = scanner.at;
    const found = this.number() ?? this.transformer(false) ?? this.field();
    if (found !== undefined) return found;
    const quoted = scanner.quoted();
    return quoted === undefined
      ? undefined
      : { kind: "value", text: quoted, quoted: true, at, end: scanner.at };
  }

  /** One level deeper, bounded. */
  protected nested<Result>(parse: () => Result): Result {
    if (++this.depth > maxDepth) this.fail(`exceeded max depth limit of ${maxDepth}`);
    const result = parse();
    this.depth--;
    return result;
  }

  protected rest(): string {
    return this.scanner.text.slice(this.scanner.at, this.scanner.at + 100);
  }

  /** A hint where a quote opens here, since it was not read: it never closes. */
  protected unclosed(): ConditionErrorDetails {
    return /^["']/.test(this.rest())
      ? { hint: "this quote is never closed (a quote after a backslash does not close a string)" }
      : { hint: signHint(this.rest()) };
  }

  /** Ends with a mistake at the next token. */
  fail(message: string, details: ConditionErrorDetails = {}): never {
    this.blank();
    const { at, text } = this.scanner;
    const token = this.scanner.peek("bare")?.length ?? (at < text.length ? 1 : 0);
    throw new ConditionError(message, at, at + token, details);
  }
}

/** Why a list does not go on with a comma after the item `last`; `gap`: a blank lies between. */
function listHint(last: string, gap: boolean, rest: string): ConditionErrorDetails {
  if (rest === "") return { hint: "the list is never closed" };
  if (gap) return { hint: "a comma is missing, or a value with a blank must stand in quotes" };
  return {
    hint: /^["']/.test(rest) ? "a comma is missing" : `'${last}${rest.charAt(0)}…' must stand in quotes`,
  };
}
