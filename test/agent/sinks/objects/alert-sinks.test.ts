import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Alert } from "../../../../agent/engine/alert.ts";
import { alertJson, alertText } from "../../../../agent/engine/render.ts";
import { systemClock } from "../../../../agent/sinks/clock.ts";
import { AlertSinks, type AlertSinksOptions } from "../../../../agent/sinks/objects/alert-sinks.ts";
import type { SinkEntry } from "../../../../agent/sinks/objects/spec.ts";
import { readSinks } from "../../../../agent/sinks/objects/spec.ts";
import { defaultTls, Trust } from "../../../../agent/sinks/trust.ts";
import { HttpReceiver } from "../receivers.ts";
import { FakeClock, sampleAlert, settled, until } from "../sample.ts";

describe("AlertSinks", () => {
  let folder: string;
  /** What all sinks reach, as a proxy: the host of each URL tells whom an alert was for. */
  let world: HttpReceiver;
  let proxy: string;
  const said: string[] = [];
  const open: AlertSinks[] = [];
  const limits = { capacity: 100, characters: 1 << 20, spool: 1 << 20 };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-objects-"));
    world = new HttpReceiver();
    proxy = `http://127.0.0.1:${await world.listen()}`;
    said.length = 0;
  });
  afterEach(async () => {
    world.reply = () => ({ status: 200 });
    for (const sinks of open.splice(0)) await sinks.close(200);
    world.close();
    rmSync(folder, { recursive: true });
  });

  const start = (more: Partial<AlertSinksOptions> = {}) => {
    const sinks = new AlertSinks({
      operatorNamespace: "ops",
      node: "node7",
      surroundings: {
        stdout: { stream: new PassThrough(), regularFile: false },
        openDatagram: () => "ENOENT",
        logFolder: join(folder, "log"),
        http: { trust: new Trust(defaultTls), proxy: { http: proxy, https: proxy, no: "" } },
        clock: more.clock ?? systemClock,
        form: "json",
      },
      render: (alert, form) => (form === "json" ? alertJson(alert) : alertText(alert)),
      limits: { operator: limits, team: limits },
      spool: { folder: join(folder, "spool") },
      team: { rate: 1000, burst: 1000 },
      random: () => 0.01,
      clock: systemClock,
      report: (_level, _cause, message) => said.push(message),
      ...more,
    });
    open.push(sinks);
    return sinks;
  };
  const webhook = (key: string, more: Record<string, unknown> = {}): SinkEntry => {
    const [namespace = "", name = ""] = key.split("/");
    return { namespace, name, spec: { webhook: { url: `http://${name}.${namespace}/` }, ...more } };
  };
  const about = (namespace: string, message: string, more: Partial<Alert> = {}): Alert =>
    sampleAlert({
      message,
      identity: { namespace: "ops", object: "o", rule: "r" },
      subject: { namespace, pod: "p", podUid: "u", container: "c", image: "i" },
      ...more,
    });
  /** Messages by the host they were sent to, in order. */
  const got = () => {
    const result: Record<string, string[]> = {};
    for (const { path, body } of world.requests) {
      const { output } = JSON.parse(body) as { output: string };
      (result[new URL(path).host] ??= []).push(/(?:Notice|Informational) (.*)$/.exec(output)![1]!);
    }
    return result;
  };
  const none = new Map<string, string>();
  const counters = (sinks: AlertSinks, name: string) => sinks.counters().find((each) => each.name === name)!;

  it("give each alert to the sinks that are to have it", async () => {
    const sinks = start();
    await sinks.apply(
      [
        webhook("ops/all"),
        webhook("ops/urgent", { filter: { minPriority: "error" } }),
        webhook("red/own"),
        webhook("blue/own"),
      ],
      none,
    );
    sinks.publish([
      about("red", "a"),
      about("blue", "b", { priority: 5 }),
      about("", "c"),
      about("green", "d"),
    ]);
    await until("all", () => world.requests.length === 6, got);
    assert.deepEqual(got(), { "all.ops": ["a", "b", "c", "d"], "own.red": ["a"], "own.blue": ["b"] });
  });

  it("come, change and go while alerts pass, and what waits in others stays", async () => {
    const sinks = start();
    const kept = webhook("ops/kept");
    world.reply = ({ path }) => (path.includes("kept") ? { status: 503 } : { status: 200 });
    await sinks.apply([kept, webhook("ops/goes")], none);
    sinks.publish([about("", "1"), about("", "2")]);
    await until("the first", () => got()["goes.ops"]?.length === 2);
    await sinks.apply([kept, webhook("ops/comes")], none);
    sinks.publish([about("", "3")]);
    await until("the new one", () => got()["comes.ops"]?.length === 1);
    assert.equal(counters(sinks, "ops/kept").queued, 3);
    assert.deepEqual(got()["goes.ops"], ["1", "2"]);
    world.requests.length = 0;
    world.reply = () => ({ status: 200 });
    await sinks.apply([{ ...kept, spec: { webhook: { url: "http://moved.ops/" } } }], none);
    await until("what waited", () => got()["moved.ops"]?.length === 3, got);
    assert.deepEqual(got()["moved.ops"], ["1", "2", "3"]);
    assert.deepEqual(
      sinks.counters().map(({ name }) => name),
      ["ops/kept"],
    );
  });

  it("wait for a credential that is missing, say so, and take each new value", async () => {
    const sinks = start();
    const entry: SinkEntry = {
      namespace: "red",
      name: "hook",
      spec: { webhook: { urlFrom: { secret: "red.hook.webhook.urlFrom" } } },
    };
    await sinks.apply([entry], none);
    sinks.publish([about("red", "1")]);
    await settled();
    const held = counters(sinks, "red/hook");
    assert.deepEqual([held.queued, held.healthy], [1, false]);
    assert.equal(held.lastError, "waits for its credential: no key red.hook.webhook.urlFrom yet");
    assert.deepEqual(
      sinks.facts().map(({ name, lastError }) => [name, lastError]),
      [["red/hook", held.lastError]],
    );
    await sinks.apply([entry], new Map([["red.hook.webhook.urlFrom", "http://first.red/s3cr3t-a\n"]]));
    await until("the first", () => got()["first.red"]?.length === 1);
    await sinks.apply([entry], new Map([["red.hook.webhook.urlFrom", "http://second.red/s3cr3t-b"]]));
    sinks.publish([about("red", "2")]);
    await until("the second", () => got()["second.red"]?.length === 1);
    assert.deepEqual(got(), { "first.red": ["1"], "second.red": ["2"] });
    assert.deepEqual(
      sinks.facts().map(({ lastError, delivered }) => [lastError, delivered]),
      [[undefined, 2]],
    );
  });

  it("show no credential, whatever a receiver says back", async () => {
    const sinks = start();
    const token = "Bearer t0p-s3cr3t";
    const entry: SinkEntry = {
      namespace: "ops",
      name: "hook",
      spec: {
        webhook: {
          url: "http://hook.ops/",
          headers: [{ name: "Authorization", valueFrom: { secret: "k" } }],
        },
      },
    };
    world.reply = ({ headers }) => ({ status: 403, body: `${headers.authorization} is not known` });
    await sinks.apply([entry], new Map([["k", token]]));
    sinks.publish([about("", "1")]);
    await until("the refusal", () => counters(sinks, "ops/hook").failed === 1);
    assert.equal(world.requests[0]!.headers.authorization, token);
    assert.equal(counters(sinks, "ops/hook").lastError, "HTTP 403: *** is not known");
    assert.ok(!said.join().includes("s3cr3t"));
  });

  const local: readonly SinkEntry["spec"][] = [{ stdout: {} }, { file: { name: "a.log" } }, { syslog: {} }];
  for (const spec of local)
    it(`of a team are never ${Object.keys(spec)[0]}, whatever the ConfigMap says`, async () => {
      const sinks = start();
      await sinks.apply([{ namespace: "red", name: "x", spec }], none);
      assert.deepEqual(sinks.counters(), []);
      assert.match(said.join(), /AlertSink red\/x: only the operator's namespace may have a sink of kind/);
    });

  it("of a team do not reach the node itself", async () => {
    const direct = new Trust(defaultTls);
    const surroundings = {
      stdout: { stream: new PassThrough(), regularFile: false },
      openDatagram: () => "ENOENT",
      ...{ logFolder: folder, http: { trust: direct }, clock: systemClock, form: "json" as const },
    };
    const sinks = start({ surroundings });
    const url = proxy;
    await sinks.apply(
      ["red", "ops"].map((namespace) => ({ namespace, name: "x", spec: { webhook: { url } } })),
      none,
    );
    sinks.publish([about("red", "1")]);
    await until("both", () => counters(sinks, "red/x").failed + counters(sinks, "ops/x").delivered === 2);
    assert.match(counters(sinks, "red/x").lastError!, /may not go there/);
  });

  it("write files in their folder, as text where they say so", async () => {
    const sinks = start();
    await sinks.apply(
      [{ namespace: "ops", name: "f", spec: { file: { name: "a.log", format: "text" } } }],
      none,
    );
    for (let n = 0; n < 2; n++) sinks.publish([about("", "twice")]);
    await until("both", () => counters(sinks, "ops/f").delivered === 2);
    const lines = readFileSync(join(folder, "log", "a.log"), "utf8").split("\n");
    assert.match(lines[0]!, /^\d\d:\d\d:\d\d\.\d{9}: Notice twice$/);
    assert.equal(lines[1], lines[0]);
  });

  it("that cannot write their file say so at once, with its path, and are not healthy (R56)", async () => {
    writeFileSync(join(folder, "log"), "in the way");
    const sinks = start();
    await sinks.apply([{ namespace: "ops", name: "f", spec: { file: { name: "a.log" } } }], none);
    await until("the fault", () => counters(sinks, "ops/f").healthy === false);
    assert.match(
      said.join(),
      new RegExp(`^ops/f: ${folder}/log/a.log cannot be opened for appending: E[A-Z]+: `),
    );
    assert.match(sinks.facts()[0]!.lastError!, /cannot be opened for appending/);
  });

  it("keep output text in JSON from the second alert on, over a spool as well (R54)", async () => {
    const first = start();
    world.reply = () => ({ status: 503 });
    await first.apply([webhook("ops/hook")], none);
    for (let n = 0; n < 3; n++) first.publish([about("", "same")]);
    await first.close(0);
    world.requests.length = 0;
    world.reply = () => ({ status: 200 });
    const second = start();
    await second.apply([webhook("ops/hook")], none);
    second.publish([about("", "same")]);
    await until(
      "all",
      () => world.accepted.length === 4,
      () => second.counters(),
    );
    for (const body of world.accepted)
      assert.match((JSON.parse(body) as { output: string }).output, /^\d\d:\d\d:\d\d\.\d{9}: Notice same$/);
    assert.deepEqual(new Set(world.accepted).size, 1);
  });

  it("deliver after a new start what was left, and delete spools of sinks that are gone", async () => {
    const first = start();
    world.reply = () => ({ status: 503 });
    await first.apply([webhook("ops/stays"), webhook("ops/goes")], none);
    first.publish([about("", "1"), about("", "2")]);
    await first.close(0);
    assert.equal(readdirSync(join(folder, "spool")).length, 2);
    world.requests.length = 0;
    world.reply = () => ({ status: 200 });
    const second = start();
    second.publish([about("", "3")]);
    await second.apply([webhook("ops/stays")], none);
    await until("all", () => got()["stays.ops"]?.length === 3, got);
    assert.deepEqual(got(), { "stays.ops": ["1", "2", "3"] });
    assert.equal(readdirSync(join(folder, "spool")).length, 1);
    assert.match(said.join(), /the spool ops_goes_[0-9a-f]{12} is of a sink that was removed; it is deleted/);
  });

  it("delete no spool and send no test message while only those of the last run are known", async () => {
    const first = start();
    world.reply = () => ({ status: 503 });
    await first.apply([webhook("ops/old"), webhook("ops/new")], none);
    first.publish([about("", "1")]);
    await first.close(0);
    world.requests.length = 0;
    world.reply = () => ({ status: 200 });
    const second = start();
    const tested = { ...webhook("ops/old"), test: { id: "t", node: "node7" } };
    await second.apply([tested], none, { whole: false });
    second.publish([about("", "2")]);
    await until("the old one's", () => got()["old.ops"]?.length === 2, got);
    await second.apply([webhook("ops/old"), webhook("ops/new")], none);
    await until("the new one's", () => got()["new.ops"]?.length === 1, got);
    assert.deepEqual(got(), { "old.ops": ["1", "2"], "new.ops": ["1"] });
    assert.doesNotMatch(said.join(), /it is deleted/);
  });

  it("go on without a disk, and say so", async () => {
    writeFileSync(join(folder, "spool"), "in the way");
    const sinks = start();
    await sinks.apply([webhook("ops/hook")], none);
    sinks.publish([about("", "1")]);
    await until("delivery", () => got()["hook.ops"]?.length === 1);
    assert.match(said.join(), /ops\/hook: nothing is kept on disk: .*: (EEXIST|ENOTDIR)/);
  });

  it("keep what comes before they are known, up to a bound that is said", async () => {
    const sinks = start();
    sinks.publish(Array.from({ length: 1200 }, (_, n) => about("", `${n}`)));
    await sinks.apply([{ namespace: "ops", name: "f", spec: { file: { name: "a.log" } } }], none);
    await until(
      "all",
      () => counters(sinks, "ops/f").delivered + counters(sinks, "ops/f").dropped === 1000,
      () => sinks.counters(),
    );
    assert.match(said.join(), /200 alerts came before the sinks were known and were dropped/);
  });

  it("of one team do not take from another's: each has its rate", async () => {
    const sinks = start({ team: { rate: 1, burst: 10 } });
    await sinks.apply(
      [webhook("red/one"), webhook("red/two"), webhook("blue/one"), webhook("ops/all")],
      none,
    );
    for (let n = 0; n < 50; n++) sinks.publish([about("red", `${n}`)]);
    sinks.publish([about("blue", "b")]);
    await until(
      "all",
      () => counters(sinks, "ops/all").delivered === 51,
      () => sinks.counters(),
    );
    const [one, two] = [counters(sinks, "red/one"), counters(sinks, "red/two")];
    assert.equal(one.delivered + two.delivered, 10);
    assert.equal(one.dropped + two.dropped, 90);
    assert.equal(counters(sinks, "blue/one").delivered, 1);
    assert.match(said.join(), /red\/one: more alerts for the sinks of namespace red than 1 a second/);
  });

  it("group where they say so, and tell what was held back when the window is over though no event comes", async () => {
    const clock = new FakeClock();
    const sinks = start({ clock, spool: undefined });
    await sinks.apply(
      [webhook("ops/hook", { group: { window: "30s", by: ["rule"] } }), webhook("ops/each")],
      none,
    );
    sinks.publish([1, 2, 3].map((n) => about("", `${n}`, { time: BigInt(n) })));
    await until("each", () => got()["each.ops"]?.length === 3);
    assert.deepEqual(got()["hook.ops"], ["1"]);
    void clock.advance(31_000);
    await until("the rest", () => got()["hook.ops"]?.length === 2);
    assert.deepEqual(got()["hook.ops"], ["1", "3 (2 more like it within 30s, this is the last)"]);
  });

  it("say what their groups hold back when they end", async () => {
    const sinks = start();
    await sinks.apply([webhook("ops/hook", { group: { window: "1h" } })], none);
    sinks.publish([1, 2, 3].map((n) => about("", `${n}`)));
    await sinks.close(2000);
    assert.deepEqual(got()["hook.ops"], ["1", "3 (2 more like it within 1h, this is the last)"]);
  });

  it("send one test message for each id, past filter and group, over a new start too", async () => {
    const test = (id: string, node = "node7") => ({
      ...webhook("ops/hook", { filter: { rules: ["none"] } }),
      test: { id, node },
    });
    const first = start();
    for (const entry of [test("a"), test("a"), test("b", "other"), test("c")])
      await first.apply([entry], none);
    const message = "Test message of AlertSink ops/hook from node node7";
    await until("both", () => world.requests.length === 2);
    await first.close(1000);
    const second = start();
    await second.apply([test("c")], none);
    await second.apply([test("d")], none);
    await until("the third", () => world.requests.length === 3);
    await settled();
    for (const { body } of world.requests)
      assert.equal((JSON.parse(body) as { output: string }).output, message);
    assert.equal(world.requests.length, 3);
  });

  it("that make no sense wait and say why; the others go on", async () => {
    const sinks = start();
    const odd = (name: string, spec: SinkEntry["spec"]): SinkEntry => ({ namespace: "ops", name, spec });
    await sinks.apply(
      [
        odd("a", { kafka: {} }),
        odd("b", {}),
        odd("c", { webhook: { url: "x" }, slack: {} }),
        odd("d", { webhook: { url: "no url" } }),
        odd("e", { slack: {} }),
        odd("f", { webhook: { url: "http://f.ops/" }, group: { window: "long" } }),
        odd("g", { file: { name: "../x" } }),
        odd("constructor", { constructor: {} }),
        webhook("ops/good"),
      ],
      none,
    );
    sinks.publish([about("", "1")]);
    await until("the good one", () => got()["good.ops"]?.length === 1);
    const errors = Object.fromEntries(sinks.facts().map(({ name, lastError }) => [name, lastError]));
    assert.match(errors["ops/a"]!, /knows no sink of kind kafka: update it/);
    assert.match(errors["ops/b"]!, /names no kind/);
    assert.match(errors["ops/c"]!, /more than one/);
    assert.match(errors["ops/d"]!, /Invalid URL/);
    assert.ok(errors["ops/e"]);
    assert.match(errors["ops/f"]!, /long is no duration/);
    assert.match(errors["ops/g"]!, /no bare file name/);
    assert.match(errors["ops/constructor"]!, /knows no sink of kind constructor/);
    assert.equal(errors["ops/good"], undefined);
  });

  it("warn of a rule that names a sink nobody has", async () => {
    const sinks = start();
    await sinks.apply([webhook("ops/hook")], none);
    sinks.publish([about("red", "1", { sinks: ["typo"] })]);
    await settled();
    assert.match(said.join(), /FalcoRule ops\/o names the sink typo, which is in neither namespace/);
    assert.deepEqual(got(), {});
    assert.equal(existsSync(join(folder, "spool")), true);
  });
});

describe("sinks.json", () => {
  const entry = { namespace: "a", name: "b", spec: { stdout: {} } };
  it("is read", () => {
    assert.deepEqual(readSinks(JSON.stringify({ version: 1, sinks: [entry] })), [entry]);
  });
  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ["of another version", { version: 2, sinks: [] }, /version 2 and this agent knows 1/],
    ["without sinks", { version: 1 }, /no list of sinks/],
    [
      "with a name that leads elsewhere",
      { version: 1, sinks: [{ ...entry, name: "../x" }] },
      /no list of sinks/,
    ],
    ["with an entry without a spec", { version: 1, sinks: [{ ...entry, spec: [] }] }, /no list of sinks/],
    ["with too many", { version: 1, sinks: Array.from({ length: 501 }, () => entry) }, /501 sinks and 500/],
  ];
  for (const [what, value, message] of wrong)
    it(`${what} is refused`, () => assert.throws(() => readSinks(JSON.stringify(value)), message));
});
