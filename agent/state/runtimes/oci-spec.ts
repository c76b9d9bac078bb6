/** What the configuration of an OCI runtime (config.json) says of a container. Pure. */
import type { ByteString } from "../byte-string.ts";
import type { ContainerMount } from "../container-facts.ts";
import { at, list, text, texts } from "./json.ts";

/** NAME=value strings of the first process. */
export function specEnv(spec: unknown): readonly ByteString[] {
  return texts(at(spec, "process", "env"));
}

/** Whether the container lacks a namespace of its own of this type, so that it is in the node's. */
export function sharesNodes(spec: unknown, type: "pid" | "network" | "ipc"): boolean {
  const namespaces = at(spec, "linux", "namespaces");
  if (!Array.isArray(namespaces)) return false;
  return !namespaces.some((namespace) => at(namespace, "type") === type);
}

/** Capabilities that together only a privileged container is given. */
const allPowers = ["CAP_SYS_ADMIN", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_PTRACE"];

/**
 * Whether it looks privileged: all powers and nothing of /proc hidden. Only for runtimes that keep no such mark
 * themselves (containerd's own containers, `ctr run --privileged`).
 */
export function looksPrivileged(spec: unknown): boolean {
  const bounding = texts(at(spec, "process", "capabilities", "bounding"));
  const masked = list(at(spec, "linux", "maskedPaths"));
  return masked.length === 0 && allPowers.every((power) => bounding.includes(power));
}

const propagations = new Set(["private", "rprivate", "slave", "rslave", "shared", "rshared"]);

/** Bind mounts: what of the node the container sees. Pseudo file systems of its own are left out. */
export function specMounts(spec: unknown): ContainerMount[] {
  return list(at(spec, "mounts")).flatMap((mount) => {
    const options = texts(at(mount, "options"));
    if (at(mount, "type") !== "bind" && !options.some((option) => option === "bind" || option === "rbind"))
      return [];
    return [
      {
        source: text(at(mount, "source")),
        destination: text(at(mount, "destination")),
        mode: "",
        writable: !options.includes("ro"),
        propagation: options.find((option) => propagations.has(option)) ?? "",
      },
    ];
  });
}
