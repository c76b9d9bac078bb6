/**
 * Readers that read each field once an event, however many rules ask: most of a rule set's conditions ask the same few
 * fields, and a path or a descriptor's type is dear to work out.
 */
import type { FieldReader, FieldReaders, FieldUse, Value } from "../rules/catalogue.ts";
import type { PathView } from "../fields/context.ts";
import { isPathField } from "./path-views.ts";

/** What a value may depend on: `number` is another for every event. */
export interface Numbered {
  readonly number: number;
  readonly view: PathView;
}

/** Views are fewer. */
const VIEWS = 4;

/** The same readers, remembering. One set of rules on one thread may share them, and those sets that follow it. */
export function rememberingReaders<E extends Numbered>(readers: FieldReaders<E>): FieldReaders<E> {
  const known = new Map<string, FieldReader<E>>();
  const tests = new Map<string, (event: E) => boolean>();
  const once = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
    let value = map.get(key);
    if (value === undefined) map.set(key, (value = make()));
    return value;
  };
  return {
    reader: (use) => once(known, use.text, () => remembering(use, readers.reader(use), undefined)),
    exists: (use) => once(tests, use.text, () => remembering(use, readers.exists(use), false)),
  };
}

function remembering<E extends Numbered, V extends Value>(
  use: FieldUse,
  read: (event: E) => V,
  none: V,
): (event: E) => V {
  let at = -1;
  let value = none;
  if (isPathField(use.name))
    return (event) => {
      const now = event.number * VIEWS + event.view;
      if (now !== at) {
        value = read(event);
        at = now;
      }
      return value;
    };
  return (event) => {
    if (event.number !== at) {
      value = read(event);
      at = event.number;
    }
    return value;
  };
}
