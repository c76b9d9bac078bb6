/** The metrics of a running agent, read by Prometheus's own tool. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkMetrics, needPromtool } from "../support/promtool.ts";
import { needCapture, startAgent } from "./support/agent.ts";
import { eventually } from "./support/commands.ts";

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("promtool", function () {
  this.timeout(60_000);
  before(function () {
    needCapture(this);
    needPromtool(this);
  });

  it("has nothing to say against the metrics of an agent at work", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tiercel-promtool-"));
    const rules = join(folder, "rules.yaml");
    const condition = `evt.type in (open, openat) and fd.name startswith ${folder}`;
    writeFileSync(
      rules,
      `- {rule: 'Odd "name" \\', desc: d, condition: "${condition}", output: o, priority: NOTICE}\n`,
    );
    const port = await freePort();
    const agent = await startAgent({
      rules: [rules],
      settings: { "webserver.enabled": "true", "webserver.listen_port": String(port) },
    });
    try {
      spawnSync("cat", [rules]);
      const metrics = await eventually("a match is counted", async () => {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        return /^tiercel_rules_matches_total\{.*\} [1-9]/m.test(text) ? text : undefined;
      });
      assert.deepEqual(checkMetrics(metrics), { status: 0, said: "" });
      const planted = checkMetrics(`${metrics}tiercel_planted_total 1\n`);
      assert.notEqual(planted.status, 0);
      assert.match(planted.said, /tiercel_planted_total/);
    } finally {
      await agent.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
