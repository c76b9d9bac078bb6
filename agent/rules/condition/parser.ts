/** Text of a condition → its tree, by recursive descent over condition-language 1's grammar. */
import type { CheckNode, Expr, FieldNode, ListNode, Modifier, Operator, TransformerName } from "./ast.ts";
import type { TransformerNode, ValueNode } from "./ast.ts";
import { ConditionError } from "./error.ts";
import type { ConditionErrorDetails } from "./error.ts";
import { modifiers, operatorFacts, operators, transformerNames } from "./operators.ts";
import { Scanner } from "./scanner.ts";
import { afterCheckHint, operatorHint, signHint } from "./syntax-hints.ts";
import { fromBytes, toBytes } from "./text.ts";

/** Falco's bound inside rules. A level of parentheses costs 5, so the JS stack is never at risk. */
const maxDepth = 1000;

const transformerList = transformerNames.map((name) => `'${name}'`).join(", ");
const orTransformer = `or a field with a valid transformer: ${transformerList}`;
const byForm = (form: string) => operators.filter((operator) => operatorFacts[operator].form === form);
const numberOperators = byForm("number");
const stringOperators = byForm("string");
const listOperators = byForm("list");

/**
 * The tree of a condition. Fields, types and values are not looked at.
 * @throws ConditionError with the place, and nothing else, whatever the text.
 */
export function parseCondition(text: string): Expr {
  const parser = new Parser(text);
  const expr = parser.or();
  parser.blank();
  if (!parser.scanner.ended) parser.failAfterCheck();
  return expr;
}

/**
 * A field or transformer call that is the whole text: the left side of an exception, a raw extra field.
 * @throws ConditionError where it is none or something follows.
 */
export function parseOperand(text: string): FieldNode | TransformerNode {
  const parser = new Parser(text);
  const node = parser.transformer(false) ?? parser.field();
  if (node === undefined) return parser.fail("expected a field or a transformer");
  if (!parser.scanner.ended) return parser.fail(`unexpected token after '${parser.scanner.last}'`);
  return node;
}

/**
 * The transformer call that begins at `at`, as far as it goes; undefined where none does.
 * @throws ConditionError where one begins and is malformed.
 */
export function parseTransformerAt(text: string, at: number): TransformerNode | undefined {
  return new Parser(text, at).transformer(false);
}

/** The field that begins at `at`, with its argument if one in brackets is complete; undefined where none does. */
export function parseFieldAt(text: string, at: number): FieldNode | undefined {
  return new Parser(text, at).field();
}

class Parser {
  readonly scanner: Scanner;
  private depth = 0;

  constructor(text: string, at = 0) {
    this.scanner = new Scanner(text, at);
  }

  blank(): boolean {
    return this.scanner.blank();
  }

  or(): Expr {
    return this.chain("or", () => this.and());
  }

  private and(): Expr {
    return this.chain("and", () => this.not());
  }

  private chain(kind: "or" | "and", operand: () => Expr): Expr {
    return this.nested(() => {
      this.blank();
      const at = this.scanner.at;
      const args = [operand()];
      let end = this.scanner.at;
      while ((this.blank(), this.scanner.word(kind))) {
        if (this.blank()) args.push(operand());
        else if (this.scanner.word("(")) args.push(this.groupRest());
        else this.fail(`expected blank or '(' after '${kind}'`);
        end = this.scanner.at;
      }
      return args.length === 1 ? args[0]! : { kind, args, at, end };
    });
  }

  private not(): Expr {
    return this.nested(() => {
      this.blank();
      const at = this.scanner.at;
      let negated = false;
      let arg: Expr | undefined;
      while (arg === undefined && this.negation()) {
        negated = !negated;
        if (!this.blank() && this.scanner.word("(")) arg = this.groupRest();
      }
      arg ??= this.check();
      return negated ? { kind: "not", arg, at, end: this.scanner.at } : arg;
    });
  }

  /** Takes `not`, unless it is the beginning of a longer name. */
  private negation(): boolean {
    const { text, at } = this.scanner;
    if (!text.startsWith("not", at) || /^[a-zA-Z0-9_.]/.test(text.slice(at + 3, at + 4))) return false;
    if (!/^[ \t\b\r\n(]/.test(text.slice(at + 3, at + 4))) {
      this.scanner.word("not");
      this.fail("expected blank or '(' after 'not'");
    }
    return this.scanner.word("not");
  }

  private groupRest(): Expr {
    return this.nested(() => {
      this.blank();
      const expr = this.or();
      this.blank();
      if (!this.scanner.word(")")) this.failAfterCheck("expected a ')' token");
      return expr;
    });
  }

  private check(): Expr {
    return this.nested(() => {
      this.blank();
      if (this.scanner.word("(")) return this.groupRest();
      const at = this.scanner.at;
      const left = this.transformer(false) ?? this.field();
      if (left !== undefined) return this.condition(left);
      const name = this.scanner.token("identifier");
      if (name !== undefined) return { kind: "macro", name, at, end: this.scanner.at };
      return this.fail("expected a '(' token, a field check, or an identifier", {
        hint: signHint(this.rest()),
      });
    });
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

  private condition(left: FieldNode | TransformerNode): CheckNode {
    const { scanner } = this;
    this.blank();
    const check = (operator: Operator, right?: CheckNode["right"], modifier?: Modifier): CheckNode => ({
      kind: "check",
      left,
      operator,
      ...(modifier && { modifier }),
      ...(right && { right }),
      at: left.at,
      end: scanner.at,
    });
    if (scanner.word("exists")) return check("exists");
    const numeric = numberOperators.find((operator) => scanner.word(operator));
    if (numeric !== undefined) return check(numeric, this.numberRight());
    const textual = stringOperators.find((operator) =>
      operatorFacts[operator].word === true ? scanner.wordAndBlank(operator) : scanner.word(operator),
    );
    if (textual !== undefined) {
      const modifier = this.modifier(operatorFacts[textual].word === true);
      return modifier === undefined
        ? check(textual, this.stringRight())
        : check(textual, this.list() ?? this.identifierList(), modifier);
    }
    const listed = listOperators.find((operator) => scanner.word(operator));
    if (listed !== undefined) return check(listed, this.listRight());
    const shown = operators.map((operator) => `'${operator}'`).join(", ");
    return this.fail(
      `expected a valid check operator: one of ${shown}`,
      operatorHint(scanner.text.slice(left.at, left.end), this.rest()),
    );
  }

  private numberRight(): ValueNode | TransformerNode {
    this.blank();
    return (
      this.transformer(true) ??
      this.number() ??
      this.fail(`expected a number value ${orTransformer}`, {
        hint: /^['"]/.test(this.rest()) ? "a number stands without quotes" : signHint(this.rest()),
      })
    );
  }

  private stringRight(): ValueNode | TransformerNode {
    this.blank();
    return (
      this.transformer(true) ??
      this.value() ??
      this.fail(`expected a string value ${orTransformer}`, this.unclosed())
    );
  }

  private listRight(): ListNode | TransformerNode {
    this.blank();
    return (
      this.list() ??
      this.transformer(true) ??
      this.identifierList() ??
      this.fail(`expected a list, an identifier, ${orTransformer}`, {
        hint: /^["']/.test(this.rest()) ? "a list stands in round brackets" : signHint(this.rest()),
      })
    );
  }

  /** A modifier, if one stands here and a list follows; after a symbol a blank must stand before it. */
  private modifier(afterBlank: boolean): Modifier | undefined {
    const { scanner } = this;
    const { at, last } = scanner;
    if (this.blank() || afterBlank) {
      const found = modifiers.find((modifier) => scanner.wordAndBlank(modifier));
      const next = scanner.peek("identifier");
      const follows =
        scanner.text.charAt(scanner.at) === "(" || (next !== undefined && !/^(and|or|not)$/.test(next));
      if (found !== undefined && follows) return found;
    }
    scanner.at = at;
    scanner.last = last;
    return undefined;
  }

  private value(): ValueNode | undefined {
    const { scanner } = this;
    const at = scanner.at;
    const quoted = scanner.quoted();
    if (quoted !== undefined) return { kind: "value", text: quoted, quoted: true, at, end: scanner.at };
    const bare = scanner.token("bare");
    if (bare === undefined) return undefined;
    return { kind: "value", text: toBytes(bare), quoted: false, at, end: scanner.at };
  }

  private number(): ValueNode | undefined {
    const { scanner } = this;
    const at = scanner.at;
    const text = scanner.token("hexNumber") ?? scanner.token("number");
    return text === undefined ? undefined : { kind: "value", text, quoted: false, at, end: scanner.at };
  }

  private identifierList(): ListNode | undefined {
    const { scanner } = this;
    const at = scanner.at;
    const text = scanner.token("identifier");
    if (text === undefined) return undefined;
    const place = { at, end: scanner.at };
    return { kind: "list", items: [{ kind: "value", text, quoted: false, ...place }], ...place };
  }

  private list(): ListNode | undefined {
    return this.bracketed("a string value", () => this.value());
  }

  /** `( item, item )`, if a bracket opens here. */
  private bracketed<Item extends ListNode["items"][number]>(
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
  private nested<Result>(parse: () => Result): Result {
    if (++this.depth > maxDepth) this.fail(`exceeded max depth limit of ${maxDepth}`);
    const result = parse();
    this.depth--;
    return result;
  }

  private rest(): string {
    return this.scanner.text.slice(this.scanner.at, this.scanner.at + 100);
  }

  /** A hint where a quote opens here, since it was not read: it never closes. */
  private unclosed(): ConditionErrorDetails {
    return /^["']/.test(this.rest())
      ? { hint: "this quote is never closed (a quote after a backslash does not close a string)" }
      : { hint: signHint(this.rest()) };
  }

  /** What follows a complete check makes no sense. */
  failAfterCheck(message = `unexpected token after '${this.scanner.last}', expecting 'or', 'and'`): never {
    const { text, last } = this.scanner;
    const gap = this.blank() || /\s/.test(text.charAt(this.scanner.at - 1));
    return this.fail(message, { hint: afterCheckHint(last, gap, this.rest()) });
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
