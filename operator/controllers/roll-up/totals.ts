/**
 * Adds up what agents count. Each agent counts from its own start; totals go on. They are kept in the objects' own status,
 * together with the part of them that agents which run now counted (`running`): so an operator that starts anew adds what
 * came since, and nothing twice. What an agent counted that came and went while no operator looked is not known. Pure.
 */

/** One counter of one object. */
export interface Row {
  readonly total: number;
  /** Sum of what the agents that run now counted. */
  readonly running: number;
  /** ms since the epoch; 0 for never. */
  readonly last: number;
}

interface Running {
  sum: number;
  last: number;
}

export class Totals {
  /** By object and row: of agents that run now, for whatever objects they name. */
  readonly #running = new Map<string, Map<string, Running>>();
  /** By object and row: of objects that there are. */
  readonly #totals = new Map<string, Map<string, { total: number; last: number }>>();

  /**
   * One agent's counter went from `before` to `after`. `anew`: it began at 0 in between, as it does where it is less than
   * before.
   */
  add(object: string, row: string, before: number, after: number, anew: boolean, last = 0): void {
    const running = entry(entry(this.#running, object, newMap<Running>), row, () => ({ sum: 0, last: 0 }));
    running.sum += after - before;
    running.last = Math.max(running.last, last);
    const rows = this.#totals.get(object);
    if (rows === undefined) return;
    const total = entry(rows, row, () => ({ total: 0, last: 0 }));
    total.total += anew || after < before ? after : after - before;
    total.last = Math.max(total.last, last);
  }

  /** One agent went: what it counted stays in totals, and counts as running no more. */
  leave(object: string, row: string, before: number): void {
    const rows = this.#running.get(object);
    const running = rows?.get(row);
    if (rows === undefined || running === undefined) return;
    running.sum -= before;
    if (running.sum > 0) return;
    rows.delete(row);
    if (rows.size === 0) this.#running.delete(object);
  }

  /** An object came: `rows` is what its status says. */
  begin(object: string, rows: Iterable<readonly [name: string, row: Row]>): void {
    const totals = new Map<string, { total: number; last: number }>();
    const running = this.#running.get(object);
    for (const [name, { total, running: before, last }] of rows) {
      const now = running?.get(name);
      const since = Math.max(0, (now?.sum ?? 0) - before);
      totals.set(name, { total: total + since, last: Math.max(last, now?.last ?? 0) });
    }
    for (const [name, { sum, last }] of running ?? [])
      if (!totals.has(name)) totals.set(name, { total: sum, last });
    this.#totals.set(object, totals);
  }

  has(object: string): boolean {
    return this.#totals.has(object);
  }

  end(object: string): void {
    this.#totals.delete(object);
  }

  /** Counters of an object, in the order in which they came. */
  *rows(object: string): Iterable<readonly [name: string, row: Row]> {
    const running = this.#running.get(object);
    for (const [name, { total, last }] of this.#totals.get(object) ?? [])
      yield [name, { total, running: running?.get(name)?.sum ?? 0, last }];
  }
}

const newMap = <T>() => new Map<string, T>();

function entry<T>(map: Map<string, T>, key: string, make: () => T): T {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
