import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { extraCaOf, makeOutputs, type OutputsContext } from "../../../agent/cli/outputs.ts";
import { readSettings } from "../../../agent/cli/settings/read.ts";
import { draw } from "../../../agent/cli/settings/mistake.ts";
import { alertJson, alertText } from "../../../agent/engine/render.ts";
import { systemClock } from "../../../agent/sinks/clock.ts";
import { HttpReceiver } from "../sinks/receivers.ts";
import { sampleAlert, until } from "../sinks/sample.ts";

describe("outputs of the settings", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-outputs-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const make = (overrides: readonly string[], more: Partial<OutputsContext> = {}) => {
    const { settings, mistakes } = readSettings({
      main: { name: "t.yaml", text: "", isFile: true },
      included: [],
      overrides,
      environment: {},
    });
    assert.deepEqual(mistakes.map(draw), []);
    const said: string[] = [];
    const stdout = new PassThrough();
    const outputs = makeOutputs(settings!, {
      render: (alert) => (settings!.json_output ? alertJson(alert) : alertText(alert)),
      log: (_level, message) => void said.push(message),
      clock: systemClock,
      random: () => 0,
      workingFolder: folder,
      stdout: { stream: stdout, regularFile: false },
      openDatagram: () => "ENOENT",
      environment: {},
      ...more,
    });
    return { outputs, said, stdout };
  };

  it("go to standard output alone by default", async () => {
    const { outputs, stdout } = make([]);
    await outputs.open();
    outputs.publish([sampleAlert()]);
    await outputs.close(1000);
    assert.match(
      String(stdout.read()),
      /^\d\d:\d\d:\d\d\.123456789: Notice A shell was started \(user=root\)\n$/,
    );
    assert.deepEqual(
      outputs.counters().map(({ name }) => name),
      ["stdout_output"],
    );
  });

  it("are the same JSON everywhere, text within it text each time (R54)", async () => {
    const receiver = new HttpReceiver();
    const port = await receiver.listen();
    const { outputs, stdout } = make([
      "json_output=true",
      "file_output.enabled=true",
      "file_output.filename=e.json",
      "http_output.enabled=true",
      `http_output.url=http://127.0.0.1:${port}/`,
    ]);
    await outputs.open();
    for (let n = 0; n < 2; n++) outputs.publish([sampleAlert()]);
    await outputs.close(5000);
    const lines = readFileSync(join(folder, "e.json"), "utf8").trim().split("\n");
    assert.equal(lines.length, 2);
    assert.equal(lines[0], lines[1]);
    assert.equal(String(stdout.read()).trim(), lines.join("\n"));
    assert.deepEqual(receiver.accepted, lines);
    assert.equal(receiver.requests[0]!.headers["content-type"], "application/json");
    const { output } = JSON.parse(lines[1]!) as { output: string };
    assert.match(output, /^\d\d:\d\d:\d\d\.123456789: Notice A shell was started/);
    receiver.close();
  });

  it("say at the start which file cannot be written, with its absolute path and errno (R56)", async () => {
    const { outputs, said } = make(["file_output.enabled=true", "file_output.filename=gone/e.txt"]);
    await outputs.open();
    const path = join(folder, "gone/e.txt");
    assert.deepEqual(said, [
      `file_output: ${path} cannot be opened for appending: ENOENT: no such file or directory`,
    ]);
    assert.equal(outputs.counters()[0]!.healthy, false);
    await outputs.close(0);
  });

  it("trust the extra CA of the settings, else that of the environment if its file is there", () => {
    const { settings } = readSettings({
      main: { name: "t.yaml", text: "", isFile: true },
      included: [],
      overrides: [],
      environment: {},
    });
    const of = (extra_ca: string, file?: string) =>
      extraCaOf(
        { ...settings!, network: { ...settings!.network, extra_ca } },
        file === undefined ? {} : { NODE_EXTRA_CA_CERTS: file },
      );
    assert.deepEqual([of("/a"), of("/a", folder), of("")], ["/a", "/a", ""]);
    assert.deepEqual([of("", folder), of("", join(folder, "gone"))], [folder, ""]);
  });

  it("give Slack only what is urgent enough", async () => {
    const receiver = new HttpReceiver();
    const port = await receiver.listen();
    const { outputs } = make([
      "slack_output.enabled=true",
      `slack_output.webhook_url=http://127.0.0.1:${port}/hook`,
      "slack_output.minimum_priority=warning",
    ]);
    await outputs.open();
    for (const priority of [3, 4, 5] as const)
      outputs.publish([sampleAlert({ priority, message: `p${priority}` })]);
    await outputs.close(5000);
    assert.deepEqual(
      receiver.accepted.map((body) => /"fallback":"(p\d)"/.exec(body)?.[1]),
      ["p3", "p4"],
    );
    receiver.close();
  });

  it("hold nothing up: an HTTP server that hangs and a missing syslog beside a file", async () => {
    const receiver = new HttpReceiver();
    const port = await receiver.listen();
    receiver.reply = () => undefined;
    const { outputs, said } = make([
      "output_timeout=200",
      "file_output.enabled=true",
      "file_output.filename=e.txt",
      "syslog_output.enabled=true",
      "http_output.enabled=true",
      `http_output.url=http://127.0.0.1:${port}/`,
      "outputs_queue.capacity=20",
    ]);
    await outputs.open();
    const counters = (name: string) => outputs.counters().find((one) => one.name === name)!;
    const start = Date.now();
    for (let n = 0; n < 100; n++) {
      outputs.publish([sampleAlert({ message: `m${n}` })]);
      await until("room for the next", () => counters("file_output").queued < 10);
    }
    await until(
      "the file",
      () => counters("file_output").delivered === 100,
      () => outputs.counters(),
    );
    assert.ok(Date.now() - start < 5000);
    await outputs.close(300);
    assert.ok(Date.now() - start < 6000);
    for (const { name, delivered, failed, dropped, queued } of outputs.counters())
      assert.deepEqual([name, delivered + failed + dropped, queued], [name, 100, 0]);
    assert.equal(counters("http_output").delivered, 0);
    assert.ok(counters("http_output").dropped >= 60);
    assert.match(said.join("\n"), /syslog_output: \/dev\/log: ENOENT \(no syslog daemon runs here\)/);
    receiver.close();
  });
});
