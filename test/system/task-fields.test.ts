/** Fields that the kernel is asked for where a rule names them: first descriptors, memory, limits. */
import assert from "node:assert/strict";
import { needCapture, type PrintedAlert } from "./support/agent.ts";
import { needContainers } from "./support/containers.ts";
import { Stage } from "./support/stage.ts";

const rules = `
- rule: program over a connection
  desc: What a reverse shell looks like.
  condition: evt.type = execve and container.id != host and proc.stdin.type in (ipv4, ipv6) and proc.stdin.name contains 127.0.0.1
  output: "in=%proc.stdin.name out=%proc.stdout.type err=%proc.stderr.type %fd.types[0] limit=%evt.arg.fdlimit"
  priority: NOTICE
- rule: what a program uses
  desc: Counts of the kernel.
  condition: >
    evt.type = openat and fd.name = /etc/hosts and container.id != host and proc.name = trigger and
    proc.vmsize > 100 and proc.vmrss > 0 and thread.pfminor > 0 and proc.fdlimit = 64 and proc.fdopencount >= 4
  output: "size=%proc.vmsize resident=%proc.vmrss swapped=%proc.vmswap open=%proc.fdopencount use=%proc.fdusage time=%thread.totexectime"
  priority: NOTICE
`;

describe("fields of a task, in a container", function () {
  this.timeout(60_000);
  let stage: Stage;

  before(async function () {
    needCapture(this);
    needContainers(this);
    stage = await Stage.open();
    await stage.watch([stage.rulesFile("task.yaml", rules)]);
  });
  after(async () => {
    await stage?.close();
  });

  const texts = (alerts: readonly PrintedAlert[]) =>
    alerts.map(({ rule, output }) => `${rule}: ${output.replace(/^\S+ \S+ /, "")}`);

  it("tell a program that has a connection for its input", async () => {
    const raised = await stage.during(async () => {
      await stage.inside("connected", "exec", "/bin/true", "true");
      await stage.inside("exec", "/bin/true", "true");
    });
    const [text, ...others] = texts(raised);
    assert.deepEqual(others, []);
    assert.match(
      text!,
      /^program over a connection: in=127\.0\.0\.1:\d+->127\.0\.0\.1:\d+ out=ipv4 err=(pipe|file) \(ipv4\) limit=\d+/,
    );
  });

  it("tell memory and descriptors", async () => {
    const limited = (limit: number) =>
      stage.plain.exec(["sh", "-c", `ulimit -n ${limit}; exec trigger open openat r /etc/hosts`]);
    const raised = await stage.during(async () => {
      await limited(64);
      await limited(65);
    });
    const [text, ...others] = texts(raised);
    assert.deepEqual(others, []);
    const found = /size=(\d+) resident=(\d+) swapped=(\d+) open=(\d+) use=([\d.]+) time=(\d+)/.exec(text!);
    assert.ok(found, text);
    const [size, resident, , open, use] = found.slice(1).map(Number);
    assert.ok(resident! <= size! && use === (100 * open!) / 64, text);
  });
});
