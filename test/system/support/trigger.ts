/** The program that does the one thing a rule looks for: trigger.c, compiled once a run into a folder of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../support/reference.ts";
import { mustRun } from "./commands.ts";

export interface Trigger {
  /** Path of the static binary; its last part is `trigger`. */
  readonly path: string;
  remove(): void;
}

/** Compiles trigger.c. The folder is not below a binary folder nor in shared memory, so no default rule minds. */
export async function compileTrigger(): Promise<Trigger> {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-trigger-"));
  const path = join(folder, "trigger");
  await mustRun("gcc", ["-O1", "-static", "-o", path, `${root}test/system/support/trigger.c`]);
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
