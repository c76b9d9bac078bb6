import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { Judge, type Judgement } from "../../../../agent/rules/set/judge.ts";
import { objectKey } from "../../../../agent/rules/set/order.ts";
import { setDigest } from "../../../../agent/rules/set/digest.ts";
import type { SetObject } from "../../../../agent/rules/set/rule-set.ts";
import { catalogue, list, macro, object, platform, rule, settings } from "./objects.ts";

const judge = (objects: readonly SetObject[], lastGood: readonly SetObject[] = []) =>
  new Judge(catalogue).judge(objects, lastGood, settings);

/** `NAMESPACE/NAME REASON` of all objects, with `(last good)` where an earlier version is in the set. */
const verdicts = ({ verdicts }: Judgement) =>
  verdicts.map(({ object, running, reason }) => {
    const kept = running === undefined || running === object ? "" : " (last good)";
    return `${objectKey(object)} ${reason}${kept}`;
  });

const texts = ({ verdicts }: Judgement) => verdicts.flatMap(({ errors }) => errors.map(({ text }) => text));

const shell = object("t/shell", { rules: [rule("Shell", "evt.type=execve and proc.name=bash")] });

describe("which objects are in the set", () => {
  it("takes what compiles, the operator's namespace first, then by namespace, order and name", () => {
    const judged = judge([
      object("u/a", { rules: [rule("R", "evt.type=open")] }),
      object("t/b", { order: 10, rules: [rule("R2", "evt.type=open")] }),
      shell,
      object(`${platform}/z`, { rules: [rule("R", "evt.type=open")] }),
    ]);
    assert.deepEqual(judged.set.objects.map(objectKey), [`${platform}/z`, "t/b", "t/shell", "u/a"]);
    assert.equal(judged.digest, setDigest(judged.set));
  });

  it("gives the thread away after each rule of a large object, and comes to the same", () => {
    const rules = Array.from({ length: 200 }, (_, index) =>
      rule(`R${index}`, `evt.type=open and fd.num=${index}`),
    );
    const large = [object("t/large", { rules })];
    const steps = new Judge(catalogue).judging(large, [], settings);
    let given = 0;
    for (;;) {
      const { done, value } = steps.next();
      if (done !== true) given++;
      else {
        assert.deepEqual(value, judge(large));
        break;
      }
    }
    assert.ok(given >= rules.length, `${given} times for ${rules.length} rules`);
  });

  it("says of a mistake its field, line and column within the field, and what to do; the others go on", () => {
    const bad = object("t/bad", {
      rules: [rule("One", "evt.type=open"), rule("Two", "evt.type=open\n  and proc.nmae=x")],
    });
    const judged = judge([bad, shell]);
    assert.deepEqual(verdicts(judged), ["t/bad Invalid", "t/shell Accepted"]);
    const [error] = judged.verdicts[0]!.errors;
    assert.deepEqual([error?.path, error?.line, error?.column], ["spec.rules[1].condition", 2, 7]);
    assert.match(
      error?.text ?? "",
      /^spec\.rules\[1\]\.condition:2:7: rule 'Two': .*proc\.nmae.*; did you mean proc\.name/,
    );
  });

  it("tells all mistakes of an object at once", () => {
    const bad = object("t/bad", {
      rules: [
        rule("One", "evt.type=open and proc.nmae=x"),
        rule("Two", "evt.type=open", { priority: "LOUD" }),
        rule("Three", "evt.type=open", { output: "%no.such" }),
        { rule: "Four", condition: "evt.type=open", desc: "d", priority: "INFO" },
      ],
    });
    assert.deepEqual(
      texts(judge([bad])).map((text) => /^\S+/.exec(text)![0]),
      [
        "spec.rules[1].priority:1:1:",
        "spec.rules[3]:1:1:",
        "spec.rules[0].condition:1:19:",
        "spec.rules[2].output:1:1:",
      ],
    );
  });

  it("keeps the last good version of an object with a mistake, also where only the set tells it", () => {
    const bad = object("t/shell", { rules: [rule("Shell", "evt.type=execve and and")] });
    const before = judge([shell]);
    const after = judge([bad], before.set.objects);
    assert.deepEqual(verdicts(after), ["t/shell Invalid (last good)"]);
    assert.equal(after.digest, before.digest);
    const restarted = judge([bad], JSON.parse(JSON.stringify(after.set.objects)) as SetObject[]);
    assert.equal(restarted.digest, before.digest);
    assert.deepEqual(verdicts(judge([shell], restarted.set.objects)), ["t/shell Accepted"]);
  });

  it("keeps the last good version where the mistake shows only together with others", () => {
    const base = object("t/base", { rules: [rule("R", "evt.type=open")] });
    const change = (condition: string) =>
      object("t/change", { rules: [{ rule: "R", condition, override: { condition: "append" } }] });
    const before = judge([base, change("and proc.name=x")]);
    const after = judge([base, change("and and")], before.set.objects);
    assert.deepEqual(verdicts(after), ["t/base Accepted", "t/change Invalid (last good)"]);
    assert.equal(after.digest, before.digest);
  });

  it("keeps the last good version at the place the object now asks for", () => {
    const bad = object("t/shell", { order: 7, rules: [rule("Shell", "evt.type=execve and and")] });
    const after = judge([bad], [shell]);
    assert.deepEqual(after.set.objects, [{ ...shell, order: 7 }]);
  });

  it("takes an object out whose reference went away, and back in when it is there again", () => {
    const base = object("t/base", { macros: [macro("shells", "proc.name in (bash, sh)")] });
    const user = object("t/user", { rules: [rule("R", "evt.type=execve and shells")] });
    const both = judge([base, user]);
    assert.deepEqual(verdicts(both), ["t/base Accepted", "t/user Accepted"]);
    const alone = judge([user], both.set.objects);
    assert.deepEqual(verdicts(alone), ["t/user MissingReference"]);
    assert.match(
      texts(alone)[0] ?? "",
      /^spec\.rules\[0\]\.condition:1:21: rule 'R': Undefined macro 'shells'/,
    );
    assert.deepEqual(alone.set.objects, []);
    assert.equal(judge([user, base], alone.set.objects).digest, both.digest);
  });

  it("takes out what depends on what was taken out, to the end", () => {
    const chain = [
      object("t/c", { rules: [rule("R", "evt.type=execve and m2")] }),
      object("t/b", { macros: [macro("m2", "m1 and proc.pid=1")] }),
      object("t/a", { macros: [macro("m1", "proc.name=x")] }),
    ];
    assert.deepEqual(verdicts(judge(chain)), ["t/a Accepted", "t/b Accepted", "t/c Accepted"]);
    assert.deepEqual(verdicts(judge(chain.slice(0, 2))), ["t/b MissingReference", "t/c MissingReference"]);
  });

  it("says of a name that comes too late who has it and what to do", () => {
    const judged = judge([
      object("t/a", { rules: [rule("R", "evt.type=execve and mine")] }),
      object("t/b", { macros: [macro("mine", "proc.name=x")] }),
    ]);
    assert.deepEqual(verdicts(judged), ["t/a MissingReference", "t/b Accepted"]);
    assert.match(
      texts(judged)[0] ?? "",
      /macro 'mine' is defined by FalcoRule b, which comes later: give that one a smaller spec\.order/,
    );
  });

  it("refuses the later of two that do not go together, not the earlier", () => {
    const first = object("t/a", {
      macros: [macro("m", "proc.name=x")],
      rules: [rule("R", "evt.type=open and m")],
    });
    const judged = judge([first, object("t/b", { macros: [macro("m", "ka.verb=get")] })]);
    assert.deepEqual(verdicts(judged), ["t/a Accepted", "t/b Invalid"]);
    assert.match(texts(judged)[0] ?? "", /^spec\.macros\[0\]\.condition:1:1: rule 'R'/);
  });

  it("does not wait for lists that were never meant: a number that is none is a mistake, an unknown list's name may come", () => {
    const numbers = (right: string) =>
      object("t/a", { rules: [rule("R", `evt.type=open and fd.sport ${right}`)] });
    assert.deepEqual(verdicts(judge([numbers("= abc_x")])), ["t/a Invalid"]);
    assert.deepEqual(verdicts(judge([numbers("in (abc_x)")])), ["t/a MissingReference"]);
  });
});

describe("judging again", () => {
  const pieces: readonly SetObject[] = [
    object(`${platform}/lists`, { order: 1, lists: [list("shells", "bash", "sh"), list("ports", "22")] }),
    object(`${platform}/lists`, { order: 1, lists: [list("shells", "fish")] }),
    object(`${platform}/macros`, {
      macros: [macro("shell", "proc.name in (shells)"), macro("p", "fd.sport in (ports)")],
    }),
    object(`${platform}/rules`, {
      rules: [rule("R", "evt.type=execve and shell"), rule("P", "evt.type=open and p")],
    }),
    object(`${platform}/rules`, { rules: [rule("R", "evt.type=execve and shell and")] }),
    object("t/a", { rules: [rule("R", "evt.type=execve and shell and own")] }),
    object("t/a", {
      macros: [macro("own", "proc.name=x")],
      rules: [rule("R", "evt.type=execve and shell and own")],
    }),
    object("t/b", { macros: [macro("own", "proc.name in (shells)")], lists: [list("shells", "mine")] }),
    object("t/c", { order: 99, rules: [{ rule: "R", enabled: false, override: { enabled: "replace" } }] }),
    object("t/c", {
      order: 10,
      lists: [list("ports", "nothing")],
      rules: [rule("P", "evt.type=open and fd.sport in (ports)")],
    }),
    object("u/a", {
      macros: [macro("own", "fd.sport in (ports)")],
      rules: [rule("U", "evt.type=open and own")],
    }),
    object("u/b", { lists: [{ list: "ports", items: ["x"], override: { items: "append" } }] }),
  ];
  /** One version of each of some of the objects. */
  const world = fc
    .shuffledSubarray([...pieces])
    .map((chosen) => [...new Map(chosen.map((each) => [objectKey(each), each])).values()]);

  it("gives the same whatever order objects come in", () => {
    fc.assert(
      fc.property(world, world, (before, objects) => {
        const lastGood = judge(before).set.objects;
        const one = judge(objects, lastGood);
        const other = judge([...objects].reverse(), [...lastGood].reverse());
        assert.deepEqual(verdicts(other), verdicts(one));
        assert.equal(other.digest, one.digest);
      }),
      { numRuns: 30 },
    );
  });

  /** What one judge says of the last of some states of the world. */
  const after = (...worlds: readonly (readonly SetObject[])[]) => {
    const judge = new Judge(catalogue);
    return worlds.map((objects) => verdicts(judge.judge(objects, [], settings))).at(-1);
  };

  it("checks a redefinition anew where what it redefines changed", () => {
    const first = (source: string) => object("t/a", { rules: [rule("R", "evt.num=0", { source })] });
    const again = object("t/b", { rules: [rule("R", "evt.type=open")] });
    assert.deepEqual(after([first("syscall"), again]), ["t/a Accepted", "t/b Accepted"]);
    assert.deepEqual(after([first("syscall"), again], [first("k8s_audit"), again]), [
      "t/a Accepted",
      "t/b Invalid",
    ]);
  });

  it("checks a redefinition anew where somebody new uses what it redefines", () => {
    const base = object("t/a", { macros: [macro("m", "proc.name=x")] });
    const user = (condition: string) =>
      object("t/b", { rules: [rule("R", `evt.type=open and ${condition}`)] });
    const redefines = object("t/c", { macros: [macro("m", "ka.verb=get")] });
    const all = ["t/a Accepted", "t/b Accepted"];
    assert.deepEqual(after([base, user("proc.pid=1"), redefines]), [...all, "t/c Accepted"]);
    assert.deepEqual(after([base, user("proc.pid=1"), redefines], [base, user("m"), redefines]), [
      ...all,
      "t/c Invalid",
    ]);
  });

  it("begins to remember anew when the conditions of the past are too many", () => {
    const judge = new Judge(catalogue);
    const filler = " and proc.name!=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".repeat(1000);
    for (let n = 0; n < 100; n++) {
      const objects = [
        object("t/a", { rules: [rule("R", `evt.type=open and proc.pid=${n}${filler}`)] }),
        shell,
      ];
      const { digest } = judge.judge(objects, [], settings);
      if (n % 25 === 0) assert.equal(digest, new Judge(catalogue).judge(objects, [], settings).digest);
      assert.ok(judge.remembered < 5 << 20);
    }
  });

  it("keeps nothing of judgements before the last: a memory that grows with each edit ends the operator", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const judge = new Judge(catalogue);
    const refs: WeakRef<SetObject>[] = [];
    let set: readonly SetObject[] = [];
    const edit = (n: number) => {
      const edited = [`${platform}/p`, "t/r"].map((key) =>
        object(key, { rules: [rule(key, `evt.type=open and fd.num=${n}`)] }),
      );
      refs.push(...edited.map((each) => new WeakRef(each)));
      set = judge.judge(edited, set, settings).set.objects;
    };
    for (let n = 0; n < 20; n++) edit(n);
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      collect();
      const kept = refs.filter((ref) => ref.deref() !== undefined).length;
      // Each of the two as it is, and its last good version before that; now and then the engine itself holds one more.
      assert.ok(kept <= 8, `${kept} versions of ${refs.length} are kept`);
    });
  });

  it("gives the same as one that remembers nothing, over any run of changes", () => {
    fc.assert(
      fc.property(fc.array(world, { minLength: 2, maxLength: 5 }), (worlds) => {
        const remembering = new Judge(catalogue);
        let lastGood: readonly SetObject[] = [];
        for (const objects of worlds) {
          const judged = remembering.judge(objects, lastGood, settings);
          const fresh = judge(objects, lastGood);
          assert.equal(judged.digest, fresh.digest);
          assert.deepEqual(texts(judged), texts(fresh));
          lastGood = judged.set.objects;
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("one object before it is stored", () => {
  const admit = (candidate: SetObject, ...others: readonly SetObject[]) => {
    const judge = new Judge(catalogue);
    judge.judge(others, [], settings);
    const { errors, pending } = judge.admit(candidate);
    return { errors: errors.map(({ text }) => text), pending: pending.map(({ text }) => text) };
  };
  it("is refused for what no other object can mend", () => {
    const { errors } = admit(object("t/a", { rules: [rule("R", "evt.type=open and proc.nmae=x")] }));
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? "", /^spec\.rules\[0\]\.condition:1:19: /);
  });
  it("is let through where something may still come, and told so", () => {
    for (const each of [
      object("t/a", { rules: [rule("R", "evt.type=open and unknown_macro")] }),
      object("t/a", { rules: [rule("R", "evt.type=open and fd.sport in (unknown_list)")] }),
      object("t/a", { rules: [{ rule: "Other", enabled: false, override: { enabled: "replace" } }] }),
      object("t/a", { lists: [{ list: "other", items: ["x"], override: { items: "append" } }] }),
    ]) {
      const { errors, pending } = admit(each);
      assert.deepEqual([errors.length, pending.length], [0, 1]);
    }
  });
  it("is told its own mistakes beside what may still come", () => {
    const { errors } = admit(
      object("t/a", { rules: [rule("R", "evt.type=open and unknown_macro and proc.nmae=x")] }),
    );
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? "", /proc\.nmae/);
  });
  it("knows the names that are there, and no team's but its own", () => {
    const base = object(`${platform}/m`, {
      macros: [macro("plat", "proc.name=x")],
      lists: [list("port", "22")],
    });
    const own = object("t/m", { macros: [macro("own", "proc.name=x")] });
    const other = object("u/m", { macros: [macro("theirs", "proc.name=x")] });
    const uses = (condition: string) =>
      object("t/z", { rules: [rule("R", `evt.type=open and ${condition}`)] });
    assert.deepEqual(admit(uses("plat and own and fd.sport=port"), base, own, other), {
      errors: [],
      pending: [],
    });
    assert.equal(admit(uses("theirs"), base, own, other).pending.length, 1);
  });
  it("is not refused for what another object's text does to it", () => {
    const base = object(`${platform}/m`, { macros: [macro("plat", "ka.verb=get")] });
    const { errors, pending } = admit(object("t/a", { rules: [rule("R", "evt.type=open and plat")] }), base);
    assert.deepEqual([errors.length, pending.length], [0, 1]);
    assert.match(
      pending[0] ?? "",
      new RegExp(`^FalcoRule ${platform}/m spec\\.macros\\[0\\]\\.condition:1:1`),
    );
  });
});
