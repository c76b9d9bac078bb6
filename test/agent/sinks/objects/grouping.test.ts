import assert from "node:assert/strict";
import fc from "fast-check";
import type { Alert } from "../../../../agent/engine/alert.ts";
import { Grouping } from "../../../../agent/sinks/objects/grouping.ts";
import { milliseconds } from "../../../../agent/sinks/objects/spec.ts";
import { sampleAlert } from "../sample.ts";

const SECOND = 1_000_000_000n;
const about = (pod: string) => ({ namespace: "shop", pod, podUid: "", container: "", image: "" });
const at = (second: number, more: Partial<Alert> = {}) =>
  sampleAlert({ time: BigInt(Math.round(second * 1e9)), message: `m${second}`, ...more });
const said = (alerts: readonly Alert[]) => alerts.map(({ message }) => message);

describe("grouping of alerts", () => {
  it("sends the first at once and one message for the rest of a window", () => {
    const grouping = new Grouping({ window: "30s" });
    assert.deepEqual(said(grouping.take(at(0))), ["m0"]);
    for (const second of [1, 5, 29.9]) assert.deepEqual(grouping.take(at(second)), []);
    assert.deepEqual(said(grouping.take(at(30))), ["m29.9 (3 more like it within 30s, this is the last)"]);
    assert.deepEqual(grouping.take(at(45)), []);
    const [message] = grouping.at(60n * SECOND);
    assert.equal(message?.message, "m45 (2 more like it within 30s, this is the last)");
    assert.deepEqual(message?.fields.at(-1), ["tiercel.more", 2]);
    assert.equal(grouping.held, 5);
  });

  it("forgets a group whose window brought nothing: the next alert is a first one", () => {
    const grouping = new Grouping({ window: "30s" });
    grouping.take(at(0));
    assert.deepEqual(said(grouping.take(at(31))), ["m31"]);
    assert.equal(grouping.held, 0);
  });

  it("says what it held back when it is flushed", () => {
    const grouping = new Grouping({ window: "30s" });
    for (const second of [0, 1, 2]) grouping.take(at(second));
    assert.deepEqual(said(grouping.flush()), ["m2 (2 more like it within 30s, this is the last)"]);
    assert.deepEqual(grouping.flush(), []);
  });

  it("says when a window ends", () => {
    const grouping = new Grouping({ window: "1m" });
    assert.equal(grouping.due, undefined);
    grouping.take(at(10));
    assert.equal(grouping.due, 70_001);
  });

  const group = { pod: "p1", container: "c1", exePath: "/bin/sh", object: "/etc/shadow" };
  const identity = { namespace: "a", object: "o", rule: "r" };
  const like = { group, identity };
  const apart: readonly (readonly [string, Partial<Alert>])[] = [
    ["rule", { ...like, rule: "other" }],
    ["the rule's object", { ...like, identity: { ...identity, object: "o2" } }],
    ["the rule's namespace", { ...like, identity: { ...identity, namespace: "b" } }],
    ["pod", { ...like, group: { ...group, pod: "p2" } }],
    ["container", { ...like, group: { ...group, container: "c2" } }],
    ["executable", { ...like, group: { ...group, exePath: "/bin/ash" } }],
    ["file or peer", { ...like, group: { ...group, object: "/etc/passwd" } }],
  ];
  for (const [what, more] of apart)
    it(`keeps apart by ${what}`, () => {
      const grouping = new Grouping({ window: "30s" });
      grouping.take(at(0, like));
      assert.deepEqual(grouping.take(at(1, like)), []);
      assert.equal(grouping.take(at(1, more)).length, 1);
    });

  it("keeps hosts apart where there is no pod, and not where there is one", () => {
    const grouping = new Grouping({ window: "30s" });
    grouping.take(at(0, { group: { ...group, pod: "" } }));
    assert.equal(grouping.take(at(1, { group: { ...group, pod: "" }, hostname: "other" })).length, 1);
    grouping.take(at(0, like));
    assert.equal(grouping.take(at(1, { ...like, hostname: "other" })).length, 0);
  });

  it("groups by what `by` names: fields of the output, and what is always known", () => {
    const grouping = new Grouping({ window: "30s", by: ["rule", "k8s.pod.name", "user.uid"] });
    const of = (pod: string, uid: number) =>
      grouping.take(at(0, { subject: about(pod), fields: [["user.uid", uid]] })).length;
    assert.deepEqual([of("a", 0), of("a", 0), of("b", 0), of("a", 1), of("b", 0)], [1, 0, 1, 1, 0]);
  });

  it("does not take a part that runs into the next for the same", () => {
    const grouping = new Grouping({ window: "30s", by: ["a", "b"] });
    const of = (a: string, b: string) =>
      grouping.take(
        at(0, {
          fields: [
            ["a", a],
            ["b", b],
          ],
        }),
      ).length;
    assert.deepEqual([of('x","', "y"), of("x", '","y')], [1, 1]);
  });

  it("is bounded: the oldest group is closed before its time, and what it held is said", () => {
    const grouping = new Grouping({ window: "1h" });
    grouping.take(at(0, { rule: "first" }));
    grouping.take(at(1, { rule: "first" }));
    for (let n = 1; n < 1000; n++) assert.equal(grouping.take(at(2, { rule: `r${n}` })).length, 1);
    const [closed, fresh] = grouping.take(at(3, { rule: "one more" }));
    assert.match(closed!.message, /^m1 \(1 more like it/);
    assert.equal(fresh!.message, "m3");
  });

  it("loses no alert: messages and what they say they stand for are all that came", () => {
    const arbitrary = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: -3, max: 20 })), { maxLength: 200 });
    fc.assert(
      fc.property(arbitrary, (steps) => {
        const grouping = new Grouping({ window: "10s" });
        let time = 1000;
        const out: Alert[] = [];
        for (const [rule, step] of steps)
          out.push(...grouping.take(at((time += step), { rule: `r${rule}` })));
        out.push(...grouping.flush());
        const counted = out.map(({ fields }) =>
          Number(fields.find(([key]) => key === "tiercel.more")?.[1] ?? 1),
        );
        assert.equal(
          counted.reduce((sum, each) => sum + each, 0),
          steps.length,
        );
      }),
    );
  });
});

describe("a duration", () => {
  it("is in milliseconds", () => {
    assert.deepEqual(
      ["500ms", "30s", "5m", "1h30m", "1s1ms"].map(milliseconds),
      [500, 30_000, 300_000, 5_400_000, 1001],
    );
    for (const wrong of ["", "5", "s", "-1s", "1d", "1.5s"])
      assert.throws(() => milliseconds(wrong), /no duration/);
  });
});
