/**
 * Where public rule files are: $TIERCEL_FALCO_RULES (with falco-rules/ and user-rules/ inside), else ../shared/data
 * beside the checkout. The only file that knows that folder.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Context } from "mocha";
import { unmet } from "./requirements.ts";

/** The repository's root, with a trailing slash. Compiled tests lie in build/test/support. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Folder of public rule files; undefined where there is none. */
export function falcoRulesFolder(): string | undefined {
  const folder = process.env["TIERCEL_FALCO_RULES"] ?? `${root}../shared/data`;
  return existsSync(`${folder}/falco-rules/falco_rules.yaml`) ? folder : undefined;
}

/** The same; skips (or fails, see requirements.ts) the running test where there is none. */
export function falcoRules(context: Context): string {
  return (
    falcoRulesFolder() ??
    unmet(context, "falco-rules", "no folder with falco-rules/falco_rules.yaml; set TIERCEL_FALCO_RULES")
  );
}
