import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proxyFor, proxyOf, type ProxySettings } from "../../../agent/sinks/proxy.ts";
import { defaultTls, Trust } from "../../../agent/sinks/trust.ts";
import { webhookSink } from "../../../agent/sinks/webhook.ts";
import { makeCertificate, needOpenssl } from "../../support/certificates.ts";
import { HttpReceiver } from "./receivers.ts";
import { numbered } from "./sample.ts";

describe("which proxy a URL is reached through", () => {
  const via = (url: string, no = "", more: Partial<ProxySettings> = {}) =>
    proxyFor(new URL(url), { http: "http://plain:3128", https: "http://secure:3129", no, ...more })?.host;
  const cases: readonly (readonly [url: string, no: string, want: string | undefined])[] = [
    ["http://a.com/", "", "plain:3128"],
    ["https://a.com/", "", "secure:3129"],
    ["https://a.com/", "*", undefined],
    ["https://a.com/", "b.com, a.com", undefined],
    ["https://x.a.com/", "a.com", undefined],
    ["https://xa.com/", "a.com", "secure:3129"],
    ["https://A.COM/", "a.com", undefined],
    ["https://a.com/", ".a.com", "secure:3129"],
    ["https://x.a.com/", ".a.com", undefined],
    ["https://x.a.com/", "*.a.com", undefined],
    ["https://a.com/", "a.com:443", undefined],
    ["https://a.com/", "a.com:8443", "secure:3129"],
    ["https://a.com:8443/", "a.com:8443", undefined],
    ["http://alertmanager.monitoring.svc:9093/", ".svc,.cluster.local", undefined],
    ["https://10.1.2.3/", "10.0.0.0/8", undefined],
    ["https://11.1.2.3/", "10.0.0.0/8", "secure:3129"],
    ["https://10.1.2.3/", "10.1.2.3:443", undefined],
    ["https://10.1.2.3/", "10.1.2.4", "secure:3129"],
    ["https://[fd00::1]/", "fd00::/8", undefined],
    ["https://[fd00::1]:8443/", "[fd00::1]:8443", undefined],
    ["https://a.com/", "10.0.0.0/99", "secure:3129"],
    ["https://localhost/", "", undefined],
    ["https://127.9.9.9/", "", undefined],
    ["https://[::1]/", "", undefined],
  ];
  for (const [url, no, want] of cases)
    it(`${url} with NO_PROXY=${no}: ${want ?? "none"}`, () => assert.equal(via(url, no), want));

  it("takes a proxy without a scheme, and none where none is set", () => {
    assert.equal(via("http://a.com/", "", { http: "p.com:8080" }), "p.com:8080");
    assert.equal(via("http://a.com/", "", { http: "" }), undefined);
    assert.throws(() => via("http://a.com/", "", { http: "http://:x" }), /proxy of the settings is no URL/);
  });

  it("reads the environment in capitals or not", () => {
    const environment = {
      https_proxy: "http://a",
      HTTPS_PROXY: "http://b",
      HTTP_PROXY: "http://c",
      no_proxy: "d",
    };
    assert.deepEqual(proxyOf(environment), { https: "http://a", http: "http://c", no: "d" });
    assert.deepEqual(proxyOf({}), { https: "", http: "", no: "" });
  });
});

describe("a sink behind a proxy", () => {
  const { signal } = new AbortController();
  const folder = mkdtempSync(join(tmpdir(), "tiercel-proxy-"));
  const file = (name: string) => readFileSync(join(folder, name), "utf8");
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let refuse = 0;
  let target = 0;
  let port = 0;
  /** Leads every name to the target's port of this machine, as a proxy's own look-up would. */
  const proxy = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"] ?? "-"}`);
    const { pathname } = new URL(request.url!);
    const headers = { ...request.headers };
    delete headers["proxy-authorization"];
    const onward = http.request(
      { port: target, path: pathname, method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode!);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  });
  proxy.on("connect", (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"] ?? "-"}`);
    if (refuse !== 0) return void socket.end(`HTTP/1.1 ${refuse} No\r\n\r\n`);
    const onward = connect(target, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const each of [socket, onward]) {
      sockets.add(each);
      each.on("error", () => {});
    }
  });
  before(async function () {
    needOpenssl(this);
    makeCertificate(folder, "ca");
    makeCertificate(folder, "server", "ca");
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    port = (proxy.address() as AddressInfo).port;
  });
  beforeEach(() => {
    asked.length = 0;
    refuse = 0;
  });
  after(() => {
    proxy.closeAllConnections();
    proxy.close();
    for (const socket of sockets) socket.destroy();
    rmSync(folder, { recursive: true });
  });
  const sinkTo = (url: string, insecure = false) => {
    const address = `http://user:p%40ss@127.0.0.1:${port}`;
    const trust = new Trust({ ...defaultTls, insecure, extraCa: join(folder, "ca.crt") });
    const http = { trust, proxy: { http: address, https: address, no: "" } };
    return webhookSink({ url, headers: {}, json: true, http });
  };
  const credentials = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;
  const receiver = async (secure: boolean) => {
    const made = new HttpReceiver(
      secure
        ? (listener) => https.createServer({ cert: file("server.crt"), key: file("server.key") }, listener)
        : undefined,
    );
    target = await made.listen();
    return made;
  };

  it("asks the proxy for the whole URL over plain HTTP", async () => {
    const server = await receiver(false);
    const sink = sinkTo("http://hooks.example/in?x=1");
    await sink.send([numbered(1)], signal);
    assert.deepEqual(asked, [`POST http://hooks.example/in?x=1 ${credentials}`]);
    assert.deepEqual(server.accepted, [numbered(1).line]);
    assert.equal(server.requests[0]!.headers.host, "hooks.example");
    await sink.close();
    server.close();
  });

  it("has the proxy look names up for a team as well: only addresses in the URL are refused", async () => {
    const server = await receiver(false);
    const sink = (host: string) => {
      const address = `http://127.0.0.1:${port}`;
      const proxy = { http: address, https: address, no: "" };
      return webhookSink({
        url: `http://${host}/`,
        headers: {},
        json: true,
        http: { trust: new Trust(defaultTls), proxy, guarded: true },
      });
    };
    await assert.rejects(
      sink("169.254.169.254").send([numbered(1)], signal),
      /a team's sink may not go there/,
    );
    assert.deepEqual(asked, []);
    await sink("metadata.example").send([numbered(1)], signal);
    assert.deepEqual(asked, ["POST http://metadata.example/ -"]);
    server.close();
  });

  it("goes through a tunnel over TLS, once for many alerts, and trusts the extra CA", async () => {
    const server = await receiver(true);
    const sink = sinkTo("https://hooks.example:8443/in", true);
    for (let n = 0; n < 3; n++) await sink.send([numbered(n)], signal);
    assert.deepEqual(asked, [`CONNECT hooks.example:8443 ${credentials}`]);
    assert.equal(server.accepted.length, 3);
    await sink.close();
    server.close();
  });

  it("checks the server's name inside the tunnel", async () => {
    const server = await receiver(true);
    const sink = sinkTo("https://hooks.example/in");
    await assert.rejects(sink.send([numbered(1)], signal), /ERR_TLS_CERT_ALTNAME_INVALID/);
    assert.deepEqual(server.accepted, []);
    await sink.close();
    server.close();
  });

  it("says what the proxy said, without its password", async () => {
    const server = await receiver(true);
    refuse = 407;
    const sink = sinkTo("https://hooks.example/in");
    const expected = { name: "DeliveryError", message: `the proxy http://127.0.0.1:${port}: HTTP 407` };
    await assert.rejects(sink.send([numbered(1)], signal), expected);
    await sink.close();
    server.close();
  });

  it("trusts an extra CA without a proxy as well", async () => {
    const server = await receiver(true);
    const url = `https://127.0.0.1:${target}/`;
    const send = (extraCa: string) => {
      const trust = new Trust({ ...defaultTls, extraCa });
      const sink = webhookSink({ url, headers: {}, json: true, http: { trust } });
      return sink.send([numbered(1)], signal).finally(() => sink.close());
    };
    await assert.rejects(send(""), /UNABLE_TO_VERIFY|SELF_SIGNED/);
    await send(join(folder, "ca.crt"));
    await assert.rejects(send(join(folder, "gone.crt")), /gone\.crt cannot be read: ENOENT/);
    server.close();
  });
});
