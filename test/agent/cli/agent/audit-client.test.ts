/** The audit thread as the main thread sees it: the real thread, real sockets. */
import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Server } from "node:net";
import { AuditClient } from "../../../../agent/cli/agent/audit-client.ts";
import type { AuditThreadData } from "../../../../agent/cli/agent/audit-messages.ts";
import { takenCounter } from "../../../../agent/cli/agent/alert-post.ts";

const noFiles = { certificate: undefined, key: undefined, clientCa: undefined, tokens: undefined };

describe("the audit thread", () => {
  let taken: Server | undefined;
  afterEach(() => taken?.close());

  async function takenPort(): Promise<number> {
    taken = createServer();
    await new Promise<void>((resolve) => taken!.listen(0, "127.0.0.1", resolve));
    return (taken.address() as AddressInfo).port;
  }

  function open(more: Partial<AuditThreadData>, optional = false) {
    const log: string[] = [];
    const data: AuditThreadData = {
      hostname: "node7",
      address: "127.0.0.1",
      port: 0,
      files: noFiles,
      matching: "all",
      rate: { rate: 1, burst: 1 },
      staticFields: new Map(),
      base64Buffers: false,
      taken: takenCounter(),
      capacity: 10,
      ...more,
    };
    const client = new AuditClient(data, {
      onAlerts: () => undefined,
      log: (level, message) => log.push(`${level}: ${message}`),
      optional,
    });
    return { client, log };
  }

  const empty = { digest: "d", rules: [] };

  it("does without its port where that is taken and nobody chose it", async () => {
    const port = await takenPort();
    const { client, log } = open({ port }, true);
    await client.started;
    await client.setRules(empty);
    assert.match(log.join(), /^warning: k8s_audit cannot listen on 127.0.0.1 port \d+: something else does/);
    assert.ok(Date.now() - client.lastHeard < 1000);
    assert.equal((await client.stop()).events, 0);
  });

  it("is an error where a port that was set is taken", async () => {
    const port = await takenPort();
    const { client } = open({ port });
    await assert.rejects(
      client.started,
      /k8s_audit cannot listen on 127.0.0.1 port \d+: something else does \(EADDRINUSE\)/,
    );
    await client.stop();
  });

  it("says what is wrong with its files and its address", async () => {
    const files = open({ files: { ...noFiles, tokens: "/nowhere" } }, true);
    await assert.rejects(files.client.started, /^Error: \/nowhere cannot be read: ENOENT$/);
    const address = open({ address: "192.0.2.1" }, true);
    await assert.rejects(address.client.started, /cannot listen on 192.0.2.1 port 0: .*EADDRNOTAVAIL/);
    await Promise.all([files.client.stop(), address.client.stop()]);
  });

  it("warns where whoever reaches it may post", async () => {
    const { client, log } = open({ address: "0.0.0.0" });
    await client.started;
    assert.match(log[0]!, /^notice: k8s_audit listens on http:\/\/0\.0\.0\.0:\d+\/k8s-audit$/);
    assert.match(log[1]!, /^warning: whoever reaches http:.* set sources.k8s_audit.token_file/);
    await client.stop();
  });
});
