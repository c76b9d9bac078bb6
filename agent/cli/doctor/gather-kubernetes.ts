/** Asks the Kubernetes API once what the agent would ask. */
import { readFileSync } from "node:fs";
import { ApiFault } from "../../kube/fault.ts";
import { KubeClient } from "../../kube/client.ts";
import { systemClock } from "../../sinks/clock.ts";
import { operatorNamespace } from "../agent/cluster.ts";
import { chooseApi } from "../agent/kubernetes.ts";
import type { Settings } from "../settings/schema.ts";
import { packageVersion } from "../version.ts";
import type { Facts } from "./facts.ts";
import { gatherCluster } from "./gather-cluster.ts";

/** Somebody waits: ms. */
const times = { answer: 3000, stall: 3000, whole: 5000, idle: 5000 };

/** Each undefined where the settings do not have it asked. @param hostname the machine's name. */
export async function gatherKubernetes(
  settings: Pick<Settings, "kubernetes" | "cluster">,
  environment: NodeJS.ProcessEnv,
  hostname: string,
): Promise<Pick<Facts, "kubernetes" | "cluster">> {
  const { enabled } = settings.cluster;
  const read = (path: string) => readFileSync(path, "utf8");
  const choice = chooseApi(settings.kubernetes, { environment, hostname, read }, enabled);
  if (choice.kind === "off") return { kubernetes: undefined, cluster: undefined };
  const wantsPods = settings.kubernetes.pod_metadata !== "cri";
  const namespace = operatorNamespace(settings.cluster);
  if (choice.kind === "cannot") {
    const { message: missing } = choice;
    return {
      kubernetes: wantsPods ? { missing } : undefined,
      cluster: enabled ? await gatherCluster(settings.cluster, namespace, { missing }) : undefined,
    };
  }
  const { access, node } = choice;
  const userAgent = `tiercel-doctor/${packageVersion()}`;
  const client = new KubeClient({ access, clock: systemClock, userAgent, times });
  try {
    const server = access.server.host;
    return {
      kubernetes: wantsPods ? { server, node, error: await askPods(client, node) } : undefined,
      cluster: enabled ? await gatherCluster(settings.cluster, namespace, { client }) : undefined,
    };
  } finally {
    client.close();
  }
}

/** Why the pods of a node cannot be read; undefined: they can. */
async function askPods(client: KubeClient, node: string): Promise<string | undefined> {
  try {
    await client.ask({ path: "/api/v1/pods", query: { limit: "1", fieldSelector: `spec.nodeName=${node}` } });
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiFault)) throw error;
    return error.message;
  }
}
