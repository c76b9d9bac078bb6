/** `tiercel doctor` on this machine, as a user runs it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../support/reference.ts";
import { needCapture } from "./support/agent.ts";
import { run } from "./support/commands.ts";
import { needContainers, startContainers } from "./support/containers.ts";

interface Report {
  readonly level: string;
  readonly findings: readonly {
    check: string;
    level: string;
    message: string;
    costs: string;
    advice: string;
  }[];
}

const words = (args: readonly string[]) => [`${root}bin/tiercel`, "doctor", "-o", "json", ...args];

/** An agent that receives audit events and sees no system call. */
const auditAlone = ["sources.syscall.enabled=false", "sources.k8s_audit.listen=127.0.0.1:0"].flatMap(
  (setting) => ["--set", setting],
);

async function doctor(args: readonly string[], through: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const [program, ...rest] = [...through, process.execPath, ...words(args)];
  const { code, stdout, stderr } = await run(program!, rest, { env: { ...process.env, ...env } });
  assert.equal(stderr, "");
  const report = JSON.parse(stdout) as Report;
  return { code, ...report, of: (check: string) => report.findings.filter((each) => each.check === check) };
}

describe("tiercel doctor on this machine", function () {
  this.timeout(60_000);

  it("loads the programs for real, finds nothing that stands in the agent's way, and exits 0", async function () {
    needCapture(this);
    const { code, findings, of } = await doctor(["--set", "webserver.listen_port=0"]);
    assert.deepEqual(
      findings.filter(({ level }) => level === "failure"),
      [],
    );
    assert.equal(code, 0);
    assert.match(of("bpf-load")[0]!.message, /^all programs load and can be attached/);
    assert.match(of("libbpf")[0]!.message, /^libbpf v\d/);
    assert.match(of("rules")[0]!.message, /^\d+ rules of 1 file load$/);
    for (const check of ["kernel", "btf", "cgroups", "memory", "clock", "runtime", "capabilities"])
      assert.equal(of(check).length > 0, true, check);
  });

  it("needs no more than the four capabilities that agents get in a cluster", async function () {
    needCapture(this);
    const kept = "-all,+bpf,+perfmon,+sys_ptrace,+dac_read_search";
    const { findings } = await doctor(
      ["--set", "webserver.listen_port=0"],
      ["setpriv", "--bounding-set", kept, "--inh-caps", "-all", "--no-new-privs"],
    );
    const failures = findings.filter(({ level }) => level === "failure");
    assert.deepEqual(failures, []);
  });

  it("says what the agent says where rights are missing, and exits 1", async function () {
    needCapture(this);
    const through = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"];
    const { code, of } = await doctor([], through);
    assert.equal(code, 1);
    const [{ level, message, advice }] = of("bpf-rights") as [Report["findings"][number]];
    assert.equal(level, "failure");
    const agent = await run("setpriv", [
      ...through.slice(1),
      process.execPath,
      `${root}bin/tiercel`,
      "agent",
      "--set",
      "webserver.enabled=false",
    ]);
    assert.equal(agent.code, 1);
    assert.ok(agent.stderr.includes(`${message}: ${advice}`), agent.stderr);
  });

  it("says that nobody answers at a socket that is no runtime's, with nothing in it that a terminal obeys", async function () {
    needCapture(this);
    const folder = mkdtempSync(join(tmpdir(), "tiercel-doctor-"));
    const path = join(folder, "\u001b[2J.sock");
    const server = createServer((connection) => connection.destroy());
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const environment = { ...process.env, CONTAINER_RUNTIME_ENDPOINT: `unix://${path}` };
    try {
      const { stdout } = await run(process.execPath, [`${root}bin/tiercel`, "doctor"], { env: environment });
      assert.match(
        stdout,
        /^warning +runtime +the container runtime at \S+\/\\u001b\[2J\.sock does not answer: /m,
      );
      assert.doesNotMatch(stdout, /\u001b/);
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  });

  it("finds a container runtime and says that it answers", async function () {
    needCapture(this);
    needContainers(this);
    const containers = await startContainers([], [], { kubernetes: true });
    try {
      const { of } = await doctor(["--set", `container_runtime.sockets[]=${containers.socket}`]);
      const [runtime] = of("runtime");
      assert.equal(runtime!.level, "ok", JSON.stringify(runtime));
      assert.match(runtime!.message, /^containerd \S+ answers at \S+\/containerd\.sock$/);
    } finally {
      await containers.close();
    }
  });

  it("finds a port that is taken, mistakes in settings and in rules", async function () {
    needCapture(this);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const taken = await doctor([
        ...auditAlone,
        "--set",
        `webserver.listen_port=${port}`,
        "--rules",
        "/nowhere.yaml",
      ]);
      assert.equal(taken.code, 1);
      assert.equal(taken.of("port")[0]!.level, "failure");
      assert.match(taken.of("rules")[0]!.message, /\/nowhere\.yaml/);
      const wrong = await doctor(["--set", "webserver.port=1"]);
      assert.equal(wrong.of("settings")[0]!.level, "failure");
      assert.deepEqual(wrong.of("rules"), []);
    } finally {
      server.close();
    }
  });

  it("does not look at the kernel where system calls are off", async () => {
    const { of } = await doctor([...auditAlone, "--set", "webserver.enabled=false"]);
    assert.match(of("kernel")[0]!.message, /not captured/);
    assert.deepEqual(of("bpf-load"), []);
    assert.deepEqual(
      of("port").map(({ message }) => message),
      ["sources.k8s_audit can listen on 127.0.0.1 port 0"],
    );
  });

  it("exits 2 for what it does not understand", async () => {
    const { code, stderr } = await run(process.execPath, [`${root}bin/tiercel`, "doctor", "me"]);
    assert.equal(code, 2);
    assert.match(stderr, /doctor takes no argument, not me/);
  });
});
