/** Nothing is lost and nothing counted twice, whatever the API, people and restarts do. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { LedgerNumbers } from "../../../agent/report/ledger.ts";
import type { ApiRequest } from "../../../agent/kube/client.ts";
import { FakeClock, settled } from "../sinks/sample.ts";
import { countOf, MadeApi, type Fault } from "./made-api.ts";
import { hostAlert, MadeReport, podAlert } from "./sample.ts";

type Move =
  | { readonly do: "match"; readonly pod: number; readonly file: number; readonly times: number }
  | { readonly do: "wait"; readonly seconds: number }
  | { readonly do: "close"; readonly index: number }
  | { readonly do: "acknowledge"; readonly index: number }
  | { readonly do: "faults"; readonly faults: readonly Fault[] }
  /** The agent ends as it should. */
  | { readonly do: "restart" }
  /** It is killed `late` seconds after it last saved what waits, in which nothing matched. */
  | { readonly do: "kill"; readonly late: number };

const faults: readonly Fault[] = [
  "none",
  "lost before",
  "lost after",
  "throttled",
  "error after",
  "error before",
  "unauthorized",
];

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("match" as const),
      pod: fc.nat(3),
      file: fc.nat(2),
      times: fc.integer({ min: 1, max: 9 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 90 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("close" as const), index: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("acknowledge" as const), index: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("faults" as const),
      faults: fc.array(fc.constantFrom(...faults), { maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "restart" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("kill" as const), late: fc.integer({ min: 0, max: 9 }) }),
  },
);

const heldOf = ({ held }: LedgerNumbers) => Object.values(held).reduce((sum, count) => sum + count, 0);

function balanced(what: string, numbers: LedgerNumbers): void {
  const { matched, restored, written, waiting } = numbers;
  assert.equal(written + waiting + heldOf(numbers), matched + restored, what);
}

/** One life of an agent: once it is dead it hears and says nothing more. */
class Life extends MadeReport {
  dead = false;
  readonly folder: string;

  constructor(api: MadeApi, clock: FakeClock, root: string) {
    super(api, clock);
    this.folder = mkdtempSync(join(root, "life-"));
  }

  begin(): Promise<this> {
    const ask = (request: ApiRequest) => (this.dead ? new Promise(() => {}) : this.api.ask(request));
    return this.open({ client: { ask }, folder: this.folder, least: { alerts: 7, events: 7 } });
  }

  /** The next life, with what is on the disk now. */
  heir(root: string): Life {
    const life = new Life(this.api, this.clock, root);
    if (existsSync(join(this.folder, FILE))) copyFileSync(join(this.folder, FILE), join(life.folder, FILE));
    return life;
  }
}

const FILE = "reports.json";

async function play(moves: readonly Move[], root: string): Promise<void> {
  const api = new MadeApi();
  const planned: Fault[] = [];
  api.fault = () => planned.shift() ?? "none";
  const clock = new FakeClock();
  let life = await new Life(api, clock, root).begin();
  let matches = 0;
  let time = 1_700_000_000_000_000_000n;
  for (const each of moves) {
    switch (each.do) {
      case "match":
        for (let i = 0; i < each.times; i++) {
          time += 1_234_567_000n;
          const file = `/f${each.file}`;
          life.report.publish([
            each.pod === 0 ? hostAlert(file, { time }) : podAlert(`pod-${each.pod}`, file, { time }),
          ]);
        }
        matches += each.times;
        break;
      case "wait":
        await clock.advance(each.seconds * 1000);
        break;
      case "close":
      case "acknowledge": {
        const alerts = api.of("SecurityAlert");
        const object = alerts[each.index % Math.max(1, alerts.length)];
        const state = each.do === "close" ? "Closed" : "Acknowledged";
        if (object !== undefined) api.edit(object, (edited) => (edited.status = { ...edited.status, state }));
        break;
      }
      case "faults":
        planned.push(...each.faults);
        break;
      case "restart": {
        const stopping = life.report.stop(2000);
        await clock.advance(2000);
        await stopping;
        life.dead = true;
        life = await life.heir(root).begin();
        break;
      }
      case "kill": {
        // The file holds what waited when it was written; what was sent since is in the objects alone.
        // Second by second, so that the disk keeps up with the clock.
        for (let second = 0; second <= 10; second++) {
          await clock.advance(1001);
          await onDisk();
        }
        const heir = life.heir(root);
        await clock.advance(each.late * 1000);
        life.dead = true;
        life = await heir.begin();
      }
    }
    await settled();
    const { alerts, events } = life.report.status();
    balanced("alerts", alerts);
    balanced("events", events);
  }
  planned.length = 0;
  await clock.advance(900_000);
  await onDisk();
  const { alerts, events } = life.report.status();
  assert.deepEqual([alerts.waiting, events.waiting], [0, 0]);
  assert.deepEqual([heldOf(alerts), heldOf(events)], [0, 0]);
  const sum = (kind: string) => api.of(kind).reduce((total, object) => total + countOf(object), 0);
  assert.equal(sum("SecurityAlert"), matches, "alerts");
  assert.equal(sum("Event"), matches, "events");
  life.dead = true;
}

/** Waits until the file system has answered everything. */
async function onDisk(): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, 1));
  while (process.getActiveResourcesInfo().some((name) => name.endsWith("Req") || name.startsWith("FSReq")));
}

describe("reports, at random", function () {
  this.timeout(120_000);

  it("every match stands in an object once, or is counted as held back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tiercel-report-"));
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(move, { maxLength: 30 }), async (moves) => {
          await play(moves, folder);
        }),
        { numRuns: 60 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
