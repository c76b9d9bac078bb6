/** The tree of a condition → text that parses to the same tree, places aside. */
import type { Expr, FieldNode, ListNode, TransformerNode, ValueNode } from "./ast.ts";
import { operatorFacts } from "./operators.ts";
import { fromBytes, quoted, toBytes } from "./text.ts";

/** Text of a condition. A macro whose content was put in prints as that content, in brackets. */
export function printCondition(expr: Expr): string {
  switch (expr.kind) {
    case "and":
    case "or":
      return expr.args
        .map((arg) => (arg.kind === "and" || arg.kind === "or" ? bracketed(arg) : inner(arg)))
        .join(` ${expr.kind} `);
    case "not":
      return `not ${expr.arg.kind === "check" || expr.arg.kind === "macro" ? inner(expr.arg) : bracketed(expr.arg)}`;
    case "macro":
      return expr.body === undefined ? expr.name : bracketed(expr.body);
    case "check": {
      const { operator, modifier, right } = expr;
      const left = printOperand(expr.left);
      if (right === undefined) return `${left} ${operator}`;
      const words = modifier === undefined ? operator : `${operator} ${modifier}`;
      const form = operatorFacts[operator].form;
      return `${left} ${words} ${right.kind === "transformer" ? printOperand(right) : printRight(right, form === "number")}`;
    }
  }
}

const inner = printCondition;
const bracketed = (expr: Expr) => `(${printCondition(expr)})`;

/** Text of a field or transformer call. */
export function printOperand(node: FieldNode | TransformerNode): string {
  if (node.kind === "field") {
    if (node.argument === undefined) return node.name;
    return `${node.name}[${node.quotedArgument ? quoted(toBytes(node.argument)) : node.argument}]`;
  }
  const argument = node.argument === undefined ? "" : `[${quoted(toBytes(node.argument))}]`;
  return `${node.name}(${node.args.map(printArgument).join(", ")})${argument}`;
}

function printArgument(node: TransformerNode["args"][number]): string {
  if (node.kind === "list") return `(${node.items.map(printArgument).join(", ")})`;
  if (node.kind === "value") return node.quoted ? quoted(node.text) : node.text;
  return printOperand(node);
}

function printRight(node: ValueNode | ListNode, number: boolean): string {
  if (node.kind === "list") return `(${node.items.map(printItem).join(", ")})`;
  return number ? node.text : printItem(node);
}

function printItem(node: ListNode["items"][number]): string {
  if (node.kind !== "value") return printOperand(node);
  return node.quoted ? quoted(node.text) : fromBytes(node.text);
}
