import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeAccess } from "../../../agent/kube/access.ts";
import { defaultTimes, KubeClient } from "../../../agent/kube/client.ts";
import { eventually } from "../../system/support/commands.ts";
import { makeCertificates, type Certificates } from "./certificates.ts";
import { TestClock } from "./clock.ts";
import { StandInApi, type Fault } from "./stand-in.ts";

const request = { path: "/api/v1/pods" };
const pod = (name: string) => ({ metadata: { name, namespace: "default", uid: `uid-${name}` } });

describe("the client of the API server", () => {
  let certificates: Certificates;
  let api: StandInApi;
  let port: number;
  let folder: string;
  const clients: KubeClient[] = [];

  before(function () {
    certificates = makeCertificates(this);
  });
  beforeEach(async () => {
    api = new StandInApi(certificates);
    port = await api.listen();
    folder = mkdtempSync(join(tmpdir(), "tiercel-kube-"));
    writeFileSync(join(folder, "token"), "secret-1\n");
    writeFileSync(join(folder, "ca.crt"), certificates.ca);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await api.close();
    rmSync(folder, { recursive: true });
  });

  const access = (more: Partial<KubeAccess> = {}): KubeAccess => ({
    server: new URL(`https://127.0.0.1:${port}`),
    serverName: undefined,
    ca: { file: join(folder, "ca.crt") },
    insecure: false,
    token: { file: join(folder, "token") },
    client: undefined,
    origin: "test",
    ...more,
  });
  /** A client; time stands still for it unless the test moves it, so that a busy machine makes no fault. */
  const open = (
    more: Partial<KubeAccess> = {},
    clock = new TestClock(),
    times = defaultTimes,
  ): KubeClient => {
    const client = new KubeClient({ access: access(more), clock, userAgent: "tiercel-agent/0", times });
    clients.push(client);
    return client;
  };
  /** Resolves when one more question than so far has come. */
  const asked = () => {
    const before = api.asked.length;
    return eventually("it was asked", () => (api.asked.length > before ? true : undefined));
  };
  const names = async (client: KubeClient) => {
    const items: unknown[] = [];
    await client.list(request, { take: (item) => items.push(item), leftOut: () => {} });
    return items.map((item) => (item as { metadata: { name: string } }).metadata.name);
  };

  it("asks with its token over one kept connection", async () => {
    api.put("pods", pod("a"));
    const client = open();
    for (let i = 0; i < 5; i++) assert.deepEqual(await names(client), ["a"]);
    assert.equal(api.connections, 1);
    assert.equal(api.asked[0]!.headers.authorization, "Bearer secret-1");
    assert.equal(api.asked[0]!.headers["user-agent"], "tiercel-agent/0");
  });

  it("sends bodies and reads answers", async () => {
    const answer = { kind: "Event" };
    api.fault = () => ({ kind: "status", status: 201, body: JSON.stringify(answer) });
    const body = { type: "application/merge-patch+json", text: '{"ä":1}' };
    assert.deepEqual(
      await open().ask({ method: "PATCH", path: "/x", query: { fieldManager: "a b" }, body }),
      answer,
    );
    const [asked] = api.asked;
    assert.deepEqual(
      [asked!.method, asked!.body, asked!.query.get("fieldManager")],
      ["PATCH", '{"ä":1}', "a b"],
    );
    assert.equal(asked!.headers["content-type"], body.type);
  });

  it("trusts the given CA only, unless told to trust anybody", async () => {
    writeFileSync(join(folder, "other"), makeOther(certificates));
    await assert.rejects(names(open({ ca: { file: join(folder, "other") } })), { kind: "network" });
    await assert.rejects(names(open({ serverName: "elsewhere.example" })), { kind: "network" });
    assert.deepEqual(await names(open({ ca: undefined, insecure: true })), []);
    assert.deepEqual(await names(open({ serverName: "kubernetes.default.svc" })), []);
  });

  it("shows a client certificate", async () => {
    await api.close();
    api = new StandInApi(certificates, { ca: certificates.ca, requestCert: true, rejectUnauthorized: true });
    port = await api.listen();
    const { cert, key } = certificates.client;
    const client = { certificate: { text: cert }, key: { text: key } };
    assert.deepEqual(await names(open({ token: undefined, client })), []);
    assert.equal(api.asked[0]!.headers.authorization, undefined);
    await assert.rejects(names(open()), { kind: "network" });
  });

  it("reads the token anew after a while, and at once where it was refused", async () => {
    const clock = new TestClock();
    const client = open({}, clock);
    const used = () => api.asked.at(-1)!.headers.authorization;
    await names(client);
    writeFileSync(join(folder, "token"), "secret-2");
    await names(client);
    assert.equal(used(), "Bearer secret-1");
    clock.advance(10_000);
    await names(client);
    assert.equal(used(), "Bearer secret-2");
    writeFileSync(join(folder, "token"), "secret-3");
    api.fault = ({ headers }) =>
      headers.authorization === "Bearer secret-3" ? undefined : { kind: "status", status: 401 };
    await assert.rejects(names(client), { kind: "unauthorized" });
    assert.deepEqual(await names(client), []);
  });

  it("takes a CA that changed", async () => {
    const clock = new TestClock();
    const client = open({}, clock);
    writeFileSync(join(folder, "ca.crt"), makeOther(certificates));
    await assert.rejects(names(client), { kind: "network" });
    writeFileSync(join(folder, "ca.crt"), certificates.ca);
    clock.advance(10_000);
    assert.deepEqual(await names(client), []);
  });

  it("names the file that it cannot read or use", async () => {
    rmSync(join(folder, "token"));
    await assert.rejects(names(open()), /tiercel-kube-.*\/token cannot be read: ENOENT/);
    writeFileSync(join(folder, "token"), "two words");
    await assert.rejects(names(open()), (error: Error) => /\/token holds no token/.test(error.message));
    const key = { certificate: { text: certificates.client.cert }, key: { text: "no key" } };
    await assert.rejects(
      names(open({ token: undefined, client: key })),
      /certificates or key cannot be used/,
    );
  });

  const faults: readonly (readonly [string, Fault, object])[] = [
    ["a cut", { kind: "cut" }, { kind: "network" }],
    ["no answer", { kind: "hang" }, { kind: "timeout" }],
    ["garbage", { kind: "garbage" }, { kind: "nonsense" }],
    ["half an answer", { kind: "half" }, { kind: "network" }],
    [
      "429",
      { kind: "status", status: 429, headers: { "retry-after": "3" } },
      { kind: "throttled", retryAfter: 3000 },
    ],
    [
      "a proxy's page",
      { kind: "status", status: 502, body: "<html>" },
      { kind: "server", message: "HTTP 502: <html>" },
    ],
    [
      "a redirect",
      { kind: "status", status: 302, headers: { location: "/" } },
      { kind: "refused", status: 302 },
    ],
  ];
  for (const [what, fault, expected] of faults)
    it(`tells ${what} from other faults, and lives on`, async () => {
      const clock = new TestClock();
      const client = open({}, clock);
      await names(client);
      api.fault = () => fault;
      const came = asked();
      const answer = assert.rejects(names(client), expected);
      await came;
      if (fault.kind === "hang") clock.advance(defaultTimes.answer);
      await answer;
      api.fault = () => undefined;
      assert.deepEqual(await names(client), []);
    });

  it("tries once more where a kept connection had ended", async () => {
    const client = open();
    await names(client);
    let cut = 0;
    api.fault = () => (cut++ === 0 ? { kind: "cut" } : undefined);
    assert.deepEqual(await names(client), []);
    assert.equal(api.connections, 2);
  });

  it("never sends a change twice by itself", async () => {
    const client = open();
    await names(client);
    api.fault = () => ({ kind: "cut" });
    await assert.rejects(client.ask({ method: "POST", path: "/x", body: { type: "text/plain", text: "" } }));
    assert.equal(api.asked.length, 2);
  });

  it("drops kept connections after one was dead", async () => {
    const clock = new TestClock();
    const client = open({}, clock);
    await Promise.all([names(client), names(client)]);
    assert.equal(api.connections, 2);
    let hangs = 1;
    api.fault = () => (hangs-- > 0 ? { kind: "hang" } : undefined);
    const came = asked();
    const answer = assert.rejects(names(client), { kind: "timeout" });
    await came;
    clock.advance(defaultTimes.answer);
    await answer;
    await names(client);
    assert.equal(api.connections, 3);
  });

  it("gives up a connection that never becomes one", async () => {
    const server = createServer((socket) => socket.on("error", () => {}));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const connected = new Promise((resolve) => server.once("connection", resolve));
    const clock = new TestClock();
    const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const answer = assert.rejects(names(open({ server: url }, clock)), { kind: "timeout" });
    await connected;
    clock.advance(defaultTimes.answer);
    await answer;
    server.close();
  });

  it("gives up an answer that stands still, one that trickles for ever, and one that is too long", async () => {
    api.fault = () => ({ kind: "trickle" });
    for (const times of [
      { ...defaultTimes, whole: 1e9 },
      { ...defaultTimes, answer: 1e9, stall: 1e9 },
    ]) {
      const clock = new TestClock();
      const came = asked();
      const answer = assert.rejects(names(open({}, clock, times)), { kind: "timeout" });
      await came;
      clock.advance(defaultTimes.whole);
      await answer;
    }
    api.fault = () => ({ kind: "status", status: 200, body: `"${"x".repeat(5 << 20)}"` });
    await assert.rejects(open().ask(request), /longer than 4 MiB/);
  });

  it("gives events as they happen, and cuts a watch without events", async () => {
    const clock = new TestClock();
    const events: unknown[] = [];
    let opened = 0;
    const watching = open({}, clock).watch(
      { ...request, query: { watch: "1", resourceVersion: "1000", allowWatchBookmarks: "true" } },
      { take: (event) => events.push(event), leftOut: () => {}, opened: () => opened++ },
    );
    const cut = assert.rejects(watching, { kind: "timeout" });
    await eventually("the watch is open", () => (opened === 1 ? true : undefined));
    for (const act of [() => api.put("pods", pod("a")), () => api.bookmark()]) {
      clock.advance(60_000);
      const before = events.length;
      act();
      await eventually("the event came", () => (events.length > before ? true : undefined));
    }
    // Bytes that are no event do not count as life.
    clock.advance(60_000);
    api.say("pods", "\n\n");
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.advance(29_999);
    assert.equal(api.watches, 1);
    clock.advance(1);
    await cut;
    assert.equal(events.length, 2);
  });

  it("ends at once when it is told to", async () => {
    const end = new AbortController();
    const reader = { take: () => {}, leftOut: () => {}, opened: () => end.abort() };
    const query = { watch: "1", resourceVersion: "1000" };
    await assert.rejects(open().watch({ ...request, query }, reader, end.signal), /given up/);
    await assert.rejects(open().ask(request, AbortSignal.abort()), /given up/);
  });
});

/** A certificate that is none of the CA's. */
const makeOther = ({ client }: Certificates) => client.cert;
