import assert from "node:assert/strict";
import { guardedLookup, isRefused } from "../../../agent/sinks/guard.ts";
import { DeliveryError } from "../../../agent/sinks/sink.ts";
import { defaultTls, Trust } from "../../../agent/sinks/trust.ts";
import { webhookSink } from "../../../agent/sinks/webhook.ts";
import { HttpReceiver } from "./receivers.ts";
import { numbered } from "./sample.ts";

describe("where a team's sink may not go", () => {
  const refused =
    "127.0.0.1 127.9.9.9 0.0.0.0 169.254.169.254 100.100.100.200 224.0.0.1 255.255.255.255 ::1 :: fe80::1 ff02::1 fd00:ec2::254 ::ffff:127.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1 nonsense";
  const allowed = "10.0.0.7 192.168.1.1 172.16.0.1 8.8.8.8 100.64.0.1 2001:db8::1 fd00:1::1 ::ffff:10.0.0.7";
  for (const address of refused.split(" "))
    it(`${address} is refused`, () => assert.equal(isRefused(address), true));
  for (const address of allowed.split(" "))
    it(`${address} is allowed`, () => assert.equal(isRefused(address), false));

  it("a name counts by what it leads to, when it is looked up", async () => {
    const look = (all: boolean) =>
      new Promise((resolve) =>
        guardedLookup("localhost", { all }, (error, found) => resolve(error?.message ?? found)),
      );
    for (const all of [true, false])
      assert.match(String(await look(all)), /localhost is the node itself or reserved for it/);
  });

  const urls = ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"];
  for (const host of urls)
    it(`http://${host} is not asked for a team, only for the operator`, async () => {
      const receiver = new HttpReceiver();
      const port = await receiver.listen();
      const trust = new Trust(defaultTls);
      const sink = (guarded: boolean) =>
        webhookSink({ url: `http://${host}:${port}/`, headers: {}, json: true, http: { trust, guarded } });
      const { signal } = new AbortController();
      const error = await sink(true)
        .send([numbered(1)], signal)
        .catch((fault: unknown) => fault);
      assert.ok(error instanceof DeliveryError);
      assert.match(error.message, /a team's sink may not go there/);
      assert.equal(receiver.requests.length, 0);
      if (!host.includes(":")) {
        await sink(false).send([numbered(1)], signal);
        assert.equal(receiver.requests.length, 1);
      }
      receiver.close();
    });
});
