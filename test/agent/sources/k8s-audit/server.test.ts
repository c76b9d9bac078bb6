/** The server of audit events, over real sockets. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import type { TLSSocket } from "node:tls";
import { join } from "node:path";
import { limits, type Limits } from "../../../../agent/sources/k8s-audit/limits.ts";
import { AuditServer, type AuditServerOptions } from "../../../../agent/sources/k8s-audit/server.ts";
import { BodyError } from "../../../../agent/sources/k8s-audit/split-body.ts";
import { makeCertificate, needOpenssl } from "../../../support/certificates.ts";
import { eventually } from "../../../system/support/commands.ts";

const noFiles = { certificate: undefined, key: undefined, clientCa: undefined, tokens: undefined };
const json = { "Content-Type": "application/json" };

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: http.IncomingHttpHeaders;
}

describe("the server of audit events", () => {
  let server: AuditServer;
  let folder: string;
  const file = (name: string) => join(folder, name);
  const bodies: string[] = [];
  const log: string[] = [];
  const sockets: Socket[] = [];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-audit-"));
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close();
    bodies.length = 0;
    log.length = 0;
  });

  async function listen(options: Partial<AuditServerOptions> = {}, bounds: Partial<Limits> = {}) {
    server = await AuditServer.listen({
      address: "127.0.0.1",
      port: 0,
      files: noFiles,
      take: async (body) => void bodies.push(body.toString()),
      log: (level, message, cause) => log.push(`${level}: ${message} [${cause}]`),
      limits: { ...limits, ...bounds },
      lookEvery: 20,
      ...options,
    });
  }

  /** Posts a body as API servers do. */
  function post(body: string | Buffer, options: https.RequestOptions = {}, path = "/k8s-audit?timeout=30s") {
    return new Promise<Answer>((resolve, reject) => {
      const url = new URL(path, server.url);
      const { request } = url.protocol === "https:" ? https : http;
      const sent = request(url, { method: "POST", headers: json, agent: false, ...options }, (response) => {
        response.setEncoding("utf8");
        let text = "";
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode!, text, headers: response.headers }));
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  /** A client that writes bytes; resolves with all it got once the server has ended the connection. */
  function raw(text: string): { socket: Socket; ended: Promise<string> } {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    sockets.push(socket);
    let got = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => (got += chunk));
    socket.write(text);
    const ended = new Promise<string>((resolve) => {
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(got));
    });
    return { socket, ended };
  }

  const count = (outcome: keyof ReturnType<AuditServer["outcomes"]>) => server.outcomes()[outcome];

  for (const path of ["/k8s-audit", "/k8s_audit", "/k8s-audit?timeout=30s"])
    it(`takes what is posted to ${path}`, async () => {
      await listen();
      const { status, text } = await post('{"a":1}', {}, path);
      assert.deepEqual([status, text, bodies, count("accepted")], [200, "", ['{"a":1}'], 1]);
    });

  for (const { name, options, path, want, outcome } of [
    { name: "another path", path: "/", want: [404, /audit events go to \/k8s-audit/], outcome: "path" },
    { name: "a path that only begins so", path: "/k8s-auditor", want: [404, /go to/], outcome: "path" },
    { name: "GET", options: { method: "GET" }, want: [405, /are posted/], outcome: "method" },
    { name: "PUT", options: { method: "PUT" }, want: [405, /are posted/], outcome: "method" },
    { name: "TRACE", options: { method: "TRACE" }, want: [405, /are posted/], outcome: "method" },
    {
      name: "no content type",
      options: { headers: {} },
      want: [400, /application\/json/],
      outcome: "content_type",
    },
    {
      name: "another content type",
      options: { headers: { "Content-Type": "application/vnd.kubernetes.protobuf" } },
      want: [400, /application\/json/],
      outcome: "content_type",
    },
    {
      name: "a compressed body",
      options: { headers: { ...json, "Content-Encoding": "gzip" } },
      want: [415, /not be compressed/],
      outcome: "content_type",
    },
  ] as const)
    it(`refuses ${name}, and counts it`, async () => {
      await listen();
      const bodiless = options !== undefined && "method" in options && options.method !== "PUT";
      const { status, text, headers } = await post(bodiless ? "" : "{}", { ...options }, path);
      assert.equal(status, want[0]);
      assert.match(text, want[1]);
      assert.deepEqual([count(outcome), count("accepted"), bodies], [1, 0, []]);
      if (status === 405) assert.equal(headers.allow, "POST");
      assert.match(log.join(), new RegExp(`^warning: a request was refused: .* \\[request ${outcome}\\]$`));
    });

  it("takes application/json with a charset", async () => {
    await listen();
    const headers = { "Content-Type": "Application/JSON; charset=utf-8" };
    assert.equal((await post("{}", { headers })).status, 200);
  });

  for (const { name, headers } of [
    { name: "that says its length", headers: { ...json, "Content-Length": 1001 } },
    { name: "in chunks", headers: { ...json, "Transfer-Encoding": "chunked" } },
  ])
    it(`refuses a body that is a byte too long ${name}, and takes the longest`, async () => {
      await listen({}, { body: 1000 });
      const long = await post("x".repeat(1001), { headers });
      assert.deepEqual([long.status, count("too_large"), bodies.length], [413, 1, 0]);
      assert.match(long.text, /a body may have 1000 bytes/);
      const right = { ...headers, ...("Content-Length" in headers && { "Content-Length": 1000 }) };
      assert.equal((await post("x".repeat(1000), { headers: right })).status, 200);
    });

  it("refuses a body of 12 MiB and one byte, and takes one of 12 MiB (R49)", async () => {
    await listen();
    const most = Buffer.alloc(12 * 1024 * 1024, "x");
    assert.equal((await post(most)).status, 200);
    const over = await post(Buffer.concat([most, Buffer.from("x")]));
    assert.deepEqual([over.status, count("too_large")], [413, 1]);
  });

  it("says what is wrong with a body, and counts it", async () => {
    await listen({
      take: () => Promise.reject(new BodyError("malformed", "the body is no JSON from byte 7 on")),
    });
    const { status, text } = await post("{");
    assert.deepEqual([status, text, count("malformed")], [400, "the body is no JSON from byte 7 on\n", 1]);
  });

  it("survives a fault of the rules' side: the client is told to come again", async () => {
    await listen({ take: () => Promise.reject(new Error("planted")) });
    assert.deepEqual([(await post("{}")).status, count("fault")], [500, 1]);
    assert.equal((await post("{}")).status, 500);
  });

  it("answers only when the rules were tried, and refuses with Retry-After what is too much until then", async () => {
    let free = () => {};
    const gate = new Promise<void>((resolve) => (free = resolve));
    await listen({ take: () => gate }, { pending: 1500, body: 1000 });
    let answered = false;
    const first = post("x".repeat(1000)).finally(() => (answered = true));
    await eventually("the first body waits", () =>
      server.outcomes().busy === 0 && bodies ? true : undefined,
    );
    await eventually("the second is refused", async () => {
      const { status, headers } = await post("x".repeat(600));
      return status === 429 && headers["retry-after"] === "1" ? true : undefined;
    });
    assert.equal(answered, false);
    free();
    assert.equal((await first).status, 200);
    assert.equal((await post("x".repeat(600))).status, 200);
    assert.ok(count("busy") >= 1);
  });

  it("cuts clients that send headers or body too slowly, and answers others meanwhile", async () => {
    await listen({}, { headersTime: 300, requestTime: 600 });
    const head = "POST /k8s-audit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    const silent = raw("");
    const slowHead = raw(head);
    const slowBody = raw(`${head}Content-Length: 100\r\n\r\n{`);
    assert.equal((await post("{}")).status, 200);
    assert.match(await slowHead.ended, /^HTTP\/1\.1 408 /);
    assert.match(await slowBody.ended, /^HTTP\/1\.1 408 /);
    await silent.ended;
    // A busy machine may not have read the third one's headers before their time was over: then it counts as the others.
    await eventually("all three are counted", () =>
      count("client_gone") + count("protocol") >= 3 ? true : undefined,
    );
    assert.equal((await post("{}")).status, 200);
  });

  it("counts what is no HTTP, and headers without end", async () => {
    await listen();
    assert.match(await raw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").ended, /^HTTP\/1\.1 400 /);
    assert.match(await raw(`POST /k8s-audit HTTP/1.1\r\nX: ${"x".repeat(20_000)}`).ended, /^HTTP\/1\.1 431 /);
    assert.deepEqual([count("protocol"), bodies], [2, []]);
  });

  it("counts clients that go away within a body", async () => {
    await listen();
    const head = "POST /k8s-audit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    const { socket } = raw(`${head}Expect: 100-continue\r\nContent-Length: 9\r\n\r\n{`);
    // The server says "100 Continue" once the request has begun.
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    await eventually("it is counted", () => (count("client_gone") >= 1 ? true : undefined));
    assert.equal(bodies.length, 0);
  });

  it("makes room for a new connection by ending the one that waits longest", async () => {
    await listen({}, { connections: 4 });
    const slow = Array.from({ length: 12 }, () => raw("POST /k8s-audit HTTP/1.1\r\n"));
    await Promise.all(slow.slice(0, 8).map(({ ended }) => ended));
    assert.equal((await post("{}")).status, 200);
    assert.ok(count("connections") >= 9, String(count("connections")));
  });

  it("does not end a connection whose request waits for the rules", async () => {
    let free = () => {};
    const gate = new Promise<void>((resolve) => (free = resolve));
    let waits = false;
    await listen({ take: () => ((waits = true), gate) }, { connections: 2 });
    const first = post("{}");
    await eventually("it waits", () => (waits ? true : undefined));
    const slow = Array.from({ length: 6 }, () => raw("POST"));
    await Promise.all(slow.slice(0, 5).map(({ ended }) => ended));
    free();
    assert.equal((await first).status, 200);
  });

  it("keeps an idle connection longer than clients written in Go do", async () => {
    await listen();
    const agent = new http.Agent({ keepAlive: true });
    const { headers } = await post("{}", { agent });
    assert.equal(headers["keep-alive"], "timeout=120");
    agent.destroy();
  });

  it("ends by answering what is under way and refusing what comes", async () => {
    let free = () => {};
    const gate = new Promise<void>((resolve) => (free = resolve));
    let waits = false;
    await listen({ take: () => ((waits = true), gate) });
    const under = post("{}");
    await eventually("it waits", () => (waits ? true : undefined));
    const port = Number(new URL(server.url).port);
    const closed = server.close();
    const late = connect(port, "127.0.0.1");
    const refused = new Promise((resolve) => late.on("error", resolve).on("close", resolve));
    await refused;
    free();
    assert.equal((await under).status, 200);
    await closed;
  });

  it("says that a port is taken", async () => {
    await listen();
    const port = Number(new URL(server.url).port);
    const again = AuditServer.listen({
      address: "127.0.0.1",
      port,
      files: noFiles,
      take: () => Promise.resolve(),
      log: () => undefined,
    });
    await assert.rejects(again, { code: "EADDRINUSE" });
  });

  describe("with tokens", () => {
    const first = "0123456789abcdef-first";
    const second = "0123456789abcdef-second";
    const bearer = (token: string) => ({ headers: { ...json, Authorization: `Bearer ${token}` } });
    const tokens = () => ({ files: { ...noFiles, tokens: file("tokens") } });

    it("takes those who show one, in any of the file's lines", async () => {
      writeFileSync(file("tokens"), `# old and new\n${first}\n\n  ${second}\n`);
      await listen(tokens());
      assert.equal((await post("{}", bearer(first))).status, 200);
      assert.equal((await post("{}", bearer(second))).status, 200);
      const wrongs = [
        "",
        "# old and new",
        first.slice(1),
        `${first}x`,
        `${first} ${second}`,
        first.toUpperCase(),
      ];
      for (const wrong of wrongs) {
        const { status, headers } = await post("{}", bearer(wrong));
        assert.deepEqual([status, headers["www-authenticate"]], [401, "Bearer"], wrong);
      }
      assert.equal((await post("{}")).status, 401);
      assert.equal((await post("{}", { headers: { ...json, Authorization: `Basic ${first}` } })).status, 401);
      assert.deepEqual([count("unauthorized"), bodies.length], [wrongs.length + 2, 2]);
      assert.ok(!log.join().includes(first) && !log.join().includes(second), "no token is logged");
    });

    it("reads a file that changed, and keeps the old tokens where it is of no use", async () => {
      writeFileSync(file("tokens"), first);
      await listen(tokens());
      writeFileSync(file("tokens"), "");
      await eventually("it is said", () => log.find((line) => /it holds no token; what was read/.test(line)));
      assert.equal((await post("{}", bearer(first))).status, 200);
      writeFileSync(file("tokens"), second);
      await eventually("the new one is in force", async () =>
        (await post("{}", bearer(second))).status === 200 ? true : undefined,
      );
      assert.equal((await post("{}", bearer(first))).status, 401);
    });

    for (const [what, text, want] of [
      ["no token", "\n# none\n", /bad: it holds no token/],
      ["a short token", "short", /a token of fewer than 16 characters/],
      ["a token with a blank", "0123456789 abcdef", /a token with blanks/],
    ] as const)
      it(`does not begin with a file of ${what}`, async () => {
        writeFileSync(file("tokens"), first);
        await listen(tokens());
        writeFileSync(file("bad"), text);
        const bad = { files: { ...noFiles, tokens: file("bad") } };
        const begun = AuditServer.listen({
          ...bad,
          address: "127.0.0.1",
          port: 0,
          take: () => Promise.resolve(),
          log: () => undefined,
        });
        await assert.rejects(begun, want);
      });
  });

  describe("with certificates", () => {
    before(function () {
      needOpenssl(this);
      makeCertificate(folder, "ca");
      makeCertificate(folder, "other-ca");
      makeCertificate(folder, "server", "ca");
      makeCertificate(folder, "next", "ca");
      makeCertificate(folder, "client", "ca");
      makeCertificate(folder, "stranger", "other-ca");
    });
    const read = (name: string) => readFileSync(file(name));
    const trust = () => ({ ca: read("ca.crt") });
    const copy = (from: string, to: string) => writeFileSync(file(to), read(from));
    const files = (more = {}) => ({
      files: { ...noFiles, certificate: file("tls.crt"), key: file("tls.key"), ...more },
    });
    const use = (name: string) => {
      copy(`${name}.crt`, "tls.crt");
      copy(`${name}.key`, "tls.key");
    };
    const subject = () =>
      new Promise<string>((resolve, reject) => {
        const sent = https.request(
          new URL("/k8s-audit", server.url),
          { ...trust(), agent: false },
          (response) => {
            const { subject: of } = (response.socket as TLSSocket).getPeerCertificate();
            response.resume();
            resolve(String(of.CN));
          },
        );
        sent.on("error", reject).end();
      });

    it("speaks HTTPS, key beside or within the certificate's file", async () => {
      use("server");
      await listen(files());
      assert.match(server.url, /^https:/);
      assert.equal((await post("{}", trust())).status, 200);
      await assert.rejects(post("{}", { ca: read("other-ca.crt") }), /certificate/);
      await eventually("it is counted", () => (count("handshake") === 1 ? true : undefined));
      assert.deepEqual(log.length, 1, `it is said once: ${log.join()}`);
      await server.close();
      writeFileSync(file("both.pem"), Buffer.concat([read("server.crt"), read("server.key")]));
      await listen(files({ certificate: file("both.pem"), key: undefined }));
      assert.equal((await post("{}", trust())).status, 200);
    });

    it("does not answer plain HTTP there", async () => {
      use("server");
      await listen(files());
      assert.equal(await raw("POST /k8s-audit HTTP/1.1\r\n\r\n").ended, "");
      await eventually("it is counted", () => (count("handshake") === 1 ? true : undefined));
      assert.match(log.join(), /the client speaks plain HTTP/);
      assert.equal((await post("{}", trust())).status, 200);
    });

    it("asks for a client's certificate where it has a CA for it, and for the token too", async () => {
      use("server");
      writeFileSync(file("token"), "0123456789abcdef");
      await listen(files({ clientCa: file("ca.crt"), tokens: file("token") }));
      const client = (name: string) => ({ ...trust(), cert: read(`${name}.crt`), key: read(`${name}.key`) });
      const bearer = { headers: { ...json, Authorization: "bearer 0123456789abcdef" } };
      assert.equal((await post("{}", { ...client("client"), ...bearer })).status, 200);
      assert.equal((await post("{}", client("client"))).status, 401);
      await assert.rejects(post("{}", { ...client("stranger"), ...bearer }));
      await assert.rejects(post("{}", { ...trust(), ...bearer }));
      await eventually("it is counted", () => (count("handshake") === 2 ? true : undefined));
      assert.match(log.join(), /the client's certificate is not of sources.k8s_audit.tls.client_ca/);
      assert.match(log.join(), /the client shows no certificate/);
      assert.equal(log.length, 3, `each is said once: ${log.join()}`);
      assert.equal(bodies.length, 1);
    });

    it("shows a new certificate when the files changed, and the old one while they do not fit", async () => {
      use("server");
      await listen(files());
      assert.equal(await subject(), "server");
      copy("next.crt", "tls.crt");
      await eventually("it is said", () =>
        log.find((line) => /tls.crt and .*tls.key cannot be used: .*mismatch/.test(line)),
      );
      assert.equal(await subject(), "server");
      copy("next.key", "tls.key");
      await eventually("the new one is shown", async () => ((await subject()) === "next" ? true : undefined));
      rmSync(file("tls.key"));
      await eventually("it is said", () => log.find((line) => /tls.key cannot be read: ENOENT/.test(line)));
      assert.equal((await post("{}", trust())).status, 200);
    });

    it("does not begin with files that cannot be used", async () => {
      use("server");
      await listen(files());
      const begin = (more: object) =>
        AuditServer.listen({
          ...files(more),
          address: "127.0.0.1",
          port: 0,
          take: () => Promise.resolve(),
          log: () => undefined,
        });
      writeFileSync(file("empty"), "");
      await assert.rejects(begin({ certificate: file("none") }), /none cannot be read: ENOENT/);
      await assert.rejects(begin({ certificate: folder }), /cannot be read: it is no regular file/);
      await assert.rejects(begin({ key: file("next.key") }), /cannot be used: .*mismatch/);
      await assert.rejects(
        begin({ clientCa: file("empty") }),
        /empty cannot be used: it holds no certificate/,
      );
    });
  });
});
