import assert from "node:assert/strict";
import type { KubeAccess } from "../../../agent/kube/access.ts";
import { KubeClient } from "../../../agent/kube/client.ts";
import { InformerStore, type Change } from "../../../operator/kube/informer.ts";
import { Informers } from "../../../operator/kube/informers.ts";
import type { KubeObject } from "../../../operator/kube/object.ts";
import { resources } from "../../../operator/kube/resources.ts";
import { makeCertificates, type Certificates } from "../../agent/kube/certificates.ts";
import { realClock } from "../../agent/kube/clock.ts";
import { StandInApi } from "../../agent/kube/stand-in.ts";
import { eventually } from "../../system/support/commands.ts";

const object = (name: string, uid: string, more: object = {}) => ({
  metadata: { namespace: "n", name, uid, resourceVersion: "1" },
  ...more,
});

function begin(most?: number) {
  const changes: string[] = [];
  const errors: string[] = [];
  const store = new InformerStore(
    {
      resource: resources.configMaps,
      project: (one: KubeObject) => (one as { data?: Record<string, string> }).data?.["a"],
    },
    (error, key) => errors.push(`${key}: ${(error as Error).message}`),
    most,
  );
  store.onChange(({ key, before, after }) => changes.push(`${key}: ${before} > ${after}`));
  return { store, changes, errors };
}

describe("informer", () => {
  it("keeps what its projection gives, and tells changes of that alone", () => {
    const { store, changes } = begin();
    store.put("1", object("x", "1", { data: { a: "1" } }));
    store.put("1", object("x", "1", { data: { a: "1", b: "2" } }));
    store.put("1", object("x", "1", { data: { a: "2" } }));
    assert.equal(store.put("2", object("y", "2")), false);
    store.remove("1");
    store.remove("1");
    assert.deepEqual(changes, ["n/x: undefined > 1", "n/x: 1 > 2", "n/x: 2 > undefined"]);
    assert.equal(store.size, 0);
  });

  it("does not take the end of an object for the end of the one that has its name now", () => {
    const { store, changes } = begin();
    store.put("1", object("x", "1", { data: { a: "old" } }));
    store.put("2", object("x", "2", { data: { a: "new" } }));
    store.remove("1");
    assert.equal(store.get("n/x"), "new");
    assert.deepEqual(changes, ["n/x: undefined > old", "n/x: old > new"]);
    store.remove("2");
    assert.deepEqual([...store.list()], []);
  });

  it("is not synced before a list was whole", async () => {
    const { store } = begin();
    store.put("1", object("x", "1", { data: { a: "1" } }));
    const synced = store.whenSynced();
    assert.equal(store.synced, false);
    store.listed();
    await synced;
    assert.equal(store.synced, true);
  });

  it("gives kind and version, which lists leave out, and drops what nobody reads", () => {
    let seen: KubeObject | undefined;
    const store = new InformerStore(
      { resource: resources.falcoRules, project: (one: KubeObject) => (seen = one) },
      () => {},
    );
    const managedFields = [{ manager: "kubectl" }, { manager: "tiercel-operator", operation: "Apply" }];
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "{}", mine: "1" };
    store.put("1", { metadata: { name: "x", uid: "1", managedFields, annotations } });
    assert.deepEqual(seen, {
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "FalcoRule",
      metadata: { name: "x", uid: "1", managedFields: [managedFields[1]], annotations: { mine: "1" } },
    });
  });

  it("survives a listener and a projection that throw", () => {
    const { store, changes, errors } = begin();
    const off = store.onChange(() => {
      throw new Error("listener");
    });
    store.put("1", object("x", "1", { data: { a: "1" } }));
    off();
    store.put("1", object("x", "1", { data: { a: "2" } }));
    assert.deepEqual([errors, changes.length], [["n/x: listener"], 2]);
    const throwing = new InformerStore<string>(
      {
        resource: resources.configMaps,
        project: (one) => {
          if ((one as { bad?: boolean }).bad === true) throw new Error("projection");
          return "good";
        },
      },
      (error) => errors.push((error as Error).message),
    );
    throwing.put("1", object("x", "1"));
    assert.equal(throwing.put("1", object("x", "1", { bad: true })), true);
    assert.equal(throwing.get("n/x"), "good");
    assert.equal(errors.at(-1), "projection");
  });

  it("holds a bounded number and counts the rest", () => {
    const { store } = begin(2);
    for (const uid of ["1", "2", "3"]) store.put(uid, object(`x${uid}`, uid, { data: { a: uid } }));
    assert.deepEqual([store.size, store.tooMany], [2, 1]);
    assert.equal(store.put("1", object("x1", "1", { data: { a: "new" } })), true);
    assert.equal(store.get("n/x1"), "new");
  });
});

describe("informers", () => {
  let certificates: Certificates;
  let api: StandInApi;
  let client: KubeClient;
  let informers: Informers;
  const said: string[] = [];
  const name = (one: KubeObject) => one.metadata.name;

  before(function () {
    certificates = makeCertificates(this);
  });
  beforeEach(async () => {
    api = new StandInApi(certificates);
    const port = await api.listen();
    const access: KubeAccess = {
      server: new URL(`https://127.0.0.1:${port}`),
      serverName: undefined,
      ca: { text: certificates.ca },
      insecure: false,
      token: { text: "t" },
      client: undefined,
      origin: "test",
    };
    client = new KubeClient({ access, clock: realClock, userAgent: "test" });
    informers = new Informers({
      client,
      clock: realClock,
      random: Math.random,
      log: (level, message) => said.push(`${level}: ${message}`),
      retry: { base: 10, cap: 50, seldom: 50, longestRetryAfter: 50 },
    });
  });
  afterEach(async () => {
    await informers.stop();
    client.close();
    await api.close();
  });

  const config = (key: string) => ({ metadata: { name: key, namespace: "n", uid: key } });

  it("are synced when the last of them has listed", async () => {
    api.fault = ({ resource }) => (resource === "secrets" ? { kind: "status", status: 503 } : undefined);
    const maps = informers.open({ resource: resources.configMaps, project: name });
    const secrets = informers.open({ resource: resources.secrets, project: name });
    informers.start();
    let all = false;
    const synced = informers.whenSynced().then(() => (all = true));
    await eventually("the first has listed", () => (maps.synced ? true : undefined));
    assert.deepEqual([secrets.synced, informers.synced, all], [false, false, false]);
    const warning = /warning: the API server does not give secrets \(HTTP 503/;
    await eventually("the fault is said", () => (warning.test(said.join("\n")) ? true : undefined));
    api.fault = () => undefined;
    await synced;
    assert.equal(informers.synced, true);
  });

  it("are one where kind, selectors and projection are", () => {
    const open = (namespace: string, project: (one: KubeObject) => string) =>
      informers.open({ resource: resources.configMaps, namespace, project });
    assert.equal(open("n", name), open("n", name));
    assert.notEqual(open("n", name), open("m", name));
    assert.notEqual(
      open("n", name),
      open("n", ({ metadata }) => metadata.name),
    );
  });

  it("miss no deletion while nobody watches, and page by their limit", async () => {
    for (const key of ["a", "b", "c"]) api.put("configmaps", config(key));
    const maps = informers.open({ resource: resources.configMaps, namespace: "n", limit: 2, project: name });
    const changes: Change<string>[] = [];
    maps.onChange((change) => changes.push(change));
    informers.start();
    await informers.whenSynced();
    assert.deepEqual([...maps.list()], ["a", "b", "c"]);
    assert.equal(api.asked.filter(({ watch }) => !watch).length, 2);
    api.fault = () => ({ kind: "cut" });
    api.cutAll();
    api.delete("configmaps", "b");
    api.compact();
    api.put("configmaps", config("d"));
    api.fault = () => undefined;
    await eventually("the copy is right", () => ([...maps.list()].join() === "a,c,d" ? true : undefined));
    assert.deepEqual(
      changes.filter(({ after }) => after === undefined),
      [{ key: "n/b", before: "b", after: undefined }],
    );
    const [status] = informers.status;
    assert.deepEqual(
      [status!.name, status!.objects, status!.synced, status!.tooMany],
      ["configmaps in n", 3, true, 0],
    );
  });
});
