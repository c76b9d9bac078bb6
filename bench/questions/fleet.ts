/** What the operator costs a large cluster: writes and memory, on a real API server. */
import { execFileSync } from "node:child_process";
import type { Context } from "mocha";
import { root } from "../../test/support/reference.ts";
import { fleet } from "../fleet/fleet.ts";
import type { Figure, Question } from "../question.ts";

const AGENTS = 500;
const OBJECTS = 200;
const RULES = 5;

/** MiB beyond what Node itself takes. */
const MEMORY = 128;

/** Where a test would be skipped there is nothing to measure. */
const context = {
  skip() {
    throw new Error("there are no binaries of Kubernetes; make cluster-binaries builds them");
  },
} as unknown as Context;

export const fleetQuestion: Question = {
  name: "fleet",
  asks: `With ${AGENTS} agents and ${OBJECTS * RULES} rules that all match, what does the operator write, and what does it take?`,
  async ask({ seconds, print }): Promise<readonly Figure[]> {
    const measured = Math.max(60, seconds);
    // As it is shipped: from a checkout the client library alone takes some 50 MiB more.
    execFileSync(process.execPath, [`${root}build/scripts/bundle.js`]);
    const program = `${root}build/bundle/build/main.js`;
    const figures = await fleet(context, {
      agents: AGENTS,
      objects: OBJECTS,
      rulesPerObject: RULES,
      program,
      seconds: measured,
      print,
    });
    const { ready, loadedAfter, readyAfter, startWrites, writes, agentWrites, idleWrites } = figures;
    const { peak, runtime, cpu } = figures;
    const beyond = peak - runtime;
    return [
      { name: "writes a second of the operator", value: writes.toFixed(2), aim: "< 1", met: writes < 1 },
      { name: "writes a second of all agents", value: agentWrites.toFixed(1), aim: "" },
      {
        name: `writes of the operator in ${measured} s of rest`,
        value: String(idleWrites),
        aim: "0",
        met: idleWrites === 0,
      },
      {
        name: "highest RSS beyond the runtime's own, MiB",
        value: `${beyond.toFixed(0)} (${peak.toFixed(0)} - ${runtime.toFixed(0)})`,
        aim: `< ${MEMORY}`,
        met: beyond < MEMORY,
      },
      { name: "processor, share of a core", value: `${(cpu * 100).toFixed(1)} %`, aim: "" },
      { name: "first object on all agents, s", value: loadedAfter.toFixed(0), aim: "" },
      { name: "all objects Ready, s", value: readyAfter.toFixed(0), aim: "" },
      { name: "writes of the operator until then", value: String(startWrites), aim: "" },
      { name: "objects that are Ready at the end", value: `${ready} of ${OBJECTS}`, aim: "" },
    ];
  },
};
