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

/** Folder of public rule files; skips (or fails, see requirements.ts) the running test where there is none. */
export function falcoRules(context: Context): string {
  const folder = process.env["TIERCEL_FALCO_RULES"] ?? `${root}../shared/data`;
  if (existsSync(`${folder}/falco-rules/falco_rules.yaml`)) return folder;
  return unmet(
    context,
    "falco-rules",
    `no falco-rules/falco_rules.yaml in ${folder}; set TIERCEL_FALCO_RULES`,
  );
}
