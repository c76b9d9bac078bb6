/** A pipeline as the agent has it, over made records and inputs; what it raises is kept. */
import { applyInput, type NodeParts } from "../../../../agent/cli/agent/apply-input.ts";
import { Pipeline } from "../../../../agent/cli/agent/pipeline.ts";
import type { Alert } from "../../../../agent/engine/alert.ts";
import { buildEngine } from "../../../../agent/engine/build.ts";
import type { Engine } from "../../../../agent/engine/engine.ts";
import { rememberingReaders } from "../../../../agent/engine/remembering-readers.ts";
import { RuleCounts } from "../../../../agent/engine/rule-counts.ts";
import { syscallAccess } from "../../../../agent/engine/syscall-access.ts";
import { events } from "../../../../agent/events/table.ts";
import type { SyscallContext } from "../../../../agent/fields/context.ts";
import { buildCatalogue, readersOf } from "../../../../agent/fields/index.ts";
import { compileRuleSet } from "../../../../agent/rules/compile.ts";
import type { RulePlan, RuleSetPlan } from "../../../../agent/rules/plan.ts";
import { CgroupPaths } from "../../../../agent/state/cgroup-paths.ts";
import { Containers } from "../../../../agent/state/containers.ts";
import { HostFacts } from "../../../../agent/state/host.ts";
import type { NodeInput } from "../../../../agent/state/node-input.ts";
import { State } from "../../../../agent/state/state.ts";

const catalogue = buildCatalogue();
export const BOOT = 1_700_000_000_000_000_000n;

const plans = new Map<string, RuleSetPlan>();

function planOf(text: string): RuleSetPlan {
  const known = plans.get(text);
  if (known !== undefined) return known;
  const { plan, results } = compileRuleSet([{ name: "rules.yaml", text }], catalogue);
  if (plan === undefined) throw new Error(JSON.stringify(results));
  plans.set(text, plan);
  return plan;
}

/** What is put on every rule. */
export type Scope = Pick<RulePlan, "onlyNamespace" | "selector">;

/** Rules as the text of a rules file; their outputs get the fields that Falco suggests. */
function engineOf(text: string, emit: (alert: Alert) => void, scope: Scope): Engine<SyscallContext> {
  const readers = rememberingReaders(readersOf(new Map()));
  const { rules, digest } = planOf(text);
  const steps = buildEngine(
    { digest, rules: rules.map((rule) => ({ ...rule, ...scope })) },
    {
      source: "syscall",
      readers,
      access: syscallAccess(readers, "node", "both"),
      counts: new RuleCounts({ rate: 1e6, burst: 1e6 }),
      codes: events.map(({ name }) => name),
      base64Buffers: false,
      options: {
        matching: "all",
        emit,
        onFault: (rule, error) => {
          throw new Error(`${rule.rule} failed`, { cause: error });
        },
      },
    },
  );
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** `paths` are those of cgroups by id. */
export function madePipeline(
  rules: string,
  paths: readonly (readonly [bigint, string])[],
  scope: Scope = {},
) {
  const alerts: Alert[] = [];
  const containers = new Containers();
  const cgroups = new CgroupPaths({ containers });
  for (const [id, path] of paths) cgroups.learn(id, path);
  const state = new State({ cgroups });
  const users = { user: () => undefined, group: () => undefined, learn: () => undefined };
  const host = new HostFacts({
    hostname: "node",
    bootTime: BOOT,
    users,
    process: (pid) => state.process(pid),
  });
  const onFault = (error: unknown) => {
    throw new Error("an event could not be taken in", { cause: error });
  };
  const pipeline = new Pipeline(state, host, onFault, containers);
  pipeline.engine = engineOf(rules, (alert) => alerts.push(alert), scope);
  const parts: NodeParts = { state, host, users, cgroups, containers };
  const input = (each: NodeInput) => applyInput(parts, each);
  return { pipeline, alerts, input, containers, state, take: pipeline.take };
}
