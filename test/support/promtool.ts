/** Prometheus's own tool, which says what is wrong with metrics. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import { unmet } from "./requirements.ts";

/** Where scripts/setup.sh puts it. */
const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
const promtool = [`${cache}/tiercel/promtool/bin/promtool`, "/usr/bin/promtool"].find((path) =>
  existsSync(path),
);

/** Skips the test where it is missing. */
export function needPromtool(context: Context): void {
  if (promtool === undefined) unmet(context, "tool", "promtool is missing; make test fetches it");
}

/** What it says of metrics in the text format; nothing and status 0 where all is well. */
export function checkMetrics(metrics: string): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(promtool!, ["check", "metrics"], {
    input: metrics,
    encoding: "utf8",
  });
  return { status, said: stdout + stderr };
}
