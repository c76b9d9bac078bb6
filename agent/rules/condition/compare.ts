/** Operators over values that are there: each with its constants settled at load. */
import type { ByteString, Scalar } from "../catalogue.ts";
import { inNetworks } from "./addresses.ts";
import type { Modifier, Operator } from "./ast.ts";
import { compileGlob } from "./glob.ts";
import { compilePathPrefixes } from "./path-prefix.ts";
import { compileRegex } from "./regex.ts";
import type { Network } from "./typed.ts";

export type Constants = readonly (Scalar | Network)[];
export type ScalarTest = (value: Scalar) => boolean;

/** Up to this many constants are compared one by one; beyond it a Set is faster. */
const fewConstants = 3;

/** A text test as a test of any value; a field of text has no other. */
const ofText = (test: (text: ByteString) => boolean) => test as ScalarTest;

/** Order of numbers; of texts, byte by byte, as strcmp. `number` stands for whatever both sides are. */
const orders: Partial<Record<Operator, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/** Tests of a text against one constant. */
const textTests: Partial<Record<Operator, (constant: ByteString) => (text: ByteString) => boolean>> = {
  contains: (constant) => (text) => text.includes(constant),
  bcontains: (constant) => (text) => text.includes(constant),
  icontains: foldedContains,
  startswith: (constant) => (text) => text.startsWith(constant),
  bstartswith: (constant) => (text) => text.startsWith(constant),
  endswith: (constant) => (text) => text.endsWith(constant),
  glob: (constant) => compileGlob(constant),
  iglob: (constant) => compileGlob(constant, true),
  regex: (constant) => {
    const test = compileRegex(constant);
    return typeof test === "function" ? test : () => false;
  },
};

/** A test of one value against all constants, for a list operator, or against the only one. */
export function scalarTest(operator: Operator, constants: Constants): ScalarTest {
  if (operator === "pmatch") return ofText(compilePathPrefixes(constants as ByteString[]));
  if (operator === "in" || operator === "intersects") return memberTest(constants);
  const [constant] = constants;
  if (constant === undefined) return () => false;
  const equal = memberTest([constant]);
  if (operator === "!=") return (value) => !equal(value);
  const order = orders[operator];
  if (order !== undefined) return (value) => order(value as number, constant as number);
  const text = textTests[operator];
  return text === undefined ? equal : ofText(text(constant as ByteString));
}

/** A test whether a value equals some constant, or lies in some network. */
export function memberTest(constants: Constants): ScalarTest {
  const [first] = constants;
  if (first === undefined) return () => false;
  if (typeof first === "object") return ofText(inNetworks(constants as Network[]));
  if (constants.length === 1) return (value) => value === first;
  const scalars = constants as readonly Scalar[];
  if (constants.length <= fewConstants) return (value) => scalars.includes(value);
  const set = new Set(scalars);
  return (value) => set.has(value);
}

/** strcasestr(3) in the C locale. */
function foldedContains(needle: ByteString): (text: ByteString) => boolean {
  const codes = Array.from(needle, (char) => folded(char.charCodeAt(0)));
  return (text) => {
    const last = text.length - codes.length;
    for (let at = 0; at <= last; at++) {
      let matched = 0;
      while (matched < codes.length && folded(text.charCodeAt(at + matched)) === codes[matched]) matched++;
      if (matched === codes.length) return true;
    }
    return false;
  };
}

const folded = (code: number) => (code >= 65 && code <= 90 ? code | 32 : code);

/** A test of one value against a list under a modifier (1.3); an empty list is false for all three. */
export function modifierTest(operator: Operator, modifier: Modifier, constants: Constants): ScalarTest {
  const tests = constants.map((constant) => scalarTest(operator, [constant]));
  switch (modifier) {
    case "anyof":
      if (operator === "=" || operator === "==") return memberTest(constants);
      return (value) => {
        for (const test of tests) if (test(value)) return true;
        return false;
      };
    case "allof":
      return (value) => {
        for (const test of tests) if (!test(value)) return false;
        return tests.length > 0;
      };
    case "oneof":
      return (value) => {
        let count = 0;
        for (const test of tests) if (test(value) && ++count > 1) return false;
        return count === 1;
      };
  }
}

/** A test of two values of an event, for a right-hand field. */
export function pairTest(operator: Operator): (left: Scalar, right: Scalar) => boolean {
  if (operator === "!=") return (left, right) => left !== right;
  const order = orders[operator];
  if (order !== undefined) return (left, right) => order(left as number, right as number);
  if (textTests[operator] === undefined) return (left, right) => left === right;
  let known: Scalar | undefined;
  let test: ScalarTest = () => false;
  return (left, right) => {
    if (right !== known) {
      known = right;
      test = scalarTest(operator, [right]);
    }
    return test(left);
  };
}
