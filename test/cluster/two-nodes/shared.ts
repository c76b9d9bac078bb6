/**
 * The cluster of two nodes that several test files share: the first file that needs it starts it, the last one ends it. Each
 * file finds it with nothing of ours installed or with what the file before it left, and says itself what it needs.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "mocha";
import { root } from "../../support/reference.ts";
import { unmet } from "../../support/requirements.ts";
import { eventually, mustRun } from "../../system/support/commands.ts";
import { down, helm, isUp, kubectl, mustKubectl, up } from "./cluster.ts";
import {
  at,
  cgroupMount,
  controlNamespace,
  nodeName,
  nodeNamespace,
  nodeNumbers,
  stateFolder,
} from "./layout.ts";

/** Name and tag of the images both nodes have; `tools` is the one with sh, jq and curl. */
export const repository = "docker.io/tiercel/tiercel";
const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { version: string };
export const tags = { plain: version, tools: `${version}-tools` } as const;

/** Namespace of the release. */
export const home = "tiercel-system";

const programs = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"];

/** Path of a program of scripts/cluster-binaries.sh, whether it is built or not. */
export function binary(name: string): string {
  const options = { cwd: root, encoding: "utf8" } as const;
  return spawnSync("scripts/cluster-binaries.sh", ["--where", name], options).stdout.trim();
}

/** A developer's switch: a cluster that is up is used, and stays up. */
const keep = process.env["TIERCEL_CLUSTER_KEEP"] === "1";

let users = 0;

/** Whether a file before started it. */
let started = false;

/** Builds both variants of the image; gives their archives. */
async function images(): Promise<readonly string[]> {
  const made: string[] = [];
  for (const tools of ["", "1"]) {
    const env = { ...process.env, TIERCEL_IMAGE_TOOLS: tools };
    const { stdout } = await mustRun("make", ["--no-print-directory", "image"], { cwd: root, env });
    made.push(join(root, stdout.split("\n")[0]!));
  }
  return made;
}

async function start(context: Context): Promise<void> {
  if (process.getuid?.() !== 0) unmet(context, "cluster", "network namespaces need root");
  const missing = [...programs, "kubectl", "helm3", "coredns"]
    .map(binary)
    .filter((each) => !existsSync(each));
  if (missing.length > 0)
    unmet(context, "cluster", `no ${missing.join(", ")}; make cluster-binaries builds them`);
  if (isUp() && (keep || started)) return;
  if (isUp())
    unmet(context, "cluster", `a cluster is up already (${stateFolder}); make cluster-down ends it`);
  await up(binary, () => {}, await images());
  started = true;
}

/** Processes whose command line names the cluster's folder. */
function processes(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return line.includes(stateFolder) ? [`${pid} ${line.replaceAll("\0", " ")}`] : [];
      } catch {
        return [];
      }
    });
}

/** @throws AssertionError naming what is left of a cluster that was ended */
async function nothingIsLeft(): Promise<void> {
  assert.equal(existsSync(stateFolder), false);
  assert.deepEqual(processes(), []);
  const { stdout } = await mustRun("ip", ["netns", "list"]);
  const namespaces = [controlNamespace, ...nodeNumbers.map(nodeNamespace)];
  assert.deepEqual(
    stdout.split("\n").filter((line) => namespaces.includes(line.split(" ")[0]!)),
    [],
  );
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  assert.deepEqual(
    mounts.filter((line) => line.includes(stateFolder)),
    [],
  );
  const left = readdirSync(cgroupMount, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .filter(({ name }) => existsSync(join(cgroupMount, name, nodeNamespace(1))));
  assert.deepEqual(left, []);
}

/**
 * Call it in a describe block: when its tests run there is a cluster with both variants of the image on both nodes (minutes
 * for the first user: give the block a timeout). Without root or binaries the block is skipped as `cluster`. After the last
 * user it is ended, and that nothing is left of it is asserted.
 */
export function sharedCluster(): void {
  users += 1;
  before(async function () {
    // Added only now, it is the block's last one: what the block tidies up itself needs the cluster.
    this.test?.parent?.afterAll("ends the shared cluster", async () => {
      users -= 1;
      if (users > 0 || keep || !isUp()) return;
      await down();
      await nothingIsLeft();
    });
    await start(this);
  });
}

/**
 * Installs the chart, or upgrades the release to exactly these values (`--set` words), and waits until operator and agents
 * are ready.
 */
export async function installed(...set: readonly string[]): Promise<void> {
  // prettier-ignore
  await helm(
    "upgrade", "--install", "tiercel", `${root}charts/tiercel`, "--namespace", home, "--create-namespace", "--reset-values",
    "--wait", "--timeout", "180s",
    ...[`image.repository=${repository}`, "image.pullPolicy=Never", ...set].flatMap((word) => ["--set", word]),
  );
  await agentsAreReady();
}

/** Waits until the operator made the agents and all of them are ready. */
export async function agentsAreReady(): Promise<void> {
  const inHome = ["--namespace", home];
  await mustKubectl(["wait", ...inHome, "--for=create", "daemonset/tiercel-agent", "--timeout=120s"]);
  await operatorActed();
  await mustKubectl(["rollout", "status", ...inHome, "daemonset/tiercel-agent", "--timeout=180s"]);
}

/** How long after an operator took over the agents' DaemonSet is what it makes of the values, ms; a second does when all is quiet. */
const ACTING = 5000;

/** Waits until the operator that runs has had time to make the agents what the values say. */
async function operatorActed(): Promise<void> {
  const inHome = ["--namespace", home];
  const running = ["-l", "app.kubernetes.io/component=operator", "--field-selector=status.phase=Running"];
  await eventually(
    "an operator that runs holds the Lease",
    async () => {
      const held = ["get", "lease", "tiercel-operator", "-o", "jsonpath={.spec.holderIdentity}"];
      const holder = (await kubectl([...held, ...inHome])).stdout;
      const text = await mustKubectl(["get", "pods", ...inHome, ...running, "-o", "json"]);
      const { items } = JSON.parse(text) as {
        items: { metadata: { name: string; deletionTimestamp?: string } }[];
      };
      // One that is about to end still counts as Running.
      const staying = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      return staying.some(({ metadata }) => holder.startsWith(metadata.name)) || undefined;
    },
    120_000,
  );
  await sleep(ACTING);
}

/** Takes the release, its namespace, its definitions and what it keeps on nodes away, as if it had never been there. */
export async function uninstalled(): Promise<void> {
  if ((await kubectl(["get", "namespace", home])).code === 0) await uninstall();
  for (const node of nodeNumbers)
    for (const folder of ["tiercel", "tiercel-log"].map((name) => at(nodeName(node), name)))
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

async function uninstall(): Promise<void> {
  await helm("uninstall", "tiercel", "--namespace", home, "--ignore-not-found", "--wait");
  await mustKubectl(["delete", "namespace", home, "--timeout=120s"]);
  await mustKubectl(["delete", "crd", "--ignore-not-found", "--timeout=120s", ...definitions]);
}

const definitions = ["falcorules", "alertsinks", "securityalerts", "nodeagents"].map(
  (plural) => `${plural}.tiercel.dev`,
);
