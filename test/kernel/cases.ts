/** Tests of events as tables: a call, and everything that its record must hold. */
import assert from "node:assert/strict";
import type { Capture } from "../../agent/capture/index.ts";
import { parts } from "../../agent/events/record.ts";
import { makeCalls, type Call, type Door, type MakeOptions, type Made } from "./calls.ts";
import { openCapture, record, type Captured } from "./capturing.ts";

type PartName = Exclude<keyof typeof parts, "fact">;

/** What a part must be: a number, a text, or null for NULL and unreadable. */
export type Wanted = number | string | null;

export interface Case {
  readonly name: string;
  readonly event: string;
  readonly calls: readonly Call[];
  /** Which of the calls is the event's, when not the only one. */
  readonly which?: number;
  /** How many records the calls make; default 1. The last one is looked at. */
  readonly records?: number;
  /** Every parameter by part index: all of them, and no other may be there. */
  readonly want: Readonly<Record<number, Wanted>> | ((made: Made) => Readonly<Record<number, Wanted>>);
  /** Every fact. `true`: it is there, whatever it says. */
  readonly facts?: Readonly<Partial<Record<PartName, string | true>>>;
  /** Return value; default what the call returned. */
  readonly ret?: number;
  readonly options?: MakeOptions;
  /** Doors to go through; default native alone. */
  readonly doors?: readonly Door[];
  /** More to check. */
  readonly also?: (event: Captured, made: Made) => void;
}

/** A part as the case would write it. */
function shown(bytes: Buffer | undefined, like: Wanted | undefined): Wanted {
  if (bytes === undefined) return null;
  return typeof like === "string" ? bytes.toString("latin1") : Number(bytes.readBigInt64LE());
}

function check(each: Case, event: Captured, made: Made): void {
  const want = typeof each.want === "function" ? each.want(made) : each.want;
  const got: Record<number, Wanted> = {};
  const gotFacts: Record<string, string | true> = {};
  const names = new Map<number, string>(Object.entries(parts).map(([name, index]) => [index, name]));
  names.set(parts.FILE, "FILE");
  for (const [part, bytes] of event.parts) {
    if (part < parts.fact) got[part] = shown(bytes, want[part]);
    else {
      const name = names.get(part)!;
      const like = each.facts?.[name as PartName];
      gotFacts[name] = typeof like === "string" ? (bytes?.toString("latin1") ?? "") : true;
    }
  }
  assert.deepEqual(got, want, "parameters");
  assert.deepEqual(gotFacts, each.facts ?? {}, "facts");
  assert.equal(event.header.ret, each.ret ?? made.results[each.which ?? 0]);
  assert.equal(event.header.tid, event.header.vtid);
  assert.deepEqual(event.cut, []);
  each.also?.(event, made);
}

/** One test a case and door: exactly one record of the event, with exactly these parts. */
export function eventCases(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    let capture: Capture;
    before(function () {
      capture = openCapture(this);
    });
    after(() => capture?.close());

    for (const each of cases)
      for (const door of each.doors ?? ["native" as const])
        it(door === "native" ? each.name : `${each.name} (${door})`, () => {
          let made: Made | undefined;
          const all = record(capture, [each.event], () => {
            made = makeCalls(each.calls, { ...each.options, door });
          });
          // Before its exec the process does what spawn needs, under another name.
          const own = all.filter((event) => event.header.pid === made!.pid && event.comm.startsWith("calls"));
          assert.equal(own.length, each.records ?? 1, "records");
          const event = own.at(-1)!;
          assert.equal((Number(event.header.flags) & 1) !== 0, door !== "native", "compat flag");
          check(each, event, made!);
        });
  });
}
