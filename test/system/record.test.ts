import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../support/reference.ts";
import { needCapture } from "./support/agent.ts";
import { needContainers, startContainers } from "./support/containers.ts";
import { end, eventually, mustRun, run } from "./support/commands.ts";

const tiercel = `${root}bin/tiercel`;

/** Reads as much as a rule can: clocks, users, ancestors, paths, environments, numbers. */
const rules = `- rule: Own file opened
  desc: d
  condition: evt.type in (open, openat) and fd.name contains tiercel-record-
  output: "%evt.num %evt.time %evt.datetime %evt.deltatime %evt.reltime %fd.name %fd.realpath %proc.cmdline %proc.pcmdline %proc.aname[3] %proc.env[MARK] %proc.cwd %user.name %user.loginname %group.name %container.id %evt.args %static.where %proc.duration %thread.vtid %evt.hostname"
  priority: NOTICE
- rule: Program
  desc: d
  condition: evt.type in (execve, connect, procexit) and (proc.args contains tiercel-record- or proc.aname = tiercel-record- or fd.sip.name = localhost)
  output: "%evt.num %evt.type %proc.name %proc.pname %proc.exepath %proc.sname %user.homedir %evt.args %fd.name %fd.sip.name %proc.is_exe_upper_layer"
  priority: WARNING
`;

describe("tiercel record and replay", function () {
  this.timeout(120_000);
  let folder: string;
  before(function () {
    needCapture(this);
    folder = mkdtempSync(join(tmpdir(), "tiercel-record-"));
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "rules.yaml"), rules);
    const other = `- rule: Folder made
  desc: d
  condition: evt.type in (mkdir, rename, renameat2, rmdir) and evt.args contains ${folder}
  output: "%evt.type %proc.env[PATH]"
  priority: NOTICE
`;
    writeFileSync(join(folder, "other.yaml"), other);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A recorder that is ready; what it prints is collected. */
  async function record(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const child = spawn(process.execPath, [tiercel, "record", ...args], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    const out = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (out.stderr += text));
    await eventually(
      "it records",
      () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${out.stderr}`);
        return /\bready\b/.test(out.stderr) ? true : undefined;
      },
      30_000,
    );
    return { child, out };
  }

  async function ended(child: ChildProcess): Promise<number | null> {
    if (child.exitCode === null) await new Promise((resolve) => child.once("close", resolve));
    return child.exitCode;
  }

  it("gives the recording agent's alerts byte for byte: elsewhere, without rights, in another time zone", async () => {
    const set = ["static_fields.where=rack", "alerts.rate=20", "alerts.burst=60"];
    const args = ["a.trec", "-r", "rules.yaml", ...set.flatMap((each) => ["--set", each])];
    const { child, out } = await record(args, { TZ: "America/St_Johns" });
    try {
      const script = `
        for i in 1 2 3 4 5 6; do cat ${folder}/rules.yaml /etc/../${folder}/rules.yaml >/dev/null; done
        ln -s ${folder}/rules.yaml ${folder}/link; cat ${folder}/link; (exec -a odd sh -c 'cat ${folder}/link; true')
        setpriv --reuid 33 --clear-groups cat ${folder}/rules.yaml
        sh -c 'sh -c "sh -c \\"cat ${folder}/rules.yaml; true\\"; true"; true'
        exec 3<>/dev/tcp/127.0.0.1/1; for i in $(seq 100); do : <${folder}/rules.yaml; done; sleep 1.5; : <${folder}/rules.yaml`;
      await run("bash", ["-c", script, "tiercel-record-shell"], {
        env: { PATH: process.env["PATH"], MARK: "ü" },
      });
      await eventually("its alerts", () => (out.stdout.includes("Notice") ? true : undefined));
    } finally {
      await end(child);
    }
    assert.equal(child.exitCode, 0, out.stderr);
    assert.ok(out.stdout.split("\n").length > 60, "alerts came");
    assert.ok(out.stdout.includes("alerts were over the rate of their rule"));
    assert.ok(out.stdout.includes(" ü "), "environments");
    assert.match(out.stderr, /Recorded: \d+ records in \d+ bytes of a\.trec/);
    assert.equal(statSync(join(folder, "a.trec")).mode & 0o777, 0o600);

    chmodSync(join(folder, "a.trec"), 0o644);
    const again = await run(
      "unshare",
      [
        "--uts",
        "sh",
        "-c",
        'hostname elsewhere && exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"',
        "sh",
      ].concat([process.execPath, tiercel, "replay", "a.trec", "-r", "rules.yaml"]),
      { cwd: folder, env: { PATH: process.env["PATH"], TZ: "Asia/Tokyo" } },
    );
    assert.equal(again.code, 0, again.stderr);
    assert.ok(again.stdout === out.stdout, "the alerts are the same");
    const summary = (text: string) =>
      text.slice(text.indexOf("Events seen")).replace(/^Recorded:.*\n|^Alerts lost.*\n/gm, "");
    assert.equal(summary(again.stderr), summary(out.stderr));
  });

  it("gives the same for containers, whose first events wait for a name", async function () {
    needContainers(this);
    const inContainers = `- rule: In a container
  desc: d
  condition: evt.type in (execve, openat, container) and container.id != host
  output: "%evt.num %evt.time %evt.type %proc.name %proc.pname %proc.aname[2] %fd.name %container.id %container.name %container.image.repository %container.privileged %user.name %k8s.pod.name %proc.sname %container.start_ts"
  priority: NOTICE
`;
    writeFileSync(join(folder, "containers.yaml"), inContainers);
    const containers = await startContainers([], [], { kubernetes: true });
    const { child, out } = await record(
      ["e.trec", "-r", "containers.yaml", "-o", "json"].concat([
        "--set",
        `container_runtime.sockets[]=${containers.socket}`,
      ]),
    );
    try {
      await containers.runToEnd(["/bin/sh", "-c", "cat /etc/passwd; ls /"]);
      const container = await containers.run();
      await container.exec(["/bin/sh", "-c", "cat /etc/shadow"], { user: "alice" });
      await eventually("its alerts", () => (/"proc.name":"cat"/.test(out.stdout) ? true : undefined));
    } finally {
      await end(child);
      await containers.close();
    }
    const { stdout } = await mustRun(
      process.execPath,
      [tiercel, "replay", "e.trec", "-r", "containers.yaml"],
      {
        cwd: folder,
      },
    );
    assert.ok(out.stdout.split("\n").length > 10);
    assert.match(out.stdout, /"container\.image\.repository":"docker\.io\/tiercel\/test"/);
    assert.ok(stdout === out.stdout, "the alerts are the same");
  });

  it("records every call, so that other rules can be tried on it", async () => {
    const { child } = await record(["b.trec"]);
    await mustRun("sh", ["-c", `mkdir ${folder}/d && mv ${folder}/d ${folder}/e && rmdir ${folder}/e`]);
    await end(child);
    const { stdout } = await mustRun(process.execPath, [tiercel, "replay", "b.trec", "-r", "other.yaml"], {
      cwd: folder,
    });
    assert.match(stdout, /Notice mkdir \S*\/bin/);
    assert.match(stdout, /Notice rename/);
  });

  it("ends by --seconds and by --size, with a file that can be read", async () => {
    const { child, out } = await record(["c.trec", "--seconds", "1"]);
    assert.equal(await ended(child), 0, out.stderr);
    const noise = { cwd: folder };
    const small = await record(["d.trec", "--size", "1M"]);
    while (small.child.exitCode === null)
      await run(
        "sh",
        ["-c", "for i in $(seq 300); do head -c 3000 /dev/urandom | base64 -w0 >x$i; rm x$i; done"],
        noise,
      );
    assert.equal(await ended(small.child), 0, small.out.stderr);
    assert.match(small.out.stderr, /d\.trec takes no more: it has the 1048576 bytes that it may have/);
    assert.ok(statSync(join(folder, "d.trec")).size <= 1 << 20);
    for (const name of ["c.trec", "d.trec"]) {
      const { stderr } = await mustRun(process.execPath, [tiercel, "replay", name, "-r", "other.yaml"], {
        cwd: folder,
      });
      assert.doesNotMatch(stderr, /torn|damaged|no end/);
    }
  });

  it("says that the disk is full; what is there can be read", async () => {
    const disk = join(folder, "disk");
    mkdirSync(disk);
    await mustRun("mount", ["-t", "tmpfs", "-o", "size=256k", "none", disk]);
    try {
      const { child, out } = await record([`${disk}/full.trec`]);
      while (child.exitCode === null) await run("sh", ["-c", "for i in $(seq 300); do id >/dev/null; done"]);
      assert.equal(await ended(child), 1);
      assert.match(out.stderr, /full\.trec takes no more: .*(ENOSPC|no space)/);
      const { stderr } = await mustRun(
        process.execPath,
        [tiercel, "replay", `${disk}/full.trec`, "-r", "other.yaml"],
        {
          cwd: folder,
        },
      );
      assert.doesNotMatch(stderr, /torn|damaged/);
    } finally {
      await mustRun("umount", [disk]);
    }
  });

  it("takes no file that is there but with --force, and no other thing at all", async () => {
    writeFileSync(join(folder, "there.trec"), "mine");
    const refused = (args: readonly string[]) =>
      run(process.execPath, [tiercel, "record", ...args], { cwd: folder });
    const there = await refused(["there.trec"]);
    assert.equal(there.code, 1);
    assert.match(there.stderr, /there\.trec is there already; --force replaces it/);
    assert.equal(readFileSync(join(folder, "there.trec"), "utf8"), "mine");
    assert.match((await refused(["/dev/null", "--force"])).stderr, /no regular file/);
    assert.match((await refused(["nowhere/x.trec"])).stderr, /cannot be made: ENOENT/);
    for (const words of [
      [],
      ["a", "b"],
      ["x", "--seconds", "0"],
      ["x", "--size", "10"],
      ["x", "--size", "1T"],
      ["x", "-r", "-"],
    ])
      assert.equal((await refused(words)).code, 2, words.join(" "));
    const { child } = await record(["there.trec", "--force", "--seconds", "1"]);
    assert.equal(await ended(child), 0);
    assert.notEqual(readFileSync(join(folder, "there.trec"), "utf8"), "mine");
    assert.equal(statSync(join(folder, "there.trec")).mode & 0o777, 0o600);
  });

  it("leaves no file where it cannot capture, and what was there as it was; says why", async () => {
    writeFileSync(join(folder, "old.trec"), "mine");
    for (const args of ["none.trec", "old.trec --force"]) {
      const script = `mount -t tmpfs none /sys/kernel/btf && exec ${tiercel} record ${folder}/${args}`;
      const { code, stderr } = await run("unshare", ["-m", "sh", "-c", script]);
      assert.equal(code, 1);
      assert.match(stderr, /BTF/);
    }
    assert.deepEqual(
      readdirSync(folder).filter((name) => /^(none|old)/.test(name)),
      ["old.trec"],
    );
    assert.equal(readFileSync(join(folder, "old.trec"), "utf8"), "mine");
  });
});
