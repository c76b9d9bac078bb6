/** What docs/threat-model.md says does not hold on a node: each is done here, so that the page cannot promise more. */
import assert from "node:assert/strict";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { watchingRights } from "../../operator/resources/agents/rights.ts";
import { root } from "../support/reference.ts";
import { unmet } from "../support/requirements.ts";
import { needCapture } from "./support/agent.ts";
import { mustRun, run } from "./support/commands.ts";
import { needContainers } from "./support/containers.ts";
import { Stage } from "./support/stage.ts";

const rights = watchingRights({ privileged: false, sys_resource: false, selinux_type: "" });
const four = rights.capabilities?.add ?? [];

describe("whoever runs code in an agent that is not privileged", function () {
  this.timeout(60_000);
  /** A folder of the node, which the agent's own root does not have. */
  let folder: string;
  let tools: string;
  before(function () {
    if (process.getuid?.() !== 0) unmet(this, "kernel", "it gives rights away, which takes root");
    folder = mkdtempSync(join(tmpdir(), "tiercel-node-"));
    tools = mkdtempSync(join(tmpdir(), "tiercel-tools-"));
    mkdirSync(join(folder, "closed"));
    writeFileSync(join(folder, "closed", "of-a-user"), "secret");
    writeFileSync(join(folder, "of-root"), "secret");
    chmodSync(join(folder, "of-root"), 0o600);
    for (const path of ["closed/of-a-user", "closed"]) {
      chownSync(join(folder, path), 12_345, 12_345);
      chmodSync(join(folder, path), path === "closed" ? 0o700 : 0o600);
    }
  });
  after(() => {
    for (const each of [folder, tools]) if (each !== undefined) rmSync(each, { recursive: true });
  });

  /** Runs a line of sh with these capabilities and another root folder, on a node whose first process has all of them. */
  async function inAgent(capabilities: readonly string[], line: string) {
    const kept = ["-all", ...capabilities.map((name) => `+${name.toLowerCase()}`)].join(",");
    const dropped = ["setpriv", "--bounding-set", kept, "--inh-caps", "-all", "--no-new-privs"];
    const words = [...dropped, "sh", "-c", `"${line}"`].join(" ");
    const agent = `unshare -m sh -c 'mount -t tmpfs none ${folder} && exec ${words}'`;
    return run("unshare", ["-p", "-m", "--fork", "--mount-proc", "sh", "-c", `${agent}; exit $?`]);
  }

  it("has four capabilities", () => {
    assert.deepEqual([...four].sort(), ["BPF", "DAC_READ_SEARCH", "PERFMON", "SYS_PTRACE"]);
  });

  it("reads any file of the node, whoever's it is", async () => {
    const hidden = await inAgent(four, `cat ${folder}/of-root`);
    assert.match(hidden.stderr, /No such file/);
    for (const file of ["of-root", "closed/of-a-user"]) {
      const { stdout, stderr } = await inAgent(four, `cat /proc/1/root${folder}/${file}`);
      assert.equal(stdout, "secret", stderr);
    }
  });

  it("would read neither without SYS_PTRACE, nor a user's without DAC_READ_SEARCH", async () => {
    const without = (name: string) => four.filter((each) => each !== name);
    for (const [name, file] of [
      ["SYS_PTRACE", "of-root"],
      ["DAC_READ_SEARCH", "closed/of-a-user"],
    ] as const) {
      const { stdout, stderr } = await inAgent(without(name), `cat /proc/1/root${folder}/${file}`);
      assert.equal(stdout, "");
      assert.match(stderr, /Permission denied/, name);
    }
  });

  it("speaks to sockets of the node's root, such as a runtime's", async () => {
    const program = join(tools, "connect.mjs");
    const text = `import net from "node:net"; net.connect(process.argv[2]).on("data", (data) => process.stdout.write(data));`;
    writeFileSync(program, text);
    const server = createServer((client) => client.end("hello")).listen(join(folder, "socket"));
    try {
      await once(server, "listening");
      chmodSync(join(folder, "socket"), 0o660);
      const line = `${process.execPath} ${program} /proc/1/root${folder}/socket`;
      const { stdout, stderr } = await inAgent(four, line);
      assert.equal(stdout, "hello", stderr);
    } finally {
      server.close();
    }
  });

  it("writes files of the node's root, and so becomes root of the node", async () => {
    const { code, stderr } = await inAgent(four, `echo changed >/proc/1/root${folder}/of-root`);
    assert.equal(code, 0, stderr);
    assert.equal(readFileSync(join(folder, "of-root"), "utf8"), "changed\n");
  });
});

describe("on a node that is watched", function () {
  this.timeout(60_000);
  let stage: Stage;
  before(async function () {
    needCapture(this);
    needContainers(this);
    stage = await Stage.open();
    const rules = stage.rulesFile(
      "not-held.yaml",
      `
- rule: file of the test
  desc: Tells whose it is.
  condition: evt.type in (open, openat, openat2) and fd.name endswith /not-held
  output: "%fd.name container=%container.full_id"
  priority: NOTICE
`,
    );
    await stage.watch([rules]);
  });
  after(() => stage?.close());

  it("a file that is opened through io_uring is not seen", async function () {
    const program = join(stage.folder, "uring-open");
    await mustRun("gcc", ["-O1", "-static", "-o", program, `${root}test/system/support/uring-open.c`]);
    const file = join(stage.folder, "not-held");
    writeFileSync(`${file}-yet`, "");
    renameSync(`${file}-yet`, file);
    const opened = await stage.during(() => stage.host("trigger", "open", "openat", "r", file));
    assert.equal(opened.length, 1);
    let code: number | undefined;
    const raised = await stage.during(async () => ({ code } = await stage.runs(program, file)));
    if (code === 2) unmet(this, "kernel", "this kernel has no io_uring, or forbids it");
    assert.equal(code, 0);
    assert.deepEqual(raised, []);
  });

  it("root is taken for a container whose cgroup it goes into", async () => {
    const { id } = stage.plain;
    const processes = ["", ...readdirSync("/sys/fs/cgroup")]
      .map((hierarchy) => join("/sys/fs/cgroup", hierarchy, "k8s.io", id, "cgroup.procs"))
      .filter((file) => existsSync(file));
    assert.notEqual(processes.length, 0);
    const file = join(stage.folder, "not-held");
    const moves = processes.map((each) => `echo $$ >${each}`).join("; ");
    const raised = await stage.during(() => stage.runs("/bin/sh", "-c", `${moves}; echo a >${file}`));
    assert.deepEqual(
      raised.map(({ output_fields: fields }) => fields["container.full_id"]),
      [id],
    );
  });
});
