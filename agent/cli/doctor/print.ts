/** Findings as people and as programs read them. Pure. */
import { jsonString } from "../../engine/json.ts";
import { escapeControls } from "../log.ts";
import { levels, type Finding, type Level } from "./finding.ts";
import { worst } from "./judge.ts";

const colours: Readonly<Record<Level, string>> = { ok: "32", warning: "33", failure: "31" };

/** Width of the level and of the check's name. */
const LEVEL = 9;
const CHECK = 18;
const indent = " ".repeat(LEVEL + CHECK);

/** Lines of a text, escaped: rules and settings are shown over several. */
const lines = (text: string) => text.split("\n").map(escapeControls).join(`\n${indent}`);

function findingText({ check, level, message, costs, advice }: Finding, colour: boolean): string {
  const word = colour ? `\u001b[${colours[level]}m${level.padEnd(LEVEL)}\u001b[0m` : level.padEnd(LEVEL);
  const more = [
    ...(costs === "" ? [] : [`\n${indent}costs: ${lines(costs)}`]),
    ...(advice === "" ? [] : [`\n${indent}do:    ${lines(advice)}`]),
  ];
  return `${word}${check.padEnd(CHECK)}${lines(message)}${more.join("")}\n`;
}

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;
const countOf = (findings: readonly Finding[], level: Level) =>
  findings.filter((finding) => finding.level === level).length;

/** As text, a finding after the other and a line that counts them. */
export function findingsText(findings: readonly Finding[], colour: boolean): string {
  const [, warnings, failures] = levels.map((level) => countOf(findings, level));
  const last = `${plural(findings.length, "finding")}: ${plural(failures!, "failure")}, ${plural(warnings!, "warning")}\n`;
  return findings.map((finding) => findingText(finding, colour)).join("") + last;
}

/** As one JSON object (docs/doctor.md). */
export function findingsJson(findings: readonly Finding[]): string {
  const rows = findings.map(
    ({ check, level, message, costs, advice }) =>
      `{"check":"${check}","level":"${level}","message":${jsonString(message)},"costs":${jsonString(costs)},"advice":${jsonString(advice)}}`,
  );
  const counts = levels.map((level) => `"${level}":${countOf(findings, level)}`);
  return `{"level":"${worst(findings)}","counts":{${counts.join(",")}},"findings":[${rows.join(",")}]}\n`;
}
