/** Gathers findings while files are read. */
import type { FilePlace } from "../files/source-text.ts";
import type { ErrorCode, HintCode, WarningCode } from "./codes.ts";
import type { ErrorFinding, HintFinding, Location, WarningFinding } from "./finding.ts";

type Extra = Omit<ErrorFinding, "code" | "message" | "chain">;

/** Place of the innermost link of a chain. */
function innermost(chain: readonly Location[]): { place?: FilePlace } {
  const last = chain.at(-1);
  return last === undefined ? {} : { place: last.place };
}

/** Findings of one file, in the order they were met. */
export class Findings {
  readonly errors: ErrorFinding[] = [];
  readonly warnings: WarningFinding[] = [];
  readonly hints: HintFinding[] = [];

  error(code: ErrorCode, message: string, chain: readonly Location[], extra: Extra = {}): void {
    this.errors.push({ code, message, chain, ...innermost(chain), ...extra });
  }

  warning(code: WarningCode, message: string, chain: readonly Location[], extra: Extra = {}): void {
    this.warnings.push({ code, message, chain, ...innermost(chain), ...extra });
  }

  hint(code: HintCode, message: string, chain: readonly Location[], extra: Extra = {}): void {
    this.hints.push({ code, message, chain, ...innermost(chain), ...extra });
  }

  /** Takes over what another one gathered. */
  addAll({ errors, warnings, hints }: Findings): void {
    this.errors.push(...errors);
    this.warnings.push(...warnings);
    this.hints.push(...hints);
  }
}
