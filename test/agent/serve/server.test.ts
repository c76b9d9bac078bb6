import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { connect, createServer, type AddressInfo, type Server as NetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSettings } from "../../../agent/cli/settings/check.ts";
import type { Settings } from "../../../agent/cli/settings/schema.ts";
import { inPod, startWebServer, WebServerError, type WebServerParts } from "../../../agent/cli/web-server.ts";
import { serve, type Health, type Server, type ServerOptions } from "../../../agent/serve/server.ts";
import { unmet } from "../../support/requirements.ts";

const options: ServerOptions = {
  address: "127.0.0.1",
  port: 0,
  healthzPath: "/healthz",
  certificate: undefined,
  health: () => ({ ok: true }),
  ready: () => ({ ok: true }),
  versions: () => ({ engine_version: "63" }),
  metrics: { contentType: "text/plain; version=0.0.4; charset=utf-8", text: async () => "m 1\n" },
};

describe("the web server", () => {
  let server: Server | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  const start = async (more: Partial<ServerOptions> = {}) => {
    server = await serve({ ...options, ...more });
    return (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server!.port}${path}`, init);
  };

  it("answers health as Falco does, and readiness", async () => {
    let ready: Health = { ok: false, reason: "no rules yet" };
    const get = await start({ ready: () => ready });
    const health = await get("/healthz");
    assert.equal(health.headers.get("content-type"), "application/json");
    assert.deepEqual([health.status, await health.json()], [200, { status: "ok" }]);
    const not = await get("/readyz");
    assert.deepEqual([not.status, await not.json()], [503, { status: "not ok", reason: "no rules yet" }]);
    ready = { ok: true };
    assert.equal((await get("/readyz")).status, 200);
  });

  it("answers health on the path that is set", async () => {
    const get = await start({ healthzPath: "/live" });
    assert.deepEqual([(await get("/live")).status, (await get("/healthz")).status], [200, 404]);
  });

  it("answers versions and metrics, or 404 where there are none", async () => {
    const get = await start();
    assert.deepEqual(await (await get("/versions")).json(), { engine_version: "63" });
    const metrics = await get("/metrics?x=1");
    assert.equal(metrics.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert.equal(await metrics.text(), "m 1\n");
    await server!.close();
    assert.equal((await (await start({ metrics: undefined }))("/metrics")).status, 404);
  });

  it("knows GET and HEAD only", async () => {
    const get = await start();
    const post = await get("/healthz", { method: "POST", body: "x" });
    assert.deepEqual([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
    const head = await get("/healthz", { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
    assert.equal((await get("/../etc/passwd")).status, 404);
  });

  it("answers 500 where a function fails, and lives on", async () => {
    const get = await start({
      versions: () => {
        throw new Error("no versions");
      },
    });
    const answer = await get("/versions");
    assert.deepEqual([answer.status, await answer.json()], [500, { error: "no versions" }]);
    assert.equal((await get("/healthz")).status, 200);
  });

  it("closes connections beyond its bound and ones that ask for nothing", async function () {
    this.timeout(20_000);
    const get = await start();
    const port = server!.port;
    const open = Array.from({ length: 80 }, () => connect(port, "127.0.0.1"));
    const closed = open.map(
      (socket) =>
        new Promise<number>((resolve) => {
          const since = Date.now();
          socket.on("error", () => {});
          socket.on("close", () => resolve(Date.now() - since));
          socket.resume();
        }),
    );
    const early = await Promise.all(
      closed.map((one) =>
        Promise.race([one, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 1000))]),
      ),
    );
    assert.ok(early.filter((time) => time !== undefined).length >= 16, "those beyond 64 are closed at once");
    assert.ok(Math.max(...(await Promise.all(closed))) < 5000, "the others after the time for headers");
    assert.equal((await get("/healthz")).status, 200);
  });

  it("closes a connection whose request is nonsense or too large", async () => {
    const get = await start();
    for (const text of ["\u0000\u0001\r\n\r\n", `GET / HTTP/1.1\r\nX: ${"y".repeat(20_000)}\r\n\r\n`]) {
      const socket = connect(server!.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(text);
      socket.resume();
      await new Promise((resolve) => socket.on("close", resolve));
    }
    assert.equal((await get("/healthz")).status, 200);
  });

  it("serves HTTPS with certificate and key from one file", async function () {
    if (spawnSync("openssl", ["version"]).status !== 0) unmet(this, "tool", "openssl is not installed");
    const folder = mkdtempSync(join(tmpdir(), "tiercel-serve-"));
    try {
      execFileSync(
        "openssl",
        [
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:P-256",
          "-nodes",
          "-keyout",
          "k",
          "-out",
          "c",
          "-subj",
          "/CN=x",
          "-days",
          "2",
        ],
        { cwd: folder, stdio: "ignore" },
      );
      const pem = join(folder, "both.pem");
      writeFileSync(pem, readFileSync(join(folder, "c"), "utf8") + readFileSync(join(folder, "k"), "utf8"));
      server = await serve({ ...options, certificate: pem });
      const status = await new Promise((resolve, reject) => {
        https
          .get(
            {
              port: server!.port,
              host: "127.0.0.1",
              path: "/healthz",
              rejectUnauthorized: false,
              agent: false,
            },
            (response) => resolve(response.statusCode),
          )
          .on("error", reject);
      });
      assert.equal(status, 200);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the web server of the settings", () => {
  const said: string[] = [];
  const parts = (more: Partial<WebServerParts> = {}): WebServerParts => ({
    health: options.health,
    ready: options.ready,
    versions: options.versions,
    metrics: options.metrics!,
    pod: false,
    chosen: new Set(),
    log: (level, message) => said.push(`${level}: ${message}`),
    ...more,
  });
  const settings = (webserver: Partial<Settings["webserver"]>): Settings => {
    const all = defaultSettings();
    return { ...all, webserver: { ...all.webserver, ...webserver } };
  };
  let blocker: NetServer;
  let port: number;
  before(async () => {
    blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
    port = (blocker.address() as AddressInfo).port;
  });
  after(() => void blocker.close());
  beforeEach(() => void (said.length = 0));

  it("listens on loopback, in a pod on all addresses, or where it is told to", async () => {
    const address = async (pod: boolean, listen_address = "") => {
      const server = await startWebServer(settings({ listen_port: 0, listen_address }), parts({ pod }));
      await server!.close();
      return server!.address;
    };
    assert.deepEqual(
      [await address(false), await address(true), await address(true, "127.0.0.1")],
      ["127.0.0.1", "0.0.0.0", "127.0.0.1"],
    );
    assert.deepEqual([inPod({ KUBERNETES_SERVICE_HOST: "10.0.0.1" }), inPod({})], [true, false]);
  });

  it("is not there when it is switched off", async () => {
    assert.equal(await startWebServer(settings({ enabled: false, listen_port: port }), parts()), undefined);
    assert.deepEqual(said, []);
  });

  it("warns when its default port is taken, and the agent runs on", async () => {
    assert.equal(await startWebServer(settings({ listen_port: port }), parts()), undefined);
    assert.equal(said.length, 1);
    assert.match(
      said[0]!,
      new RegExp(`^warning: the web server cannot listen on 127.0.0.1 port ${port}: something else does;`),
    );
  });

  it("refuses to start when a port that was set is taken", async () => {
    await assert.rejects(
      startWebServer(settings({ listen_port: port }), parts({ chosen: new Set(["webserver.listen_port"]) })),
      WebServerError,
    );
  });

  it("refuses an address that this machine has not, and a certificate that is not there", async () => {
    await assert.rejects(
      startWebServer(settings({ listen_address: "192.0.2.1", listen_port: 0 }), parts()),
      /192\.0\.2\.1 port 0: .*EADDRNOTAVAIL/,
    );
    await assert.rejects(
      startWebServer(settings({ ssl_enabled: true, listen_port: 0 }), parts()),
      /ENOENT.*tiercel\.pem/,
    );
  });

  it("serves metrics only where both switches are on", async () => {
    const status = async (more: { prometheus?: boolean; metrics?: boolean }) => {
      const all = settings({ listen_port: 0, prometheus_metrics_enabled: more.prometheus ?? true });
      const server = await startWebServer(
        { ...all, metrics: { ...all.metrics, enabled: more.metrics ?? true } },
        parts(),
      );
      const { status } = await fetch(`http://127.0.0.1:${server!.port}/metrics`);
      await server!.close();
      return status;
    };
    assert.deepEqual(
      [await status({}), await status({ prometheus: false }), await status({ metrics: false })],
      [200, 404, 404],
    );
  });
});
