/**
 * Each rule of a public rules file for real, under both ways to match; with a committed table rule → test. The file
 * is read where it lies and never copied.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { golden } from "../../support/golden.ts";
import { falcoRules } from "../../support/reference.ts";
import { needCapture } from "./agent.ts";
import type { Outcome } from "./commands.ts";
import { needContainers } from "./containers.ts";
import { Stage } from "./stage.ts";

export type Deed = (stage: Stage) => Promise<Outcome>;

export interface PublicCase {
  readonly rule: string;
  readonly does: string;
  readonly act: Deed;
  /** Rules that alert under `all`, in the order of the file; default: this one alone. */
  readonly all?: readonly string[];
}

/** The test program in the container with the usual rights. */
export const inside =
  (...args: string[]): Deed =>
  (stage) =>
    stage.inside(...args);
/** The test program in the container with all rights. */
export const privileged =
  (...args: string[]): Deed =>
  (stage) =>
    stage.privileged.exec(["trigger", ...args]);
/** Any program of the image, in the container with the usual rights. */
export const program =
  (...args: string[]): Deed =>
  (stage) =>
    stage.plain.exec(args);
/** The test program on the host. */
export const host =
  (...args: string[]): Deed =>
  (stage) =>
    stage.host("trigger", ...args);

export interface PublicRules {
  /** Which rules: stands in titles. */
  readonly title: string;
  /** The file below the folder falco-rules/. */
  readonly file: string;
  readonly cases: readonly PublicCase[];
  /** Name of the table in test/golden. */
  readonly table: string;
  /** Rules loaded after the file, as a user's own would be: what a rule that is empty as shipped needs to match. */
  readonly own?: string;
  /** Starts the agent through another program; default: by itself. */
  readonly through?: (stage: Stage) => readonly string[];
}

/** Makes the tests of a public file. */
export function describePublicRules(rules: PublicRules): void {
  describe(rules.title, function () {
    this.timeout(120_000);
    let stage: Stage;
    let file: string;
    let loaded: string[];

    before(async function () {
      needCapture(this);
      needContainers(this);
      file = `${falcoRules(this)}/falco-rules/${rules.file}`;
      stage = await Stage.open();
      loaded = rules.own === undefined ? [file] : [file, stage.rulesFile("own.yaml", rules.own)];
    });
    after(async () => {
      await stage?.close();
    });

    it("have a case each", () => {
      const items = parse(readFileSync(file, "utf8")) as { rule?: string }[];
      assert.deepEqual(
        rules.cases.map(({ rule }) => rule),
        items.flatMap((item) => item.rule ?? []),
      );
    });

    it("stand in the committed table with what is done for each", () => {
      golden(rules.table, table(rules));
    });

    for (const matching of ["all", "first"] as const) {
      describe(`with rule_matching ${matching}`, () => {
        before(async () => {
          await stage.watch(loaded, { rule_matching: matching }, rules.through?.(stage));
        });
        after(async () => {
          await stage.unwatch();
        });

        for (const row of rules.cases) {
          it(`${row.rule}: ${row.does}`, async () => {
            const raised = await stage.during(() => row.act(stage));
            const names = raised.map((alert) => alert.rule);
            const wanted = matching === "all" ? alertsOf(row) : alertsOf(row).slice(0, 1);
            assert.deepEqual(names, wanted);
          });
        }
      });
    }
  });
}

/** Rules that alert under `all`. */
function alertsOf(row: PublicCase): readonly string[] {
  return row.all ?? [row.rule];
}

/** Rule → test, for people. */
function table({ title, cases }: PublicRules): string {
  const rows = cases.map(
    (row) => `| ${row.rule} | ${row.does} | ${alertsOf(row).join("; ")} | ${alertsOf(row)[0]} |`,
  );
  const head = [
    `# ${title[0]!.toUpperCase()}${title.slice(1)}, each raised for real`,
    "",
    `Made by tests (UPDATE_GOLDEN=1) from their cases, each of which is a test of its own: test/system/support/public-rules.ts.`,
    "",
    "| rule | what is done | alerts with rule_matching all | with first |",
    "| --- | --- | --- | --- |",
  ];
  return `${[...head, ...rows].join("\n")}\n`;
}
