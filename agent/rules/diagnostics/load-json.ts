/** Results of loading as JSON, in Falco's shape (rules-files 11.4) with a third list, `hints`. */
import { codeDescription } from "./codes.ts";
import type { Finding, LoadResult, Location } from "./finding.ts";
import { snippetOf } from "./snippet.ts";

interface JsonPosition {
  readonly name: string;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

interface JsonFinding {
  readonly code: string;
  readonly codedesc: string;
  readonly message: string;
  readonly context: {
    readonly locations: readonly {
      readonly item_type: string;
      readonly item_name: string;
      readonly position: JsonPosition;
    }[];
    readonly snippet: string;
  };
  readonly deprecated_field?: string;
  /** Ours: what to do. */
  readonly help?: string;
}

/** Counted from 0 in bytes; in a condition the parser's line and column, counted from 1, are added to the node's. */
function position({ place, inside }: Location): JsonPosition {
  const { line, byteColumn, byteOffset } = place.file.position(place.at);
  const { name } = place.file;
  if (inside === undefined) return { name, line, column: byteColumn, offset: byteOffset };
  return {
    name,
    line: line + inside.line,
    column: byteColumn + inside.column,
    offset: byteOffset + inside.offset,
  };
}

function toJson(finding: Finding): JsonFinding {
  const { code, message, chain, place, help, deprecatedField } = finding;
  const snippet = place === undefined || place.file.text === "" ? undefined : snippetOf(place);
  return {
    code,
    codedesc: codeDescription(code),
    message,
    context: {
      locations: chain.map((location) => ({
        item_type: location.type,
        item_name: location.name,
        position: position(location),
      })),
      snippet: snippet === undefined ? "" : `${snippet.text}\n${snippet.mark}\n`,
    },
    ...(deprecatedField === undefined ? {} : { deprecated_field: deprecatedField }),
    ...(help === undefined ? {} : { help }),
  };
}

/** The object that `validate -o json` prints. Warnings of earlier files are repeated, as Falco does. */
export function loadResultsJson(results: readonly LoadResult[]) {
  return {
    falco_load_results: results.map((result) => ({
      name: result.name,
      successful: result.successful,
      schema_valid: result.schemaValid,
      schema_warnings: result.schemaWarnings,
      errors: result.errors.map(toJson),
      warnings: result.warnings.map(toJson),
      hints: result.hints.map(toJson),
    })),
  };
}
