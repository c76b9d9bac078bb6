import assert from "node:assert/strict";
import { SinkQueue } from "../../../agent/sinks/queue.ts";
import { defaultTls, Trust } from "../../../agent/sinks/trust.ts";
import { webhookSink } from "../../../agent/sinks/webhook.ts";
import { everySink } from "./every-sink.ts";
import { HttpReceiver } from "./receivers.ts";
import { numbered, queueOptions, until } from "./sample.ts";

const trust = new Trust(defaultTls);
const never = new AbortController().signal;

everySink("webhook sink", async () => {
  const receiver = new HttpReceiver();
  const port = await receiver.listen();
  return {
    sink: webhookSink({ url: `http://127.0.0.1:${port}/in`, headers: {}, json: false, http: { trust } }),
    received: () => receiver.accepted.join("\n"),
    breakIt: () => void (receiver.reply = () => ({ status: 503, body: "overloaded" })),
    mend: () => void (receiver.reply = () => ({ status: 200 })),
    close: () => receiver.close(),
  };
});

describe("webhook sink", () => {
  let receiver: HttpReceiver;
  let url: string;
  beforeEach(async () => {
    receiver = new HttpReceiver();
    url = `http://127.0.0.1:${await receiver.listen()}/hook/s3cr3t-path`;
  });
  afterEach(() => receiver.close());
  const retry = { passing: 5, timeouts: 5, base: 1, cap: 1 };

  it("sends as it is told: method, headers, JSON", async () => {
    const headers = { "X-Team": "red" };
    const sink = webhookSink({ url, headers, json: true, http: { trust, method: "PUT" } });
    await sink.send([numbered(1)], never);
    const [request] = receiver.requests;
    assert.deepEqual(
      [request!.method, request!.headers["x-team"], request!.headers["content-type"]],
      ["PUT", "red", "application/json"],
    );
    await sink.close();
  });

  // What Elasticsearch 8 answers for an index whose mapping is strict.
  const strict = {
    error: {
      root_cause: [{ type: "strict_dynamic_mapping_exception", reason: "[1:51] mapping set to strict" }],
      type: "strict_dynamic_mapping_exception",
      reason: "[1:51] mapping set to strict, dynamic introduction of [evt_time] within [_doc] is not allowed",
    },
    status: 400,
  };

  it("says why a document was refused, counts it as failed and does not send it again (R52)", async () => {
    receiver.reply = () => ({ status: 400, body: JSON.stringify(strict) });
    const queue = new SinkQueue(
      webhookSink({ url, headers: {}, json: true, http: { trust } }),
      queueOptions({ retry }),
    );
    queue.push(numbered(1));
    await until(
      "the refusal",
      () => queue.counters().failed === 1,
      () => queue.counters(),
    );
    const { lastError, failed, retried, delivered } = queue.counters();
    assert.equal(
      lastError,
      "HTTP 400: [1:51] mapping set to strict, dynamic introduction of [evt_time] within [_doc] is not allowed",
    );
    assert.deepEqual([failed, retried, delivered, receiver.requests.length], [1, 0, 0, 1]);
    await queue.close(100);
  });

  const bodies: readonly (readonly [what: string, body: string, want: string])[] = [
    ["a message", '{"message":"quota\\nexceeded"}', "HTTP 400: quota exceeded"],
    ["an error that is text", '{"error":"no such hook"}', "HTTP 400: no such hook"],
    ["JSON without a reason", '{"a":1}', 'HTTP 400: {"a":1}'],
    ["plain text", "  go away ", "HTTP 400: go away"],
    ["nothing", "", "HTTP 400"],
    ["what a terminal would obey", "\u001b[2J\u202eevil\u0007", "HTTP 400: [2J evil"],
    ["our own secret", "no hook s3cr3t-path, token 0p3n-s3sam3", "HTTP 400: no hook ***, token ***"],
    ["a long story", "x".repeat(9000), `HTTP 400: ${"x".repeat(500)}`],
  ];
  for (const [what, body, want] of bodies)
    it(`gives a reason out of ${what}`, async () => {
      receiver.reply = () => ({ status: 400, body });
      const http = { trust, secrets: ["0p3n-s3sam3"] };
      const sink = webhookSink({ url, headers: { Authorization: "0p3n-s3sam3" }, json: true, http });
      await assert.rejects(sink.send([numbered(1)], never), (error: Error) => error.message === want);
      await sink.close();
    });
});
