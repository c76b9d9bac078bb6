/** What engines over events of the syscall source are made of, from the settings that shape alerts. */
import { internalAlert, type Alert } from "../../engine/alert.ts";
import type { EngineParts } from "../../engine/build.ts";
import type { PathViewsSetting } from "../../engine/path-views.ts";
import { rememberingReaders } from "../../engine/remembering-readers.ts";
import type { RuleCounts } from "../../engine/rule-counts.ts";
import { syscallAccess } from "../../engine/syscall-access.ts";
import { events } from "../../events/table.ts";
import type { SyscallContext } from "../../fields/context.ts";
import { readersOf } from "../../fields/index.ts";
import type { RulePlan } from "../../rules/plan.ts";

export interface EngineSettings {
  readonly hostname: string;
  readonly matching: "all" | "first";
  readonly pathViews: PathViewsSetting;
  readonly staticFields: ReadonlyMap<string, string>;
  readonly base64Buffers: boolean;
}

export interface EngineListeners {
  readonly emit: (alert: Alert, event: SyscallContext) => void;
  /** Told once a rule of an engine has thrown for the first time. */
  readonly onFault: (rule: RulePlan, error: unknown) => void;
}

/** For one engine: what its readers remember goes with it. */
export function syscallEngineParts(
  { hostname, pathViews, matching, staticFields, base64Buffers }: EngineSettings,
  counts: RuleCounts,
  { emit, onFault }: EngineListeners,
): EngineParts<SyscallContext> {
  const readers = rememberingReaders(readersOf(staticFields));
  return {
    source: "syscall",
    readers,
    access: syscallAccess(readers, hostname, pathViews),
    counts,
    codes: events.map(({ name }) => name),
    base64Buffers,
    options: { matching, emit, onFault },
  };
}

/** Says by rule how many alerts its rate held back since the last time. */
export function suppressedAlerts(
  counts: RuleCounts,
  about: { readonly time: bigint; readonly hostname: string },
): Alert[] {
  return counts
    .takeUnsaid()
    .map(({ rule, count }) =>
      internalAlert(
        "alerts suppressed",
        4,
        `${count} alerts were over the rate of their rule`,
        { rule, count },
        about,
      ),
    );
}
