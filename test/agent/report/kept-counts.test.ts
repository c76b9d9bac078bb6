import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { KeptCounts } from "../../../agent/report/node-agent/kept-counts.ts";
import type { RuleFact } from "../../../agent/report/node-agent/facts.ts";
import { statusTime } from "../../../agent/report/node-agent/status.ts";
import { eventually } from "../../system/support/commands.ts";
import { FakeClock } from "../sinks/sample.ts";

const names = ["a", "b", "c"] as const;
type Name = (typeof names)[number];

interface Status {
  readonly startTime: string;
  readonly rules: readonly {
    readonly namespace: string;
    readonly object: string;
    readonly rule: string;
    readonly matches: number;
  }[];
}

/** A NodeAgent, and an operator that sees each of its statuses and adds up as operator/controllers/roll-up does. */
class World {
  status: Status | undefined;
  total = 0;
  uid = "u-1";

  get object() {
    return { metadata: { uid: this.uid, resourceVersion: "1" }, status: this.status };
  }

  tell(next: Status): void {
    const anew = this.status?.startTime !== next.startTime;
    for (const { rule, matches } of next.rules) {
      const before = anew ? 0 : (this.status!.rules.find((each) => each.rule === rule)?.matches ?? 0);
      this.total += matches - before;
    }
    this.status = next;
  }
}

/** One life of an agent. */
class Life {
  readonly clock = new FakeClock();
  readonly said: string[] = [];
  readonly #matches = new Map<Name, number>();
  readonly #startTime: number;
  readonly #path: string;
  readonly counts: KeptCounts;

  constructor(folder: string, startTime: number) {
    this.#startTime = startTime;
    this.#path = join(folder, "counts.json");
    this.counts = new KeptCounts({
      ...{ folder, clock: this.clock, startTime, most: 5000 },
      rules: () => this.#rules(),
      say: (level, message) => this.said.push(`${level}: ${message}`),
    });
  }

  #rules(): RuleFact[] {
    return [...this.#matches].map(([rule, matches]) => ({
      ...{ namespace: "n", object: "o", rule, matches, lastMatch: 1n },
    }));
  }

  match(rule: Name, count: number): void {
    this.#matches.set(rule, (this.#matches.get(rule) ?? 0) + count);
  }

  /** A second passes, and what matched is on the disk. */
  async pass(): Promise<void> {
    const own = [...this.#matches.values()].reduce((sum, each) => sum + each, 0);
    const carried = this.counts.carried.reduce((sum, { matches }) => sum + matches, 0);
    this.counts.soon();
    await this.clock.advance(1000);
    await eventually("it is kept", () => {
      try {
        const { life } = JSON.parse(readFileSync(this.#path, "utf8")) as {
          life: { startTime: string; rows: { matches: number }[] };
        };
        const kept = life.rows.reduce((sum, { matches }) => sum + matches, 0);
        return (life.startTime === statusTime(this.#startTime) && kept === own + carried) || undefined;
      } catch {
        return undefined;
      }
    });
  }

  settle(world: World): Promise<void> {
    return this.counts.settle(world.object);
  }

  async tell(world: World): Promise<void> {
    await this.settle(world);
    const sums = new Map<string, number>();
    for (const { rule, matches } of [...this.#rules(), ...this.counts.carried])
      sums.set(rule, (sums.get(rule) ?? 0) + matches);
    const rules = [...sums].map(([rule, matches]) => ({ namespace: "n", object: "o", rule, matches }));
    world.tell({ startTime: statusTime(this.#startTime), rules });
  }
}

describe("matches that are kept over the agent's life", () => {
  let folder: string;
  let world: World;
  let lives: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-counts-"));
    world = new World();
    lives = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const begin = async () => {
    const life = new Life(folder, 1_700_000_000_000 + 60_000 * lives++);
    await life.counts.open();
    return life;
  };

  it("are told by the next agent where this one was killed before it told them", async () => {
    const first = await begin();
    first.match("a", 3);
    await first.tell(world);
    first.match("a", 4);
    first.match("b", 2);
    await first.pass();
    assert.equal(world.total, 3);
    const second = await begin();
    await second.tell(world);
    assert.equal(world.total, 9);
    second.match("a", 1);
    await second.tell(world);
    assert.equal(world.total, 10);
  });

  it("are told once though agents are killed again and again before they can tell", async () => {
    const first = await begin();
    first.match("a", 3);
    await first.tell(world);
    first.match("a", 4);
    await first.pass();
    for (let n = 0; n < 3; n++) {
      const life = await begin();
      life.match("b", 10);
      await life.pass();
    }
    const last = await begin();
    await last.tell(world);
    assert.equal(world.total, 37);
    const next = await begin();
    await next.tell(world);
    assert.equal(world.total, 37);
  });

  it("that were told an object that is gone are not told again, those that were not are", async () => {
    const first = await begin();
    first.match("a", 3);
    await first.tell(world);
    await first.pass();
    const second = await begin();
    second.match("b", 2);
    await second.pass();
    world.status = undefined;
    world.uid = "u-2";
    const third = await begin();
    await third.tell(world);
    assert.equal(world.total, 5);
  });

  it("are told though the agent was killed right before its first word", async () => {
    const first = await begin();
    first.match("a", 3);
    await first.settle(world);
    const second = await begin();
    await second.tell(world);
    assert.equal(world.total, 3);
  });

  it("are in a file for root alone; one that cannot be read is said", async () => {
    const first = await begin();
    first.match("a", 1);
    await first.pass();
    const path = join(folder, "counts.json");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    for (const wrong of ["{", '{"version":9}', " ".repeat((16 << 20) + 1)]) {
      writeFileSync(path, wrong);
      const life = await begin();
      assert.match(life.said.join(), /the agent before counted are not known/);
      await life.tell(world);
    }
    assert.equal(world.total, 0);
  });

  it("are bounded", async () => {
    const clock = new FakeClock();
    const many = Array.from({ length: 60 }, (_, n) => ({
      ...{ namespace: "n", object: "o", rule: `${n}`, matches: 2, lastMatch: 1n },
    }));
    const kept = { clock, startTime: 0, rules: () => many, most: 50, say: () => {} };
    const counts = new KeptCounts({ folder, ...kept });
    await counts.open();
    assert.equal(counts.notKept, 20);
    await counts.end();
    const { life } = JSON.parse(readFileSync(join(folder, "counts.json"), "utf8")) as {
      life: { rows: unknown[] };
    };
    assert.equal(life.rows.length, 50);
  });

  it("are neither lost nor told twice, whenever agents are killed and whenever the API is away", async function () {
    this.timeout(120_000);
    const move = fc.oneof(
      fc.record({
        kind: fc.constant("match" as const),
        rule: fc.constantFrom(...names),
        count: fc.integer({ min: 1, max: 9 }),
      }),
      fc.record({ kind: fc.constantFrom("pass", "tell", "settle", "kill", "end") }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 25 }), async (moves) => {
        rmSync(join(folder, "counts.json"), { force: true });
        world = new World();
        let life = await begin();
        let kept = 0;
        // Of this life, and not surely on the disk.
        let fresh = 0;
        let all = 0;
        for (const each of moves)
          if (each.kind === "match") {
            life.match(each.rule, each.count);
            fresh += each.count;
            all += each.count;
          } else if (each.kind === "settle") await life.settle(world);
          else if (each.kind === "kill") {
            life = await begin();
            fresh = 0;
          } else {
            // What is told is kept first: an agent looks at the disk more often than at the API.
            if (each.kind !== "end") await life.pass();
            if (each.kind === "tell") await life.tell(world);
            if (each.kind === "end") {
              await life.counts.end();
              life = await begin();
            }
            kept += fresh;
            fresh = 0;
          }
        await life.tell(world);
        const { total } = world;
        assert.ok(
          total >= kept + fresh && total <= all,
          `${total} told of ${all}, ${kept} kept, ${fresh} fresh`,
        );
      }),
      { numRuns: 60 },
    );
  });
});
