/** The end of an agent as a kubelet asks for it: within two seconds of SIGTERM, whatever it waits for at that moment. */
import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SetStore } from "../../agent/cli/cluster/set-store.ts";
import { setDigest } from "../../agent/rules/set/digest.ts";
import { setObjectOf } from "../../agent/rules/set/set-object.ts";
import { shardsOf } from "../../operator/resources/rule-set.ts";
import { head, namespace } from "../agent/cli/cluster/made-sets.ts";
import { root } from "../support/reference.ts";
import { needCapture } from "./support/agent.ts";
import { end, eventually } from "./support/commands.ts";

/** What the chart's documentation promises, in ms. */
const promised = 2000;

/** Before whatever else this machine is busy with: what is measured is the agent. */
const ahead = spawnSync("chrt", ["-r", "1", "true"]).status === 0 ? ["chrt", "-r", "1"] : [];

const condition = "evt.type in (open, openat) and proc.name = sh and fd.name = /dev/null";
const rule = { rule: "Open", desc: "d", condition, output: "o %fd.name", priority: "WARNING" };

describe("an agent that gets SIGTERM ends within two seconds", function () {
  this.timeout(60_000);
  let folder: string;
  let silent: Server;
  let port: number;
  let child: ChildProcess | undefined;
  const sockets = new Set<Socket>();
  const log = { text: "" };

  before(async function () {
    needCapture(this);
    // Takes connections and what they say, and never answers.
    silent = createServer((socket) => {
      sockets.add(socket.resume().on("error", () => {}));
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    ({ port } = silent.address() as AddressInfo);
  });
  after(() => {
    for (const socket of sockets) socket.destroy();
    silent?.close();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-end-"));
    writeFileSync(join(folder, "rules.yaml"), JSON.stringify([rule]));
    log.text = "";
  });
  afterEach(async () => {
    if (child !== undefined) await end(child);
    child = undefined;
    rmSync(folder, { recursive: true });
  });

  const logged = (what: RegExp) =>
    eventually(`the log says ${what}`, () => (what.test(log.text) ? true : undefined), 30_000).catch(
      (error: unknown) => assert.fail(`${String(error)}: ${log.text}`),
    );
  const start = async (ready: RegExp, settings: Readonly<Record<string, string>>, ...args: string[]) => {
    const sets = Object.entries({ "webserver.enabled": "false", ...settings }).flatMap(([key, value]) => [
      "--set",
      `${key}=${value}`,
    ]);
    const [program, ...words] = [...ahead, process.execPath, `${root}bin/tiercel`, "agent", ...args, ...sets];
    child = spawn(program!, words, {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, NODE_NAME: "node-1" },
    });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (log.text += text));
    await logged(ready);
  };
  const opens = (times: number) =>
    spawnSync("/bin/sh", ["-c", `i=0; while [ $i -lt ${times} ]; do i=$((i+1)); : < /dev/null; done`]);
  const endsInTime = async () => {
    const closed = new Promise<number | null>((resolve) => child!.once("close", resolve));
    const began = performance.now();
    child!.kill("SIGTERM");
    const code = await closed;
    const took = performance.now() - began;
    assert.deepEqual([code, took < promised], [0, true], `${took} ms\n${log.text}`);
  };
  const cluster = () => {
    const kubeconfig = join(folder, "kubeconfig");
    const one = { name: "a", context: { cluster: "a", user: "a" } };
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "a",
      contexts: [one],
      clusters: [
        { name: "a", cluster: { server: `https://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } },
      ],
      users: [{ name: "a", user: { token: "t" } }],
    };
    writeFileSync(kubeconfig, JSON.stringify(config));
    return {
      "cluster.enabled": "true",
      "cluster.namespace": namespace,
      "cluster.state_folder": folder,
      "kubernetes.kubeconfig": kubeconfig,
    };
  };

  it("while nothing happens", async () => {
    await start(/ready: syscall runs with 1 rule/, {}, "-r", join(folder, "rules.yaml"));
    await endsInTime();
  });

  it("in a cluster, with alerts that neither a receiver nor the API server takes", async () => {
    const objects = [setObjectOf({ metadata: { namespace, name: "open" }, spec: { rules: [rule] } })];
    const set = { ...head, objects };
    const digest = setDigest(set);
    const shards = shardsOf(set, digest, { namespace, name: "tiercel" } as never);
    await new SetStore(folder).write({
      index: { version: 1, digest, set: head, shards: shards.map(({ metadata }) => metadata.name) },
      shards: shards.map(({ data }) => Object.values(data)[0]!),
    });
    await start(/ready: syscall runs with 1 rule/, {
      ...cluster(),
      "http_output.enabled": "true",
      "http_output.url": `http://127.0.0.1:${port}/`,
      "alerts.burst": "100000",
    });
    opens(3000);
    await endsInTime();
    assert.match(log.text, /\n {3}Open: 3000\n/);
  });

  it("in a cluster whose API server does not answer, before it has any rules", async () => {
    await start(/ready: syscall runs without rules/, cluster());
    await endsInTime();
  });
});
