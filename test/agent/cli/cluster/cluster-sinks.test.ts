/** A cluster's AlertSinks over a real TLS connection; the API server is a stand-in (test/agent/kube/stand-in.ts). */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ClusterSinks } from "../../../../agent/cli/cluster/cluster-sinks.ts";
import { SinksStore } from "../../../../agent/cli/cluster/sinks-store.ts";
import { KubeClient } from "../../../../agent/kube/client.ts";
import { eventually } from "../../../system/support/commands.ts";
import { makeCertificates, type Certificates } from "../../kube/certificates.ts";
import { realClock } from "../../kube/clock.ts";
import { StandInApi } from "../../kube/stand-in.ts";
import { namespace } from "./made-sets.ts";

describe("the AlertSinks of a cluster", () => {
  let certificates: Certificates;
  let api: StandInApi;
  let client: KubeClient;
  let sinks: ClusterSinks;
  /** What was applied, as `NAMES | KEY=VALUE…`, with `kept: ` before those of the last run. */
  let applied: string[];
  let folder: string;
  let log: string[];
  before(function () {
    certificates = makeCertificates(this);
  });
  beforeEach(async () => {
    api = new StandInApi(certificates);
    const access = {
      server: new URL(`https://127.0.0.1:${await api.listen()}`),
      ...{ serverName: undefined, client: undefined, insecure: false, origin: "test" },
      ca: { text: certificates.ca },
      token: { text: "token" },
    };
    client = new KubeClient({ access, clock: realClock, userAgent: "test" });
    applied = [];
    log = [];
    folder = mkdtempSync(join(tmpdir(), "tiercel-sinks-"));
    sinks = make(60_000);
  });
  /** One that waits so many ms for the API. */
  const make = (patience: number) =>
    new ClusterSinks({
      ...{ client, clock: realClock, random: Math.random, namespace, name: "tiercel" },
      log: (level, message) => log.push(`${level}: ${message}`),
      apply: (entries, secrets, how) => {
        const values = [...secrets].map(([key, value]) => `${key}=${value}`).join();
        const kept = how?.whole === false ? "kept: " : "";
        applied.push(`${kept}${entries.map(({ name }) => name).join()} | ${values}`);
        return Promise.resolve();
      },
      store: new SinksStore(folder),
      patience,
      retry: { base: 5, cap: 40, seldom: 40, longestRetryAfter: 40 },
    });
  afterEach(async () => {
    await sinks.stop();
    client.close();
    await api.close();
    rmSync(folder, { recursive: true });
  });

  const metadata = { name: "tiercel-sinks", namespace };
  const configMap = (text: string) =>
    api.put("configmaps", { metadata: { ...metadata, uid: "c" }, data: { "sinks.json": text } });
  const named = (...names: readonly string[]) =>
    configMap(
      JSON.stringify({ version: 1, sinks: names.map((name) => ({ namespace, name, spec: { stdout: {} } })) }),
    );
  const secret = (values: Readonly<Record<string, string>>) =>
    api.put("secrets", {
      metadata: { ...metadata, uid: "s" },
      data: Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
      ),
    });
  const last = (want: string) =>
    eventually(want, () => (applied.at(-1) === want ? true : undefined)).catch(() =>
      assert.deepEqual(applied, [want], log.join("\n")),
    );

  it("are applied when both objects are known, once for a change of both", async () => {
    secret({ "a.b.slack": "https://x/é" });
    named("one", "two");
    sinks.start();
    await last("one,two | a.b.slack=https://x/é");
    await delay(100);
    assert.equal(applied.length, 1);
    secret({ k: "v" });
    named("three");
    await last("three | k=v");
    await delay(100);
    assert.equal(applied.length, 2);
  });

  it("need no Secret", async () => {
    named("one");
    sinks.start();
    await last("one | ");
  });

  it("wait while the Secret is not known, so that nothing is sent without its credential", async () => {
    api.fault = ({ resource }) => (resource === "secrets" ? { kind: "status", status: 403 } : undefined);
    named("one");
    sinks.start();
    await eventually("said", () => (log.length > 0 ? true : undefined));
    assert.match(
      log.join("\n"),
      /secrets tiercel-system\/tiercel-sinks \(HTTP 403.*Secret tiercel-sinks there/,
    );
    assert.deepEqual(applied, []);
    secret({ k: "v" });
    api.fault = () => undefined;
    await last("one | k=v");
  });

  it("stay where their list is wrong, or gone", async () => {
    named("one");
    sinks.start();
    await last("one | ");
    for (const wrong of ["{", '{"version":2,"sinks":[]}', '{"version":1,"sinks":[{"name":"../x"}]}']) {
      const before = log.length;
      configMap(wrong);
      await eventually(wrong, () => (log.length > before ? true : undefined));
    }
    assert.match(log.at(-1) ?? "", /AlertSinks stay as they are: sinks\.json is no list/);
    api.delete("configmaps", "c");
    await delay(100);
    assert.equal(new Set(applied).size, 1, "what was applied again is the same");
    named("two");
    await last("two | ");
  });

  describe("of the last run", () => {
    const file = () => join(folder, "sinks.json");
    const text = () => (existsSync(file()) ? readFileSync(file(), "utf8") : undefined);
    const away = () => (api.fault = () => ({ kind: "status", status: 503 }));
    /** Ends it and starts the next. */
    const again = async (patience = 50) => {
      await sinks.stop();
      applied.length = 0;
      sinks = make(patience);
      await sinks.open();
      sinks.start();
    };
    const kept = () => eventually("the file", () => (text()?.includes('"two"') === true ? true : undefined));
    const begin = async () => {
      secret({ "k.v": "s3cr3t" });
      named("one", "two");
      sinks.start();
      await last("one,two | k.v=s3cr3t");
      await kept();
    };

    it("are kept for root alone, without a credential, and without those that are gone", async () => {
      await begin();
      assert.equal(statSync(file()).mode & 0o777, 0o600);
      assert.ok(!text()!.includes("s3cr3t"));
      named("two");
      await eventually("the other file", () => (text()?.includes('"one"') === true ? undefined : true));
      assert.ok(text()!.includes('"two"'));
    });

    it("are used when the API does not answer in time, and replaced by what it then says", async () => {
      await begin();
      away();
      await again();
      await last("kept: one,two | ");
      assert.match(log.join("\n"), /has not given the AlertSinks: those of the last run are used/);
      named("three");
      api.fault = () => undefined;
      await last("three | k.v=s3cr3t");
      // The credentials may come in a step of their own.
      assert.deepEqual(
        applied.slice(1).filter((line) => !line.startsWith("three | ")),
        [],
      );
    });

    it("are not used where the API answers", async () => {
      await begin();
      named("two");
      await again(60_000);
      await last("two | k.v=s3cr3t");
      assert.equal(applied.length, 1);
    });

    it("give way to new ones though the Secret is not to be had: those without credentials deliver", async () => {
      await begin();
      api.fault = ({ resource }) => (resource === "secrets" ? { kind: "status", status: 403 } : undefined);
      named("three");
      await again();
      await last("three | ");
    });

    it("that cannot be read are said, and none are used", async () => {
      await begin();
      away();
      for (const wrong of ["{", '{"version":7,"sinks":[]}', "x".repeat((2 << 20) + 1)]) {
        writeFileSync(file(), wrong);
        log.length = 0;
        await again();
        await delay(150);
        assert.deepEqual(applied, []);
        assert.match(log.join("\n"), /AlertSinks of the last run cannot be used: .*sinks\.json/);
      }
      assert.match(log.join("\n"), /is too large/);
    });

    it("that cannot be written are said", async () => {
      rmSync(folder, { recursive: true });
      writeFileSync(folder, "in the way");
      named("one");
      sinks.start();
      await last("one | ");
      await eventually("said", () => log.find((line) => /starts without AlertSinks while/.test(line)));
    });
  });
});
