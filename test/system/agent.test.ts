/** The whole agent as a user runs it: `bin/tiercel agent` with rules, alerts on stdout, log on stderr. */
import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import { freePort } from "../support/free-port.ts";
import { root } from "../support/reference.ts";
import { unmet } from "../support/requirements.ts";
import { end, eventually } from "./support/commands.ts";

interface Printed {
  readonly rule: string;
  readonly priority: string;
  readonly source: string;
  readonly output: string;
  readonly output_fields: Readonly<Record<string, unknown>>;
}

const quiet = ["--set", "webserver.enabled=false"];
const tiercel = [`${root}bin/tiercel`, "agent", ...quiet];

const rule = (name: string, condition: string, output: string) =>
  `- rule: ${name}\n  desc: a test\n  condition: ${condition}\n  output: ${output}\n  priority: WARNING\n`;
const opens = "evt.type in (open, openat, openat2) and evt.is_open_read = true";

let folder: string;
let running: ChildProcess | undefined;

/** A started agent with what it printed so far. */
function start(args: readonly string[], stdio: StdioOptions = ["ignore", "pipe", "pipe"]) {
  const child = spawn(process.execPath, [...tiercel, ...args], { stdio });
  running = child;
  const seen = { out: "", log: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (seen.out += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (seen.log += text));
  const closed = new Promise<number | undefined>((resolve) =>
    child.once("close", (code) => resolve(code ?? undefined)),
  );
  const alerts = () =>
    seen.out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Printed);
  return {
    child,
    seen,
    closed,
    alerts,
    logged: (what: RegExp, from = 0) =>
      eventually(
        `the log says ${what}; it says ${seen.log}`,
        () => what.exec(seen.log.slice(from)) ?? undefined,
        20_000,
      ),
    alert: (what: string, fits: (alert: Printed) => boolean, bound = 5000) =>
      eventually(what, () => alerts().find(fits), bound),
  };
}

/** Runs an agent that is expected to refuse; gives its exit code and log. */
function refused(args: readonly string[], through: readonly string[] = []) {
  const [program, ...words] = [...through, process.execPath, ...tiercel, ...args];
  const { status, stdout, stderr } = spawnSync(program!, words, { encoding: "utf8", timeout: 30_000 });
  assert.equal(stdout, "");
  return { status, log: stderr };
}

function needCapture(context: Context): void {
  if (process.getuid?.() !== 0) unmet(context, "kernel", "loading BPF programs needs root");
  if (!existsSync("/sys/kernel/btf/vmlinux")) unmet(context, "kernel", "this kernel has no BTF");
}

const write = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const read = (path: string) => spawnSync("/bin/cat", [path]);

describe("the agent", function () {
  this.timeout(60_000);

  before(function () {
    needCapture(this);
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-agent-"));
  });
  afterEach(async () => {
    if (running !== undefined) await end(running);
    running = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  it("raises exactly the alert within a second, and ends on SIGINT with a summary and exit code 0", async () => {
    const secret = write("secret", "x");
    const rules = write(
      "rules.yaml",
      rule(
        "Secret read",
        `${opens} and fd.name = ${secret}`,
        `"read by %proc.name of %proc.pname (%fd.name)"`,
      ),
    );
    const agent = start(["-r", rules, "-o", "json", "--set", "append_output=[]"]);
    const [, digest] = await agent.logged(
      /ready: syscall runs with 1 rule from 1 file, digest ([0-9a-f]{64})/,
    );
    assert.equal(digest!.length, 64);
    read(secret);
    const before = Date.now();
    const alert = await agent.alert("the alert", () => true, 1000);
    assert.ok(Date.now() - before < 1000);
    assert.equal(alert.rule, "Secret read");
    assert.equal(alert.priority, "Warning");
    assert.match(alert.output, / Warning read by cat of node \(/);
    assert.deepEqual(
      { ...alert.output_fields, "evt.time": undefined },
      { "evt.time": undefined, "fd.name": secret, "proc.name": "cat", "proc.pname": "node" },
    );
    agent.child.kill("SIGINT");
    assert.equal(await agent.closed, 0);
    assert.equal(agent.alerts().length, 1);
    assert.doesNotMatch(agent.seen.log, /\(node:\d+\) Warning/);
    assert.match(agent.seen.log, /\nEvents seen: [1-9]\d*\nEvents matched: 1\nEvents dropped: 0\n/);
    assert.match(
      agent.seen.log,
      /\nRule counts by severity:\n {3}WARNING: 1\nTriggered rules by rule name:\n {3}Secret read: 1\n$/,
    );
  });

  it("finds the file behind a link whose own name the rule excepts", async () => {
    const secret = write("secret", "x");
    const link = join(folder, "harmless");
    symlinkSync(secret, link);
    const rules = write(
      "rules.yaml",
      rule(
        "Secret read",
        `${opens} and fd.name startswith ${folder}/ and not fd.name = ${link} and not fd.name = ${folder}/rules.yaml`,
        "read %fd.name",
      ),
    );
    const agent = start(["-r", rules, "-o", "json"]);
    await agent.logged(/ready/);
    read(link);
    const alert = await agent.alert("the alert", ({ rule: name }) => name === "Secret read");
    assert.equal(alert.output_fields["fd.name"], secret);
  });

  it("swaps rules when their file changes, twenty times, and loses no event that both sets want", async () => {
    const secret = write("secret", "x");
    const wanted = rule("Secret read", `${opens} and fd.name = ${secret}`, "read %evt.num");
    const version = (n: number) =>
      `${wanted}${rule(`Other ${n}`, "evt.type = mkdir and proc.name = none", "other")}`;
    const rules = write("rules.yaml", version(0));
    const agent = start(["-r", rules, "-o", "json", "--set", "alerts.burst=1000000"]);
    await agent.logged(/ready/);
    // One reader opens the file all the time, and says at the end how often.
    const reader = spawn(process.execPath, [
      "-e",
      `const fs = require("fs"); let n = 0, on = true; process.stdin.on("data", () => { on = false; });
       const go = () => { for (let i = 0; i < 3; i++, n++) fs.closeSync(fs.openSync(${JSON.stringify(secret)})); if (on) setTimeout(go, 3); else { console.log(n); process.exit(); } }; go();`,
    ]);
    let said = "";
    reader.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    for (let n = 1; n <= 20; n++) {
      const from = agent.seen.log.length;
      write("next", version(n));
      renameSync(join(folder, "next"), rules);
      await agent.logged(/rules swapped: 2 rules in force/, from);
    }
    reader.stdin.write("end\n");
    const count = await eventually("the reader ends", () =>
      /^\d+\n$/.test(said) ? Number(said) : undefined,
    );
    assert.ok(count > 100, `only ${count} opens`);
    await eventually(`${count} alerts`, () => (agent.alerts().length >= count ? true : undefined)).catch(
      () => undefined,
    );
    assert.equal(agent.alerts().filter(({ rule: name }) => name === "Secret read").length, count);
    agent.child.kill("SIGTERM");
    assert.equal(await agent.closed, 0);
  });

  it("keeps the good set when a bad one comes, and says so in log and alert; SIGHUP takes the mended one", async () => {
    const secret = write("secret", "x");
    const good = rule("Secret read", `${opens} and fd.name = ${secret}`, "read");
    const rules = write("rules.yaml", good);
    const agent = start(["-r", rules, "-o", "json", "--set", "watch_config_files=false"]);
    await agent.logged(/ready/);
    write("rules.yaml", good.replace("fd.name", "fd.nmae"));
    agent.child.kill("SIGHUP");
    await agent.logged(
      /fd\.nmae[^]*did you mean fd\.name[^]*the rules were not loaded; those of digest [0-9a-f]{12} stay in force/,
    );
    const refusal = await agent.alert("the internal alert", ({ source }) => source === "internal");
    assert.deepEqual([refusal.rule, refusal.priority], ["Tiercel internal: rules refused", "Critical"]);
    read(secret);
    await agent.alert("the old rule's alert", ({ rule: name }) => name === "Secret read");
    write("rules.yaml", `${good}${rule("More", "evt.type = mkdir", "more")}`);
    agent.child.kill("SIGHUP");
    await agent.logged(/rules swapped: 2 rules in force/);
  });

  it("is not held by a FIFO where its rules were, and can still be ended", async () => {
    const rules = write("rules.yaml", rule("Any", "evt.type = mkdir", "x"));
    const agent = start(["-r", rules]);
    await agent.logged(/ready/);
    rmSync(rules);
    spawnSync("mkfifo", [rules]);
    agent.child.kill("SIGHUP");
    await agent.logged(/rules\.yaml is a pipe, a socket or a device[^]*stay in force/);
    agent.child.kill("SIGINT");
    assert.equal(await agent.closed, 0);
  });

  it("takes over settings that shape the rules, and names those that need a restart", async () => {
    const rules = write(
      "rules.yaml",
      `${rule("A", "evt.type = mkdir", "a")}${rule("B", "evt.type = mkdir", "b")}`,
    );
    const config = write("tiercel.yaml", "webserver: {enabled: false}\n");
    const agent = start(["-c", config, "-r", rules]);
    await agent.logged(/ready: syscall runs with 2 rules/);
    write("tiercel.yaml", "webserver: {enabled: false}\njson_output: true\nrules: [{disable: {rule: B}}]\n");
    await agent.logged(/take effect when the agent is started again: json_output/);
    await agent.logged(/rules swapped: 1 rule in force/);
  });

  it("says once a second how many alerts the rate of a rule held back", async () => {
    const rules = write(
      "rules.yaml",
      rule("Often", `evt.type = mkdir and evt.arg.path startswith ${folder}`, "often"),
    );
    const agent = start(["-r", rules, "-o", "json", "--set", "alerts.rate=1", "--set", "alerts.burst=5"]);
    await agent.logged(/ready/);
    spawnSync("/bin/sh", ["-c", `for i in $(seq 1 50); do mkdir ${folder}/$i; done`]);
    const said = await agent.alert(
      "what was held back",
      ({ rule: name }) => name === "Tiercel internal: alerts suppressed",
    );
    assert.equal(said.output_fields["rule"], "Often");
    agent.child.kill("SIGINT");
    assert.equal(await agent.closed, 0);
    const shown = agent.alerts().filter(({ rule: name }) => name === "Often").length;
    assert.match(
      agent.seen.log,
      new RegExp(`Alerts suppressed by the rate of their rule: ${50 - shown}\n[^]* {3}Often: 50\n`),
    );
  });

  it("ends in time though nobody reads its stdout, and counts what was not delivered", async () => {
    const fifo = join(folder, "fifo");
    spawnSync("mkfifo", [fifo]);
    const unread = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const out = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    const rules = write(
      "rules.yaml",
      rule("Open", "evt.type in (open, openat) and proc.name = sh", `"${"x".repeat(500)}"`),
    );
    const agent = start(["-r", rules, "--set", "alerts.burst=100000"], ["ignore", out, "pipe"]);
    closeSync(out);
    await agent.logged(/ready/);
    spawnSync("/bin/sh", ["-c", "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); : < /dev/null; done"]);
    const before = Date.now();
    agent.child.kill("SIGINT");
    assert.equal(await agent.closed, 0);
    closeSync(unread);
    assert.ok(Date.now() - before < 8000, `the end took ${Date.now() - before} ms`);
    const [, lost] = /Alerts lost on the way: (\d+) \(stdout/.exec(agent.seen.log) ?? [];
    assert.ok(Number(lost) > 2000, agent.seen.log);
  });

  it("does not wait when it is told a second time to end", async () => {
    const fifo = join(folder, "fifo");
    spawnSync("mkfifo", [fifo]);
    const unread = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const out = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    const rules = write(
      "rules.yaml",
      rule("Open", "evt.type in (open, openat) and proc.name = sh", `"${"x".repeat(500)}"`),
    );
    const agent = start(["-r", rules, "--set", "output_timeout=60000"], ["ignore", out, "pipe"]);
    closeSync(out);
    await agent.logged(/ready/);
    spawnSync("/bin/sh", ["-c", "i=0; while [ $i -lt 900 ]; do i=$((i+1)); : < /dev/null; done"]);
    agent.child.kill("SIGINT");
    const early = setInterval(() => agent.child.kill("SIGINT"), 400);
    assert.equal(await agent.closed, 130);
    clearInterval(early);
    closeSync(unread);
  });

  it("tells health, readiness, versions and metrics over HTTP", async () => {
    const port = await freePort();
    const rules = write(
      "rules.yaml",
      rule("Often", `evt.type = mkdir and evt.arg.path startswith ${folder}`, "often"),
    );
    const agent = start([
      "-r",
      rules,
      "-o",
      "json",
      "--set",
      "webserver.enabled=true",
      "--set",
      `webserver.listen_port=${port}`,
    ]);
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
      return answer && { status: answer.status, body: await answer.text() };
    };
    await agent.logged(/ready/);
    assert.equal((await get("/readyz"))?.status, 200);
    assert.equal((await get("/healthz"))?.status, 200);
    assert.match((await get("/versions"))!.body, /"engine_version_semver":"0\.63\.0"/);
    spawnSync("mkdir", [`${folder}/one`]);
    await eventually("the match is counted", async () =>
      /^tiercel_rules_matches_total\{.*rule_name="Often".*\} 1$/m.test((await get("/metrics"))!.body)
        ? true
        : undefined,
    );
  });

  it("does not see itself", async () => {
    const rules = write(
      "rules.yaml",
      rule(
        "Any open",
        `evt.type in (open, openat) and proc.name = node and fd.name startswith ${folder}`,
        "open %fd.name",
      ),
    );
    const agent = start(["-r", rules, "-o", "json"]);
    await agent.logged(/ready/);
    agent.child.kill("SIGHUP");
    await agent.logged(/nothing changed/);
    assert.deepEqual(agent.alerts(), []);
  });

  describe("refuses to start, with exit code 1,", () => {
    const good = () => write("rules.yaml", rule("A", "evt.type = mkdir", "a"));

    it("with bad rules, and shows all mistakes of all files", () => {
      const one = write("1.yaml", rule("A", "evt.type = mkdri", "a"));
      const two = write("2.yaml", rule("B", "evt.type = mkdir", "b %proc.nmae"));
      const { status, log } = refused(["-r", one, "-r", two]);
      assert.equal(status, 1);
      assert.match(
        log,
        /1\.yaml:3:\d+: LOAD_ERR_COMPILE_CONDITION[^]*2\.yaml:4:\d+: LOAD_ERR_COMPILE_OUTPUT/,
      );
    });

    it("without any rules", () => {
      const { status, log } = refused(["-r", folder]);
      assert.equal(status, 1);
      assert.match(log, /there are no rules/);
    });

    it("with an unknown setting, and suggests the known one", () => {
      const { status, log } = refused(["-r", good(), "--set", "rule_matchign=all"]);
      assert.equal(status, 1);
      assert.match(log, /rule_matching/);
    });

    it("without the rights, and says which are missing", () => {
      const path = good();
      spawnSync("chmod", ["-R", "a+rX", folder]);
      const { status, log } = refused(
        ["-r", path],
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"],
      );
      assert.equal(status, 1);
      assert.match(log, /root|CAP_BPF/);
    });

    it("without BTF, and says that it is BTF", () => {
      const script = `mount -t tmpfs none /sys/kernel/btf && exec "$@"`;
      const { status, log } = refused(["-r", good()], ["unshare", "-m", "sh", "-c", script, "sh"]);
      assert.equal(status, 1);
      assert.match(log, /BTF/);
    });
  });

  it("does not grow while nobody reads its stdout", async () => {
    const fifo = join(folder, "fifo");
    spawnSync("mkfifo", [fifo]);
    const unread = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const out = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    const rules = write(
      "rules.yaml",
      rule("Open", "evt.type in (open, openat) and proc.name = sh", `"${"x".repeat(300)}"`),
    );
    const limits = ["--set", "alerts.burst=1000000", "--set", "outputs_queue.capacity=1000"];
    const agent = start(["-r", rules, ...limits], ["ignore", out, "pipe"]);
    closeSync(out);
    await agent.logged(/ready/);
    const resident = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${agent.child.pid}/status`, "utf8"))![1]) / 1024;
    const storm = () =>
      spawnSync("/bin/sh", ["-c", "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); : < /dev/null; done"]);
    storm();
    const once = resident();
    storm();
    storm();
    assert.ok(resident() - once < 40, `${once} MiB, then ${resident()} MiB`);
    agent.child.kill("SIGINT");
    assert.equal(await agent.closed, 0);
    closeSync(unread);
    assert.ok(statSync(fifo).isFIFO());
  });
});
