import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { asOn, Replay } from "../../agent/cli/recording/replay.ts";
import { recordedFacts, recordedSettings } from "../../agent/cli/recording/recorded.ts";
import { alertJson } from "../../agent/engine/render.ts";
import { Recording } from "../../agent/sources/recording/read.ts";
import { alertFormat } from "../../agent/cli/agent/from-settings.ts";
import { readRulesInput } from "../../agent/cli/rules-input.ts";
import { steps } from "../../scripts/demo/steps.ts";
import { compileRuleSet } from "../../agent/rules/compile.ts";
import { golden } from "../support/golden.ts";
import { root } from "../support/reference.ts";
import { catalogue } from "../support/rules.ts";

const { plan } = compileRuleSet(readRulesInput([`${root}config/rules`]), catalogue);

/** The alerts of a recording by the default rules, a line each, as `tiercel replay -o json` prints them. */
function alertsOf(path: string): string[] {
  const recording = Recording.open(path);
  const facts = recordedFacts(recording.facts, path);
  const settings = recordedSettings(facts, path);
  const format = alertFormat(settings);
  const lines: string[] = [];
  const leave = asOn(facts);
  try {
    const replay = new Replay({
      facts,
      settings,
      plan: plan!,
      emit: (alert) => lines.push(alertJson(alert, format)),
      log: (level, message) => assert.fail(`${level}: ${message}`),
    });
    const items = recording.items();
    let next = items.next();
    for (; next.done !== true; next = items.next()) replay.take(next.value);
    replay.finish();
    assert.equal(next.value.broken, undefined);
    assert.notEqual(next.value.end, undefined);
    assert.deepEqual([replay.malformed, replay.unknown], [0, 0]);
  } finally {
    leave();
    recording.close();
  }
  return lines;
}

describe("recordings of attacks", () => {
  const folder = `${root}test/replay/`;
  const names = readdirSync(folder).filter((name) => name.endsWith(".trec"));

  it("are there", () => assert.ok(names.length >= 4));

  for (const name of names)
    it(`raise the alerts of ${name}`, () => {
      assert.ok(statSync(folder + name).size < 200_000, "recordings are small");
      const lines = alertsOf(folder + name);
      assert.ok(lines.length > 0);
      golden(`../replay/${name.replace(/trec$/, "jsonl")}`, lines.map((line) => `${line}\n`).join(""));
    });

  it("show the rule of every step of the demo", () => {
    const alerts = alertsOf(`${root}scripts/demo/demo.trec`).map(
      (line) => JSON.parse(line) as { rule: string; output: string },
    );
    for (const [index, { what, rule }] of steps.entries()) {
      const own = alerts.filter(({ output }) => output.includes(`demo${index + 1}-`));
      assert.ok(
        own.some((alert) => alert.rule === rule),
        what,
      );
    }
  });

  it("hold nothing of the machine they were made on", () => {
    for (const path of [...names.map((name) => folder + name), `${root}scripts/demo/demo.trec`]) {
      const recording = Recording.open(path);
      let text = JSON.stringify(recording.facts, (_, value: unknown) =>
        typeof value === "bigint" ? `${value}` : value,
      );
      for (const item of recording.items())
        if (item.kind === "record") {
          const { record } = item;
          const bytes = Buffer.alloc(record.length);
          record.copyTo(bytes, 0);
          text += bytes.toString("latin1");
        } else
          text += JSON.stringify(item, (_, value: unknown) =>
            typeof value === "bigint" ? `${value}` : value,
          );
      recording.close();
      for (const word of [/\/work\//, /\bAPI_KEY|TOKEN=|SECRET|PASSWORD=/, /process_api/])
        assert.equal(word.exec(text)?.[0], undefined, path);
    }
  });
});
