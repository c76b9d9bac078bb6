/** Every claim of docs/threat-model.md names tests; these must be there, under those titles. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { root } from "../support/reference.ts";

interface Claim {
  readonly claim: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

/** Rows of the page's tables of claims: | claim | how | `test/…`: title<br>… |. */
function claimsOf(page: string): Claim[] {
  return page
    .split("\n")
    .filter((line) => /^\| .*`test\//.test(line))
    .map((line) => {
      const cells = line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim());
      const tests = cells.at(-1)!.split("<br>");
      return {
        claim: cells[0]!,
        tests: tests.map((each) => {
          const [, file, title] = /^`(test\/\S+\.test\.ts)`: (.+)$/.exec(each.trim()) ?? [];
          return { file: file ?? each, title: title ?? "" };
        }),
      };
    });
}

/** Titles of a test file as its text has them; what is put in is `…`. */
function titlesOf(text: string): Set<string> {
  const call = /^\s*(?:it|describe)\(\s*(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`|'((?:[^'\\]|\\.)*)')/gm;
  const titles = [...text.matchAll(call)].map(
    ([, double, template, single]) => double ?? template?.replaceAll(/\$\{[^}]*\}/g, "…") ?? single ?? "",
  );
  return new Set(titles.map((title) => title.replaceAll(/\\(.)/g, "$1")));
}

const wrongIn = (claims: readonly Claim[]) =>
  claims.flatMap(({ claim, tests }) =>
    tests
      .filter(({ file, title }) => {
        const path = `${root}${file}`;
        return !existsSync(path) || !titlesOf(readFileSync(path, "utf8")).has(title);
      })
      .map(({ file, title }) => `${claim}: ${file}: ${title}`),
  );

describe("docs/threat-model.md", () => {
  const page = readFileSync(`${root}docs/threat-model.md`, "utf8");

  it("names tests that are there", () => {
    const claims = claimsOf(page);
    assert.ok(claims.length >= 60, `${claims.length} claims`);
    assert.deepEqual(wrongIn(claims), []);
  });

  it("has a test for each claim, whether it holds or not", () => {
    const tables = page.split("\n").filter((line) => line.startsWith("| "));
    const heads = tables.filter((line) => /^\| (what holds|what does not hold) /.test(line));
    const rows = tables.filter((line) => !heads.includes(line) && !/^\| -+ /.test(line));
    assert.ok(heads.length >= 10);
    assert.deepEqual(
      rows.filter((line) => !/`test\/\S+\.test\.ts`: /.test(line)),
      [],
    );
  });

  it("is read so that a wrong name is seen", () => {
    const row = (test: string) => claimsOf(`| a | b | ${test} |`);
    assert.deepEqual(wrongIn(row("`test/rooms.test.ts`: import only what they may")), []);
    assert.equal(wrongIn(row("`test/rooms.test.ts`: import what they like")).length, 1);
    assert.equal(wrongIn(row("`test/no-such.test.ts`: import only what they may")).length, 1);
    assert.equal(wrongIn(row("`test/rooms.test.ts`")).length, 1);
  });
});
