/**
 * What a test needs from the machine. A need that is not met skips the test and is named at the end of the run;
 * with its kind in TIERCEL_REQUIRE it fails the test instead, so that CI cannot skip silently.
 */
import type { Context } from "mocha";

export type Requirement = "kernel" | "cluster" | "falco-rules" | "tool";

/** Reasons of this process's skipped tests, read by the reporter. */
export const skipped: { title: string; kind: Requirement; reason: string }[] = [];

/** Kinds that must not be skipped: TIERCEL_REQUIRE=kernel,falco-rules. */
export function required(environment: NodeJS.ProcessEnv = process.env): ReadonlySet<string> {
  return new Set((environment["TIERCEL_REQUIRE"] ?? "").split(",").filter((kind) => kind !== ""));
}

/**
 * Skips the running test because the machine lacks something of `kind`, or fails it where TIERCEL_REQUIRE demands
 * that kind. Call it in a test or a before hook.
 */
export function unmet(context: Context, kind: Requirement, reason: string): never {
  const title = context.test?.fullTitle() ?? "?";
  if (required().has(kind)) throw new Error(`TIERCEL_REQUIRE demands ${kind}, but: ${reason}`);
  skipped.push({ title, kind, reason });
  return context.skip();
}
