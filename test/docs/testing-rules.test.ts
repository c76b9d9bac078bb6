import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command } from "../../agent/cli/test.ts";
import { root } from "../support/reference.ts";

/** What `tiercel test` prints, run in this process. */
async function printed(args: readonly string[]): Promise<string> {
  let out = "";
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text: string | Uint8Array) => {
    out += String(text);
    return true;
  };
  try {
    await command.run([...args], {});
  } finally {
    process.stdout.write = write;
  }
  return out;
}

describe("docs/testing-rules.md", () => {
  let folder: string;
  const here = process.cwd();
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-docs-"));
    process.chdir(folder);
  });
  after(() => {
    process.chdir(here);
    rmSync(folder, { recursive: true });
  });

  it("has examples that do what it says, all of them", async () => {
    const page = readFileSync(`${root}docs/testing-rules.md`, "utf8");
    const blocks = [...page.matchAll(/```(\w+)\n([^]*?)```/g)].map(([, language, text]) => ({
      language: language!,
      text: text!,
    }));
    // What `tiercel record shell.trec` would have made of the container in the page.
    copyFileSync(`${root}test/replay/container.trec`, "shell.trec");
    let ran = 0;
    for (const { language, text } of blocks) {
      assert.ok(language === "yaml" || language === "console", language);
      if (language === "yaml") {
        const [, name] = /^# (\S+\.yaml)\n/.exec(text) ?? assert.fail(`an example without a name: ${text}`);
        writeFileSync(name!, text);
        continue;
      }
      const [first = "", ...rest] = text.split("\n");
      const [tiercel, test, ...args] = first.replace(/^\$ /, "").split(" ");
      assert.deepEqual([tiercel, test], ["tiercel", "test"]);
      assert.equal(await printed(args), rest.join("\n"), first);
      ran++;
    }
    assert.ok(ran >= 7);
  });
});
