import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../../agent/cli/log.ts";
import { openUnixDatagram } from "../../agent/capture/unix-datagram.ts";
import { fileSink } from "../../agent/sinks/file.ts";
import { SinkQueue } from "../../agent/sinks/queue.ts";
import { syslogTransport } from "../../agent/sinks/syslog-transport.ts";
import { syslogSink } from "../../agent/sinks/syslog.ts";
import { numbered, queueOptions, sampleAlert, until } from "../agent/sinks/sample.ts";
import { unmet } from "../support/requirements.ts";

const never = new AbortController().signal;

function mount(...args: string[]): string {
  const { status, stderr } = spawnSync("mount", args, { encoding: "utf8" });
  return status === 0 ? "" : stderr.trim();
}

describe("file sink on a small disk", () => {
  let folder: string;
  let mounted = false;
  beforeEach(function () {
    folder = mkdtempSync(join(tmpdir(), "tiercel-disk-"));
    const problem = mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", folder);
    mounted = problem === "";
    if (!mounted) unmet(this, "kernel", `a tmpfs cannot be mounted: ${problem}`);
  });
  afterEach(() => {
    if (mounted) spawnSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true });
  });

  for (const keepAlive of [false, true])
    it(`counts what does not fit, says it once, and writes again when there is room, keep_alive ${keepAlive}`, async () => {
      const lines: string[] = [];
      const { log, flush } = createLog({
        level: "info",
        json: false,
        targets: [{ write: (line) => lines.push(line) }],
        now: () => Date.now(),
      });
      const path = join(folder, "events.txt");
      const queue = new SinkQueue(
        fileSink({ path, keepAlive }),
        queueOptions({ report: (level, cause, message) => log(level, message, cause) }),
      );
      writeFileSync(join(folder, "filler"), Buffer.alloc(30_000));
      await queue.open();
      for (let n = 0; n < 2000; n++) queue.push(numbered(n));
      await until(
        "the outcome",
        () => queue.counters().queued === 0,
        () => queue.counters(),
      );
      const full = queue.counters();
      assert.equal(full.delivered + full.failed, 2000);
      assert.ok(full.delivered > 300 && full.failed > 300, JSON.stringify(full));
      assert.equal(full.lastError, `${path}: ENOSPC: no space left on device`);
      assert.equal(lines.length, 1, "one line for one cause");
      assert.match(lines[0]!, /error: file_output: \/.*ENOSPC: no space left on device$/);

      rmSync(join(folder, "filler"));
      for (let n = 2000; n < 2100; n++) queue.push(numbered(n));
      await until(
        "the outcome",
        () => queue.counters().queued === 0,
        () => queue.counters(),
      );
      assert.equal(queue.counters().delivered, full.delivered + 100);
      await queue.close(1000);
      const whole = readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => /^14:03:07\.123456789: Notice alert-\d+\.$/.test(line));
      assert.equal(whole.length, full.delivered + 100, "what counts as delivered is there, whole");
      assert.equal(new Set(whole).size, whole.length);
      assert.equal(whole.at(-1)!.slice(-11), "alert-2099.");
      flush();
      assert.match(lines.at(-1)!, /ENOSPC.* \(\d+ more in \d+ s\)$/);
    });

  it("says EROFS and the path where the disk is read-only", async () => {
    assert.equal(mount("-o", "remount,ro", folder), "");
    const sink = fileSink({ path: join(folder, "e"), keepAlive: false });
    await assert.rejects(async () => sink.open?.(), {
      message: `${folder}/e cannot be opened for appending: EROFS: read-only file system`,
    });
  });
});

describe("syslog sink to rsyslog", () => {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-rsyslog-"));
  const socket = join(folder, "log");
  const out = join(folder, "out");
  const port = 20_514 + (process.pid % 10_000);
  let daemon: ChildProcess | undefined;
  before(async function () {
    const rsyslogd = "/usr/sbin/rsyslogd";
    if (!existsSync(rsyslogd)) unmet(this, "tool", "rsyslog is not installed");
    const config = join(folder, "rsyslog.conf");
    writeFileSync(
      config,
      `module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="${socket}" CreatePath="on")
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="${port}")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="${port}")
template(name="t" type="list") {
  property(name="syslogfacility-text") constant(value="|") property(name="syslogseverity-text") constant(value="|")
  property(name="programname") constant(value="|") property(name="timereported" dateFormat="rfc3339") constant(value="|")
  property(name="hostname") constant(value="|") property(name="msg") constant(value="\\n") }
action(type="omfile" file="${out}" template="t")
`,
    );
    daemon = spawn(rsyslogd, ["-n", "-f", config, "-i", join(folder, "pid")], { stdio: "ignore" });
    await until("rsyslog's socket", () => existsSync(socket));
  });
  after(async () => {
    if (daemon !== undefined) {
      const ended = new Promise((resolve) => daemon?.on("exit", resolve));
      daemon.kill();
      await ended;
    }
    rmSync(folder, { recursive: true });
  });

  const cases = [
    { name: "the local socket", address: () => socket, host: undefined },
    { name: "UDP", address: () => `udp://127.0.0.1:${port}`, host: "node7" },
    { name: "TCP", address: () => `tcp://127.0.0.1:${port}`, host: "node7" },
  ];
  for (const { name, address, host } of cases)
    it(`arrives by ${name} with facility, severity, ident, time and text`, async () => {
      const sink = syslogSink(syslogTransport(address(), openUnixDatagram));
      const text = `sensitive file by ${name} (user=root ä "q") \u001b[31m\nforged`;
      const received = () => (existsSync(out) ? readFileSync(out, "utf8") : "");
      const line = () =>
        received()
          .split("\n")
          .find((one) => one.includes(`by ${name} `));
      await sink.send([{ alert: sampleAlert({ priority: 4 }), line: text }], never);
      await until("the message", () => line() !== undefined, received);
      const [facility, severity, program, time, from, ...rest] = line()!.split("|");
      assert.deepEqual([facility, severity, program], ["user", "warning", "tiercel"]);
      assert.equal(
        rest.join("|").trim(),
        `sensitive file by ${name} (user=root ä "q") \\u001b[31m\\u000aforged`,
      );
      if (host !== undefined) {
        assert.equal(from, host);
        assert.equal(Date.parse(time!), 1_700_000_000_123);
      }
      await sink.close();
    });
});
