/** Whether the Kubernetes API is asked about pods, which one, and as whom. */
import { readFileSync } from "node:fs";
import { AccessError, podAccess, type KubeAccess } from "../../kube/access.ts";
import { KubeClient } from "../../kube/client.ts";
import { kubeconfigAccess, type KubeconfigFile } from "../../kube/kubeconfig.ts";
import type { Clock } from "../../kube/clock.ts";
import type { PodInput } from "../../state/pods/pod-join.ts";
import type { Log } from "../log.ts";
import type { Settings } from "../settings/schema.ts";
import { packageVersion } from "../version.ts";
import { inPod } from "../web-server.ts";
import { PodMetadata } from "./pod-metadata.ts";

/** What the agent finds around itself. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  /** The machine's name. */
  readonly hostname: string;
  /** Text of a file. */
  readonly read: (path: string) => string;
}

export type ApiChoice =
  | { readonly kind: "off" }
  | { readonly kind: "on"; readonly access: KubeAccess; readonly node: string }
  /** It was asked for, or a pod lets expect it, and something is missing: what, and what to do. */
  | { readonly kind: "cannot"; readonly message: string };

/** Name of a node as the API allows it, fit for a selector. */
const nodeName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * Outside pods `auto` wants both a kubeconfig and the node's name: a developer's KUBECONFIG alone is no wish that an agent
 * asks that cluster. `needed`: something other than data of pods is asked for, so that it is on or cannot be.
 */
export function chooseApi(
  settings: Settings["kubernetes"],
  { environment, hostname, read }: Surroundings,
  needed = false,
): ApiChoice {
  const { pod_metadata, kubeconfig, node_name } = settings;
  const pod = inPod(environment);
  const paths = kubeconfig === "" ? (environment["KUBECONFIG"] ?? "").split(":") : [kubeconfig];
  const files = paths.filter((path) => path !== "");
  const named = node_name === "" ? (environment["NODE_NAME"] ?? "") : node_name;
  const found = pod || kubeconfig !== "" || (files.length > 0 && named !== "");
  const wished = pod_metadata === "api" || (pod_metadata === "auto" && found);
  if (!wished && !needed) return { kind: "off" };
  try {
    const access = files.length > 0 ? kubeconfigAccess(readAll(files, read)) : podAccess(environment);
    if (access === undefined)
      throw new AccessError("there is neither a pod's service account nor a kubeconfig; set KUBECONFIG");
    const node = named === "" && !pod ? hostname.toLowerCase() : named;
    if (node === "") throw new AccessError("the node's name is not known; set NODE_NAME from spec.nodeName");
    if (!nodeName.test(node)) throw new AccessError(`\`${node}\` is no name of a node; set NODE_NAME`);
    return { kind: "on", access, node };
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    return { kind: "cannot", message: error.message };
  }
}

/** Of several files those that are there count, as kubectl takes KUBECONFIG. */
function readAll(paths: readonly string[], read: Surroundings["read"]): KubeconfigFile[] {
  const found: KubeconfigFile[] = [];
  let missing = "";
  for (const path of paths)
    try {
      found.push({ path, text: read(path) });
    } catch (error) {
      missing = `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
    }
  if (found.length === 0) throw new AccessError(missing);
  return found;
}

export interface OpenOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly hostname: string;
  readonly clock: Clock;
  readonly log: Log;
  /** What the settings cannot do without the API for; undefined: it is for data of pods alone. */
  readonly neededBy?: "cluster.enabled" | undefined;
}

/** The one client of the API that all parts of the agent share. */
export interface Kube {
  readonly client: KubeClient;
  /** Name of this node. */
  readonly node: string;
  /** Where this node's pods are asked for; false: setting kubernetes.pod_metadata is cri. */
  readonly pods: boolean;
}

/**
 * Makes the client; undefined where the API is not asked, which the log says if it should be.
 * @throws AccessError where the settings cannot do without it
 */
export function openKube(settings: Settings, options: OpenOptions): Kube | undefined {
  const { environment, hostname, clock, log, neededBy } = options;
  const read = (path: string) => readFileSync(path, "utf8");
  const choice = chooseApi(settings.kubernetes, { environment, hostname, read }, neededBy !== undefined);
  switch (choice.kind) {
    case "off":
      return undefined;
    case "cannot":
      if (neededBy !== undefined)
        throw new AccessError(`${neededBy} needs the Kubernetes API: ${choice.message}`);
      log("warning", `pods have what the container runtime says alone: ${choice.message}`);
      return undefined;
    case "on": {
      const { access, node } = choice;
      const client = new KubeClient({ access, clock, userAgent: `tiercel-agent/${packageVersion()}` });
      log("info", `the Kubernetes API at ${access.server.host} is asked as node ${node} (${access.origin})`);
      return { client, node, pods: settings.kubernetes.pod_metadata !== "cri" };
    }
  }
}

/** Makes what keeps the capture thread told of this node's pods; undefined where the API is not asked for them. */
export function openPodMetadata(
  kube: Kube | undefined,
  { clock, log, tell }: Pick<OpenOptions, "clock" | "log"> & { readonly tell: (input: PodInput) => void },
): PodMetadata | undefined {
  if (kube?.pods !== true) return undefined;
  const { client, node } = kube;
  return new PodMetadata({ client, node, clock, random: Math.random, log, tell });
}
