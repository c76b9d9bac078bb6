/** A tree of names and texts → the same with fields, types and constants settled, or everything that is wrong with it. */
import type { Catalogue, FieldUse, SourceCatalogue } from "../catalogue.ts";
import type { CheckNode, Expr, ListNode, TransformerNode, ValueNode } from "./ast.ts";
import { parseConstant } from "./constants.ts";
import { ConditionError } from "./error.ts";
import { looksLikeField, resolveOperand } from "./operand.ts";
import type { ResolvedOperand } from "./operand.ts";
import { operatorFacts, transformerNames, typeFacts } from "./operators.ts";
import { printOperand } from "./printer.ts";
import { compileRegex, isSimplePattern } from "./regex.ts";
import { fromBytes } from "./text.ts";
import type { TypedExpr } from "./typed.ts";

/** Codes of what is odd but no mistake; TIERCEL_… are hints of our own, not Falco's warnings. */
export type ConditionWarningCode =
  | "LOAD_COMPILE_CONDITION"
  | "LOAD_UNSAFE_NA_CHECK"
  | "LOAD_DEPRECATED_ITEM"
  | "TIERCEL_MODIFIER_FIRST_ONLY"
  | "TIERCEL_NEVER_SET";

export interface ConditionWarning {
  readonly code: ConditionWarningCode;
  readonly message: string;
  readonly at: number;
  readonly end: number;
  /** Macros around the place, outermost first. */
  readonly macros: readonly string[];
  /** The deprecated or never set field. */
  readonly field?: string;
}

export interface CheckedCondition {
  readonly typed: TypedExpr;
  readonly warnings: readonly ConditionWarning[];
}

/**
 * Checks a condition whose macros were put in (expandMacros).
 * @throws ConditionError for the first mistake in text order, the rest in its `others`.
 */
export function checkCondition(expr: Expr, source: SourceCatalogue, catalogue: Catalogue): CheckedCondition {
  const checker = new Checker(source, catalogue);
  const typed = checker.expr(expr);
  const [first, ...others] = checker.errors;
  if (first !== undefined) {
    first.others = others;
    throw first;
  }
  return { typed, warnings: checker.warnings };
}

type TypedCheck = Extract<TypedExpr, { kind: "check" }>;

/** Stands where a mistake was found; never leaves this file. */
const mistaken: TypedExpr = { kind: "or", args: [] };

const classNames = {
  number: "numeric filters",
  bool: "numeric filters",
  string: "string filters",
  bytes: "buffer filters",
  address: "ip address and network filters",
  network: "ip address and network filters",
} as const;

class Checker {
  readonly errors: ConditionError[] = [];
  readonly warnings: ConditionWarning[] = [];
  private readonly source: SourceCatalogue;
  private readonly catalogue: Catalogue;
  private readonly macros: string[] = [];
  private readonly said = new Set<string>();

  constructor(source: SourceCatalogue, catalogue: Catalogue) {
    this.source = source;
    this.catalogue = catalogue;
  }

  expr(expr: Expr): TypedExpr {
    switch (expr.kind) {
      case "and":
      case "or":
        return { kind: expr.kind, args: expr.args.map((arg) => this.expr(arg)) };
      case "not":
        return { kind: "not", arg: this.expr(expr.arg) };
      case "macro":
        return this.macro(expr);
      case "check":
        return this.caught(() => this.check(expr));
    }
  }

  private macro(macro: Expr & { kind: "macro" }): TypedExpr {
    const { name, at, end, body } = macro;
    if (body === undefined)
      return this.caught(() => {
        throw new ConditionError(`Undefined macro '${name}' used in filter.`, at, end, {
          code: "LOAD_ERR_VALIDATE",
        });
      });
    this.macros.push(name);
    const typed = this.expr(body);
    this.macros.pop();
    return typed;
  }

  /** Goes on after a mistake, so that all of a condition's are found at once; a macro's are told once. */
  private caught(check: () => TypedExpr): TypedExpr {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      error.macros = [...this.macros];
      if (this.first(`${this.macros.at(-1)} ${error.at} ${error.message}`)) this.errors.push(error);
      return mistaken;
    }
  }

  private check(node: CheckNode): TypedExpr {
    const left = resolveOperand(node.left, this.source);
    this.judgeFields(left.uses, node.left);
    const { operator, modifier, right } = node;
    if (operator === "exists" || right === undefined) return { kind: "check", left: left.operand, operator };
    const base = { kind: "check" as const, left: left.operand, operator, ...(modifier && { modifier }) };
    this.judgeOperator(node, left);
    if (right.kind === "transformer") return { ...base, right: this.rightOperand(node, left, right) };
    this.judgeNotAvailable(node, right);
    return { ...base, values: this.constants(node, left, right) };
  }

  /** Whether the operator may be used on what stands left (condition-language 4). */
  private judgeOperator(node: CheckNode, left: ResolvedOperand): void {
    const { operator, modifier } = node;
    const refuse = (text: string, hint?: string) => {
      throw new ConditionError(`filter error: '${operator}' ${text}`, node.at, node.end, { hint });
    };
    const { comparison, lists } = typeFacts[left.type];
    if (left.info?.name === "evt.around" && operator !== "=" && operator !== "==")
      refuse("operator not supported for evt.around", "evt.around[T] = D: within D milliseconds of T");
    if (comparison === "none") return void refuse(`operator not supported for type '${left.type}'`);
    if (left.list) {
      if (!lists)
        throw new ConditionError(
          `filter error: list filters are not supported for type '${left.type}'`,
          node.at,
          node.end,
        );
      if (!operatorFacts[operator].lists)
        refuse(
          "operator not supported list filters",
          "this field is a list: use 'in' (all), 'intersects' (some) or 'exists'",
        );
    } else if (!operatorFacts[operator].on.includes(comparison))
      refuse(`operator not supported for ${classNames[comparison]}`);
    if (modifier === undefined) return;
    if (left.quantifier !== "none")
      this.warn(
        "TIERCEL_MODIFIER_FIRST_ONLY",
        node,
        `'${modifier}' has no effect on ${left.field}: only the first value of the list is compared`,
      );
    else if (comparison === "address" || comparison === "network")
      refuse(`with modifier not supported for ${classNames[comparison]}`);
  }

  private rightOperand(node: CheckNode, left: ResolvedOperand, right: TransformerNode): TypedCheck["left"] {
    const { operator } = node;
    const refuse = (message: string) => {
      throw new ConditionError(message, right.at, right.end);
    };
    if (operator === "pmatch" || operator === "regex")
      refuse(`operator '${operator.toUpperCase()}' doesn't support right-hand side fields`);
    const resolved = resolveOperand(right, this.source);
    this.judgeFields(resolved.uses, right);
    if (left.info?.noRightHandSide || left.quantifier !== "none")
      refuse(`field '${left.field}' doesn't support right-hand side fields`);
    if (resolved.info?.noRightHandSide || resolved.quantifier !== "none")
      refuse(`field '${resolved.field}' can't be used as a right-hand side field`);
    const texts = [left, resolved].every(({ type }) => typeFacts[type].comparison === "string");
    if (left.list !== resolved.list || (left.type !== resolved.type && !texts))
      refuse(
        `field '${left.field}' has type '${typeName(left)}' while the right-hand side field '${resolved.field}' has incompatible type '${typeName(resolved)}'`,
      );
    return resolved.operand;
  }

  private constants(
    node: CheckNode,
    left: ResolvedOperand,
    right: ValueNode | ListNode,
  ): NonNullable<TypedCheck["values"]> {
    const items = right.kind === "list" ? (right.items as readonly ValueNode[]) : [right];
    return items.map((item) => {
      const result = parseConstant(item.text, left.type, node.operator, this.catalogue);
      if ("problem" in result)
        throw new ConditionError(result.problem, item.at, item.end, {
          hint: result.hint,
          item: right.kind === "list" ? fromBytes(item.text) : undefined,
        });
      this.judgeText(node, item);
      return result.value;
    });
  }

  /** What a text may have been meant to be. */
  private judgeText(node: CheckNode, item: ValueNode): void {
    const text = fromBytes(item.text);
    if (node.operator === "regex") {
      const regex = compileRegex(item.text);
      if ("problem" in regex)
        throw new ConditionError(`invalid regex pattern: ${regex.problem}`, item.at, item.end, {
          hint: regex.hint,
        });
      if (isSimplePattern(text))
        this.warn(
          "LOAD_COMPILE_CONDITION",
          item,
          `regex check with '${text}' may be optimized with simpler operators such as '=', 'contains', 'startswith', 'endswith'`,
        );
    }
    if (looksLikeField(item.text, this.source))
      this.warn(
        "LOAD_COMPILE_CONDITION",
        item,
        `'${text}' may be a valid field misused as a const string value`,
      );
    else if (looksLikeTransformer(text))
      this.warn(
        "LOAD_COMPILE_CONDITION",
        item,
        `'${text}' may be a valid field transformer misused as a const string value`,
      );
  }

  private judgeFields(uses: readonly FieldUse[], place: { at: number; end: number }): void {
    for (const use of uses) {
      const info = this.source.info(use);
      if (info.printOnly)
        throw new ConditionError(
          `field '${info.name}' is for outputs only and cannot be used in a condition`,
          place.at,
          place.end,
        );
      if (info.deprecated)
        this.warn("LOAD_DEPRECATED_ITEM", place, `field '${info.name}' is deprecated`, info.name);
      if (info.neverSet) this.warn("TIERCEL_NEVER_SET", place, `${info.name}: ${info.neverSet}`, info.name);
    }
  }

  /** ka.* and jevt.* were "<NA>" where missing, long ago; a comparison with that text is no longer ever true. */
  private judgeNotAvailable(node: CheckNode, right: ValueNode | ListNode): void {
    if (!["=", "==", "!=", "in", "intersects", "pmatch"].includes(node.operator)) return;
    if (!/^(ka|jevt)\./.test(lastField(node.left) ?? "")) return;
    const items = right.kind === "list" ? right.items : [right];
    if (items.some((item) => item.kind === "value" && item.text === "<NA>"))
      this.warn("LOAD_UNSAFE_NA_CHECK", node, "");
  }

  private warn(
    code: ConditionWarningCode,
    { at, end }: { at: number; end: number },
    message: string,
    field?: string,
  ): void {
    if (!this.first(field === undefined ? `${code} ${this.macros.join(" ")} ${at}` : `${code} ${field}`))
      return;
    this.warnings.push({
      code,
      message,
      at,
      end,
      macros: [...this.macros],
      ...(field !== undefined && { field }),
    });
  }

  private first(key: string): boolean {
    const fresh = !this.said.has(key);
    this.said.add(key);
    return fresh;
  }
}

const typeName = ({ type, list }: { type: string; list: boolean }) => (list ? `LIST(${type})` : type);

function looksLikeTransformer(text: string): boolean {
  const word = /^([a-z0-9]+)\(.*\)$/.exec(text.replace(/\s/g, ""))?.[1];
  return word !== undefined && transformerNames.some((name) => name === word);
}

/** The last plain field in an operand, list literals aside. */
function lastField(node: CheckNode["left"]): string | undefined {
  if (node.kind === "field") return printOperand(node);
  return node.args
    .map((arg) => (arg.kind === "field" || arg.kind === "transformer" ? lastField(arg) : undefined))
    .findLast(Boolean);
}
