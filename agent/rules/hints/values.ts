/** Values that mean something else than they seem to. */
import { nearest } from "../condition/nearest.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { spotOf, valuesOf, type RuleHints } from "./hint.ts";

/** `*` in front of a path under pmatch stands for one folder. */
export const leadingStar: RuleHints = function* ({ checks }) {
  for (const found of checks) {
    if (found.node.operator !== "pmatch") continue;
    for (const { node, text } of valuesOf(found.node)) {
      const rest = /^\/?\*(\/.+)$/.exec(text)?.[1];
      if (rest === undefined) continue;
      yield {
        code: "TIERCEL_PATTERN",
        message: `${text} does not match ${rest}: under pmatch a * stands for exactly one folder`,
        spot: spotOf(found, node),
        help: `write ${rest} for that path, or glob "*${rest}" for any depth`,
      };
    }
  }
};

const plainOperators: ReadonlySet<string> = new Set([
  "=",
  "==",
  "!=",
  "in",
  "intersects",
  "startswith",
  "endswith",
  "contains",
]);

/** `*` under an operator that knows no patterns. */
export const literalStar: RuleHints = function* ({ checks }) {
  for (const found of checks) {
    const { operator } = found.node;
    if (!plainOperators.has(operator)) continue;
    for (const { node, text } of valuesOf(found.node)) {
      if (!/\/.*\*|^\*[\w./-]|[\w./-]\*$/.test(text)) continue;
      yield {
        code: "TIERCEL_PATTERN",
        message: `the * in ${text} stands for itself: '${operator}' knows no patterns`,
        spot: spotOf(found, node),
        help: "use glob or pmatch for patterns",
      };
    }
  }
};

/** Names like those people give to lists. */
const listLike =
  /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*_(?:list|lists|binaries|bins|procs|processes|programs|images|names|ports|dirs|directories|files|paths|users|commands|cmds|cmdlines|tools|apps|applications|hosts|ips|addresses|namespaces|pods|containers|domains)$/;

/** The name of a list that does not exist. */
export const missingLists: RuleHints = function* ({ checks, lists, macros }) {
  for (const found of checks) {
    if (!["in", "intersects", "pmatch"].includes(found.node.operator)) continue;
    for (const { node, text } of valuesOf(found.node)) {
      if (node.quoted || !/^[A-Za-z]\w*_\w+$/.test(text) || lists.has(text)) continue;
      const near = nearest(text, lists).filter((name) => name.includes("_"));
      if (near.length === 0 && !listLike.test(text) && !macros.has(text)) continue;
      const help = macros.has(text)
        ? `${text} is a macro, and a macro stands alone, not in a list`
        : didYouMean(near);
      yield {
        code: "TIERCEL_NO_SUCH_LIST",
        message: `there is no list called ${text}: the field is compared with that text itself`,
        spot: spotOf(found, node),
        ...(help === undefined ? {} : { help }),
      };
    }
  }
};

/** A value that has everything as its part. */
export function holdsForAll(operator: string, text: string): boolean {
  switch (operator) {
    case "startswith":
    case "endswith":
    case "contains":
    case "icontains":
      return text === "";
    case "glob":
    case "iglob":
      return /^\*+$/.test(text);
    case "regex":
      return /^\^?\.\*\$?$/.test(text);
    case "pmatch":
      return /^\/*$/.test(text);
    default:
      return false;
  }
}
