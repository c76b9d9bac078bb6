/** Which events a condition can be true for, by its evt.type checks alone (condition-language 7). */
import type { EventCatalogue } from "../catalogue.ts";
import type { CheckNode, Expr, TransformerNode, ValueNode } from "./ast.ts";
import { ConditionError, type ConditionErrorDetails } from "./error.ts";
import { nearest } from "./nearest.ts";
import { fromBytes } from "./text.ts";

/** One flag a code; undefined: all codes, nothing is known. */
type Codes = Uint8Array | undefined;

/**
 * The codes of the event table a condition can match, sorted; "all" where its evt.type checks leave none out.
 * @throws ConditionError at a name that is no event's, or where evt.type is compared with what is known only later; the
 * rest of them in its `others`.
 */
export function eventCodes(expr: Expr, events: EventCatalogue): readonly number[] | "all" {
  const search = new EventSearch(events);
  const codes = search.codes(expr, false);
  const [first, ...others] = search.errors;
  if (first !== undefined) {
    first.others = others;
    throw first;
  }
  if (codes === undefined || codes.every((flag) => flag === 1)) return "all";
  return Array.from(codes.keys()).filter((code) => codes[code] === 1);
}

class EventSearch {
  readonly errors: ConditionError[] = [];
  private readonly events: EventCatalogue;
  private readonly macros: string[] = [];

  constructor(events: EventCatalogue) {
    this.events = events;
  }

  /** Codes for which `expr`, or its negation, can be true; `not` is carried down to the checks. */
  codes(expr: Expr, negated: boolean): Codes {
    switch (expr.kind) {
      case "not":
        return this.codes(expr.arg, !negated);
      case "macro":
        return expr.body === undefined ? undefined : this.macro(expr.name, expr.body, negated);
      case "and":
      case "or": {
        const parts = expr.args.map((arg) => this.codes(arg, negated));
        if (parts.length === 0) return this.constant(expr.kind === "and", negated);
        return parts.reduce((expr.kind === "and") === negated ? union : intersection);
      }
      case "check":
        return this.check(expr, negated);
    }
  }

  private macro(name: string, body: Expr, negated: boolean): Codes {
    this.macros.push(name);
    const codes = this.codes(body, negated);
    this.macros.pop();
    return codes;
  }

  private check(node: CheckNode, negated: boolean): Codes {
    const { left } = node;
    if (left.kind === "field" && left.name === "evt.num") return this.constant(countingTruth(node), negated);
    if (left.kind === "transformer") return readsType(left) ? this.transformed(node) : undefined;
    return isType(left.name) ? this.typeCheck(node, negated) : undefined;
  }

  private typeCheck(node: CheckNode, negated: boolean): Codes {
    const { operator, modifier, right } = node;
    if (operator === "exists") return this.constant(true, negated);
    if (right?.kind === "transformer") {
      if (["=", "==", "!=", "in"].includes(operator))
        this.fail(right, `${printName(node)} cannot be compared with another field`);
      return undefined;
    }
    if (modifier !== undefined) return undefined;
    const found = this.named(node);
    if (!["=", "==", "!=", "in"].includes(operator)) return undefined;
    return (operator === "!=") === negated ? found : found.map((flag) => 1 - flag);
  }

  /** evt.type inside a transformer: nothing can be told, and where something must be told it is a mistake. */
  private transformed(node: CheckNode): Codes {
    if (["=", "==", "!=", "in", "exists"].includes(node.operator))
      this.fail(node.left, "evt.type and syscall.type cannot be compared through a transformer");
    if (node.right?.kind !== "transformer") this.named(node);
    return undefined;
  }

  private named(node: CheckNode): Uint8Array {
    const flags = new Uint8Array(this.events.size);
    const { right } = node;
    const items = right?.kind === "list" ? right.items : right === undefined ? [] : [right];
    for (const item of items as readonly ValueNode[]) {
      const name = fromBytes(item.text);
      const codes = this.events.codes(name);
      if (codes === undefined)
        this.fail(item, `unknown event type ${name}`, {
          suggestions: nearest(name, this.events.names),
          item: right?.kind === "list" ? name : undefined,
        });
      for (const code of codes ?? []) flags[code] = 1;
    }
    return flags;
  }

  private constant(truth: boolean | undefined, negated: boolean): Codes {
    return truth === undefined || truth !== negated ? undefined : new Uint8Array(this.events.size);
  }

  private fail(
    place: { at: number; end: number },
    message: string,
    details: ConditionErrorDetails = {
      hint: "the event types of a rule must be known when it is loaded: name them",
    },
  ): void {
    const error = new ConditionError(message, place.at, place.end, details);
    error.macros = [...this.macros];
    const key = (each: ConditionError) => `${each.macros.at(-1)} ${each.at} ${each.message}`;
    if (this.errors.every((each) => key(each) !== key(error))) this.errors.push(error);
  }
}

const isType = (name: string) => name === "evt.type" || name === "syscall.type";
const printName = (node: CheckNode) => node.left.name;

function readsType(node: TransformerNode): boolean {
  return node.args.some((arg) => {
    if (arg.kind === "field") return isType(arg.name);
    if (arg.kind === "transformer") return readsType(arg);
    return (
      arg.kind === "list" &&
      arg.items.some((item) =>
        item.kind === "field" ? isType(item.name) : item.kind === "transformer" && readsType(item),
      )
    );
  });
}

const union = (a: Codes, b: Codes): Codes =>
  a === undefined || b === undefined ? undefined : a.map((flag, code) => flag | b[code]!);
const intersection = (a: Codes, b: Codes): Codes => {
  if (a === undefined || b === undefined) return a ?? b;
  return a.map((flag, code) => flag & b[code]!);
};

/**
 * evt.num counts from 1, so some comparisons are always or never true; public rules build the macros always_true and
 * never_true of them. Undefined where the form is another one, whatever its truth.
 */
function countingTruth({ operator, modifier, right }: CheckNode): boolean | undefined {
  if (right === undefined || right.kind === "transformer" || modifier !== undefined) return undefined;
  const texts = (right.kind === "list" ? (right.items as readonly ValueNode[]) : [right]).map(
    (item) => item.text,
  );
  if (operator === "in") return texts.every((text) => text === "0") ? false : undefined;
  const key = `${operator === "==" ? "=" : operator}${texts[0]}`;
  if (["=0", "<0", "<1", "<=0"].includes(key)) return false;
  return ["!=0", ">0", ">=0", ">=1"].includes(key) ? true : undefined;
}
