/** Runs tests of rules: the same compiler, fields and engine as the agent's, on an event made from a description. */
import type { Alert, OutputValue } from "../../engine/alert.ts";
import { buildEngine } from "../../engine/build.ts";
import { RuleCounts } from "../../engine/rule-counts.ts";
import { syscallAccess } from "../../engine/syscall-access.ts";
import { viewOf } from "../../events/encode.ts";
import { pathViews, type SyscallContext } from "../../fields/context.ts";
import { syscallReaders } from "../../fields/index.ts";
import type { Catalogue } from "../../rules/catalogue.ts";
import { compileRuleSet, type CompiledRuleSet, type RulesFile } from "../../rules/compile.ts";
import { drawResult } from "../../rules/diagnostics/draw.ts";
import { valueJson } from "../../rules/output/render.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import type { Host } from "../../state/types.ts";
import { didYouMean } from "../suggest.ts";
import type { Fixture } from "./fixture.ts";
import { sinceBoot } from "./read-event.ts";
import type { Expected, RuleTest } from "./read-file.ts";
import type { ScalarValue } from "./values.ts";

/** What became of one test. `reason` is "" where it passed. */
export interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  readonly reason: string;
}

const hostname = "localhost";

function hostOf({ users, time }: Fixture): Host {
  return {
    hostname,
    bootTime: time - sinceBoot,
    users: {
      user: (uid) => users.users.get(uid),
      group: (gid) => users.groups.get(gid),
    },
    process: () => undefined,
    serviceName: () => undefined,
    isLocalAddress: () => false,
    mountPoint: () => "/",
  };
}

function contextOf(fixture: Fixture): SyscallContext {
  const { time, number, overrides, process, record } = fixture;
  return {
    record: viewOf(record),
    process,
    host: hostOf(fixture),
    number,
    time,
    previousTime: time,
    firstTime: time,
    view: pathViews.asked,
    overrides,
  };
}

/** The alerts that an event raises. A rule that cannot be tried is an error, not silence. */
function alertsOf(plan: RuleSetPlan, context: SyscallContext, catalogue: Catalogue): Alert[] {
  const alerts: Alert[] = [];
  const steps = buildEngine(plan, {
    source: "syscall",
    readers: syscallReaders,
    access: syscallAccess(syscallReaders, hostname, "both"),
    counts: new RuleCounts({ rate: 1, burst: 1 }),
    codes: catalogue.events.size,
    options: {
      matching: "all",
      emit: (alert) => alerts.push(alert),
      onFault: (rule, error) => {
        throw new Error(`rule ${rule.rule} cannot be tried`, { cause: error });
      },
    },
    base64Buffers: false,
  });
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  step.value.process(context);
  return alerts;
}

/** Any field of the event, as output_fields would show it; null for what is no field. */
function fieldOf(name: string, context: SyscallContext, catalogue: Catalogue): OutputValue {
  const [, plain = name, argument] = /^([^[]+)(?:\[([^]*)\])?$/.exec(name) ?? [];
  const use = catalogue.sources.get("syscall")!.resolve(plain, argument);
  if ("message" in use) return null;
  context.view = pathViews.asked;
  return valueJson(syscallReaders.reader(use)(context), use);
}

/** A value as a reason shows it. */
function show(value: OutputValue): string {
  if (typeof value === "object" && value !== null) return `(${value.join(", ")})`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Whether a value is what a test wrote: numbers and texts of the same digits are equal. */
function equal(got: OutputValue, want: ScalarValue | readonly ScalarValue[]): boolean {
  if (isList(got) || isList(want))
    return (
      isList(got) &&
      isList(want) &&
      got.length === want.length &&
      got.every((item, i) => same(item, want[i]!))
    );
  return same(got, want);
}

const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);
const same = (got: ScalarValue, want: ScalarValue) =>
  got === null || want === null ? got === want : String(got) === String(want);

/** What differs between an alert and what was expected of it. */
function differences(alert: Alert, expected: Expected, field: (name: string) => OutputValue): string[] {
  const found: string[] = [];
  if (expected.output !== undefined && expected.output !== alert.message)
    found.push(`output is ${show(alert.message)}, expected ${show(expected.output)}`);
  const fields = new Map(alert.fields);
  for (const [name, want] of expected.fields) {
    const got = fields.get(name) ?? field(name);
    if (!equal(got, want)) found.push(`field ${name} is ${show(got)}, expected ${show(want as OutputValue)}`);
  }
  return found;
}

/** Why the alerts are not the expected ones; "" where they are. The order of alerts does not matter. */
function compare(
  alerts: readonly Alert[],
  expect: readonly Expected[],
  plan: RuleSetPlan,
  field: (name: string) => OutputValue,
): string {
  const left = [...alerts];
  const reasons: string[] = [];
  for (const expected of expect) {
    const candidates = left.filter(({ rule }) => rule === expected.rule);
    const match =
      candidates.find((alert) => differences(alert, expected, field).length === 0) ?? candidates[0];
    if (match === undefined) {
      reasons.push(missingText(expected.rule, plan));
      continue;
    }
    left.splice(left.indexOf(match), 1);
    for (const difference of differences(match, expected, field))
      reasons.push(`alert of rule ${match.rule}: ${difference}`);
  }
  for (const alert of left) reasons.push(`unexpected alert of rule ${alert.rule}: ${alert.message}`);
  return reasons.join("\n");
}

function missingText(rule: string, plan: RuleSetPlan): string {
  const names = plan.rules.filter(({ source }) => source === "syscall").map((each) => each.rule);
  if (!names.includes(rule)) return `there is no enabled rule ${rule}${didYouMean(rule, names)}`;
  return `rule ${rule} raised no alert`;
}

/** Compiles the rules of tests, those of files alone once. */
class RuleSets {
  private readonly files: readonly RulesFile[];
  private readonly catalogue: Catalogue;
  private readonly known = new Map<string, CompiledRuleSet>();

  constructor(files: readonly RulesFile[], catalogue: Catalogue) {
    this.files = files;
    this.catalogue = catalogue;
  }

  of(own: RulesFile | undefined): CompiledRuleSet {
    const key = own?.text ?? "";
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const compiled = compileRuleSet(own === undefined ? this.files : [...this.files, own], this.catalogue);
    this.known.set(key, compiled);
    return compiled;
  }
}

function run({ name, rules, event, expect }: RuleTest, sets: RuleSets, catalogue: Catalogue): Outcome {
  const { plan, results } = sets.of(rules);
  if (plan === undefined) {
    const bad = results.filter((result) => !result.successful).map((result) => drawResult(result).trimEnd());
    return { name, passed: false, reason: `the rules are not valid\n${bad.join("\n")}` };
  }
  const context = contextOf(event);
  const alerts = alertsOf(plan, context, catalogue);
  const reason = compare(alerts, expect, plan, (field) => fieldOf(field, context, catalogue));
  return { name, passed: reason === "", reason };
}

/** Runs the tests of one file, after `files`, its rules files. */
export function runTests(
  tests: readonly RuleTest[],
  files: readonly RulesFile[],
  catalogue: Catalogue,
): Outcome[] {
  const sets = new RuleSets(files, catalogue);
  return tests.map((test) => run(test, sets, catalogue));
}
