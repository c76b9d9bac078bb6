/** Runs tests of rules: the same compiler, fields and engine as the agent's, on an event made from a description. */
import type { Alert, OutputValue } from "../../engine/alert.ts";
import { auditAccess } from "../../engine/audit-access.ts";
import { AuditEvent } from "../../engine/audit-event.ts";
import { buildEngine } from "../../engine/build.ts";
import type { EventAccess } from "../../engine/engine.ts";
import { RuleCounts } from "../../engine/rule-counts.ts";
import { syscallAccess } from "../../engine/syscall-access.ts";
import { viewOf } from "../../events/encode.ts";
import type { AuditContext } from "../../fields/audit-context.ts";
import { pathViews, type SyscallContext } from "../../fields/context.ts";
import { auditReaders, buildCatalogue, syscallReaders } from "../../fields/index.ts";
import type { Catalogue, FieldReaders, SourceCatalogue } from "../../rules/catalogue.ts";
import { compileRuleSet, type CompiledRuleSet, type RulesFile } from "../../rules/compile.ts";
import { drawResult } from "../../rules/diagnostics/draw.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import type { Host } from "../../state/types.ts";
import { didYouMean } from "../suggest.ts";
import type { AuditFixture, Fixture, SyscallFixture } from "./fixture.ts";
import { sinceBoot } from "./read-event.ts";
import { fieldOf, type RaisedAlert } from "./raised.ts";
import type { Expected, RuleTest } from "./read-file.ts";
import { raisedByRecording } from "./run-recording.ts";
import type { ScalarValue } from "./values.ts";

/** What became of one test. `reason` is "" where it passed. */
export interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  readonly reason: string;
}

const hostname = "localhost";

function hostOf({ users, time }: SyscallFixture): Host {
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

function syscallContext(fixture: SyscallFixture): SyscallContext {
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

function auditContext({ audit, time, number, overrides }: AuditFixture): AuditContext {
  const event = new AuditEvent({ hostname }, overrides);
  event.next(audit, time);
  event.number = number;
  return event;
}

/** Shows an event to all rules of its source. A rule that cannot be tried is an error, not silence. */
function raise<E>(
  plan: RuleSetPlan,
  event: E,
  source: SourceCatalogue,
  readers: FieldReaders<E>,
  access: EventAccess<E>,
  codes: readonly string[],
): RaisedAlert[] {
  const alerts: Alert[] = [];
  const steps = buildEngine(plan, {
    source: source.name,
    readers,
    access,
    counts: new RuleCounts({ rate: 1, burst: 1 }),
    codes,
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
  step.value.process(event);
  access.views?.show(event, 0);
  const field = (name: string) => fieldOf(name, event, source, readers);
  return alerts.map((alert) => ({ alert, field }));
}

function raisedByEvent(plan: RuleSetPlan, fixture: Fixture, { sources, events }: Catalogue): RaisedAlert[] {
  const source = sources.get(fixture.source)!;
  const names = Array.from({ length: events.size }, (_, code) => events.name(code));
  if (fixture.source === "k8s_audit")
    return raise(
      plan,
      auditContext(fixture),
      source,
      auditReaders,
      auditAccess(auditReaders, hostname),
      names,
    );
  const access = syscallAccess(syscallReaders, hostname, "both");
  return raise(plan, syscallContext(fixture), source, syscallReaders, access, names);
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
function differences({ alert, field }: RaisedAlert, expected: Expected): string[] {
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
  raised: readonly RaisedAlert[],
  expect: readonly Expected[],
  plan: RuleSetPlan,
  source: string,
): string {
  const left = [...raised];
  const reasons: string[] = [];
  for (const expected of expect) {
    const candidates = left.filter(({ alert }) => alert.rule === expected.rule);
    const match = candidates.find((each) => differences(each, expected).length === 0) ?? candidates[0];
    if (match === undefined) {
      reasons.push(missingText(expected.rule, plan, source));
      continue;
    }
    left.splice(left.indexOf(match), 1);
    for (const difference of differences(match, expected))
      reasons.push(`alert of rule ${match.alert.rule}: ${difference}`);
  }
  for (const { alert } of left) reasons.push(`unexpected alert of rule ${alert.rule}: ${alert.message}`);
  return reasons.join("\n");
}

function missingText(rule: string, plan: RuleSetPlan, source: string): string {
  const names = plan.rules.filter((each) => each.source === source).map((each) => each.rule);
  if (!names.includes(rule))
    return `there is no enabled rule ${rule} of source ${source}${didYouMean(rule, names)}`;
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

  /** @param constants static fields of a recording; undefined for an event. */
  of(own: RulesFile | undefined, constants: ReadonlyMap<string, string> | undefined): CompiledRuleSet {
    const key = JSON.stringify([own?.text, [...(constants ?? [])]]);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const catalogue = constants === undefined ? this.catalogue : buildCatalogue({ staticFields: constants });
    const compiled = compileRuleSet(own === undefined ? this.files : [...this.files, own], catalogue);
    this.known.set(key, compiled);
    return compiled;
  }
}

function run({ name, rules, subject, expect }: RuleTest, sets: RuleSets, catalogue: Catalogue): Outcome {
  const ofRecording = subject.source === "recording";
  const { plan, results } = sets.of(rules, ofRecording ? subject.constants : undefined);
  if (plan === undefined) {
    const bad = results.filter((result) => !result.successful).map((result) => drawResult(result).trimEnd());
    return { name, passed: false, reason: `the rules are not valid\n${bad.join("\n")}` };
  }
  const wanted = new Set(expect.flatMap(({ fields }) => [...fields.keys()]));
  const raised = ofRecording
    ? raisedByRecording(subject, plan, wanted)
    : raisedByEvent(plan, subject, catalogue);
  const reason =
    typeof raised === "string"
      ? raised
      : compare(raised, expect, plan, ofRecording ? "syscall" : subject.source);
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
