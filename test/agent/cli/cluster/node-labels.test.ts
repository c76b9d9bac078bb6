import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { NodeLabels } from "../../../../agent/cli/cluster/node-labels.ts";
import { KubeClient } from "../../../../agent/kube/client.ts";
import { eventually } from "../../../system/support/commands.ts";
import { makeCertificates, type Certificates } from "../../kube/certificates.ts";
import { realClock } from "../../kube/clock.ts";
import { StandInApi } from "../../kube/stand-in.ts";

/** Waits until `holds` does. */
const until = (what: string, holds: () => boolean) => eventually(what, () => (holds() ? true : undefined));

describe("the labels of this node", () => {
  let certificates: Certificates;
  let api: StandInApi;
  let client: KubeClient;
  let folder: string;
  let made: NodeLabels[];
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
    folder = mkdtempSync(join(tmpdir(), "tiercel-labels-"));
    made = [];
  });
  afterEach(async () => {
    for (const each of made) await each.stop();
    client.close();
    await api.close();
    rmSync(folder, { recursive: true });
  });

  async function labels(node = "node-1") {
    const log: string[] = [];
    let changes = 0;
    const subject = new NodeLabels({
      ...{ client, node, clock: realClock, random: Math.random, folder, every: 20 },
      log: (level, message) => log.push(`${level}: ${message}`),
      onChange: () => changes++,
      retry: { base: 5, cap: 20, seldom: 20, longestRetryAfter: 20 },
    });
    made.push(subject);
    await subject.open();
    return { subject, log, changes: () => changes };
  }
  const label = (own: Readonly<Record<string, string>>) =>
    api.put("nodes", { metadata: { name: "node-1", uid: "n1", labels: own }, spec: {} });
  const known = (subject: NodeLabels, want: readonly (readonly [string, string])[]) =>
    until(JSON.stringify(want), () => JSON.stringify(subject.labels) === JSON.stringify(want));

  it("are asked for only while a rule wants them, and followed", async () => {
    label({ zone: "b", gpu: "yes" });
    const { subject, changes } = await labels();
    await delay(60);
    assert.equal(api.asked.length, 0);
    assert.equal(subject.labels, undefined);
    subject.want(true);
    await known(subject, [
      ["gpu", "yes"],
      ["zone", "b"],
    ]);
    assert.match(api.asked[0]?.headers.accept ?? "", /as=PartialObjectMetadata;/);
    await until("asked again", () => api.asked.length > 3);
    assert.equal(changes(), 1, "what did not change is not said");
    label({ zone: "c" });
    await known(subject, [["zone", "c"]]);
    assert.equal(changes(), 2);
    subject.want(false);
    await delay(40);
    const before = api.asked.length;
    await delay(80);
    assert.equal(api.asked.length, before);
  });

  it("are those of the last run until the API answers, and of no other node", async () => {
    label({ zone: "b" });
    const first = await labels();
    first.subject.want(true);
    await known(first.subject, [["zone", "b"]]);
    await first.subject.stop();
    assert.deepEqual((await labels()).subject.labels, [["zone", "b"]]);
    assert.equal((await labels("node-2")).subject.labels, undefined);
    for (const wrong of ["{", '{"node":"node-1","labels":[["a"]]}', "null"]) {
      writeFileSync(join(folder, "node-labels.json"), wrong);
      assert.equal((await labels()).subject.labels, undefined, wrong);
    }
  });

  it("stay what they were where the API does not give them, which is said", async () => {
    label({ zone: "b" });
    api.fault = () => ({ kind: "status", status: 403 });
    const { subject, log } = await labels();
    subject.want(true);
    await until("said", () => log.length > 0);
    assert.match(log[0] ?? "", /labels of node node-1 cannot be read .*match nothing.*let it get nodes/);
    assert.equal(subject.labels, undefined);
    api.fault = () => undefined;
    await known(subject, [["zone", "b"]]);
    api.fault = () => ({ kind: "cut" });
    await until("said", () => log.length > 1 && /the last ones count/.test(log.at(-1)!));
    assert.deepEqual(subject.labels, [["zone", "b"]]);
  });
});
