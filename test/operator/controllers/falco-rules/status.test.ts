import assert from "node:assert/strict";
import { buildCatalogue } from "../../../../agent/fields/index.ts";
import { Judge } from "../../../../agent/rules/set/judge.ts";
import type { SetObject } from "../../../../agent/rules/set/rule-set.ts";
import { setObjectOf, type FalcoRuleObject } from "../../../../agent/rules/set/set-object.ts";
import { setStatus, statusOf } from "../../../../operator/controllers/falco-rules/status.ts";
import { statusWrite } from "../../../../operator/controllers/falco-rules/status-controller.ts";

const catalogue = buildCatalogue();
const platform = "tiercel-system";
const object = (spec: NonNullable<FalcoRuleObject["spec"]>) =>
  setObjectOf({ metadata: { namespace: "t", name: "o" }, spec });
const rule = (name: string, condition: string) => ({
  rule: name,
  desc: "d",
  condition,
  output: "o",
  priority: "INFO",
});
const id = { uid: "u", generation: 7 };

function statusFor(now: SetObject, before: readonly SetObject[] = [], sinks: readonly string[] = []) {
  const settings = { operatorNamespace: platform, choices: [], priority: "debug" };
  const { verdicts } = new Judge(catalogue).judge([now], before, settings);
  return setStatus(verdicts[0]!, id, platform, (key) => sinks.includes(key));
}

const good = object({ rules: [rule("R", "evt.type=open")] });

describe("what the set says of a FalcoRule", () => {
  it("counts rules that the object defines, not those it changes", () => {
    const rules = [
      rule("R", "evt.type=open"),
      { rule: "R", enabled: false },
      { ...rule("S", "evt.type=open"), enabled: false },
    ];
    assert.equal(statusFor(object({ rules })).ruleCount, 2);
  });

  it("has the digest of the version that runs, none where none does", () => {
    const bad = object({ rules: [rule("R", "evt.type=open and no.such=1")] });
    const digest = statusFor(good).digest;
    assert.match(digest, /^[0-9a-f]{64}$/);
    assert.equal(statusFor(bad, [good]).digest, digest);
    assert.equal(statusFor(bad).digest, "");
  });

  it("tells ten mistakes and how many more there are", () => {
    const rules = Array.from({ length: 13 }, (_, n) => rule(`R${n}`, `no.such${n}=1`));
    const lines = statusFor(object({ rules })).accepted.message.split("\n");
    assert.equal(lines.length, 11);
    assert.match(lines[0]!, /^spec\.rules\[0\]\.condition:1:1: rule 'R0': /);
    assert.equal(lines[10], "and 3 more");
  });

  it("says why the version before cannot be taken either", () => {
    const before = object({ rules: [rule("R", "evt.type=open and gone")] });
    const bad = object({ rules: [rule("R", "no.such=1")] });
    assert.match(
      statusFor(bad, [before]).accepted.message,
      /no\.such.*\nnor can the version before be taken:\n.*Undefined macro 'gone'/s,
    );
  });

  it("finds sinks in the object's namespace and in the operator's", () => {
    const sinks = ["a", "b", "c"];
    const { accepted } = statusFor(object({ rules: [], sinks }), [], ["t/a", `${platform}/b`, "u/c"]);
    assert.deepEqual([accepted.status, accepted.reason], ["True", "MissingSink"]);
    assert.match(accepted.message, /no AlertSink c, neither/);
  });

  it("says of rules on audit events that their object's selector leaves them nothing", () => {
    const audit = { ...rule("A", "ka.verb=create"), source: "k8s_audit" };
    const selected = (selector: object, source?: string) => {
      const spec = { rules: [rule("R", "evt.type=open"), audit], selector, ...(source && { source }) };
      return statusFor(object(spec)).accepted;
    };
    const { status, reason, message } = selected({ podSelector: { matchLabels: { app: "web" } } });
    assert.deepEqual([status, reason], ["True", "SelectorMatchesNothing"]);
    assert.match(message, /1 of 2 match nothing: .* with a podSelector: audit events are of no pod/);
    const nodes = selected({ nodeSelector: { matchLabels: { disk: "fast" } } });
    assert.match(nodes.message, /nodeSelector: audit events are of no node/);
    assert.equal(selected({ namespaceSelector: { matchLabels: { team: "a" } } }).reason, "Accepted");
    const calls = object({ rules: [rule("R", "evt.type=open")], selector: { podSelector: {} } });
    assert.equal(statusFor(calls).accepted.reason, "Accepted");
    const whole = object({
      source: "k8s_audit",
      rules: [rule("A", "ka.verb=create")],
      selector: { podSelector: {} },
    });
    assert.equal(statusFor(whole).accepted.reason, "SelectorMatchesNothing");
  });

  it("keeps the time of a condition until its status changes", () => {
    const set = statusFor(good);
    const first = statusOf(set, undefined, 0);
    const later = statusOf({ ...set, generation: 8 }, first, 60_000);
    assert.deepEqual(
      later.conditions?.map(({ lastTransitionTime }) => lastTransitionTime),
      Array(2).fill("1970-01-01T00:00:00Z"),
    );
    const bad = statusFor(object({ rules: [rule("R", "no.such=1")] }), [good]);
    const [accepted, distributed] = statusOf(bad, first, 60_000).conditions ?? [];
    assert.equal(accepted?.lastTransitionTime, "1970-01-01T00:01:00Z");
    assert.equal(distributed?.lastTransitionTime, "1970-01-01T00:00:00Z");
  });

  it("is not written to another object of the same name", () => {
    const view = (uid: string) => ({
      key: "t/o",
      uid,
      generation: 7,
      object: good,
      status: undefined,
      metadata: { namespace: "t", name: "o", uid },
    });
    const sets = { status: () => statusFor(good) };
    assert.equal(statusWrite(view("other"), sets, 0), undefined);
    assert.equal(statusWrite(view("u"), sets, 0)?.metadata.uid, "u");
  });
});
