/** The test cluster as a whole: up, down, and what a test does to it. */
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { eventually, mustRun, run, type Outcome } from "../../system/support/commands.ts";
import { startControlPlane } from "./control.ts";
import { dnsObjects } from "./dns.ts";
import { makeImages } from "./images.ts";
import {
  at,
  controlNamespace,
  kubeconfig,
  nodeName,
  nodeNamespace,
  nodeNumbers,
  stateFolder,
  type BinaryPath,
} from "./layout.ts";
import { removeNode, startNode } from "./node.ts";
import { endAll, logTail } from "./processes.ts";

/** How long a node may take to become Ready, ms. */
const patience = 120_000;

/** Programs of the cluster's user, which talk to it from its network namespace. */
const tools: Readonly<Record<string, string>> = { kubectl: "kubectl", helm: "helm3" };

/** Runs kubectl as the administrator. `input` is its standard input. */
export function kubectl(args: readonly string[], input?: string): Promise<Outcome> {
  return run(at("bin/kubectl"), args, {}, input);
}

/** Its output. @throws Error with what it printed where it fails */
export async function mustKubectl(args: readonly string[], input?: string): Promise<string> {
  const outcome = await kubectl(args, input);
  if (outcome.code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${outcome.stderr}`);
  return outcome.stdout;
}

function writeTools(binary: BinaryPath): void {
  mkdirSync(at("bin"), { recursive: true });
  for (const [name, program] of Object.entries(tools)) {
    const line = `KUBECONFIG=${kubeconfig("admin")} exec nsenter --net=/run/netns/${controlNamespace} ${binary(program)} "$@"`;
    writeFileSync(at("bin", name), `#!/bin/sh\n${line}\n`);
    chmodSync(at("bin", name), 0o755);
  }
}

/** Whether there is one, whole or in part. */
export const isUp = () => existsSync(stateFolder);

/**
 * Makes the cluster and waits until both nodes are Ready and names are resolved. `say` is told what it waits for. Both
 * nodes have the images of the archives in `more` beside those of images.ts.
 * @throws Error naming what did not come, with the end of its log
 */
export async function up(
  binary: BinaryPath,
  say: (message: string) => void,
  more: readonly string[] = [],
): Promise<void> {
  if (isUp())
    throw new Error(
      `${stateFolder} is there: a cluster runs, or one did not end; make cluster-down removes it`,
    );
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  writeTools(binary);
  say("making images");
  const images = [...(await makeImages(at("images"), binary("coredns"))), ...more];
  say("starting etcd and the API server");
  await startControlPlane(binary);
  say("starting two nodes");
  for (const node of nodeNumbers) await startNode(node, binary, images);
  await mustKubectl(
    ["apply", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: dnsObjects }),
  );
  for (const node of nodeNumbers) await ready(node, say);
  say("waiting for DNS");
  await eventually(
    "CoreDNS is ready",
    async () => {
      const { stdout } = await kubectl([
        "-n",
        "kube-system",
        "get",
        "deployment",
        "coredns",
        "-o",
        "jsonpath={.status.readyReplicas}",
      ]);
      return stdout === "1" ? true : undefined;
    },
    patience,
  );
}

async function ready(node: (typeof nodeNumbers)[number], say: (message: string) => void): Promise<void> {
  const name = nodeName(node);
  say(`waiting for ${name}`);
  const path = `jsonpath={.status.conditions[?(@.type=="Ready")].status}`;
  await eventually(
    `${name} is Ready`,
    async () => ((await kubectl(["get", "node", name, "-o", path])).stdout === "True" ? true : undefined),
    patience,
  ).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}\n${logTail(name)}`);
  });
}

/** Runs helm as the administrator. @throws Error with what it printed where it fails */
export function helm(...args: readonly string[]): Promise<Outcome> {
  return mustRun(at("bin/helm"), args);
}

/** Ends all of it and removes what it left: processes, namespaces, cgroups, files. */
export async function down(): Promise<void> {
  await endAll();
  for (const node of nodeNumbers) await removeNode(node);
  for (const namespace of [...nodeNumbers.map(nodeNamespace), controlNamespace])
    if (existsSync(`/run/netns/${namespace}`)) await mustRun("ip", ["netns", "delete", namespace]);
  rmSync(stateFolder, { recursive: true, force: true });
}

/** The line that makes a shell's kubectl and helm talk to the cluster. */
export const shellLine = `export PATH=${at("bin")}:$PATH`;
