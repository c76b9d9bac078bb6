/** The chart's objects on a control plane, as after `helm install`, but for what runs. */
import type { Context } from "mocha";
import { ApiFault } from "../../agent/kube/fault.ts";
import type { ApiRequest, KubeClient } from "../../agent/kube/client.ts";
import { renderChart, type Manifest } from "./chart.ts";
import type { Cluster } from "./cluster.ts";
import type { ControlPlane } from "./control-plane.ts";

/** Namespace of the release. */
export const home = "tiercel-system";

/** Applies all of it. */
export async function installChart(
  context: Context,
  cluster: Cluster,
  args: readonly string[] = [],
): Promise<void> {
  const isHook = ({ metadata }: Manifest) => metadata.annotations?.["helm.sh/hook"] !== undefined;
  const manifests = (await renderChart(context, args)).filter((manifest) => !isHook(manifest));
  await cluster.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: home } }]);
  const isDefinition = ({ kind }: { kind: string }) => kind === "CustomResourceDefinition";
  await cluster.apply(manifests.filter(isDefinition));
  const { code, stderr } = await cluster.kubectl(["wait", "crd", "--all", "--for=condition=Established"]);
  if (code !== 0) throw new Error(stderr);
  await cluster.apply(manifests.filter((manifest) => !isDefinition(manifest)));
}

/** Token of a pod of the release's operator. */
export const operatorToken = (plane: ControlPlane): Promise<string> =>
  plane.podToken({
    namespace: home,
    serviceAccount: "tiercel-operator",
    pod: "tiercel-operator-1",
    node: "node-1",
  });

/** One request, as tests write it down: `PATCH /path {…}`; a PATCH is a merge patch. */
export function request(line: string, object?: object): ApiRequest {
  const [method, target] = line.split(" ") as [NonNullable<ApiRequest["method"]>, string];
  const url = new URL(target, "https://server");
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  return {
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    ...(object !== undefined && { body: { type, text: JSON.stringify(object) } }),
  };
}

/** Status and words of a refusal; undefined where it was done. */
export async function refusalOf(client: KubeClient, asked: ApiRequest): Promise<string | undefined> {
  try {
    await client.ask(asked);
    return undefined;
  } catch (error) {
    if (error instanceof ApiFault) return `${error.status} ${error.message}`;
    throw error;
  }
}
