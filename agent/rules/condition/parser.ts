/** Text of a condition → its tree, by recursive descent over condition-language 1's grammar. */
import type { CheckNode, Expr, FieldNode, ListNode, Modifier, Operator } from "./ast.ts";
import type { TransformerNode, ValueNode } from "./ast.ts";
import { OperandParser } from "./operand-parser.ts";
import { modifiers, operatorFacts, operators, transformerNames } from "./operators.ts";
import { afterCheckHint, operatorHint, signHint } from "./syntax-hints.ts";
import { toBytes } from "./text.ts";

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
  const parser = new ConditionParser(text);
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
  const parser = new OperandParser(text);
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
  return new OperandParser(text, at).transformer(false);
}

/** The field that begins at `at`, with its argument if one in brackets is complete; undefined where none does. */
export function parseFieldAt(text: string, at: number): FieldNode | undefined {
  return new OperandParser(text, at).field();
}

class ConditionParser extends OperandParser {
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

  /** What follows a complete check makes no sense. */
  failAfterCheck(message = `unexpected token after '${this.scanner.last}', expecting 'or', 'and'`): never {
    const { text, last } = this.scanner;
    const gap = this.blank() || /\s/.test(text.charAt(this.scanner.at - 1));
    return this.fail(message, { hint: afterCheckHint(last, gap, this.rest()) });
  }
}
