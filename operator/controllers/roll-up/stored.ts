/** Totals as a status keeps them. */
import type { Row } from "./totals.ts";
import type { RollUpStatus, SinkRollUp } from "./views.ts";

export function* fromStatus({ rules = [] }: RollUpStatus): Iterable<readonly [rule: string, row: Row]> {
  for (const { name, matches, running = 0, lastMatch } of rules)
    yield [name, { total: matches, running, last: lastMatch === undefined ? 0 : Date.parse(lastMatch) }];
}

export function* sinkRows(sink: SinkRollUp): Iterable<readonly [counter: string, row: Row]> {
  for (const counter of ["delivered", "failed", "dropped"] as const)
    yield [counter, { total: sink[counter] ?? 0, running: sink.running?.[counter] ?? 0, last: 0 }];
}
