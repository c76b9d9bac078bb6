/** Rules files of people, as the chart's `customRules` puts them beside the operator, as FalcoRules. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { convertFile } from "../agent/cli/convert/convert-file.ts";
import { objectName } from "../agent/cli/convert/objects.ts";
import type { Catalogue } from "../agent/rules/catalogue.ts";
import { placeText } from "../agent/rules/diagnostics/draw.ts";
import type { Finding } from "../agent/rules/diagnostics/finding.ts";
import { originLabel } from "./controllers/defaults/plan.ts";
import type { KubeObject } from "./kube/object.ts";

/** After what comes with Tiercel, before what people apply and give no order (50): each may change what stands before it. */
const order = 40;

/** Names of its objects begin so, behind the installation's. */
const prefix = "custom-";

/** A file that no objects could be made of. */
export interface RefusedFile {
  /** Name of the file; of the folder where that cannot be read. */
  readonly file: string;
  /** Whether an object that was made once may have come from it; its name without that of the installation. */
  readonly mayHaveMade: (object: string) => boolean;
  /** One sentence each, with file:line:column where there is a place. */
  readonly mistakes: readonly string[];
}

export interface CustomRules {
  readonly objects: readonly KubeObject[];
  readonly refused: readonly RefusedFile[];
  /** What was left out or is doubtful, one sentence each. */
  readonly remarks: readonly string[];
}

/**
 * The files of a folder, by name, as Falco reads its rules.d. Their conditions are not compiled here: that is the FalcoRule
 * controller's, which says in the object's status what is wrong.
 * @param folder "" for none
 */
export function customRules(folder: string, catalogue: Catalogue): CustomRules {
  const objects: KubeObject[] = [];
  const refused: RefusedFile[] = [];
  const remarks: string[] = [];
  const taken = new Map<string, string>();
  let files: RulesFile[];
  try {
    files = filesOf(folder);
  } catch (error) {
    const mistakes = [unreadable(folder, error)];
    return {
      objects,
      refused: [{ file: folder, mayHaveMade: (name) => name.startsWith(prefix), mistakes }],
      remarks,
    };
  }
  for (const { file, text, mistake } of files) {
    const name = prefix + objectName(file);
    const mayHaveMade = (object: string) =>
      object === name || (object.startsWith(name) && /^-\d+$/.test(object.slice(name.length)));
    const refuse = (...mistakes: string[]) => refused.push({ file, mayHaveMade, mistakes });
    const other = taken.get(name);
    if (text === undefined) refuse(mistake);
    else if (other !== undefined)
      refuse(`${file}: its FalcoRule would have the name of ${other}'s; give it another name`);
    else {
      taken.set(name, file);
      const made = objectsOf({ file, text, name }, catalogue);
      remarks.push(...made.remarks);
      if (made.mistakes.length > 0) refuse(...made.mistakes);
      else objects.push(...made.objects);
    }
  }
  return { objects, refused, remarks };
}

type RulesFile = { readonly file: string } & (
  { readonly text: string; readonly mistake?: never } | { readonly text: undefined; readonly mistake: string }
);

function unreadable(path: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return `${path} cannot be read: ${code ?? message}`;
}

/** A ConfigMap's folder holds links and a folder of its own beside the files; what is no YAML there is not ours. */
function filesOf(folder: string): RulesFile[] {
  if (folder === "") return [];
  const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name) && !name.startsWith(".."));
  return names.sort().map((file) => {
    const path = join(folder, file);
    try {
      return { file, text: readFileSync(path, "utf8") };
    } catch (error) {
      return { file, text: undefined, mistake: unreadable(path, error) };
    }
  });
}

function objectsOf(
  { file, text, name }: { readonly file: string; readonly text: string; readonly name: string },
  catalogue: Catalogue,
): { readonly objects: KubeObject[]; readonly mistakes: string[]; readonly remarks: readonly string[] } {
  const { documents, remarks, refused } = convertFile(file, text, catalogue, { name });
  if (refused !== undefined) return { objects: [], mistakes: refused.errors.map(sentence), remarks };
  const objects = documents
    .map((one) => parse(one, { version: "1.1" }) as (KubeObject & { spec: object }) | null)
    .filter((object) => object !== null);
  const isRules = objects.every(
    ({ kind, metadata }) => kind === "FalcoRule" && metadata.name.startsWith(name),
  );
  if (!isRules || objects.length === 0) {
    const mistake = `${file}: is no Falco rules file: at its top must be a list of rules, macros and lists`;
    return { objects: [], mistakes: [mistake], remarks };
  }
  return {
    objects: objects.map(({ metadata, spec, ...rest }) => ({
      ...rest,
      metadata: { name: metadata.name, labels: { [originLabel]: "values" } },
      spec: { ...spec, order },
    })),
    mistakes: [],
    remarks,
  };
}

function sentence({ place, message, help, code }: Finding): string {
  const where = place === undefined ? "" : `${placeText(place)}: `;
  return `${where}${message === "" ? code : message}${help === undefined ? "" : `; ${help}`}`;
}
