/** What docs/migration-from-falco.md says of Falco's names and of ours is held against both. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { commands } from "../../agent/cli/commands.ts";
import { convertFile } from "../../agent/cli/convert/convert-file.ts";
import { otherOutputs, outputs } from "../../agent/cli/convert/sink-keys.ts";
import { defaultSettings } from "../../agent/cli/settings/check.ts";
import { falcoOnly } from "../../agent/cli/settings/falco.ts";
import { buildCatalogue } from "../../agent/fields/index.ts";
import { schemas } from "../../operator/api/generated/schemas.ts";
import { settingPaths, unknownMetrics, unknownNames, valuePaths } from "../support/known-names.ts";
import { falcoChartValues, falcoFlags } from "../support/falco-names.ts";
import { root } from "../support/reference.ts";

const page = readFileSync(`${root}docs/migration-from-falco.md`, "utf8");

/** Cells of the tables whose heads are these, without the heads. */
function rowsBelow(...head: readonly string[]): string[][] {
  const cells = (line: string) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const lines = page.split("\n");
  const rows: string[][] = [];
  for (let at = 0; at < lines.length; at++) {
    if (!lines[at]!.startsWith("|") || cells(lines[at]!).join("|") !== head.join("|")) continue;
    for (at += 2; lines[at]?.startsWith("|"); at++) rows.push(cells(lines[at]!));
  }
  assert.ok(rows.length > 0, head.join());
  return rows;
}
const codeOf = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
const lefts = (...head: readonly string[]) => rowsBelow(...head).flatMap(([left]) => codeOf(left!));

describe("docs/migration-from-falco.md", () => {
  it("has every flag of Falco's command line, and names commands and flags of ours", async () => {
    assert.deepEqual(lefts("Falco", "Tiercel").sort(), [...falcoFlags].sort());
    for (const code of rowsBelow("Falco", "Tiercel").flatMap(([, right]) => codeOf(right!))) {
      const [, name, flag] = /^tiercel (\w+)(?: (--?[\w-]+))?$/.exec(code) ?? [];
      if (name === undefined) continue;
      assert.ok(Object.hasOwn(commands, name), code);
      const { command } = await commands[name]!();
      if (flag !== undefined) assert.match(command.help, new RegExp(`(^|[ \\[,])${flag}\\b`, "m"), code);
    }
  });

  it("has every key of falco.yaml that we do not have, with the words in which it is refused", () => {
    assert.deepEqual(
      Object.fromEntries(rowsBelow("key", "Tiercel").map(([key, words]) => [codeOf(key!)[0], words])),
      falcoOnly,
    );
  });

  it("has defaults of ours that are the defaults", () => {
    const settings = defaultSettings();
    const ours = rowsBelow("key", "Falco's default", "ours").map(([key, , words]) => [
      codeOf(key!)[0]!,
      words!,
    ]);
    const at = (path: string) =>
      path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], settings);
    for (const [path, words] of ours) {
      assert.ok(settingPaths.has(path!), path);
      if (path === "webserver.listen_address") continue;
      assert.equal(String(at(path!)), words!.replaceAll(",", ""), path);
    }
  });

  it("has every value of Falco's chart", () => {
    assert.deepEqual(lefts("Falco's chart", "Tiercel's chart").sort(), [...falcoChartValues].sort());
  });

  it("has every output of falcosidekick that convert knows, with the sink that it makes", () => {
    const rows = rowsBelow("falcosidekick", "AlertSink");
    for (const [name, { sink }] of Object.entries(outputs)) {
      const row = rows.find(([left]) => codeOf(left!).includes(name));
      assert.deepEqual(codeOf(row?.[1] ?? ""), [sink], name);
    }
    const without = new Set(
      rows.filter(([, right]) => right!.startsWith("no")).flatMap(([left]) => codeOf(left!)),
    );
    assert.deepEqual(
      [...otherOutputs].filter((name) => !without.has(name)),
      [],
    );
    const sinks = Object.keys(
      (schemas.AlertSink as { properties: { spec: { properties: object } } }).properties.spec.properties,
    );
    for (const { sink } of Object.values(outputs)) assert.ok(sinks.includes(sink), sink);
  });

  it("names settings, values and metrics that there are", () => {
    // What stands on the left of a table is Falco's.
    const ours = page.replaceAll(/^\|[^|\n]*\|/gm, "|");
    assert.deepEqual(unknownNames(ours), []);
    assert.deepEqual(unknownMetrics(page), []);
    for (const name of ["customRules", "audit.enabled", "settings"]) assert.ok(valuePaths.has(name));
  });

  it("shows what convert makes of its examples", () => {
    const files = new Map(
      [...page.matchAll(/^```yaml\n# (\S+\.yaml)\n([^]*?)^```/gm)].map(([, name, text]) => [name!, text!]),
    );
    const shown = [...page.matchAll(/^```\n\$ tiercel convert (\S+)( > \S+)?\n([^]*?)^```/gm)];
    assert.equal(shown.length, 3);
    for (const [, name, into, text] of shown) {
      const { documents, remarks } = convertFile(name!, files.get(name!)!, buildCatalogue(), {});
      const lines = [...remarks, ...(into === undefined ? [documents.join("---\n").trimEnd()] : [])];
      assert.equal(text!.trimEnd(), lines.join("\n"), name);
    }
  });
});
