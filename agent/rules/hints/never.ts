/** Conditions that can never be true, and output fields that are never there. */
import type { FieldInfo, SourceCatalogue } from "../catalogue.ts";
import { fieldOf, spotOf, valuesOf, type HintSubject, type RuleHint, type RuleHints } from "./hint.ts";

/** Events that are no system calls and still have `evt.dir = >`. */
const enterEvents: ReadonlySet<string> = new Set([
  "procexit",
  "switch",
  "signaldeliver",
  "pluginevent",
  "asyncevent",
  "container",
  "container_removed",
]);

/** Calls whose descriptor is a socket. */
const socketCalls: ReadonlySet<string> = new Set([
  "accept",
  "accept4",
  "bind",
  "connect",
  "getpeername",
  "getsockname",
  "listen",
  "recvfrom",
  "recvmmsg",
  "recvmsg",
  "sendmmsg",
  "sendmsg",
  "sendto",
  "shutdown",
  "socket",
]);

const infoOf = (source: SourceCatalogue, name: string, argument?: string): FieldInfo | undefined => {
  const use = source.resolve(name, argument);
  return "message" in use ? undefined : source.info(use);
};

/** The rule's events where the field never has a value in any of them. */
function absentOn(info: FieldInfo | undefined, { events }: HintSubject): readonly string[] | undefined {
  const present = info?.presentOn;
  if (events === undefined || events.length === 0 || present === undefined) return undefined;
  return events.some((event) => present.includes(event)) ? undefined : events;
}

const listed = (names: readonly string[]) =>
  names.length > 3 ? `${names.slice(0, 3).join(", ")} …` : names.join(" or ");

/** A field that the rule needs, on events that never have it. */
export const absentFields: RuleHints = function* (subject) {
  for (const found of subject.checks) {
    const { left } = found.node;
    if (!found.needed || left.kind !== "field") continue;
    const events = absentOn(infoOf(subject.rule.source, left.name, left.argument), subject);
    if (events === undefined) continue;
    yield {
      code: "TIERCEL_NEVER_TRUE",
      message: `this can never be true: ${left.name} has no value on ${listed(events)}`,
      spot: spotOf(found, left),
    };
  }
};

/** Fields of the output that the rule's events never have. */
export const absentOutputFields: RuleHints = function* (subject) {
  const { entry, output, source } = subject.rule;
  for (const use of output.fields) {
    const events = absentOn(source.info(use), subject);
    const at = entry.output.text.indexOf(`%${use.text}`);
    if (events === undefined || at < 0) continue;
    const hint: RuleHint = {
      code: "TIERCEL_NEVER_PRESENT",
      message: `%${use.text} is never there: ${use.name} has no value on ${listed(events)}`,
      outputAt: { at, end: at + use.text.length + 1 },
    };
    yield hint;
  }
};

/** `evt.dir = >`, which system calls do not have any more. */
export const enterDirection: RuleHints = function* (subject) {
  if (subject.events?.some((event) => enterEvents.has(event)) === true) return;
  for (const found of subject.checks) {
    if (!found.needed || fieldOf(found.node) !== "evt.dir") continue;
    const values = valuesOf(found.node);
    const positive = ["=", "==", "in"].includes(found.node.operator);
    const isNever = positive
      ? values.every(({ text }) => text === ">")
      : found.node.operator === "!=" && values[0]?.text === "<";
    if (!isNever || values.length === 0) continue;
    yield {
      code: "TIERCEL_NEVER_TRUE",
      message: "this can never be true: a system call is one event, when it returns, and its evt.dir is <",
      spot: spotOf(found),
      help: "leave the check out",
    };
  }
};

const hostName = /^(?!\d+(?:\.\d+){3}$)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$/;

/** Host names where the name of a socket is compared. */
export const hostNames: RuleHints = function* (subject) {
  if (subject.events === undefined || subject.events.length === 0) return;
  if (!subject.events.every((event) => socketCalls.has(event))) return;
  for (const found of subject.checks) {
    if (fieldOf(found.node) !== "fd.name") continue;
    const first = valuesOf(found.node).find(({ text }) => hostName.test(text));
    if (first === undefined) continue;
    yield {
      code: "TIERCEL_NEVER_TRUE",
      message: `this can never be true: fd.name of a socket is ADDRESS:PORT->ADDRESS:PORT, never a host name as ${first.text}`,
      spot: spotOf(found, first.node),
      help: "compare addresses: fd.sip or fd.snet",
    };
  }
};

/** Two values that one field would have to equal at once. */
export const twoValues: RuleHints = function* ({ checks }) {
  const equal = new Map<string, string>();
  for (const found of checks) {
    const { node } = found;
    const values = valuesOf(node);
    const [value] = values;
    if (!found.needed || node.left.kind !== "field" || value === undefined || values.length !== 1) continue;
    if (!["=", "==", "in"].includes(node.operator) || node.modifier !== undefined) continue;
    if (/^(?:proc\.a|fd\.(?:ip|net|port|proto))/.test(node.left.name)) continue;
    const field = `${node.left.name}[${node.left.argument ?? ""}]`;
    const before = equal.get(field);
    equal.set(field, value.text);
    if (before === undefined || before === value.text) continue;
    yield {
      code: "TIERCEL_NEVER_TRUE",
      message: `this can never be true: ${node.left.name} would have to be both ${before} and ${value.text}`,
      spot: spotOf(found),
    };
  }
};
