/** The webhook's server, asked over real TLS connections. */
import assert from "node:assert/strict";
import https from "node:https";
import net from "node:net";
import { makeAuthority, makeLeaf } from "../../../operator/admission/certificates/make.ts";
import type { KeyPair } from "../../../operator/admission/certificates/x509.ts";
import type { Verdict } from "../../../operator/admission/review.ts";
import { mostBody, serveWebhook, type WebhookServer } from "../../../operator/admission/server.ts";

interface Answer {
  readonly status: number;
  readonly body: {
    readonly error?: string;
    readonly response?: { readonly uid: string; readonly allowed: boolean };
  };
}

describe("the admission webhook's server", () => {
  let authority: KeyPair;
  let server: WebhookServer;
  let agent: https.Agent;
  let verdict: Verdict = { warnings: [] };
  const done: string[] = [];

  before(async () => {
    const now = Date.now();
    authority = await makeAuthority("CA", now);
    server = await serveWebhook({
      address: "127.0.0.1",
      port: 0,
      certificate: await makeLeaf(authority, ["tiercel-webhook.here.svc"], now),
      judge: async () => verdict,
      onDone: (outcome) => done.push(outcome),
    });
    agent = newAgent(authority);
  });
  after(async () => {
    agent.destroy();
    await server.close();
  });

  const newAgent = ({ certificate }: KeyPair) =>
    new https.Agent({ ca: certificate, keepAlive: true, servername: "tiercel-webhook.here.svc" });

  const ask = (body: string | Buffer, more: https.RequestOptions = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port: server.port,
        path: "/validate?timeout=2s",
        method: "POST",
        agent,
        ...more,
      };
      const request = https.request(options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () =>
          resolve({ status: response.statusCode!, body: JSON.parse(text) as Answer["body"] }),
        );
      });
      request.on("error", reject);
      request.end(body);
    });

  const review = (uid = "1") => JSON.stringify({ request: { uid, kind: { kind: "FalcoRule" }, object: {} } });

  it("answers with the verdict", async () => {
    assert.deepEqual((await ask(review("7"))).body.response, { uid: "7", allowed: true });
    verdict = { refusal: "no", warnings: ["w"] };
    assert.deepEqual((await ask(review("8"))).body.response, {
      uid: "8",
      allowed: false,
      status: { status: "Failure", code: 400, reason: "BadRequest", message: "no" },
      warnings: ["w"],
    });
    assert.deepEqual(done.splice(0), ["allowed", "refused"]);
  });

  it("says what is no review", async () => {
    const cases = [
      [await ask("{"), 400],
      [await ask("", { method: "GET" }), 405],
      [await ask(review(), { path: "/metrics" }), 404],
    ] as const;
    for (const [{ status, body }, wanted] of cases) {
      assert.equal(status, wanted);
      assert.ok(typeof body.error === "string");
    }
    assert.deepEqual(done.splice(0), ["bad", "bad", "bad"]);
  });

  it("takes a body of both versions of a large object, and no more", async () => {
    const padded = (bytes: number) =>
      Buffer.concat([Buffer.from(review()), Buffer.alloc(bytes - review().length, " ")]);
    assert.equal((await ask(padded(mostBody))).status, 200);
    const refused = await ask(padded(mostBody + (1 << 20))).catch((error: unknown) => error);
    // The client is told while it still writes: it reads the answer, or finds the connection closed.
    if (refused instanceof Error) assert.match(refused.message, /EPIPE|ECONNRESET|socket hang up/);
    else assert.equal((refused as Answer).status, 413);
  });

  it("keeps a connection longer than Go's clients do", async () => {
    const sockets = new Set<net.Socket>();
    agent.on("free", (socket: net.Socket) => sockets.add(socket));
    for (let n = 0; n < 3; n++) await ask(review());
    assert.equal(sockets.size, 1);
    const keepAlive = await new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: server.port, path: "/validate", method: "POST", agent };
      const request = https.request(options, (response) => {
        response.resume();
        resolve(response.headers["keep-alive"]);
      });
      request.on("error", reject);
      request.end(review());
    });
    assert.equal(keepAlive, "timeout=120");
  });

  it("shows a new certificate to new connections, without an end to old ones", async () => {
    const other = await makeAuthority("other CA", Date.now());
    server.use(await makeLeaf(other, ["tiercel-webhook.here.svc"], Date.now()));
    assert.equal((await ask(review())).status, 200);
    const fresh = newAgent(other);
    assert.equal((await ask(review(), { agent: fresh })).status, 200);
    fresh.destroy();
    const stale = newAgent(authority);
    await assert.rejects(ask(review(), { agent: stale }), /self.signed|unable to verify|certificate/);
    stale.destroy();
  });

  it("lives on when clients talk nonsense or go away", async () => {
    const socket = net.connect(server.port, "127.0.0.1");
    await new Promise<void>((resolve) => {
      socket.on("error", () => {}).on("close", () => resolve());
      socket.end("GET / HTTP/1.1\r\n\r\n");
    });
    const half = https.request({
      host: "127.0.0.1",
      port: server.port,
      path: "/validate",
      method: "POST",
      agent,
    });
    half.on("error", () => {});
    half.write("{");
    setTimeout(() => half.destroy(), 20);
    await new Promise((resolve) => half.once("close", resolve));
    const fresh = new https.Agent({ rejectUnauthorized: false });
    assert.equal((await ask(review(), { agent: fresh })).status, 200);
    fresh.destroy();
  });
});
