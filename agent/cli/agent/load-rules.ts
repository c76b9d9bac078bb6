/** Reads and compiles rules in a thread of its own: text is slow, and its memory is given back when the thread ends. */
import { Worker } from "node:worker_threads";
import { trimMemory } from "../../capture/native.ts";
import type { LoadedRules } from "./agent.ts";
import type { RulesThreadData } from "./rules-messages.ts";

/** Nothing that people write takes so long, ms; what does is given up. */
const TIME_LIMIT = 120_000;

/** Rules that need more memory than this end their thread, not the agent. */
const MOST_MEGABYTES = 1024;

/** Loads the rules once. @throws Error if the thread dies or takes longer than the limit. */
export function loadRules(data: RulesThreadData, timeLimit = TIME_LIMIT): Promise<LoadedRules> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./rules-thread.js", import.meta.url), {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
    });
    const timer = setTimeout(() => {
      reject(new Error(`reading the rules took longer than ${timeLimit / 1000} s and was given up`));
      void worker.terminate();
    }, timeLimit);
    worker.on("message", (answer: LoadedRules) => resolve(answer));
    worker.on("error", (error: Error) => reject(new Error(`reading the rules failed: ${error.message}`)));
    worker.on("exit", () => {
      clearTimeout(timer);
      trimMemory();
      reject(new Error("reading the rules failed: its thread ended without an answer"));
    });
  });
}
