/** What the compiler has to say about rules files: plain facts, drawn elsewhere. */
import type { FilePlace, SourceFile } from "../files/source-text.ts";
import type { Code, ErrorCode, HintCode, WarningCode } from "./codes.ts";

/** Kinds of places, in Falco's words (rules-files 11.4). */
export type ItemType =
  | "value for"
  | "exceptions"
  | "exception"
  | "exception values"
  | "exception value"
  | "rules content"
  | "rules content item"
  | "required_engine_version"
  | "required plugin versions"
  | "required plugin versions entry"
  | "required plugin versions alternative"
  | "list"
  | "list item"
  | "macro"
  | "macro condition"
  | "rule"
  | "rule condition"
  | "condition expression"
  | "rule output"
  | "rule output expression"
  | "rule priority"
  | "overrides"
  | "extension item";

/** One link of the chain that leads to a finding, outermost first. */
export interface Location {
  readonly type: ItemType;
  readonly name: string;
  readonly place: FilePlace;
  /** Only of condition expressions: where in the text, line and column counted from 1, offset from 0. */
  readonly inside?: { readonly line: number; readonly column: number; readonly offset: number };
}

/** A name whose definition, by whoever, would mend a mistake. */
export interface MissingName {
  readonly kind: "list" | "macro" | "rule";
  readonly name: string;
}

interface Said {
  readonly message: string;
  readonly chain: readonly Location[];
  /** The words the finding is about; undefined where there are none (a file that cannot be read). */
  readonly place?: FilePlace;
  /** Another place that helps to understand, with a word on what it is. */
  readonly related?: { readonly message: string; readonly place: FilePlace };
  /** What to do, as a sentence or a "did you mean". */
  readonly help?: string;
  readonly deprecatedField?: string;
  /** Only of mistakes that something defined elsewhere could mend. */
  readonly missing?: MissingName;
}

export interface Finding extends Said {
  readonly code: Code;
}
export interface ErrorFinding extends Said {
  readonly code: ErrorCode;
}
export interface WarningFinding extends Said {
  readonly code: WarningCode;
  /** True where an earlier file of the same load already has it: JSON repeats it as Falco does, text does not. */
  readonly repeated?: boolean;
}
export interface HintFinding extends Said {
  readonly code: HintCode;
}

/** What one file gave. */
export interface LoadResult {
  readonly name: string;
  readonly file: SourceFile;
  readonly successful: boolean;
  readonly schemaValid: boolean;
  readonly schemaWarnings: readonly string[];
  /** Falco's own first error first. */
  readonly errors: readonly ErrorFinding[];
  readonly warnings: readonly WarningFinding[];
  readonly hints: readonly HintFinding[];
}
