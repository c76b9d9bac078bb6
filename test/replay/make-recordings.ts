/**
 * `make recordings`: makes the recordings of attacks anew, from the steps of the demo and from a container, and cuts away
 * all that is this machine's. Their alerts follow with UPDATE_GOLDEN=1 (replay.test.ts).
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { steps, type Step } from "../../scripts/demo/steps.ts";
import { root } from "../support/reference.ts";
import { end, eventually } from "../system/support/commands.ts";
import { startContainers, type Containers } from "../system/support/containers.ts";
import { trim } from "./trim.ts";

/** Which steps of the demo are in which recording, by the rule that each is meant to raise. */
const groups: Readonly<Record<string, readonly string[]>> = {
  credentials: [
    "Sensitive file read on the host",
    "Private SSH key read",
    "Login keys of SSH changed",
    "Symbolic link to a sensitive file",
  ],
  execution: [
    "Shell input or output moved to a connection",
    "Shell started by a server program",
    "Program run from shared memory",
    "Program run from memory",
  ],
  traces: [
    "Set-user-ID bit set",
    "Write below a binary folder",
    "Hidden file made in a shared folder",
    "Shell history wiped",
  ],
};

const tokenOf = (step: Step) => `demo${steps.indexOf(step) + 1}-recorded`;

/** Runs a step under a shell whose name is its token, with an environment of its own. */
async function take(step: Step, folder: string): Promise<void> {
  const token = tokenOf(step);
  const shell = join(folder, token);
  symlinkSync("/bin/bash", shell);
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", folder, token };
  const child = spawn(shell, ["--norc", "-c", `${step.script}\n:`], { stdio: "ignore", cwd: folder, env });
  await new Promise((resolve) => child.once("close", resolve));
}

/** What is done in a container; gives its id. */
async function attackContainer(containers: Containers): Promise<string> {
  const container = await containers.run();
  await container.exec(["/bin/sh", "-c", "cat /etc/shadow; true"], { terminal: true });
  await container.exec(["/bin/sh", "-c", "ln -s /etc/shadow /tmp/x; cat /tmp/x; rm /tmp/x"]);
  await container.exec(["/bin/sh", "-c", "cp /bin/busybox /tmp/ls; /tmp/ls /; chmod 4755 /tmp/ls"]);
  return container.id;
}

const scratch = mkdtempSync(join(tmpdir(), "tiercel-recordings-"));
const raw = join(scratch, "raw.trec");
const containers = await startContainers([], [], { kubernetes: true });
const words = [`${root}bin/tiercel`, "record", raw, "-o", "json"];
const sockets = `container_runtime.sockets[]=${containers.socket}`;
const recorder = spawn(process.execPath, [...words, "--set", sockets], {
  stdio: ["ignore", "inherit", "pipe"],
});
let log = "";
recorder.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
try {
  await eventually(
    "it records",
    () => {
      if (recorder.exitCode !== null) throw new Error(log);
      return log.includes("ready") ? true : undefined;
    },
    30_000,
  );
  const folder = join(tmpdir(), "tiercel-demo");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "empty"), { recursive: true });
  for (const step of steps) await take(step, folder);
  rmSync(folder, { recursive: true });
  const id = await attackContainer(containers);
  await end(recorder, 30_000);
  console.log(log.split("\n").find((line) => line.startsWith("Recorded")));
  const programs = (of: readonly Step[]) => new Set(of.map(tokenOf));
  trim(raw, `${root}scripts/demo/demo.trec`, { programs: programs(steps), containers: [] });
  for (const [name, rules] of Object.entries(groups)) {
    const of = steps.filter(({ rule }) => rules.includes(rule));
    trim(raw, `${root}test/replay/${name}.trec`, { programs: programs(of), containers: [] });
  }
  trim(raw, `${root}test/replay/container.trec`, { programs: new Set(), containers: [id] });
} finally {
  await end(recorder);
  await containers.close();
  rmSync(scratch, { recursive: true, force: true });
}
