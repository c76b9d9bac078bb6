/** Checks an exception's lengths, operators and fields, and fills in defaults (rules-files 8.2, 8.3). */
import type { SourceCatalogue } from "../catalogue.ts";
import { modifiers, operatorFacts } from "../condition/operators.ts";
import type { Operator } from "../condition/ast.ts";
import type { Findings } from "../diagnostics/collector.ts";
import type { ExceptionEntry } from "./tables.ts";
import type { ExceptionItem } from "./items.ts";
import { placeOf, type YamlScalar } from "./yaml-tree.ts";

/** Says why a text is no left side of a check for a source; undefined where it is one. */
export type FieldCheck = (text: string, source: SourceCatalogue) => { readonly help?: string } | undefined;

const isOperator = (text: string): text is Operator => Object.hasOwn(operatorFacts, text);

/** An operator, and a modifier behind one blank where there is one; undefined where it is neither. */
function splitOperator(
  text: string,
): { readonly operator: Operator; readonly modifier?: string } | undefined {
  const [operator = "", modifier, ...rest] = text.trim().split(" ");
  if (!isOperator(operator) || rest.length > 0) return undefined;
  if (modifier === undefined) return { operator };
  const allowed = operatorFacts[operator].form === "string" && modifiers.some((each) => each === modifier);
  return allowed ? { operator, modifier } : undefined;
}

/** True for operators whose right side is a list: in, pmatch, intersects, or any with a modifier. */
export function takesList(operator: string): boolean {
  const split = splitOperator(operator);
  return (
    split !== undefined && (operatorFacts[split.operator].form === "list" || split.modifier !== undefined)
  );
}

/** The exception with operators for all fields; undefined where something is wrong (reported). */
export function checkException(
  item: ExceptionItem,
  source: SourceCatalogue | undefined,
  checkField: FieldCheck,
  findings: Findings,
): ExceptionEntry | undefined {
  const before = findings.errors.length;
  const fail = (message: string, node?: YamlScalar, help?: string) => {
    findings.error("LOAD_ERR_VALIDATE", message, item.chain, {
      ...(node === undefined ? {} : { place: placeOf(node) }),
      ...(help === undefined ? {} : { help }),
    });
  };
  const operators = item.isList ? listOperators(item, fail) : singleOperator(item, fail);
  if (source !== undefined)
    for (const field of item.fields) {
      const problem = checkField(field.text, source);
      if (problem !== undefined) fail(`'${field.text}' is not a supported filter field`, field, problem.help);
    }
  if (findings.errors.length > before) return undefined;
  return {
    name: item.name,
    isList: item.isList,
    fields: item.fields,
    operators,
    values: item.values ?? [],
    item,
  };
}

type Fail = (message: string, node?: YamlScalar, help?: string) => void;

function listOperators(item: ExceptionItem, fail: Fail): string[] {
  if (item.comps === undefined) return item.fields.map(() => "=");
  const { isList, operators } = item.comps;
  if (!isList || operators.length !== item.fields.length)
    fail("Fields and comps lists must have equal length", operators[0]);
  for (const node of isList ? operators : [])
    if (splitOperator(node.text) === undefined)
      fail(`'${node.text}' is not a supported comparison operator`, node);
  return operators.map((node) => node.text.trim());
}

function singleOperator(item: ExceptionItem, fail: Fail): string[] {
  const node = item.comps?.operators[0];
  if (item.comps === undefined || node === undefined) return ["in"];
  if (item.comps.isList) fail("Fields and comps must both be strings", node, `write comps: ${node.text}`);
  else if (splitOperator(node.text) === undefined)
    fail(`'${node.text}' is not a supported comparison operator`, node);
  else if (!takesList(node.text))
    fail(
      "When fields is a single value, comps must be one of (in, pmatch, intersects) or a modifier operator (e.g. startswith oneof)",
      node,
      `write fields: [${item.fields[0]?.text ?? ""}] and comps: [${node.text}] for tuples of values`,
    );
  return [node.text.trim()];
}
