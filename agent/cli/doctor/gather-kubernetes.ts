/** Asks the Kubernetes API once what the agent would ask. */
import { readFileSync } from "node:fs";
import { ApiFault } from "../../kube/fault.ts";
import { KubeClient } from "../../kube/client.ts";
import { systemClock } from "../../sinks/clock.ts";
import { chooseApi } from "../agent/kubernetes.ts";
import type { Settings } from "../settings/schema.ts";
import { packageVersion } from "../version.ts";
import type { KubernetesFacts } from "./facts.ts";

/** Somebody waits: ms. */
const times = { answer: 3000, stall: 3000, whole: 5000, idle: 5000 };

/** Undefined where the settings do not have it asked. @param hostname the machine's name. */
export async function gatherKubernetes(
  settings: Settings["kubernetes"],
  environment: NodeJS.ProcessEnv,
  hostname: string,
): Promise<KubernetesFacts | undefined> {
  const read = (path: string) => readFileSync(path, "utf8");
  const choice = chooseApi(settings, { environment, hostname, read });
  if (choice.kind === "off") return undefined;
  if (choice.kind === "cannot") return { missing: choice.message };
  const { access, node } = choice;
  const userAgent = `tiercel-doctor/${packageVersion()}`;
  const client = new KubeClient({ access, clock: systemClock, userAgent, times });
  const query = { limit: "1", fieldSelector: `spec.nodeName=${node}` };
  try {
    await client.ask({ path: "/api/v1/pods", query });
    return { server: access.server.host, node, error: undefined };
  } catch (error) {
    if (!(error instanceof ApiFault)) throw error;
    return { server: access.server.host, node, error: error.message };
  } finally {
    client.close();
  }
}
