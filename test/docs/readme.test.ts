/** README.md and the pages it leads to: links lead somewhere, examples do what the pictures show. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildCatalogue } from "../../agent/fields/index.ts";
import { compileRuleSet } from "../../agent/rules/compile.ts";
import { picture } from "../../scripts/generate/picture.ts";
import { root } from "../support/reference.ts";

const read = (file: string) => readFileSync(`${root}${file}`, "utf8");

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, "")
    .replaceAll(" ", "-");

/** Links of a page that lead to no file, or to no heading of one. */
function brokenLinks(file: string, text: string): string[] {
  const links = [...text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, link]) => link!);
  return links.filter((link) => {
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? file : join(dirname(file), path);
    if (!existsSync(`${root}${target}`)) return true;
    if (anchor === undefined) return false;
    const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!));
    return !headings.includes(anchor);
  });
}

describe("links", () => {
  const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "charts/tiercel/README.md"];
  for (const folder of ["docs", "docs/decisions"])
    for (const file of readdirSync(`${root}${folder}`))
      if (file.endsWith(".md")) pages.push(`${folder}/${file}`);

  it("of all pages lead to files and headings that are there", () => {
    const broken = pages.flatMap((page) => brokenLinks(page, read(page)).map((link) => `${page}: ${link}`));
    assert.deepEqual(broken, []);
  });

  it("that lead nowhere are seen", () => {
    const text =
      "[a](docs/none.md) [b](docs/settings.md) [c](docs/operations.md#upgrade) [d](docs/operations.md#none)";
    assert.deepEqual(brokenLinks("README.md", text), ["docs/none.md", "docs/operations.md#none"]);
  });
});

describe("README.md", () => {
  const page = read("README.md");
  const example = (name: string) =>
    new RegExp(`^\`\`\`yaml\n(# ${name.replace(".", "\\.")}\n[^]*?)^\`\`\``, "m").exec(page)![1]!;

  it("has a first rule with the mistake that its picture shows, and no other", () => {
    const text = example("package-manager.yaml");
    const judged = (changed: string) =>
      compileRuleSet([{ name: "package-manager.yaml", text: changed }], buildCatalogue()).results[0]!;
    const [error, ...more] = judged(text).errors;
    assert.deepEqual(more, []);
    assert.match(error!.message, /nonexistent field proc\.nmae/);
    const shown = read("docs/pictures/first-rule.txt");
    assert.ok(shown.includes(error!.message), error!.message);
    const { errors, warnings } = judged(text.replace("nmae", "name"));
    assert.deepEqual([errors, warnings], [[], []]);
  });
});

describe("a picture of a terminal", () => {
  it("is what the text says, escaped, with long lines going on below", () => {
    const folder = mkdtempSync(join(tmpdir(), "tiercel-picture-"));
    const file = join(folder, "text.txt");
    writeFileSync(file, `$ echo "<&>"\n${"x".repeat(150)}\n`);
    const svg = picture(file);
    rmSync(folder, { recursive: true });
    const rows = [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)].map(([, row]) =>
      row!.replaceAll(/<[^>]*>/g, ""),
    );
    assert.deepEqual(rows, ['$ echo "&lt;&amp;&gt;"', "x".repeat(146), "x".repeat(4)]);
  });
});
