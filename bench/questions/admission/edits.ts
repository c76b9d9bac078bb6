/** Who applies what while the webhook is measured: one person edits the largest rules file, four others small rules. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { convertFile } from "../../../agent/cli/convert/convert-file.ts";
import { buildCatalogue } from "../../../agent/fields/index.ts";
import type { QuestionContext } from "../../question.ts";

/** The operator's namespace, where the large object is. */
export const namespace = "tiercel-system";
/** That of the small ones. */
export const team = "shop";
const others = 4;

interface Rule {
  readonly desc: string;
  readonly condition: string;
}
export interface FalcoRule {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly rules: readonly Rule[] };
}

/** The largest rules file that there is as one object: the public rules where this machine has them, else our own. */
export function largestFile({ publicRules, defaultRules }: QuestionContext): FalcoRule {
  const name = publicRules ?? defaultRules;
  const { documents } = convertFile(name, readFileSync(name, "utf8"), buildCatalogue(), { namespace });
  return parse(documents[0]!) as FalcoRule;
}

/** The object with another first rule for each number, as from one apply to the next. */
export function edited(object: FalcoRule, edit: number): FalcoRule {
  const rules = object.spec.rules.map((rule, index) =>
    index === 0
      ? { ...rule, desc: `Edit ${edit}`, condition: `(${rule.condition}) and proc.pid != ${edit}` }
      : rule,
  );
  return { ...object, spec: { ...object.spec, rules } };
}

/** A small object of the team, with another rule for each edit. */
export function small(object: number, edit: number): FalcoRule {
  const condition = `evt.type in (execve, execveat) and proc.name = x${edit}`;
  const rule = { rule: `Small ${object}`, desc: "d", condition, output: "%proc.name", priority: "NOTICE" };
  return {
    apiVersion: "tiercel.dev/v1alpha1",
    kind: "FalcoRule",
    metadata: { name: `small-${object}`, namespace: team },
    spec: { rules: [rule] },
  };
}

/** Milliseconds of each edit. */
export interface Times {
  readonly large: readonly number[];
  readonly small: readonly number[];
}

export interface People {
  readonly seconds: number;
  /** Milliseconds between two edits of one of them. */
  readonly pause: number;
  /** Applies the large object as of an edit; gives milliseconds. */
  readonly large: (edit: number) => Promise<number>;
  /** Applies one of the small objects as of an edit; gives milliseconds. */
  readonly small: (object: number, edit: number) => Promise<number>;
}

/** All of them edit at the same time. Numbers of edits are never used twice in a process. */
export async function together(people: People): Promise<Times> {
  const times = { large: [] as number[], small: [] as number[] };
  const end = Date.now() + people.seconds * 1000;
  const work = async (into: number[], apply: (edit: number) => Promise<number>) => {
    while (Date.now() < end) {
      into.push(await apply(++edits));
      await sleep(people.pause);
    }
  };
  await Promise.all([
    work(times.large, people.large),
    ...Array.from({ length: others }, async (_, object) => {
      await sleep((object * people.pause) / others);
      await work(times.small, (edit) => people.small(object, edit));
    }),
  ]);
  return times;
}

let edits = 0;
