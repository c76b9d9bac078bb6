/** Asks once for the rules of the cluster, and tries the folder in which the agent keeps them. */
import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { KubeClient } from "../../kube/client.ts";
import { ApiFault } from "../../kube/fault.ts";
import { indexOf, SetProblem } from "../cluster/set-index.ts";
import { SetStore } from "../cluster/set-store.ts";
import { StateFileError } from "../cluster/state-file.ts";
import type { Settings } from "../settings/schema.ts";
import type { ClusterFacts } from "./facts.ts";

/** Undefined client: the API cannot be asked, for `missing`. */
export async function gatherCluster(
  { name, state_folder }: Settings["cluster"],
  namespace: string,
  api: { readonly client: KubeClient } | { readonly missing: string },
): Promise<ClusterFacts> {
  const index = "client" in api ? await askIndex(api.client, namespace, name) : { error: api.missing };
  return {
    place: `${namespace}/${name}-rules`,
    index,
    kept: await keptDigest(state_folder),
    folder: { path: state_folder, error: await writable(state_folder) },
  };
}

async function askIndex(client: KubeClient, namespace: string, name: string): Promise<ClusterFacts["index"]> {
  try {
    const path = `/api/v1/namespaces/${namespace}/configmaps/${name}-rules`;
    const { digest, shards } = indexOf(await client.ask({ path }));
    return { digest, shards: shards.length };
  } catch (error) {
    if (!(error instanceof ApiFault) && !(error instanceof SetProblem)) throw error;
    return { error: error.message };
  }
}

async function keptDigest(folder: string): Promise<string> {
  try {
    return (await new SetStore(folder).read())?.index.digest ?? "";
  } catch (error) {
    if (!(error instanceof StateFileError)) throw error;
    return "";
  }
}

/** Why the agent could not write there; undefined: it can. A folder that is not there yet is made in the one above. */
async function writable(folder: string): Promise<string | undefined> {
  for (let path = folder; ; path = dirname(path))
    try {
      await access(path, constants.W_OK);
      return (await stat(path)).isDirectory() ? undefined : "ENOTDIR";
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" || path === dirname(path)) return code ?? String(error);
    }
}
