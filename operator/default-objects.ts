/** The rules and sinks that come with Tiercel, read from its own folder, as objects. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { convertFile } from "../agent/cli/convert/convert-file.ts";
import type { Catalogue } from "../agent/rules/catalogue.ts";
import type { KubeObject } from "./kube/object.ts";

/** Before those of people, which have 50 where they do not say, so that these may change what comes with Tiercel. */
const order = 10;

function yamlFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort();
}

export interface DefaultRulesOptions {
  /** Whether there are agents for the rules about audit events. */
  readonly audit: boolean;
  /** The operator, as audit events name it. */
  readonly user: string;
}

/**
 * Rules files as FalcoRules, named after the file.
 * @param home Tiercel's own folder, which holds config/
 * @throws Error where a file cannot be read or converted: the release is broken
 */
export function defaultRules(
  home: string,
  catalogue: Catalogue,
  { audit, user }: DefaultRulesOptions,
): KubeObject[] {
  const own = rulesOf(join(home, "config/rules"), catalogue);
  if (!audit) return own;
  return [
    ...own,
    ...rulesOf(join(home, "config/audit-rules"), catalogue).map((rules) => leftAlone(rules, user)),
  ];
}

/** The list of default audit rules that has the operator's user; in the file it is that of a release called tiercel. */
const ownUsers = "tiercel_users";

function leftAlone<T extends KubeObject & { readonly spec: Spec }>(object: T, user: string): T {
  const lists = object.spec.lists?.map((each) =>
    each.list === ownUsers ? { ...each, items: [user] } : each,
  );
  return lists === undefined ? object : { ...object, spec: { ...object.spec, lists } };
}

interface Spec {
  readonly lists?: readonly { readonly list: string; readonly items?: readonly unknown[] }[];
}

function rulesOf(folder: string, catalogue: Catalogue): (KubeObject & { readonly spec: Spec })[] {
  return yamlFiles(folder).flatMap((name) => {
    const { documents, refused } = convertFile(name, readFileSync(join(folder, name), "utf8"), catalogue);
    if (refused !== undefined || documents.length === 0)
      throw new Error(
        `${join(folder, name)} is no rules file: ${refused?.errors[0]?.message ?? "it is empty"}`,
      );
    return documents.map((text) => {
      const object = parse(text, { version: "1.1" }) as KubeObject & { readonly spec: Spec };
      return { ...object, spec: { ...object.spec, order } };
    });
  });
}

/** Manifests of sinks. @throws Error where one cannot be read */
export function exampleSinks(home: string): KubeObject[] {
  const folder = join(home, "config/sinks");
  return yamlFiles(folder).map((name) => parse(readFileSync(join(folder, name), "utf8")) as KubeObject);
}
