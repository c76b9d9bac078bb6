/** A cluster's rules over a real TLS connection; the API server is a stand-in (test/agent/kube/stand-in.ts). */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ClusterRules } from "../../../../agent/cli/cluster/cluster-rules.ts";
import type { SetText } from "../../../../agent/cli/cluster/set-index.ts";
import { SetStore } from "../../../../agent/cli/cluster/set-store.ts";
import { KubeClient, type ApiTimes } from "../../../../agent/kube/client.ts";
import { eventually } from "../../../system/support/commands.ts";
import { makeCertificates, type Certificates } from "../../kube/certificates.ts";
import { realClock } from "../../kube/clock.ts";
import { StandInApi, type Asked, type Fault } from "../../kube/stand-in.ts";
import { configMap, madeSet, namespace, type MadeSet } from "./made-sets.ts";

/** Where nothing should fail, on a busy machine too. */
const patient: ApiTimes = { answer: 20_000, stall: 20_000, whole: 20_000, idle: 20_000 };
/** Where what never comes is part of the test. */
const impatient: ApiTimes = { answer: 150, stall: 150, whole: 400, idle: 150 };
const retry = { base: 5, cap: 40, seldom: 50, longestRetryAfter: 50 };

/** Waits until `holds` does. */
const until = (what: string, holds: () => boolean) => eventually(what, () => (holds() ? true : undefined));

/** An agent's part: what it would load, and when. */
class Subject {
  readonly given: SetText[] = [];
  readonly log: string[] = [];
  readonly rules: ClusterRules;
  readonly store: SetStore;

  constructor(port: number, ca: string, folder: string, times: ApiTimes) {
    const access = {
      server: new URL(`https://127.0.0.1:${port}`),
      ...{ serverName: undefined, client: undefined, insecure: false, origin: "test" },
      ca: { text: ca },
      token: { text: "token" },
    };
    this.store = new SetStore(folder);
    this.rules = new ClusterRules({
      client: new KubeClient({ access, clock: realClock, userAgent: "test", times }),
      ...{ clock: realClock, random: Math.random, namespace, name: "tiercel", retry, store: this.store },
      log: (level, message) => this.log.push(`${level}: ${message}`),
      onSet: () => this.load(),
    });
  }

  /** Loads the newest set as the agent does. */
  load(): void {
    const set = this.rules.take();
    if (set === undefined) return;
    this.given.push(set);
    this.rules.inForce();
  }

  get digests(): string[] {
    return this.given.map(({ index }) => index.digest);
  }
}

describe("the rules of a cluster", () => {
  let certificates: Certificates;
  let api: StandInApi;
  let port: number;
  let folder: string;
  let subject: Subject;
  before(function () {
    certificates = makeCertificates(this);
  });
  beforeEach(async () => {
    api = new StandInApi(certificates);
    port = await api.listen();
    folder = mkdtempSync(join(tmpdir(), "tiercel-cluster-"));
  });
  afterEach(async () => {
    await subject.rules.stop();
    await api.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(times = patient): Promise<void> {
    subject = new Subject(port, certificates.ca, folder, times);
    await subject.rules.open();
    subject.load();
    subject.rules.start();
  }

  const index = { metadata: { name: "tiercel-rules", namespace, uid: "index" } };
  const writeShards = ({ shards }: MadeSet) => shards.forEach((shard) => api.put("configmaps", shard));
  const writeIndex = (set: MadeSet) =>
    api.put("configmaps", { ...index, data: { "index.json": JSON.stringify(set.index) } });
  /** As the operator does: shards first. */
  const write = (set: MadeSet) => {
    writeShards(set);
    writeIndex(set);
  };
  const removeShards = ({ shards }: MadeSet) =>
    shards.forEach(({ metadata }) => api.delete("configmaps", metadata.uid));
  const has = (set: MadeSet) =>
    until(`${set.texts.join()} is there`, () => {
      const { problem } = subject.rules.status;
      return subject.given.at(-1)?.index.digest === set.index.digest && problem === undefined;
    });
  const shardReads = () => api.asked.filter(({ name }) => name !== "").map(({ name }) => name);
  const problem = (text: RegExp) => until(String(text), () => text.test(subject.rules.status.problem ?? ""));

  const one = madeSet("[1]", "[2]");
  const two = madeSet("[1]", "[3]");

  it("are given whole, once, and kept on the disk", async () => {
    write(one);
    await start();
    await has(one);
    assert.deepEqual(subject.given, [{ index: one.index, shards: one.texts }]);
    await until("kept", () => subject.store.digest !== "");
    assert.deepEqual(await subject.store.read(), subject.given[0]);
    await until("watched", () => subject.rules.status.connected);
    assert.equal(subject.rules.status.wanted, one.index.digest);
    assert.equal(subject.rules.status.reads, 2);
  });

  it("follow the index, and shards that are known are not read again", async () => {
    write(one);
    await start();
    await has(one);
    // An operator may keep a shard from one set to the next.
    const [kept] = one.shards;
    const [, fresh] = two.shards;
    const mixed = { ...two, index: { ...two.index, shards: [kept!.metadata.name, fresh!.metadata.name] } };
    api.put("configmaps", fresh!);
    writeIndex(mixed);
    await has(two);
    assert.deepEqual(subject.given.at(-1)?.shards, ["[1]", "[3]"]);
    assert.deepEqual(shardReads(), [...one.index.shards, fresh!.metadata.name]);
  });

  it("are asked of the server's cache first, and of its storage where that does not know them", async () => {
    writeIndex(one);
    await start();
    await problem(/not whole: HTTP 404/);
    const [first, second] = api.asked.filter(({ name }) => name !== "");
    assert.equal(first?.query.get("resourceVersion"), "0");
    assert.equal(second?.query.get("resourceVersion"), null);
  });

  it("wait for shards that are missing for a while, and say so", async () => {
    writeIndex(two);
    await start();
    await problem(/the rule set [0-9a-f]{12} is not whole: HTTP 404: .*"tiercel-rules-.*-0" not found/);
    assert.deepEqual(subject.given, []);
    api.put("configmaps", two.shards[0]!);
    await problem(/-1" not found/);
    assert.deepEqual(subject.given, [], "half a set is none");
    const readsOfFirst = () => shardReads().filter((name) => name === two.index.shards[0]).length;
    const before = readsOfFirst();
    api.put("configmaps", two.shards[1]!);
    await has(two);
    assert.equal(readsOfFirst(), before, "what is there is kept");
  });

  it("are the newest ones where an older set never becomes whole", async () => {
    writeIndex(one);
    await start();
    await problem(/not whole/);
    write(two);
    await has(two);
    const before = api.asked.length;
    await delay(200);
    assert.equal(api.asked.length, before, "nobody asks for the older one any more");
    assert.deepEqual(subject.digests, [two.index.digest]);
  });

  it("go back where the index does", async () => {
    write(one);
    await start();
    await has(one);
    write(two);
    await has(two);
    writeIndex(one);
    await has(one);
    assert.deepEqual(
      subject.digests,
      [one, two, one].map((set) => set.index.digest),
    );
  });

  it("stay while there is no index, or one that is none", async () => {
    await start();
    await problem(/there is no ConfigMap tiercel-system\/tiercel-rules: the operator/);
    write(one);
    await has(one);
    api.put("configmaps", { ...index, data: { "index.json": "{" } });
    await problem(/tiercel-rules is no index of rules: its index\.json is no JSON/);
    writeIndex(one);
    await until("well", () => subject.rules.status.problem === undefined);
    api.delete("configmaps", "index");
    await problem(/there is no ConfigMap/);
    assert.equal(subject.rules.status.wanted, "");
    write(two);
    await has(two);
    assert.deepEqual(
      subject.digests,
      [one, two].map((set) => set.index.digest),
    );
  });

  it("are not larger than the bound", async () => {
    const piece = `["${"x".repeat(1 << 20)}"]`;
    const large = madeSet(...Array.from({ length: 17 }, (_, number) => `${piece}${number}`));
    write(large);
    await start();
    await problem(/it has more than 16 MiB/);
    assert.deepEqual(subject.given, []);
    write(one);
    await has(one);
  });

  it("are read anew where they are not what their digest says, and not loaded again until they are others", async () => {
    write(one);
    await start();
    await has(one);
    subject.rules.damaged();
    assert.match(subject.rules.status.problem ?? "", /does not have that digest/);
    const before = shardReads().length;
    await until("it is asked again", () => shardReads().length > before + 4);
    assert.equal(subject.given.length, 1, "the same text is not loaded again");
    removeShards(one);
    api.put("configmaps", configMap(one.index.shards[0]!, "objects.json", "[9]"));
    api.put("configmaps", one.shards[1]!);
    await until("what is other is", () => subject.given.length === 2);
    assert.deepEqual(subject.given[1]?.shards, ["[9]", "[2]"]);
  });

  it("are those of the last run while the API is away", async () => {
    write(one);
    await start();
    await has(one);
    await until("kept", () => subject.store.digest !== "");
    await subject.rules.stop();
    await api.close();
    await start();
    assert.deepEqual(subject.digests, [one.index.digest]);
    await problem(/does not give the rules in tiercel-system\/tiercel-rules \(connect ECONNREFUSED/);
    api = new StandInApi(certificates);
    await api.listen(port);
    write(two);
    await has(two);
    assert.deepEqual(
      subject.digests,
      [one, two].map((set) => set.index.digest),
    );
  });

  it("are not read again where those of the last run are the ones", async () => {
    write(one);
    await start();
    await has(one);
    await until("kept", () => subject.store.digest !== "");
    await subject.rules.stop();
    const before = shardReads().length;
    await start();
    await until("the index was seen", () => subject.rules.status.wanted !== "");
    assert.equal(shardReads().length, before);
    assert.deepEqual(subject.digests, [one.index.digest]);
  });

  it("say where those of the last run cannot be used, and where they cannot be kept", async () => {
    writeFileSync(join(folder, "rules.json"), "{");
    write(one);
    await start();
    assert.match(
      subject.log[0] ?? "",
      /rules of the last run cannot be used: .*rules\.json holds no rule set/,
    );
    await has(one);
    await until("kept over it", () => subject.store.digest !== "");
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "");
    write(two);
    await has(two);
    await until("said", () => subject.rules.status.storeFailures === 1);
    assert.match(subject.log.at(-1) ?? "", /cannot be written.*starts without rules.*cluster\.state_folder/);
  });

  it("say which right is missing", async () => {
    let may = false;
    api.fault = () => (may ? undefined : { kind: "status", status: 403 });
    write(one);
    await start();
    await problem(/HTTP 403.*Role should let it get, list and watch ConfigMaps/);
    may = true;
    await has(one);
  });

  describe("in the end are right whatever goes wrong", () => {
    type Wrong = (asked: Asked) => boolean;
    const shard: Wrong = ({ name }) => name !== "";
    const list: Wrong = ({ name, watch }) => name === "" && !watch;
    const watch: Wrong = (asked) => asked.watch;
    const faults: readonly (readonly [string, Fault, readonly Wrong[]])[] = [
      ["no answer", { kind: "hang" }, [shard, list, watch]],
      ["a cut", { kind: "cut" }, [shard, list, watch]],
      ["an answer that drips", { kind: "trickle" }, [shard, list]],
      ["an answer cut in half", { kind: "half" }, [list, watch]],
      ["no JSON", { kind: "garbage" }, [shard, list, watch]],
      ["410", { kind: "status", status: 410 }, [shard, list, watch]],
      ["410 in a watch", { kind: "error-event", code: 410 }, [watch]],
      ["429", { kind: "status", status: 429, headers: { "Retry-After": "0" } }, [shard, list, watch]],
      ["500", { kind: "status", status: 500 }, [shard, list, watch]],
      ["401", { kind: "status", status: 401 }, [shard, list, watch]],
      ["a watch that ends at once", { kind: "end" }, [watch]],
      ["an event that is too long", { kind: "giant" }, [watch]],
    ];
    const names = new Map<Wrong, string>([
      [shard, "a shard"],
      [list, "the list"],
      [watch, "the watch"],
    ]);
    for (const [name, fault, wrongs] of faults)
      for (const wrong of wrongs)
        it(`${name} for ${names.get(wrong)}, three times`, async () => {
          let left = 3;
          api.fault = (asked) => (wrong(asked) && left-- > 0 ? fault : undefined);
          write(one);
          await start(impatient);
          await has(one);
          left = 3;
          api.cutAll();
          removeShards(one);
          write(two);
          await has(two);
          for (const { index: got, shards } of subject.given) {
            const set = [one, two].find((each) => each.index.digest === got.digest);
            assert.deepEqual(shards, set?.texts, "only whole sets are given");
          }
        });

    it("versions that are forgotten while nobody watched", async () => {
      write(one);
      await start();
      await has(one);
      await until("watched", () => api.watches === 1);
      api.fault = ({ watch: watching }) => (watching ? { kind: "cut" } : undefined);
      api.cutAll();
      write(two);
      api.compact();
      api.fault = () => undefined;
      await has(two);
    });
  });
});
