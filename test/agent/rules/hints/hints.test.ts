import assert from "node:assert/strict";
import { hints, load, rule } from "../../../support/rules.ts";

/** Hints on a set, those on metadata that a later version brings left out. */
const of = (...texts: readonly string[]) =>
  load(texts).results.flatMap((result) =>
    hints({ ...result, hints: result.hints.filter(({ code }) => code !== "TIERCEL_NEVER_SET") }),
  );

const inRule = (condition: string, more = "") => of(rule("R", condition, more));

describe("hints", () => {
  const cases: readonly { name: string; condition: string; more?: string; want: RegExp | undefined }[] = [
    {
      name: "a descriptor's field on exec",
      condition: "evt.type=execve and fd.directory=/tmp",
      want: /^TIERCEL_NEVER_TRUE 3:34 .*fd\.directory has no value on execve$/,
    },
    {
      name: "the same where some event has it",
      condition: "evt.type in (execve, connect) and fd.num=1",
      want: undefined,
    },
    {
      name: "the same as an alternative",
      condition: "evt.type=execve and (proc.name=a or fd.num=1)",
      want: undefined,
    },
    { name: "the same, negated", condition: "evt.type=execve and not fd.num=1", want: undefined },
    {
      name: "the same, negated twice over an or",
      condition: "evt.type=execve and not (not fd.num=1 or proc.name=x)",
      want: /^TIERCEL_NEVER_TRUE 3:43 /,
    },
    {
      name: "the same, negated twice over an and",
      condition: "evt.type=execve and not (not fd.num=1 and proc.name=x)",
      want: undefined,
    },
    { name: "evt.dir = >", condition: "evt.type=connect and evt.dir=>", want: /^TIERCEL_NEVER_TRUE 3:35 / },
    { name: "evt.dir != <", condition: "evt.type=connect and evt.dir!=<", want: /^TIERCEL_NEVER_TRUE 3:35 / },
    { name: "evt.dir = <", condition: "evt.type=connect and evt.dir=<", want: undefined },
    {
      name: "evt.dir = > of an event that has it",
      condition: "evt.type=procexit and evt.dir=>",
      want: undefined,
    },
    {
      name: "a host name as a socket's name",
      condition: "evt.type=connect and fd.name in (a, api.example.org)",
      want: /^TIERCEL_NEVER_TRUE 3:50 .*never a host name as api\.example\.org$/,
    },
    {
      name: "a host name as a file's name",
      condition: "evt.type in (open, openat, openat2) and fd.name=api.example.org",
      want: undefined,
    },
    {
      name: "two names at once",
      condition: "evt.type=execve and proc.name=a and proc.name in (b)",
      want: /^TIERCEL_NEVER_TRUE 3:50 .*both a and b$/,
    },
    {
      name: "two ancestors at once",
      condition: "evt.type=execve and proc.aname=a and proc.aname=b",
      want: undefined,
    },
    {
      name: "a star before a path under pmatch",
      condition: "evt.type in (open, openat, openat2) and fd.name pmatch (*/etc/passwd)",
      want: /^TIERCEL_PATTERN 3:70 .*does not match \/etc\/passwd/,
    },
    {
      name: "a star inside a path under pmatch",
      condition: "evt.type in (open, openat, openat2) and fd.name pmatch (/home/*/.ssh)",
      want: undefined,
    },
    {
      name: "a star under =",
      condition: "evt.type in (open, openat, openat2) and fd.name=/etc/*",
      want: /^TIERCEL_PATTERN 3:62 .*stands for itself/,
    },
    {
      name: "a star under glob",
      condition: "evt.type in (open, openat, openat2) and fd.name glob /etc/*",
      want: undefined,
    },
    {
      name: "a list that is nowhere",
      condition: "evt.type=execve and proc.name in (shell_binaries)",
      want: /^TIERCEL_NO_SUCH_LIST 3:48 /,
    },
    {
      name: "a name with a line in it that is none of a list",
      condition: "evt.type=execve and proc.name in (ollama_llama_se)",
      want: undefined,
    },
    {
      name: "a sister call",
      condition: "evt.type=mkdir",
      want: /^TIERCEL_SISTER_CALL 3:23 programs do the same by mkdirat,/,
    },
    { name: "no sister left", condition: "evt.type in (mkdir, mkdirat)", want: undefined },
    {
      name: "a sister excluded on purpose",
      condition: "evt.type in (mkdir, mkdirat) and evt.type != mkdirat",
      want: /SISTER_CALL/,
    },
    {
      name: "a call that is not captured",
      condition: "evt.type=acct",
      want: /^TIERCEL_NOT_CAPTURED 3:23 events of type acct/,
    },
    {
      name: "an exception for what the rule looks for",
      condition: "evt.type=execve and proc.name=nc",
      more: "  exceptions: [{name: e, fields: proc.name, values: [nc]}]\n",
      want: /^TIERCEL_EXCEPTION_SWALLOWS_ALL 6:3\d /,
    },
    {
      name: "an exception true of every value",
      condition: "evt.type=execve",
      more: "  exceptions: [{name: e, fields: [proc.name], comps: [startswith], values: [['\"\"']]}]\n",
      want: /^TIERCEL_EXCEPTION_SWALLOWS_ALL /,
    },
    {
      name: "an exception for every path",
      condition: "evt.type in (open, openat, openat2)",
      more: "  exceptions: [{name: e, fields: fd.name, comps: pmatch, values: [/]}]\n",
      want: /^TIERCEL_EXCEPTION_SWALLOWS_ALL /,
    },
    {
      name: "an exception for a part",
      condition: "evt.type=execve and proc.name in (nc, ncat)",
      more: "  exceptions: [{name: e, fields: proc.name, values: [nc]}]\n",
      want: undefined,
    },
    {
      name: "a rule that is off by never true",
      condition: "evt.num=0 and evt.type=execve and fd.num=1",
      want: undefined,
    },
  ];
  it("a selector that leaves rules on audit events nothing", () => {
    const object = (selector: string) =>
      of(`apiVersion: tiercel.dev/v1alpha1
kind: FalcoRule
metadata: { name: o, namespace: n }
spec:
  source: k8s_audit
  selector: { ${selector}: { matchLabels: { a: b } } }
  rules:
  - { rule: R, desc: d, condition: ka.verb = create, output: o, priority: INFO }
`);
    assert.match(
      object("podSelector").join(),
      /^TIERCEL_SELECTOR 8:\d+ .*podSelector: audit events are of no pod/,
    );
    assert.match(object("nodeSelector").join(), /^TIERCEL_SELECTOR 8:\d+ .*nodeSelector/);
    assert.deepEqual(object("namespaceSelector"), []);
  });

  for (const { name, condition, more = "", want } of cases)
    it(`${want === undefined ? "say nothing" : "speak"} about ${name}`, () => {
      const found = inRule(condition, more);
      assert.equal(found.length, want === undefined ? 0 : 1, found.join("\n"));
      if (want !== undefined) assert.match(found[0]!, want);
    });

  it("point into the macro where the thing stands, once for all its rules", () => {
    const text = `- macro: m\n  condition: evt.type = mkdir\n${rule("R", "m")}${rule("S", "m and proc.name=x")}`;
    assert.deepEqual(
      of(text).filter((line) => line.includes("SISTER")),
      ["TIERCEL_SISTER_CALL 2:25 programs do the same by mkdirat, which this rule does not look at"],
    );
  });

  it("name the macro that was taken for a list", () => {
    const text = `- macro: shell_procs\n  condition: proc.name in (sh, bash)\n${rule("R", "evt.type=execve and shell_procs and not proc.pname in (shell_procs)")}`;
    assert.deepEqual(
      load([text]).results[0]?.hints.map(({ code, help }) => `${code} ${help}`),
      ["TIERCEL_NO_SUCH_LIST shell_procs is a macro, and a macro stands alone, not in a list"],
    );
  });

  it("show output fields that are never there", () => {
    const text = rule("R", "evt.type=execve").replace("output: o", 'output: "from %fd.rip"');
    assert.deepEqual(of(text), [
      "TIERCEL_NEVER_PRESENT 4:17 %fd.rip is never there: fd.rip has no value on execve",
    ]);
  });

  describe("on rules that hide each other", () => {
    const shared =
      "evt.type in (open, openat, openat2) and fd.typechar='f' and evt.is_open_write=true and fd.name startswith /etc";
    const shadows = (...texts: readonly string[]) =>
      of(texts.join("")).filter((text) => text.includes("SHADOWED"));

    it("speak where the earlier one asks for no more", () => {
      assert.match(
        shadows(rule("A", shared), rule("B", `${shared} and proc.name=touch`)).join(),
        /'A' takes the events of this rule$/,
      );
    });
    it("speak where the earlier one only excludes more (R12)", () => {
      const stock = `- macro: write_etc\n  condition: (${shared})\n- macro: user_known\n  condition: (proc.name=x)\n${rule("Stock", "write_etc and not user_known")}`;
      const own = `- macro: known_exception\n  condition: (proc.name=touch)\n${rule("Own", "known_exception and write_etc")}`;
      assert.match(
        shadows(stock, own).join(),
        /'Stock' takes the events of this rule, apart from what that rule itself excludes$/,
      );
    });
    it("say nothing where it asks for something else, for fewer events, or is off", () => {
      assert.deepEqual(shadows(rule("A", `${shared} and proc.name=a`), rule("B", shared)), []);
      assert.deepEqual(
        shadows(
          rule("A", "evt.type=open and fd.num=1"),
          rule("B", "evt.type in (open, openat) and fd.num=1"),
        ),
        [],
      );
      assert.deepEqual(shadows(rule("A", shared, "  enabled: false\n"), rule("B", shared)), []);
    });
  });
});
