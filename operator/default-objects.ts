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

/**
 * Rules files as FalcoRules, named after the file.
 * @param home Tiercel's own folder, which holds config/
 * @param audit whether there are agents for the rules about audit events
 * @throws Error where a file cannot be read or converted: the release is broken
 */
export function defaultRules(home: string, catalogue: Catalogue, audit: boolean): KubeObject[] {
  const folders = ["config/rules", ...(audit ? ["config/audit-rules"] : [])];
  return folders.flatMap((folder) => rulesOf(join(home, folder), catalogue));
}

function rulesOf(folder: string, catalogue: Catalogue): KubeObject[] {
  return yamlFiles(folder).flatMap((name) => {
    const { documents, refused } = convertFile(name, readFileSync(join(folder, name), "utf8"), catalogue);
    if (refused !== undefined || documents.length === 0)
      throw new Error(
        `${join(folder, name)} is no rules file: ${refused?.errors[0]?.message ?? "it is empty"}`,
      );
    return documents.map((text) => {
      const object = parse(text, { version: "1.1" }) as KubeObject & { readonly spec: object };
      return { ...object, spec: { ...object.spec, order } };
    });
  });
}

/** Manifests of sinks. @throws Error where one cannot be read */
export function exampleSinks(home: string): KubeObject[] {
  const folder = join(home, "config/sinks");
  return yamlFiles(folder).map((name) => parse(readFileSync(join(folder, name), "utf8")) as KubeObject);
}
