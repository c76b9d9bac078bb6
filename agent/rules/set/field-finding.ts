/** Findings on an object, as people read them in a status, an Event or an answer of the API server. */
import type { Finding, MissingName } from "../diagnostics/finding.ts";
import { printable } from "../diagnostics/snippet.ts";
import { FieldFile } from "./field-tree.ts";
import type { SetObject } from "./rule-set.ts";

/** A finding with its place in the object: line and column within the field's text, both counted from 1, in characters. */
export interface FieldFinding {
  readonly code: Finding["code"];
  /** As `spec.rules[0].condition`; empty where it is about the object as a whole. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly help?: string;
  /** The name of a list, macro or rule whose definition would mend it. */
  readonly missing?: MissingName;
  /** The object the place is in, where it is another one. */
  readonly elsewhere?: Pick<SetObject, "namespace" | "name">;
  /** `PATH:LINE:COLUMN: MESSAGE; HELP`, printable and bounded. */
  readonly text: string;
}

/** Characters of a finding's text. */
const maxText = 1000;

/** The innermost list, macro or rule a finding is in. */
function itemOf({ chain }: Finding): string {
  const item = chain.findLast(({ type, name }) => ["list", "macro", "rule"].includes(type) && name !== "");
  return item === undefined ? "" : `${item.type} '${item.name}': `;
}

/** A finding as seen from an object. */
export function fieldFinding(finding: Finding, object: SetObject): FieldFinding {
  const { code, message, place, help, missing } = finding;
  const { line, column } = place?.file.position(place.at) ?? { line: 0, column: 0 };
  const owner = place?.file instanceof FieldFile ? (place.file.object as SetObject) : object;
  const path = place?.file.name ?? "";
  const isOther = owner.namespace !== object.namespace || owner.name !== object.name;
  const where = `${isOther ? `FalcoRule ${owner.namespace}/${owner.name} ` : ""}${path}:${line + 1}:${column + 1}`;
  const text = printable(`${where}: ${itemOf(finding)}${message}${help === undefined ? "" : `; ${help}`}`);
  return {
    code,
    path,
    line: line + 1,
    column: column + 1,
    message,
    ...(help === undefined ? {} : { help }),
    ...(missing === undefined ? {} : { missing }),
    ...(isOther ? { elsewhere: { namespace: owner.namespace, name: owner.name } } : {}),
    text: text.length > maxText ? `${text.slice(0, maxText)}…` : text,
  };
}
