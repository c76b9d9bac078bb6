/** Settings that shape a rule set; names as in the settings file. */
import type { Priority } from "./plan.ts";

/** One step of `rules:`: switches rules on or off by name (`*` stands for any text) or by tag. */
export interface SelectionStep {
  readonly action: "enable" | "disable";
  readonly rule?: string;
  readonly tag?: string;
}

/** One entry of `append_output`. */
export interface AppendOutput {
  readonly match?: { readonly source?: string; readonly tags?: readonly string[]; readonly rule?: string };
  readonly suggestedOutput?: boolean;
  readonly extraOutput?: string;
  /** A field under its own name, or a formatted text under a key. */
  readonly extraFields?: readonly (string | { readonly key: string; readonly format: string })[];
}

export interface CompileOptions {
  /** Rules below it are left out. Default: none is. */
  readonly minimumPriority?: Priority;
  readonly selection?: readonly SelectionStep[];
  readonly appendOutput?: readonly AppendOutput[];
  /** Bytes a file may have. */
  readonly maxFileBytes?: number;
  /** Namespace of rules that come from files (the operator's). */
  readonly namespace?: string;
}

/** As much as an object in a cluster may have, and ten times the largest public file. A MiB of the worst YAML takes seconds. */
export const defaultMaxFileBytes = 1 << 20;
