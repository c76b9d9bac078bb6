/** Pods' facts over a real TLS connection; the API server is a stand-in (test/agent/kube/stand-in.ts). */
import assert from "node:assert/strict";
import type { LogLevel } from "../../../../agent/cli/log.ts";
import { PodMetadata } from "../../../../agent/cli/agent/pod-metadata.ts";
import { KubeClient, type ApiTimes } from "../../../../agent/kube/client.ts";
import type { PodFacts } from "../../../../agent/state/pod-facts.ts";
import type { PodInput } from "../../../../agent/state/pods/pod-join.ts";
import { eventually } from "../../../system/support/commands.ts";
import { makeCertificates, type Certificates } from "../../kube/certificates.ts";
import { realClock } from "../../kube/clock.ts";
import { StandInApi, type Asked, type Fault, type KubeObject } from "../../kube/stand-in.ts";
import { made, pod, service, type Labels } from "../../state/pods/made-objects.ts";

/** Where nothing should fail, on a busy machine too. */
const patient: ApiTimes = { answer: 20_000, stall: 20_000, whole: 20_000, idle: 20_000 };
/** Where what never comes is part of the test; a time-out too many is one fault more. */
const impatient: ApiTimes = { answer: 150, stall: 150, whole: 1000, idle: 150 };
const retry = { base: 5, cap: 40, seldom: 100, longestRetryAfter: 50 };
const refresh = { Deployment: 60, ReplicaSet: 60, ReplicationController: 60 };

/** An agent's part and what the capture thread would know. */
class Subject {
  readonly facts = new Map<string, PodFacts>();
  readonly log: string[] = [];
  readonly metadata: PodMetadata;
  told = 0;

  constructor(port: number, ca: string, times: ApiTimes) {
    const client = new KubeClient({
      access: {
        server: new URL(`https://127.0.0.1:${port}`),
        serverName: undefined,
        ca: { text: ca },
        insecure: false,
        token: { text: "token" },
        client: undefined,
        origin: "test",
      },
      clock: realClock,
      userAgent: "test",
      times,
    });
    this.metadata = new PodMetadata({
      client,
      node: "node-1",
      clock: realClock,
      random: Math.random,
      log: (level: LogLevel, message: string) => this.log.push(`${level}: ${message}`),
      tell: (input) => this.#take(input),
      retry,
      join: { linger: 0, refresh },
      looking: 30,
    });
    this.metadata.start();
  }

  #take(input: PodInput): void {
    this.told++;
    if (input.kind === "pod") this.facts.set(input.facts.uid, input.facts);
    else assert.ok(this.facts.delete(input.uid));
  }
}

/** The facts that follow from the server's objects, computed the plain way. */
function expected(api: StandInApi): Map<string, PodFacts> {
  const labels = (object: KubeObject) =>
    Object.entries(object.metadata.labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const facts = (object: KubeObject | undefined) =>
    object && { name: object.metadata.name, uid: object.metadata.uid, labels: labels(object) };
  const ownerIn = (resource: string, kind: string, of: KubeObject | undefined) => {
    const references = (of?.metadata["ownerReferences"] ?? []) as {
      kind: string;
      uid: string;
      controller?: boolean;
    }[];
    const reference = references.find(({ controller }) => controller);
    return api
      .all(resource)
      .find(
        ({ metadata }) =>
          reference?.kind === kind &&
          metadata.uid === reference.uid &&
          metadata.namespace === of?.metadata.namespace,
      );
  };
  const result = new Map<string, PodFacts>();
  for (const one of api.all("pods")) {
    const { metadata, spec, status } = one as KubeObject & {
      spec: { nodeName: string };
      status: { podIP: string };
    };
    if (spec.nodeName !== "node-1") continue;
    const replicaSet = ownerIn("replicasets", "ReplicaSet", one);
    const services = api.all("services").filter((other) => {
      const { selector } = other["spec"] as { selector?: Labels };
      const fits = Object.entries(selector ?? {}).every(([name, value]) => metadata.labels?.[name] === value);
      return (
        other.metadata.namespace === metadata.namespace && Object.keys(selector ?? {}).length > 0 && fits
      );
    });
    result.set(metadata.uid, {
      uid: metadata.uid,
      name: metadata.name,
      namespace: metadata.namespace!,
      labels: labels(one),
      ip: status.podIP,
      node: "node-1",
      ns: facts(api.all("namespaces").find(({ metadata: { name } }) => name === metadata.namespace)),
      deployment: facts(ownerIn("deployments", "Deployment", replicaSet)),
      rs: facts(replicaSet),
      rc: facts(ownerIn("replicationcontrollers", "ReplicationController", one)),
      svc: services.map((object) => facts(object)!).sort((a, b) => (a.name < b.name ? -1 : 1)),
      probes: [],
    });
  }
  return result;
}

const sorted = (facts: ReadonlyMap<string, PodFacts>) =>
  [...facts.values()].sort((a, b) => (a.uid < b.uid ? -1 : 1));

describe("pod metadata from the API server (a stand-in)", function () {
  this.timeout(60_000);
  let certificates: Certificates;
  let api: StandInApi;
  let port: number;
  let subject: Subject;

  before(function () {
    certificates = makeCertificates(this);
  });
  beforeEach(async () => {
    api = new StandInApi(certificates);
    api.bookmarkEvery = 40;
    port = await api.listen();
    api.put("namespaces", made("Namespace", "default", { labels: { team: "a" } }));
    api.put("services", service("web", { app: "web" }));
    api.put("deployments", made("Deployment", "web", { labels: { app: "web" } }));
    api.put("replicasets", made("ReplicaSet", "web-1", { owner: ["Deployment", "web"] }));
    api.put("replicationcontrollers", made("ReplicationController", "old"));
    api.put("pods", pod("web-1-a", { labels: { app: "web" }, owner: ["ReplicaSet", "web-1"] }));
    api.put("pods", pod("old-a", { owner: ["ReplicationController", "old"] }));
    api.put("pods", pod("away", { node: "node-2" }));
  });
  afterEach(async () => {
    await subject.metadata.stop();
    await api.close();
  });

  const start = (times = patient) => (subject = new Subject(port, certificates.ca, times));
  /** Waits until what was told is what the server has. */
  const right = async () => {
    try {
      await eventually("the facts are those of the server", () =>
        JSON.stringify(sorted(subject.facts)) === JSON.stringify(sorted(expected(api))) ? true : undefined,
      );
    } catch {
      assert.deepEqual(sorted(subject.facts), sorted(expected(api)));
    }
  };
  const connected = () =>
    eventually("all is watched", () => {
      const { kinds } = subject.metadata.status;
      return [...kinds.values()].every(({ connected }) => connected) ? true : undefined;
    });

  it("tells this node's pods with all that stands above them, asking for no more than it needs", async () => {
    start();
    await right();
    const told = subject.facts.get("pod-web-1-a")!;
    assert.deepEqual(
      [told.ns!.labels, told.rs!.name, told.deployment!.name],
      [[["team", "a"]], "web-1", "web"],
    );
    assert.deepEqual([...subject.facts.keys()].sort(), ["pod-old-a", "pod-web-1-a"]);
    await connected();
    const { status } = subject.metadata;
    assert.deepEqual(status.objects, { pods: 2, namespaces: 1, services: 1, owners: 3 });
    assert.ok(status.connected && Date.now() - status.lastSync! < 10_000);
    assert.deepEqual(subject.log, []);
    const metadataOnly = (resource: string) =>
      api.asked.every(
        (asked) => asked.resource !== resource || asked.headers.accept!.includes("as=PartialObjectMetadata"),
      );
    assert.deepEqual(["namespaces", "replicasets", "deployments", "pods"].map(metadataOnly), [
      true,
      true,
      true,
      false,
    ]);
    assert.ok(
      api.asked.every(
        ({ resource, query }) => resource !== "pods" || query.get("fieldSelector") === "spec.nodeName=node-1",
      ),
    );
  });

  it("tells each change once", async () => {
    start();
    await right();
    await connected();
    const before = subject.told;
    api.put("namespaces", made("Namespace", "default", { labels: { team: "b" } }));
    await right();
    assert.equal(subject.told, before + 2);
    api.put("services", service("web", { app: "nothing" }));
    await right();
    api.put("deployments", made("Deployment", "web", { labels: { app: "new" } }));
    await right();
    api.put("pods", pod("web-1-b", { labels: { app: "nothing" }, owner: ["ReplicaSet", "web-1"] }));
    api.delete("pods", "pod-old-a");
    await right();
    assert.equal(subject.told, before + 2 + 1 + 1 + 2);
  });

  const edit = () => {
    api.delete("pods", "pod-old-a");
    api.put("pods", pod("new", { labels: { app: "web" } }));
    api.put("namespaces", made("Namespace", "default", { labels: { team: "later" } }));
    api.put("deployments", made("Deployment", "web", { labels: { app: "later" } }));
  };

  const faults: readonly (readonly [string, Fault])[] = [
    ["a cut", { kind: "cut" }],
    ["no answer", { kind: "hang" }],
    ["garbage", { kind: "garbage" }],
    ["half an answer", { kind: "half" }],
    ["a late answer", { kind: "late", milliseconds: 60 }],
    ["410 in a watch", { kind: "error-event", code: 410 }],
    ["500 in a watch", { kind: "error-event", code: 500 }],
    ["a giant event", { kind: "giant" }],
    ["an end at once", { kind: "end" }],
    ...[401, 403, 404, 410, 429, 500, 503].map(
      (status) => [String(status), { kind: "status", status }] as const,
    ),
  ];
  for (const [what, fault] of faults)
    it(`is right again after ${what} on every question`, async () => {
      start(fault.kind === "giant" ? patient : impatient);
      await right();
      let left = fault.kind === "giant" ? 2 : 5;
      api.fault = ({ watch }) => {
        // What only a watch can show would be no fault of a list.
        if (!watch && ["error-event", "giant", "end"].includes(fault.kind)) return undefined;
        return left-- > 0 ? fault : undefined;
      };
      api.cutAll();
      edit();
      await right();
      await eventually("all faults came", () => (left <= 0 ? true : undefined));
      await right();
      const listedAnew = () =>
        [...subject.metadata.status.kinds.values()].some(({ faults }) => faults.has("nonsense"))
          ? true
          : undefined;
      if (fault.kind === "giant")
        await eventually("it lists anew, for it cannot step over what it could not read", listedAnew);
    });

  it("finds deletions that happened while it was away and history was lost", async () => {
    start();
    await right();
    api.fault = () => ({ kind: "cut" });
    api.cutAll();
    edit();
    api.compact();
    await eventually("it is away", () => (subject.metadata.status.connected ? undefined : true));
    assert.equal(subject.facts.get("pod-old-a")?.name, "old-a", "what is known stays");
    api.fault = () => undefined;
    await right();
    assert.ok(!subject.facts.has("pod-old-a"));
  });

  it("gets over a connection that is half open, where nothing says so", async () => {
    start({ ...patient, idle: 300 });
    await right();
    await eventually("all are watched", () => (api.watches === 3 ? true : undefined));
    api.mute();
    edit();
    await right();
    assert.deepEqual(subject.log, []);
  });

  it("says nothing where nothing happens and the server sends no bookmarks", async () => {
    clearInterval(api.bookmarks);
    start({ ...patient, idle: 100 });
    await right();
    const opened = () => api.asked.filter(({ watch, resource }) => watch && resource === "pods").length;
    await eventually("the watch is begun anew", () => (opened() >= 4 ? true : undefined));
    assert.deepEqual(subject.log, []);
    assert.equal(subject.metadata.status.connected, true);
    assert.deepEqual([...subject.metadata.status.kinds.get("pods")!.faults], []);
    edit();
    await right();
  });

  it("goes on with the watch when the server ends it after its time", async () => {
    start();
    await right();
    await connected();
    const lists = api.asked.filter(({ watch, resource }) => !watch && resource === "pods").length;
    await new Promise((resolve) => setTimeout(resolve, 1050));
    api.endWatches();
    edit();
    await right();
    assert.equal(api.asked.filter(({ watch, resource }) => !watch && resource === "pods").length, lists);
    assert.deepEqual(subject.log, []);
  });

  for (const resource of ["namespaces", "services", "replicasets", "deployments", "replicationcontrollers"])
    it(`does without ${resource} where it may not see them, says so once, and asks again`, async () => {
      const refused = (asked: Asked): Fault | undefined =>
        asked.resource === resource ? { kind: "status", status: 403 } : undefined;
      api.fault = refused;
      start();
      const without: Readonly<Record<string, keyof PodFacts>> = {
        namespaces: "ns",
        services: "svc",
        replicasets: "rs",
        deployments: "deployment",
        replicationcontrollers: "rc",
      };
      await eventually("both pods are told", () => (subject.facts.size === 2 ? true : undefined));
      for (const facts of subject.facts.values()) {
        const value = facts[without[resource]!];
        assert.ok(value === undefined || (Array.isArray(value) && value.length === 0));
      }
      const asked = () => api.asked.filter((one) => one.resource === resource).length;
      await eventually("it is asked for again", () => (asked() >= 3 ? true : undefined));
      assert.ok(asked() <= 8, `asked ${asked()} times`);
      const said = subject.log.filter((line) => line.includes("should allow list and watch"));
      assert.equal(said.length, 1, subject.log.join("\n"));
      assert.match(
        said[0]!,
        new RegExp(`^warning: the Kubernetes API does not give ${resource} \\(HTTP 403: made 403\\)`),
      );
      api.fault = () => undefined;
      await right();
      await eventually("that it works is said", () =>
        subject.log.some((line) => line.includes(`gives ${resource} again`)) ? true : undefined,
      );
    });

  it("ends with the same facts after random edits and random faults", async () => {
    const random = (most: number) => Math.floor(Math.random() * most);
    const pick = <T>(all: readonly T[]): T => all[random(all.length)]!;
    const names = ["a", "b", "c", "d"];
    const namespaces = ["default", "x"];
    const some = (): Labels => ({ app: pick(names), ...(random(2) === 0 && { v: pick(names) }) });
    const owner = () =>
      pick([["ReplicaSet", pick(names)], ["ReplicationController", pick(names)], undefined] as const);
    const edits: readonly (() => void)[] = [
      () => {
        const name = pick(names) + random(4);
        const node = pick(["node-1", "node-1", "node-2"]);
        const of = owner();
        // A pod never changes its node or namespace; its uid says both here.
        const namespace = pick(namespaces);
        const uid = `${name} ${node} ${namespace}`;
        api.put("pods", pod(name, { uid, namespace, node, labels: some(), ...(of && { owner: of }) }));
      },
      () => api.delete("pods", pick(api.all("pods"))?.metadata.uid ?? ""),
      () => api.put("namespaces", made("Namespace", pick(namespaces), { labels: some() })),
      () =>
        api.put("services", service(pick(names), some(), { namespace: pick(namespaces), uid: pick(names) })),
      () => api.delete("services", pick(names)),
      () => api.put("deployments", made("Deployment", pick(names), { labels: some() })),
      () => api.delete("deployments", `deployment-${pick(names)}`),
      () =>
        api.put(
          "replicasets",
          made("ReplicaSet", pick(names), { labels: some(), owner: ["Deployment", pick(names)] }),
        ),
      () => api.delete("replicasets", `replicaset-${pick(names)}`),
      () => api.put("replicationcontrollers", made("ReplicationController", pick(names), { labels: some() })),
      () => api.compact(),
      () => api.cutAll(),
      () => api.endWatches(),
      () => api.say("pods", "}\n"),
      () => api.mute(),
    ];
    start(impatient);
    for (let round = 0; round < 2; round++) {
      api.fault = () => (random(3) === 0 ? pick(faults)[1] : undefined);
      for (let i = 0; i < 120; i++) {
        pick(edits)();
        if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, random(30)));
      }
      api.fault = () => undefined;
      await right();
    }
  });
});
