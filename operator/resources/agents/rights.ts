/** What the containers of agents may do. */
import type { V1SecurityContext } from "@kubernetes/client-node";
import type { AgentOptions } from "./options.ts";

/** Capabilities of an agent that watches its node. Fewer do not work; each stands with what it is for. */
const watching = [
  "BPF", // load programs and make maps: kernel 5.8 and newer ask for nothing else
  "PERFMON", // programs that read the kernel's memory and hang on tracepoints
  "SYS_PTRACE", // /proc/PID/{exe,cwd,environ,root} of other users' processes, the runtime's socket behind /proc/1/root
  "DAC_READ_SEARCH", // files there that root of the node alone may read, such as users of containers
];

/**
 * The rights of an agent on its node: root, but for the capabilities above without a root's powers, with the runtime's
 * filter of system calls and a root folder that it cannot write to.
 */
export function watchingRights({
  privileged,
  sys_resource,
  selinux_type,
}: Pick<AgentOptions, "privileged" | "sys_resource" | "selinux_type">): V1SecurityContext {
  const common: V1SecurityContext = {
    // The runtime's profile keeps a container from looking into others' /proc, which is all that an agent does.
    appArmorProfile: { type: "Unconfined" },
    readOnlyRootFilesystem: true,
    runAsGroup: 0,
    // Files of the node's root are another user's for everybody else, capabilities or not.
    runAsUser: 0,
    ...(selinux_type !== "" && { seLinuxOptions: { type: selinux_type } }),
  };
  if (privileged) return { ...common, privileged: true };
  return {
    ...common,
    allowPrivilegeEscalation: false,
    capabilities: { add: [...watching, ...(sys_resource ? ["SYS_RESOURCE"] : [])], drop: ["ALL"] },
    privileged: false,
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** The rights of an agent that only listens: none. Fits the restricted level of Pod Security. */
export const listeningRights: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
  runAsGroup: 65_532,
  runAsNonRoot: true,
  runAsUser: 65_532,
  seccompProfile: { type: "RuntimeDefault" },
};
