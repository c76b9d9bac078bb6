/** A plan to an engine on a thread that has other things to do. */
import { setImmediate } from "node:timers/promises";
import { buildEngine, type EngineParts } from "../../engine/build.ts";
import type { Engine } from "../../engine/engine.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import { runSlice } from "./slices.ts";

/** Longest slice of compiling, ms: the ring holds about 50 ms of a storm. */
const SLICE_MILLISECONDS = 5;

/** Compiles in slices of at most 5 ms; between them the thread does what waits. */
export async function compileEngine<E>(plan: RuleSetPlan, parts: EngineParts<E>): Promise<Engine<E>> {
  const work = buildEngine(plan, parts);
  for (;;) {
    const slice = runSlice(work, SLICE_MILLISECONDS, () => performance.now());
    if (slice.done) return slice.value;
    await setImmediate();
  }
}
