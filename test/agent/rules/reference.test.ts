import assert from "node:assert/strict";
import { digest, canonicalJson } from "../../../agent/rules/canonical-json.ts";
import { matchesWildcard, selectRules, type Selectable } from "../../../agent/rules/select.ts";
import type { SelectionStep } from "../../../agent/rules/options.ts";
import { allErrors, errors, load, rule, rulesOf, warnings } from "../../support/rules.ts";
import fc from "fast-check";

const codes = (text: string) => load([text]).results[0]?.warnings.map(({ code }) => code) ?? [];

describe("behaviour that the reference pins", () => {
  it("an appended macro with bad syntax: its own mistake, the first file stays good", () => {
    const { results } = load([
      "- macro: m\n  condition: fd.num=1\n",
      "- macro: m\n  append: true\n  condition: foo bar\n",
    ]);
    assert.deepEqual(
      results.map(({ successful }) => successful),
      [true, false],
    );
    assert.deepEqual(
      results[0]?.warnings.map(({ code }) => code),
      ["LOAD_UNUSED_MACRO"],
    );
    const found = results[1]?.errors[0];
    assert.equal(found?.code, "LOAD_ERR_COMPILE_CONDITION");
    assert.ok(found.chain.some(({ type, name }) => type === "macro" && name === "m"));
  });

  it("an override replace of list or macro without base defines it", () => {
    assert.deepEqual(allErrors(["- list: l\n  items: [a]\n  override: {items: replace}\n"]), []);
  });

  it("skip-if-unknown-filter drops a rule that uses what is unknown, also where the name begins a known one", () => {
    for (const condition of [
      "evt.type=open and no.such=1",
      "evt.type=open and proc.nam=x",
      "evt.type=nosuchcall",
    ]) {
      const text = rule("R", condition, "  skip-if-unknown-filter: true\n");
      assert.deepEqual(codes(text), ["LOAD_UNKNOWN_FILTER"], condition);
      assert.equal(load([text]).plan?.rules.length, 0);
    }
    const output = rule("R", "evt.type=open", "  skip-if-unknown-filter: true\n").replace(
      "output: o",
      "output: '%no.such'",
    );
    assert.deepEqual(codes(output), ["LOAD_UNKNOWN_FILTER"]);
  });

  it("skip-if-unknown-filter forgives nothing else", () => {
    for (const condition of [
      "evt.type=open and",
      "evt.type=open and proc.pid=x",
      "evt.type=open and proc.pid contains 1",
    ])
      assert.equal(
        allErrors([rule("R", condition, "  skip-if-unknown-filter: true\n")]).length,
        1,
        condition,
      );
  });

  it("an invalid output is told before an invalid condition", () => {
    const text = rule("R", "evt.type=opne").replace("output: o", "output: '%no.such'");
    assert.deepEqual(
      load([text]).results[0]?.errors.map(({ code }) => code),
      ["LOAD_ERR_COMPILE_OUTPUT", "LOAD_ERR_COMPILE_CONDITION"],
    );
  });

  it("a plugin that is not there is told after all that Falco sees before it looks for plugins", () => {
    const text = `- required_plugin_versions: [{name: okta, version: 0.1.0}]\n${rule("R", "evt.type=opne")}`;
    assert.deepEqual(
      load([text]).results[0]?.errors.map(({ code }) => code),
      ["LOAD_ERR_COMPILE_CONDITION", "LOAD_ERR_VALIDATE"],
    );
  });

  it("warns of a rule without event types, unless told not to", () => {
    assert.deepEqual(codes(rule("R", "proc.name=x")), ["LOAD_NO_EVTTYPE"]);
    assert.deepEqual(codes(rule("R", "proc.name=x", "  warn_evttypes: false\n")), []);
    assert.deepEqual(codes(rule("R", "evt.num=0 and proc.name=x")), []);
    assert.deepEqual(codes(rule("R", "evt.type != open")), ["LOAD_NO_EVTTYPE"]);
    assert.deepEqual(codes(rule("R", "ka.verb=get", "  source: k8s_audit\n")), []);
  });

  it("warns of <NA> for audit fields, of values that look like fields, of regexes that need not be", () => {
    assert.deepEqual(codes(rule("R", "ka.user.name=<NA>", "  source: k8s_audit\n")), [
      "LOAD_UNSAFE_NA_CHECK",
    ]);
    assert.deepEqual(codes(rule("R", "evt.type=open and proc.name=proc.pname")), ["LOAD_COMPILE_CONDITION"]);
    assert.deepEqual(codes(rule("R", "evt.type=open and proc.name regex bash")), ["LOAD_COMPILE_CONDITION"]);
  });

  it("warns of deprecated fields in condition and output, with what to write instead", () => {
    const text = rule("R", "evt.type=open and evt.dir=< and evt.latency=0").replace(
      "output: o",
      "output: '%evt.dir %container.info x'",
    );
    const found = load([text]).results[0]?.warnings ?? [];
    assert.deepEqual(
      found.map(({ code, deprecatedField }) => `${code} ${deprecatedField}`),
      [
        "LOAD_DEPRECATED_ITEM undefined",
        "LOAD_DEPRECATED_ITEM evt.dir",
        "LOAD_DEPRECATED_ITEM evt.dir",
        "LOAD_DEPRECATED_ITEM evt.latency",
      ],
    );
    assert.ok(found.every(({ help }, index) => index === 1 || /leave it out/.test(help ?? "")));
  });

  it("an output of nothing but %container.info is empty", () => {
    assert.match(
      allErrors([rule("R", "evt.type=open").replace("output: o", "output: '%container.info'")])[0] ?? "",
      /COMPILE_OUTPUT.*empty/,
    );
  });

  it("files of 2019 load: enter events, container.info, misspelt keys, unused things", () => {
    const old = `- list: db_tools
  items: [mysqldump]
- macro: spawned
  condition: evt.type = execve and evt.dir = <
- macro: parent_setup
  condition: (proc.pname = setup)
- rule: DB tool in container
  desc: Somebody dumps a database.
  condition: spawned and container.id != host and proc.name = mysqldump
  output: Dump (user=%user.name %container.info)
  priority: NOTICE
  tag: [database]
- rule: Any traffic
  desc: Traffic.
  condition: fd.sport = 1234 and evt.dir = <
  output: Traffic (%fd.name)
  priority: NOTICE
- rule: Container begins
  desc: A container began.
  condition: evt.type = container and container.image.repository != x
  output: Started %container.name
  priority: INFO
`;
    const found = load([old]).results[0];
    assert.deepEqual(errors(found), []);
    const count: Record<string, number> = {};
    for (const { code } of found?.warnings ?? []) count[code] = (count[code] ?? 0) + 1;
    assert.deepEqual(count, {
      LOAD_UNKNOWN_KEY: 1,
      LOAD_DEPRECATED_ITEM: 3,
      LOAD_NO_EVTTYPE: 1,
      LOAD_UNUSED_MACRO: 1,
      LOAD_UNUSED_LIST: 1,
    });
  });
});

describe("reports from the field", () => {
  it("R02: an exception with a scalar field and nothing more", () => {
    assert.deepEqual(
      allErrors([rule("R", "evt.type=connect", "  exceptions: [{name: ips, fields: fd.sip}]\n")]),
      [],
    );
  });

  it("R04: a list item with colon and brackets is one value, quoted or not", () => {
    for (const item of ['"runc:[1:CHILD]"', "'runc:[1:CHILD]'", "runc:[1:CHILD]"]) {
      const text = `- list: l\n  items:\n  - dockerd\n  - ${item}\n${rule("R", "evt.type=prctl and not proc.name in (l)")}`;
      assert.match(
        JSON.stringify(rulesOf([text])[0]?.condition),
        /"values":\["dockerd","runc:\[1:CHILD\]"\]/,
      );
    }
  });

  it("R14: what people paste is told all its mistakes, columns in characters", () => {
    const text = `- rule: Shell\n  condition: container and proc.name = "/bin/bash" and T\u1eadp.name = "write"\n  alert: Warning\n`;
    const found = load([text]).results[0]!;
    assert.deepEqual(
      errors(found).map((each) => each.replace(/(expected|unexpected).*/, "$1 …")),
      [
        "LOAD_ERR_YAML_VALIDATE 1:3 Item has no mapping for key 'output'",
        "LOAD_ERR_YAML_VALIDATE 1:3 Item has no mapping for key 'desc'",
        "LOAD_ERR_YAML_VALIDATE 1:3 Item has no mapping for key 'priority'",
        "LOAD_ERR_COMPILE_CONDITION 2:57 unexpected …",
      ],
    );
    assert.deepEqual(warnings(found), ["LOAD_UNKNOWN_KEY 3:3 Unknown key 'alert'. The key will be ignored."]);
    assert.equal(found.warnings[0]?.help, "did you mean priority?");
    assert.match(found.errors[3]?.help ?? "", /U\+1EAD/);
  });

  it("R70: giving a rule again compiles it once more, not the whole set twice", () => {
    const many = Array.from({ length: 300 }, (_, n) => rule(`R${n}`, `evt.type=open and fd.num=${n}`)).join(
      "",
    );
    const before = process.memoryUsage().heapUsed;
    const rules = rulesOf([many, rule("R7", "evt.type=open and fd.num=7")]);
    assert.equal(rules.length, 300);
    assert.ok(process.memoryUsage().heapUsed - before < 100 << 20);
  });
});

describe("selectRules", () => {
  const made = (name: string, tags: string[], more: Partial<Selectable> = {}): Selectable => ({
    name,
    tags: new Set(tags),
    enabled: true,
    priority: 5,
    ...more,
  });
  const rules = [
    made("a1", ["x"]),
    made("a2", ["x", "y"]),
    made("b1", ["y"]),
    made("off", ["z"], { enabled: false }),
    made("low", ["x"], { priority: 7 }),
  ];
  const names = (steps: readonly SelectionStep[], minimumPriority?: 6) =>
    selectRules(rules, { selection: steps, ...(minimumPriority === undefined ? {} : { minimumPriority }) })
      .map(({ name }) => name)
      .join();

  const cases: readonly { name: string; steps: readonly SelectionStep[]; want: string }[] = [
    { name: "nothing leaves what the files say", steps: [], want: "a1,a2,b1,low" },
    { name: "a name", steps: [{ action: "disable", rule: "a1" }], want: "a2,b1,low" },
    { name: "a wildcard", steps: [{ action: "disable", rule: "a*" }], want: "b1,low" },
    { name: "a tag", steps: [{ action: "disable", tag: "x" }], want: "b1" },
    {
      name: "only one tag",
      steps: [
        { action: "disable", rule: "*" },
        { action: "enable", tag: "y" },
      ],
      want: "a2,b1",
    },
    {
      name: "enabling what the file disabled puts it at the end",
      steps: [{ action: "enable", rule: "off" }],
      want: "a1,a2,b1,low,off",
    },
    {
      name: "switching off and on loses the place",
      steps: [
        { action: "disable", rule: "a1" },
        { action: "enable", rule: "a1" },
      ],
      want: "a2,b1,low,a1",
    },
    {
      name: "the order of steps decides",
      steps: [
        { action: "enable", tag: "y" },
        { action: "disable", tag: "x" },
      ],
      want: "b1",
    },
    { name: "a tag is exact", steps: [{ action: "disable", tag: "*" }], want: "a1,a2,b1,low" },
  ];
  for (const { name, steps, want } of cases) it(`${name}`, () => assert.equal(names(steps), want));

  it("never lets a rule below the minimum priority run", () => {
    assert.equal(names([{ action: "enable", rule: "*" }], 6), "a1,a2,b1,off");
  });

  it("wildcards match whole names, and go back where they must", () => {
    assert.ok(matchesWildcard("*rule", "a rule, the rule"));
    assert.ok(matchesWildcard("a*b*c", "a-b-c-b-c"));
    assert.ok(!matchesWildcard("a*a", "a"));
    assert.ok(!matchesWildcard("a.c", "abc"));
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[ab]{0,3}$/), { minLength: 1, maxLength: 4 }),
        fc.stringMatching(/^[ab]{0,8}$/),
        (parts, name) => {
          const slow = (pattern: string, text: string): boolean => {
            if (pattern === "") return text === "";
            if (pattern.startsWith("*"))
              return slow(pattern.slice(1), text) || (text !== "" && slow(pattern, text.slice(1)));
            return text !== "" && pattern[0] === text[0] && slow(pattern.slice(1), text.slice(1));
          };
          assert.equal(matchesWildcard(parts.join("*"), name), slow(parts.join("*"), name));
        },
      ),
    );
  });
});

describe("append_output", () => {
  const text = rule("R", "evt.type=open", "  tags: [x, y]\n").replace("output: o", "output: 'o '");
  const output = (append: Parameters<typeof load>[1]) => load([text], append);
  const printed = (append: Parameters<typeof load>[1]) =>
    output(append)
      .plan?.rules[0]?.output.tokens.map((token) => (token.kind === "text" ? token.text : "%"))
      .join("");

  it("appends suggested fields, then texts, in order", () => {
    assert.equal(
      printed({ appendOutput: [{ suggestedOutput: true }, { extraOutput: "e=%evt.type" }] }),
      "o container_id=% container_name=% container_image_repository=% container_image_tag=% k8s_pod_name=% k8s_ns_name=% e=%",
    );
  });
  it("only where source, all tags and name match", () => {
    for (const [match, applies] of [
      [{ source: "syscall" }, true],
      [{ source: "" }, true],
      [{ source: "k8s_audit" }, false],
      [{ tags: ["x", "y"] }, true],
      [{ tags: ["x", "z"] }, false],
      [{ rule: "R" }, true],
      [{ rule: "r" }, false],
    ] as const)
      assert.equal(
        printed({ appendOutput: [{ match, extraOutput: "!" }] }),
        applies ? "o !" : "o",
        JSON.stringify(match),
      );
  });
  it("adds fields to JSON only", () => {
    const plan = output({
      appendOutput: [{ extraFields: ["evt.cpu", { key: "who", format: "by %proc.name" }] }],
    }).plan;
    assert.deepEqual(
      plan?.rules[0]?.output.extra.map((extra) => (extra.kind === "field" ? extra.field.text : extra.key)),
      ["evt.cpu", "who"],
    );
  });
  it("is refused where it names no field", () => {
    assert.match(
      errors(output({ appendOutput: [{ extraFields: ["no.such"] }] }).results[0])[0] ?? "",
      /COMPILE_OUTPUT/,
    );
    assert.match(
      errors(output({ appendOutput: [{ extraOutput: "%no.such" }] }).results[0])[0] ?? "",
      /COMPILE_OUTPUT/,
    );
  });
});

describe("the digest of a set", () => {
  const of = (...texts: string[]) => load(texts).plan?.digest;
  it("is the same for the same items, however they are written", () => {
    assert.equal(
      of(rule("R", "evt.type=open")),
      of(`# note\n- {priority: INFO, output: "o", rule: 'R', desc: d, condition: evt.type=open}\n`),
    );
    assert.match(of(rule("R", "evt.type=open")) ?? "", /^[0-9a-f]{64}$/);
  });
  it("differs with any change", () => {
    const all = [
      of(rule("R", "evt.type=open")),
      of(rule("R", "evt.type=close")),
      of(rule("S", "evt.type=open")),
      of(rule("R", "evt.type=open", "  tags: [a]\n")),
      of(rule("R", "evt.type=open"), "- list: l\n  items: []\n"),
    ];
    assert.equal(new Set(all).size, all.length);
  });
  it("is SHA-256 over RFC 8785's JSON", () => {
    const value = {
      b: [1, "é\u2028\u0007", null],
      a: { "\u20ac": 1, "\r": 2, "1": 3, "😀": 4, "\ufb33": 5 },
      skip: undefined,
    };
    assert.equal(
      canonicalJson(value),
      '{"a":{"\\r":2,"1":3,"€":1,"😀":4,"\ufb33":5},"b":[1,"é\u2028\\u0007",null]}',
    );
    assert.equal(digest({}), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  });
});
