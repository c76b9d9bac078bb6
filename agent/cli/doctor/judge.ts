/** From facts to findings. Pure: every finding can be tried on made facts. */
import type { Facts } from "./facts.ts";
import { levels, type Finding, type Level } from "./finding.ts";
import { judgeKernel } from "./judge-kernel.ts";
import { judgeNode } from "./judge-node.ts";
import { judgeProcess } from "./judge-process.ts";
import { judgeSettings } from "./judge-settings.ts";

/** All findings, from the ground up. */
export function judge(facts: Facts): Finding[] {
  return [...judgeKernel(facts.kernel), ...judgeProcess(facts), ...judgeNode(facts), ...judgeSettings(facts)];
}

/** The worst level of all. */
export function worst(findings: readonly Finding[]): Level {
  const indices = findings.map(({ level }) => levels.indexOf(level));
  return levels[Math.max(0, ...indices)]!;
}
