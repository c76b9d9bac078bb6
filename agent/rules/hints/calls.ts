/** System calls a rule misses, or that are not captured. */
import { fieldOf, spotOf, valuesOf, type FoundCheck, type RuleHints } from "./hint.ts";

/** Calls that have the same effect. Which of them a program makes depends on its language and library. */
const families: readonly (readonly string[])[] = [
  ["open", "openat", "openat2"],
  ["mkdir", "mkdirat"],
  ["mknod", "mknodat"],
  ["rmdir", "unlinkat"],
  ["unlink", "unlinkat"],
  ["rename", "renameat", "renameat2"],
  ["link", "linkat"],
  ["symlink", "symlinkat"],
  ["chmod", "fchmod", "fchmodat", "fchmodat2"],
  ["chown", "lchown", "fchown", "fchownat"],
  ["accept", "accept4"],
  ["dup", "dup2", "dup3"],
  ["init_module", "finit_module"],
  ["pipe", "pipe2"],
  ["clone", "clone3"],
];

const positive: ReadonlySet<string> = new Set(["=", "==", "in"]);

/** Names of events that a condition asks for, each with the check that does. */
function* namedEvents(checks: readonly FoundCheck[]) {
  for (const found of checks) {
    const field = fieldOf(found.node);
    if (found.negated || (field !== "evt.type" && field !== "syscall.type")) continue;
    if (!positive.has(found.node.operator) || found.node.modifier !== undefined) continue;
    for (const { node, text } of valuesOf(found.node)) yield { name: text, spot: spotOf(found, node) };
  }
}

export const sisterCalls: RuleHints = function* ({ checks, events, catalogue, rule }) {
  if (events === undefined || rule.source.name !== "syscall") return;
  const named = new Map([...namedEvents(checks)].map(({ name, spot }) => [name, spot]));
  for (const family of families) {
    const first = family.find((name) => named.has(name) && events.includes(name));
    if (first === undefined || first === "unlinkat") continue;
    const missing = family.filter(
      (name) => !events.includes(name) && catalogue.events.codes(name) !== undefined,
    );
    if (missing.length === 0) continue;
    yield {
      code: "TIERCEL_SISTER_CALL",
      message: `programs do the same by ${missing.join(" and ")}, which this rule does not look at`,
      spot: named.get(first)!,
    };
  }
};

export const notCaptured: RuleHints = function* ({ checks, events, catalogue }) {
  for (const { name, spot } of namedEvents(checks)) {
    const codes = catalogue.events.codes(name) ?? [];
    if (events?.includes(name) === false || codes.some((code) => catalogue.events.captured(code))) continue;
    yield {
      code: "TIERCEL_NOT_CAPTURED",
      message: `events of type ${name} are not captured by this version: the rule cannot match on them`,
      spot,
    };
  }
};
