import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import type { TLSSocket } from "node:tls";
import { join } from "node:path";
import { openUnixDatagram } from "../../../agent/capture/unix-datagram.ts";
import { httpSink, type HttpOptions } from "../../../agent/sinks/http.ts";
import { programSink } from "../../../agent/sinks/program.ts";
import { SinkQueue } from "../../../agent/sinks/queue.ts";
import type { DeliveryError } from "../../../agent/sinks/sink.ts";
import { slackSink } from "../../../agent/sinks/slack.ts";
import { localMessage, maximumMessage, remoteMessage } from "../../../agent/sinks/syslog-message.ts";
import { syslogTransport } from "../../../agent/sinks/syslog-transport.ts";
import { syslogSink } from "../../../agent/sinks/syslog.ts";
import { defaultTls, Trust, type TlsOptions } from "../../../agent/sinks/trust.ts";
import { unmet } from "../../support/requirements.ts";
import { everySink } from "./every-sink.ts";
import { HttpReceiver, TcpReceiver, UdpReceiver, UnixReceiver } from "./receivers.ts";
import { numbered, queueOptions, sampleAlert, until } from "./sample.ts";

const never = new AbortController().signal;
const silent = () => {};
const trust = new Trust(defaultTls);
const look = { channel: "#security", username: "Tiercel", icon: ":bird:", footer: "cluster blue" };
const temporary = () => mkdtempSync(join(tmpdir(), "tiercel-sinks-"));

const httpOptions = (url: string, more: Partial<HttpOptions> = {}): HttpOptions => ({
  url,
  userAgent: "tiercel",
  tls: defaultTls,
  echo: false,
  compressUploads: false,
  keepAlive: false,
  json: false,
  ...more,
});

everySink("http sink", async () => {
  const receiver = new HttpReceiver();
  const port = await receiver.listen();
  return {
    sink: httpSink(httpOptions(`http://127.0.0.1:${port}/in`), silent),
    received: () => receiver.accepted.join("\n"),
    breakIt: () => void (receiver.reply = () => ({ status: 503, body: "overloaded" })),
    mend: () => void (receiver.reply = () => ({ status: 200 })),
    close: () => receiver.close(),
  };
});

everySink("slack sink", async () => {
  const receiver = new HttpReceiver();
  const port = await receiver.listen();
  return {
    sink: slackSink(`http://127.0.0.1:${port}/services/T000/B000/SECRETTOKEN`, look, { trust }),
    received: () => receiver.accepted.join("\n"),
    breakIt: () => void (receiver.reply = () => ({ status: 404, body: "no_service" })),
    mend: () => void (receiver.reply = () => ({ status: 200 })),
    close: () => receiver.close(),
  };
});

everySink("syslog sink over TCP", async () => {
  const receiver = new TcpReceiver();
  const port = await receiver.listen();
  return {
    sink: syslogSink(syslogTransport(`tcp://127.0.0.1:${port}`, openUnixDatagram)),
    received: () => receiver.text,
    breakIt: () => receiver.close(),
    mend: async () => void (await receiver.listen()),
    close: () => receiver.close(),
  };
});

everySink("syslog sink over UDP", async () => {
  const receiver = new UdpReceiver();
  const port = await receiver.listen();
  let open = true;
  return {
    sink: syslogSink(syslogTransport(`udp://127.0.0.1:${port}`, openUnixDatagram)),
    received: () => receiver.messages.join("\n"),
    breakIt: async () => {
      open = false;
      await receiver.close();
    },
    mend: async () => {
      await receiver.listen();
      open = true;
    },
    close: async () => {
      if (open) await receiver.close();
    },
  };
});

for (const kind of ["datagram", "stream"] as const)
  everySink(`syslog sink to a local ${kind} socket`, async () => {
    const folder = temporary();
    const receiver = new UnixReceiver(join(folder, "log"), kind);
    await receiver.listen();
    return {
      sink: syslogSink(syslogTransport(receiver.path, openUnixDatagram)),
      received: () => receiver.text,
      breakIt: () => receiver.close(),
      mend: () => receiver.listen(),
      close: async () => {
        await receiver.close();
        rmSync(folder, { recursive: true });
      },
    };
  });

for (const keepAlive of [false, true])
  everySink(`program sink, keep_alive ${keepAlive}`, async () => {
    const folder = temporary();
    const flag = join(folder, "broken");
    const file = join(folder, "received");
    writeFileSync(file, "");
    const sink = programSink({ program: `test ! -e ${flag} || exit 3; cat >> ${file}`, keepAlive }, silent);
    return {
      sink,
      received: () => readFileSync(file, "utf8"),
      breakIt: () => {
        writeFileSync(flag, "");
        sink.reopen?.();
      },
      mend: () => rmSync(flag),
      close: () => rmSync(folder, { recursive: true }),
    };
  });

describe("http sink", () => {
  const receiver = new HttpReceiver();
  let url: string;
  before(async () => {
    url = `http://127.0.0.1:${await receiver.listen()}`;
  });
  after(() => receiver.close());
  beforeEach(() => {
    receiver.requests.length = 0;
    receiver.reply = () => ({ status: 200 });
  });
  const post = async (options: HttpOptions, report = silent as Parameters<typeof httpSink>[1]) => {
    const sink = httpSink(options, report);
    try {
      await sink.send([{ alert: sampleAlert(), line: 'a line, "ä"' }], never);
    } finally {
      await sink.close();
    }
    return receiver.requests.at(-1)!;
  };

  it("posts the line as it is, with Falco's headers", async () => {
    const { method, path, headers, body } = await post(httpOptions(`${url}/in?x=1`));
    assert.deepEqual([method, path, body], ["POST", "/in?x=1", 'a line, "ä"']);
    assert.equal(headers["content-type"], "text/plain");
    assert.equal(headers["user-agent"], "tiercel");
    assert.equal(headers["content-length"], "12");
    assert.equal((await post(httpOptions(url, { json: true }))).headers["content-type"], "application/json");
  });

  it("sends user and password of the URL, and never shows them", async () => {
    const options = httpOptions(url.replace("//", "//user:pass%40word@"));
    assert.equal((await post(options)).headers.authorization, `Basic ${btoa("user:pass@word")}`);
    receiver.reply = () => ({ status: 401, body: "user:pass@word is wrong" });
    await assert.rejects(post(options), (error: Error) => {
      assert.match(error.message, /^HTTP 401: /);
      assert.doesNotMatch(error.message, /pass.?4?0?word/);
      return true;
    });
  });

  it("compresses when asked to", async () => {
    const { headers, body } = await post(httpOptions(url, { compressUploads: true }));
    assert.equal(headers["content-encoding"], "gzip");
    assert.equal(body, 'a line, "ä"');
  });

  it("logs the answer with echo", async () => {
    const said: string[] = [];
    receiver.reply = () => ({ status: 200, body: "thanks" });
    await post(httpOptions(url, { echo: true }), (_level, _cause, message) => said.push(message));
    assert.deepEqual(said, ["http_output: the server answered 200: thanks"]);
  });

  it("keeps one connection for many alerts", async () => {
    const sink = httpSink(httpOptions(url), silent);
    const before = receiver.connections;
    for (let n = 0; n < 10; n++) await sink.send([numbered(n)], never);
    assert.equal(receiver.connections - before, 1);
    receiver.server.closeIdleConnections();
    await sink.send([numbered(10)], never);
    assert.equal(receiver.requests.length, 11);
    await sink.close();
  });

  const faults: {
    name: string;
    reply: { status: number; body?: string; headers?: Record<string, string> };
    want: Partial<DeliveryError>;
  }[] = [
    {
      name: "a refused document is permanent, with the reason from the body",
      reply: {
        status: 400,
        body: '{"error":{"type":"strict_dynamic_mapping_exception","reason":"introduction of [proc] is not allowed"}}',
      },
      want: {
        fault: "permanent",
        message: "HTTP 400: introduction of [proc] is not allowed",
      },
    },
    {
      name: "a body is cut",
      reply: { status: 400, body: "x".repeat(100_000) },
      want: { fault: "permanent", message: `HTTP 400: ${"x".repeat(500)}` },
    },
    {
      name: "too many requests pass, and say when",
      reply: { status: 429, headers: { "Retry-After": "7" } },
      want: { fault: "passing", retryAfter: 7000 },
    },
    {
      name: "Retry-After that is no time is not heeded",
      reply: { status: 503, headers: { "Retry-After": "soon" } },
      want: { fault: "passing", retryAfter: undefined },
    },
    {
      name: "a server's fault passes",
      reply: { status: 500, body: "oops" },
      want: { fault: "passing", message: "HTTP 500: oops" },
    },
    {
      name: "a redirect is not followed",
      reply: { status: 302, headers: { Location: "http://127.0.0.1:1/" } },
      want: { fault: "permanent", message: "HTTP 302: redirects are not followed" },
    },
  ];
  for (const { name, reply, want } of faults)
    it(name, async () => {
      receiver.reply = () => reply;
      await assert.rejects(post(httpOptions(url)), (error: DeliveryError) => {
        for (const [key, value] of Object.entries(want))
          assert.deepEqual(error[key as keyof DeliveryError], value);
        return true;
      });
    });

  it("understands Retry-After as a date", async () => {
    receiver.reply = () => ({
      status: 503,
      headers: { "Retry-After": new Date(Date.now() + 60_000).toUTCString() },
    });
    await assert.rejects(
      post(httpOptions(url)),
      ({ retryAfter = 0 }: DeliveryError) => retryAfter > 55_000 && retryAfter <= 60_000,
    );
  });

  it("gives up at once when it is told to", async () => {
    receiver.reply = () => undefined;
    const sink = httpSink(httpOptions(url), silent);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(sink.send([numbered(1)], controller.signal), { fault: "timeout" });
    await sink.close();
  });

  it("tries a timeout again as often as max_consecutive_timeouts says", async () => {
    receiver.reply = () => undefined;
    const retry = { passing: 0, timeouts: 2, base: 1, cap: 1 };
    const queue = new SinkQueue(httpSink(httpOptions(url), silent), queueOptions({ timeout: 30, retry }));
    queue.push(numbered(1));
    await until(
      "the end of tries",
      () => queue.counters().failed === 1,
      () => queue.counters(),
    );
    assert.equal(receiver.requests.length, 3);
    assert.match(queue.counters().lastError!, /no success within 30 ms/);
    await queue.close(0);
  });

  it("says that nobody listens", async () => {
    await assert.rejects(post(httpOptions("http://127.0.0.1:1/")), {
      fault: "passing",
      message: /ECONNREFUSED/,
    });
  });
});

describe("http sink over TLS", () => {
  const folder = temporary();
  const file = (name: string) => join(folder, name);
  let receiver: HttpReceiver | undefined;
  let url: string;
  before(async function () {
    if (spawnSync("openssl", ["version"]).status !== 0) unmet(this, "tool", "openssl is not installed");
    const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore", cwd: folder });
    const make = (name: string, subject: string, ...extra: string[]) =>
      openssl(
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        `${name}.key`,
        "-subj",
        subject,
        ...extra,
      );
    make("ca", "/CN=test CA", "-x509", "-days", "2", "-out", "ca.crt");
    writeFileSync(file("ext"), "subjectAltName=IP:127.0.0.1");
    for (const name of ["server", "client"]) {
      make(name, `/CN=${name}`, "-out", `${name}.csr`);
      openssl(
        "x509",
        "-req",
        "-in",
        `${name}.csr`,
        "-CA",
        "ca.crt",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        "ext",
        "-out",
        `${name}.crt`,
      );
    }
    receiver = new HttpReceiver((listener) =>
      https.createServer(
        {
          cert: readFileSync(file("server.crt")),
          key: readFileSync(file("server.key")),
          ca: readFileSync(file("ca.crt")),
          requestCert: true,
          rejectUnauthorized: false,
        },
        (request, response) => {
          response.setHeader("X-Client", String((request.socket as TLSSocket).authorized));
          listener(request, response);
        },
      ),
    );
    receiver.reply = () => ({ status: 400, body: "seen" });
    url = `https://127.0.0.1:${await receiver.listen()}/in`;
  });
  after(() => {
    receiver?.close();
    rmSync(folder, { recursive: true });
  });
  const trying = async (tls: Partial<TlsOptions>) => {
    const sink = httpSink(
      httpOptions(url, { tls: { ...defaultTls, caPath: "/nonexistent", ...tls } }),
      silent,
    );
    try {
      await sink.send([numbered(1)], never);
      return "delivered";
    } catch (error) {
      return (error as Error).message;
    } finally {
      await sink.close();
    }
  };

  const cases: { name: string; tls: () => Partial<TlsOptions>; want: RegExp }[] = [
    {
      name: "an unknown authority is refused",
      tls: () => ({}),
      want: /UNABLE_TO_VERIFY|unable to verify|SELF_SIGNED/i,
    },
    { name: "ca_cert is trusted", tls: () => ({ caCert: file("ca.crt") }), want: /^HTTP 400: seen$/ },
    { name: "ca_bundle is trusted", tls: () => ({ caBundle: file("ca.crt") }), want: /^HTTP 400: seen$/ },
    { name: "all of ca_path are trusted", tls: () => ({ caPath: folder }), want: /^HTTP 400: seen$/ },
    { name: "insecure asks nobody", tls: () => ({ insecure: true }), want: /^HTTP 400: seen$/ },
    {
      name: "a file that is missing is named",
      tls: () => ({ caCert: file("none") }),
      want: /none cannot be read: ENOENT/,
    },
    {
      name: "a key that is none is named",
      tls: () => ({ insecure: true, client: { certificate: file("client.crt"), key: file("ext") } }),
      want: /certificates or key cannot be used .*ext/,
    },
  ];
  for (const { name, tls, want } of cases) it(name, async () => assert.match(await trying(tls()), want));

  it("shows its own certificate with mtls, and only then", async () => {
    const seen: boolean[] = [];
    receiver!.server.on("request", (request: { socket: TLSSocket }) => seen.push(request.socket.authorized));
    await trying({ caCert: file("ca.crt") });
    await trying({
      caCert: file("ca.crt"),
      client: { certificate: file("client.crt"), key: file("client.key") },
    });
    assert.deepEqual(seen, [false, true]);
  });
});

describe("slack sink", () => {
  it("never shows its webhook, whatever the server says back", async () => {
    const receiver = new HttpReceiver();
    const port = await receiver.listen();
    const path = "/services/T00000000/B00000000/abcdefghijklmnop";
    receiver.reply = (request) => ({ status: 403, body: `action_prohibited for ${request.path}` });
    const said: string[] = [];
    const queue = new SinkQueue(
      slackSink(`http://127.0.0.1:${port}${path}`, look, { trust }),
      queueOptions({}, said),
    );
    queue.push(numbered(1));
    await until(
      "the refusal",
      () => queue.counters().failed === 1,
      () => queue.counters(),
    );
    assert.match(queue.counters().lastError!, /^HTTP 403: action_prohibited/);
    assert.doesNotMatch([queue.counters().lastError, ...said].join(), /abcdefgh|T0000|B0000/);
    await queue.close(0);
    receiver.close();
  });

  it("waits as long as Slack asks before it sends again", async () => {
    const receiver = new HttpReceiver();
    const port = await receiver.listen();
    const times: number[] = [];
    receiver.reply = () => {
      times.push(Date.now());
      return times.length === 1 ? { status: 429, headers: { "Retry-After": "1" } } : { status: 200 };
    };
    const retry = { passing: 3, timeouts: 0, base: 1, cap: 1 };
    const queue = new SinkQueue(
      slackSink(`http://127.0.0.1:${port}/x`, look, { trust }),
      queueOptions({ retry }),
    );
    queue.push(numbered(1));
    await until(
      "delivery",
      () => queue.counters().delivered === 1,
      () => queue.counters(),
    );
    assert.ok(times[1]! - times[0]! >= 990, `${times[1]! - times[0]!}`);
    await queue.close(0);
    receiver.close();
  });
});

describe("program sink", () => {
  it("ends a program that hangs, and all it started, when told to", async () => {
    const folder = temporary();
    const file = join(folder, "pid");
    const sink = programSink({ program: `sleep 1000 & echo $! > ${file}; wait`, keepAlive: false }, silent);
    const queue = new SinkQueue(sink, queueOptions({ timeout: 200 }));
    queue.push(numbered(1));
    await until(
      "the end",
      () => queue.counters().failed === 1,
      () => queue.counters(),
    );
    assert.match(queue.counters().lastError!, /no success within 200 ms/);
    const pid = readFileSync(file, "utf8").trim();
    await until(
      "the child's end",
      () => !existsSync(`/proc/${pid}`) || /\nState:\s+Z/.test(readFileSync(`/proc/${pid}/status`, "utf8")),
    );
    await queue.close(0);
    rmSync(folder, { recursive: true });
  });

  it("is content with a program that reads nothing and ends well, and says how a bad one ended", async () => {
    const send = (program: string) =>
      programSink({ program, keepAlive: false }, silent).send(
        [{ alert: sampleAlert(), line: "x".repeat(200_000) }],
        never,
      );
    await send("true");
    await assert.rejects(send("exit 7"), /the program ended with exit code 7/);
    await assert.rejects(send("kill -9 $$"), /the program was ended by SIGKILL/);
    await assert.rejects(send("no-such-program 2>/dev/null"), /exit code 127/);
  });

  it("starts a kept program once, and anew when it has ended", async () => {
    const folder = temporary();
    const file = join(folder, "out");
    const said: string[] = [];
    const sink = programSink(
      {
        program: `echo start >> ${file}; while read -r line; do echo "$line" >> ${file}; test "$line" != last || exit 9; done`,
        keepAlive: true,
      },
      (_l, _c, message) => said.push(message),
    );
    const lines = () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
    const send = (line: string) => sink.send([{ alert: sampleAlert(), line }], never);
    await send("one");
    await send("last");
    await until("its end", () => said.length === 1, lines);
    await send("two");
    await until("arrival", () => lines().includes("two"), lines);
    assert.deepEqual(lines(), ["start", "one", "last", "start", "two"]);
    assert.deepEqual(said, [
      "program_output: the program ended with exit code 9; what it had not read is lost",
    ]);
    await sink.close();
    rmSync(folder, { recursive: true });
  });

  it("gives up a kept program that does not read", async () => {
    const sink = programSink({ program: "sleep 1000", keepAlive: true }, silent);
    const queue = new SinkQueue(sink, queueOptions({ timeout: 200 }));
    queue.push({ alert: sampleAlert(), line: "x".repeat(1 << 20) });
    await until(
      "the end",
      () => queue.counters().failed === 1,
      () => queue.counters(),
    );
    await queue.close(0);
  });
});

describe("syslog messages", () => {
  const entry = {
    severity: 4 as const,
    time: Date.UTC(2023, 10, 4, 22, 13, 20, 123),
    hostname: "node 7ä",
    text: "Shell\n\u001b[31m ä",
  };

  it("to a local daemon are as syslog(3) writes them", () => {
    const two = (n: number) => String(n).padStart(2, "0");
    const date = new Date(entry.time);
    const day = String(date.getDate()).padStart(2, " ");
    assert.equal(
      localMessage(entry).toString(),
      `<12>Nov ${day} ${two(date.getHours())}:${two(date.getMinutes())}:20 tiercel: Shell\\u000a\\u001b[31m ä`,
    );
  });

  it("to a remote one are RFC 5424", () => {
    assert.equal(
      remoteMessage(entry, 42).toString(),
      "<12>1 2023-11-04T22:13:20.123Z node7 tiercel 42 - - Shell\\u000a\\u001b[31m ä",
    );
    assert.match(remoteMessage({ ...entry, hostname: "ä" }, 42).toString(), /^<12>1 \S+ - tiercel/);
  });

  it("are cut at whole characters", () => {
    const bytes = localMessage({ ...entry, text: "ä".repeat(40_000) });
    assert.ok(bytes.length <= maximumMessage && bytes.length > maximumMessage - 4, `${bytes.length}`);
    assert.doesNotMatch(bytes.toString(), /\ufffd/);
    assert.match(bytes.toString(), /…$/);
  });

  it("carry their length over TCP", async () => {
    const receiver = new TcpReceiver();
    const port = await receiver.listen();
    const sink = syslogSink(syslogTransport(`tcp://127.0.0.1:${port}`, openUnixDatagram));
    await sink.send(
      [
        { alert: sampleAlert({ priority: 2 }), line: "ä\nb" },
        { alert: sampleAlert(), line: "c" },
      ],
      never,
    );
    await until(
      "arrival",
      () => receiver.text.includes(" c"),
      () => receiver.text,
    );
    const [, length, rest] = /^(\d+) (.*)/s.exec(receiver.text)!;
    const first = Buffer.from(rest!).subarray(0, Number(length)).toString();
    assert.match(first, /^<10>1 2023-11-14T22:13:20\.123Z node7 tiercel \d+ - - ä\\u000ab$/);
    await sink.close();
    await receiver.close();
  });

  it("fail with the path where there is no daemon", async () => {
    const sink = syslogSink(syslogTransport("/nonexistent/log", openUnixDatagram));
    await assert.rejects(async () => sink.open?.(), /nonexistent\/log: ENOENT/);
    await assert.rejects(sink.send([numbered(1)], never), {
      fault: "passing",
      message: "/nonexistent/log: ENOENT (no syslog daemon runs here)",
    });
    assert.equal(openUnixDatagram(`/${"x".repeat(200)}`), "ENAMETOOLONG");
  });

  it("wait for a daemon whose queue is full, and lose none", async () => {
    const folder = temporary();
    const receiver = new UnixReceiver(join(folder, "log"));
    await receiver.listen();
    receiver.pause();
    const queue = new SinkQueue(syslogSink(syslogTransport(receiver.path, openUnixDatagram)), queueOptions());
    for (let n = 0; n < 40; n++) queue.push(numbered(n));
    setTimeout(() => receiver.resume(), 100);
    await until(
      "delivery",
      () => queue.counters().delivered === 40,
      () => queue.counters(),
    );
    await queue.close(0);
    await receiver.close();
    rmSync(folder, { recursive: true });
  });

  it("wait for a daemon that does not read, up to the time given", async () => {
    let full = true;
    let sent = 0;
    const transport = syslogTransport("", () => ({
      send: () => (full ? "EAGAIN" : void sent++),
      close: silent,
    }));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 60);
    await assert.rejects(syslogSink(transport).send([numbered(1)], controller.signal), { fault: "timeout" });
    setTimeout(() => (full = false), 30);
    await syslogSink(transport).send([numbered(1)], never);
    assert.equal(sent, 1);
  });
});
