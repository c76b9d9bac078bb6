/** A flood in one container while the agent cannot read, and an attack in another meanwhile: who loses what. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningAgent, needCapture, startAgent } from "./support/agent.ts";
import { eventually } from "./support/commands.ts";
import { type Container, type Containers, needContainers, startContainers } from "./support/containers.ts";
import { imageName } from "./support/image.ts";
import { type Trigger, compileTrigger } from "./support/trigger.ts";

const rules = `
- rule: program in a container
  desc: A program started in a container.
  condition: evt.type in (execve, execveat) and evt.res = SUCCESS and container.id != host and proc.args contains marker-
  output: "container=%container.full_id args=%proc.args"
  priority: NOTICE
- rule: file in a container
  desc: A file was opened in a container.
  condition: evt.type in (open, openat) and fd.name = /etc/shadow and container.id != host and proc.args contains marker-
  output: "container=%container.full_id args=%proc.args"
  priority: NOTICE
`;
const attacks = 20;
const markers = Array.from({ length: attacks }, (_, i) => `marker-${i}.`);

describe("a flood in one container and an attack in another, while the agent cannot read", function () {
  this.timeout(90_000);
  let folder: string;
  let trigger: Trigger;
  let containers: Containers;
  let agent: RunningAgent | undefined;

  before(async function () {
    needCapture(this);
    needContainers(this);
    folder = mkdtempSync(join(tmpdir(), "tiercel-loss-"));
    writeFileSync(join(folder, "rules.yaml"), rules);
    mkdirSync(join(folder, "shared"));
    trigger = await compileTrigger();
    containers = await startContainers([trigger.path], [], { kubernetes: true });
    agent = await startAgent({
      rules: [join(folder, "rules.yaml")],
      settings: {
        "engine.modern_ebpf.buf_size_preset": "5",
        "container_runtime.sockets[]": containers.socket,
      },
    });
  });
  after(async () => {
    await agent?.stop();
    await containers?.close();
    trigger?.remove();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** A container that does `words` once the file `name` of the shared folder is there, and makes NAME-done. */
  const waiting = (name: string, words: string) =>
    containers.run({
      flags: ["--mount", `type=bind,src=${join(folder, "shared")},dst=/shared,options=rbind:rw`],
      command: [
        "/bin/sh",
        "-c",
        `until [ -e /shared/${name} ]; do sleep 0.05; done; ${words}; : >/shared/${name}-done; exec sleep 1000000`,
      ],
    });
  const go = async (name: string) => {
    writeFileSync(join(folder, "shared", name), "");
    await eventually(
      `${name} is done`,
      () => existsSync(join(folder, "shared", `${name}-done`)) || undefined,
      30_000,
    );
  };

  it("shows every process of the attack and what it opened; what is lost stands under the flooder", async () => {
    const running = agent!;
    const flood: Container = await waiting("flood", "trigger times 100000 open openat r /etc/passwd");
    const attacked: Container = await waiting(
      "attack",
      `i=0; while [ $i -lt ${attacks} ]; do trigger open openat r /etc/shadow marker-$i.; i=$((i+1)); done`,
    );
    process.kill(running.pid, "SIGSTOP");
    try {
      await go("flood");
      await go("attack");
    } finally {
      process.kill(running.pid, "SIGCONT");
    }
    const seen = (rule: string) => {
      const told = running.alerts.filter(
        (alert) => alert.rule === rule && alert.output.includes(`container=${attacked.id}`),
      );
      return markers.filter((marker) => told.some(({ output }) => output.includes(marker)));
    };
    const alert = await running.alert(
      "an alert about the loss",
      (each) => each.rule === "Tiercel internal: syscall event drop",
      0,
      20_000,
    );
    await eventually(
      "every program",
      () => seen("program in a container").length === attacks || undefined,
      5000,
    );
    assert.deepEqual(seen("file in a container"), markers, running.log());

    const fields = alert.output_fields;
    assert.equal(fields["container.id"], flood.id.slice(0, 12), alert.output);
    assert.equal(fields["container.image"], imageName, alert.output);
    assert.ok(Number(fields["n_drops_ring_share"]) > 1000, alert.output);
    assert.match(
      alert.output,
      new RegExp(`\\d{4,} of container [^;]*${flood.id.slice(0, 12)}[^;]*: openat \\d{4,}`),
    );

    assert.equal(await running.stop(), 0);
    agent = undefined;
    const [, owners] = /Events dropped by container:\n((?: {3}.*\n)*)/.exec(running.log()) ?? [];
    const lines = (owners ?? "").split("\n");
    const of = ({ id }: Container) => lines.find((line) => line.includes(id.slice(0, 12)));
    assert.match(of(flood) ?? "", /: \d{4,} \(ring_share of openat \d{4,}/);
    assert.equal(of(attacked), undefined);
  });
});
