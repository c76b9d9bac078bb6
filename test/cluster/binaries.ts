/** Where the programs of a cluster are: built by `make cluster-binaries`, or in the folder that TIERCEL_KUBE_BIN names. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { Context } from "mocha";
import { root } from "../support/reference.ts";
import { unmet } from "../support/requirements.ts";

/** Programs that scripts/cluster-binaries.sh builds; the two Helms by their major version. */
export type ClusterBinary =
  "kube-apiserver" | "kube-controller-manager" | "kube-scheduler" | "kubectl" | "helm3" | "helm4";

const found = new Map<ClusterBinary, string>();

/** Path of one; skips (or fails, see requirements.ts) the running test where it is missing. */
export function clusterBinary(context: Context, name: ClusterBinary): string {
  let path = found.get(name);
  if (path === undefined) {
    const asked = spawnSync("scripts/cluster-binaries.sh", ["--where", name], {
      cwd: root,
      encoding: "utf8",
    });
    path = asked.stdout.trim();
    if (asked.status !== 0 || !existsSync(path))
      unmet(
        context,
        "cluster",
        `no ${path === "" ? name : path}; make cluster-binaries builds it: ${asked.stderr.trim()}`,
      );
    found.set(name, path);
  }
  return path;
}

/** Path of etcd, from Debian or from TIERCEL_ETCD; skips (or fails) the running test where there is none. */
export function etcdBinary(context: Context): string {
  const places = [process.env["TIERCEL_ETCD"] ?? "", "/usr/bin/etcd", "/usr/local/bin/etcd"];
  return (
    places.find((path) => path !== "" && existsSync(path)) ??
    unmet(
      context,
      "cluster",
      "etcd is not installed; make cluster-binaries installs it, TIERCEL_ETCD names another",
    )
  );
}
