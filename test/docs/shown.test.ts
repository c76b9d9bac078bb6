/** What runs the tutorial must itself tell right from wrong. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { sectionsOf } from "../support/document.ts";
import { root } from "../support/reference.ts";
import { isAsShown } from "../support/shown.ts";

describe("what a document shows", () => {
  const same: readonly (readonly [string, string, string])[] = [
    ["blanks and ages", "web   1/1  Running 12s", "web 1/1   Running   2m3s\n"],
    ["suffixes of pods", "pod/web-597876f756-bzpz6 on node1", "pod/web-6cbb9dd8d5-x2k7p on node2\n"],
    ["digests", "digest f9ccea2691c0", "digest 5f6516a1c64f378902c0728d754333c2\n"],
    ["times", "at 2026-11-26T10:57:08.782Z", "at 2027-01-01T00:00:00Z\n"],
    ["addresses", "10.0.0.1 answers", "10.79.26.236 answers\n"],
    ["what is left out of a line", "mounts=/etc:…) end", "mounts=/etc:/host/etc,/a:/b) end\n"],
    ["lines left out", "first\n…\nlast", "first\nsecond\nthird\nlast\n"],
    ["no lines where some may be", "first\n…\nlast", "first\nlast\n"],
  ];
  for (const [name, shown, printed] of same)
    it(`is the same but for ${name}`, () => assert.ok(isAsShown(shown.split("\n"), printed)));

  const different: readonly (readonly [string, string, string])[] = [
    ["another word", "READY True", "READY False\n"],
    ["another count", "web 1", "web 2\n"],
    ["a line more", "first", "first\nsecond\n"],
    ["a line less", "first\nsecond", "first\n"],
    ["a name that only begins alike", "pod/web-597876f756-bzpz6", "pod/debug-597876f756-bzpz6\n"],
    ["a dot that is any letter", "a.b", "axb\n"],
  ];
  for (const [name, shown, printed] of different)
    it(`is not the same with ${name}`, () => assert.equal(isAsShown(shown.split("\n"), printed), false));

  it("is nothing where nothing is shown", () => {
    assert.ok(isAsShown([], ""));
    assert.equal(isAsShown([], "something\n"), false);
  });
});

describe("the steps of a document", () => {
  const page = [
    ...["# A page", "## One", "```yaml", "# a.yaml", "a: 1", "```", "## Two", "```console"],
    ...["$ first \\", "  more", "said", "$ second", "/ # id", "root", "/ # exit", "```", ""],
  ].join("\n");

  it("are its files and commands with what they print", () => {
    assert.deepEqual(sectionsOf(page), [
      { title: "One", steps: [{ kind: "file", name: "a.yaml", text: "# a.yaml\na: 1\n" }] },
      {
        title: "Two",
        steps: [
          { kind: "command", line: 9, text: "first \\\n  more", printed: ["said"], typed: [] },
          {
            kind: "command",
            line: 12,
            text: "second",
            printed: [],
            typed: [
              { text: "id", printed: ["root"] },
              { text: "exit", printed: [] },
            ],
          },
        ],
      },
    ]);
  });

  it("are refused where a command would not be run", () => {
    assert.throws(() => sectionsOf("## A\n```sh\nrm x\n```\n"), /yaml/);
    assert.throws(() => sectionsOf("## A\nNow run `kubectl get pods` once.\n"), /line 2: .*not run/);
    assert.throws(() => sectionsOf("## A\n```yaml\na: 1\n```\n"), /a file's name/);
  });

  it("are all of the tutorial's", () => {
    const steps = sectionsOf(readFileSync(`${root}docs/tutorial.md`, "utf8")).flatMap((each) => each.steps);
    assert.ok(steps.filter(({ kind }) => kind === "command").length >= 20);
  });
});
