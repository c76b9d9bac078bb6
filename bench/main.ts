/**
 * make bench ARGS="[QUESTION...] [--seconds N] [--pairs N] [--node PATH]": asks each question and prints every run, then
 * a table. Exit code 1 where an aim is missed.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { falcoRulesFolder, root } from "../test/support/reference.ts";
import { endWithUs, runInterruptible } from "./interrupted.ts";
import { table } from "./numbers.ts";
import type { Figure, Question } from "./question.ts";
import { admission } from "./questions/admission.ts";
import { apply } from "./questions/apply.ts";
import { audit } from "./questions/audit.ts";
import { compile } from "./questions/compile.ts";
import { events } from "./questions/events.ts";
import { fleetQuestion } from "./questions/fleet.ts";
import { operators } from "./questions/operators.ts";
import { quiet } from "./questions/quiet.ts";
import { ruleSets } from "./questions/rule-sets.ts";
import { stormQuestions } from "./questions/storms.ts";
import { wanted } from "./questions/wanted.ts";

const questions: readonly Question[] = [
  compile,
  admission,
  operators,
  events,
  audit,
  apply,
  fleetQuestion,
  ruleSets,
  quiet,
  wanted,
  ...stormQuestions,
];

const usage = `Usage: make bench ARGS="[QUESTION...] [--seconds N] [--pairs N] [--node PATH]"
Questions (all of them if none is named):
${questions.map(({ name, asks }) => `  ${name.padEnd(10)} ${asks}`).join("\n")}`;

function output(command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, { cwd: root, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

/** What the figures were taken on: without it they mean nothing. */
function machine(node: string): string {
  const changed = output("git", "status", "--porcelain") === "" ? "" : ", with changes";
  return [
    `commit ${output("git", "rev-parse", "--short", "HEAD")}${changed}`,
    `kernel ${release()}`,
    `Node ${output(node, "--version")}`,
    `${cpus().length} × ${cpus()[0]?.model ?? "processor"}`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
  ].join(", ");
}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seconds: { type: "string", default: "10" },
      pairs: { type: "string", default: "5" },
      node: { type: "string", default: process.execPath },
      help: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.filter((name) => !questions.some((question) => question.name === name));
  const numbers = [Number(values.seconds), Number(values.pairs)];
  if (values.help || unknown.length > 0 || numbers.some((number) => !(number > 0))) {
    if (unknown.length > 0) console.error(`no question is called ${unknown.join(", ")}`);
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "tiercel-bench-"));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  endWithUs(clean);
  const rules = falcoRulesFolder();
  const publicRules = rules === undefined ? undefined : join(rules, "falco-rules/falco_rules.yaml");
  const rows: [string, Figure][] = [];
  console.log(machine(values.node));
  try {
    for (const question of questions) {
      if (positionals.length > 0 && !positionals.includes(question.name)) continue;
      console.log(`\n${question.name}: ${question.asks}`);
      const figures = await question.ask({
        seconds: Number(values.seconds),
        pairs: Number(values.pairs),
        node: values.node,
        publicRules: publicRules !== undefined && existsSync(publicRules) ? publicRules : undefined,
        defaultRules: `${root}config/rules/default.yaml`,
        folder,
        print: (line) => console.log(line),
      });
      for (const figure of figures) rows.push([question.name, figure]);
    }
  } finally {
    clean();
  }
  console.log(
    `\n${table(
      ["question", "figure", "value", "aim", ""],
      rows.map(([name, { name: figure, value, aim, met }]) => [
        name,
        figure,
        value,
        aim,
        met === undefined ? "" : met ? "met" : "MISSED",
      ]),
    )}`,
  );
  return rows.some(([, { met }]) => met === false) ? 1 : 0;
}

await runInterruptible(() => main(process.argv.slice(2)));
