/** What the agent's process may do and has: Node, capabilities, memory. Pure. */
import { kernelAtLeast } from "../../capture/index.ts";
import type { Facts, MemoryFacts, ProcessFacts } from "./facts.ts";
import { failure, ok, warning, type Finding } from "./finding.ts";

/** Oldest Node (package.json, engines). */
const OLDEST_NODE = [20, 19] as const;
/** What the agent takes beside the ring, bytes (docs/performance.md). */
const BESIDE_RING = 128 << 20;
/** What maps and programs take beside the ring where memory for them is locked, bytes. */
const LOCKED_BESIDE_RING = 64 << 20;

/** Capabilities beside those for BPF (probe.ts), by number: linux/capability.h. */
const wanted = [
  {
    name: "CAP_DAC_READ_SEARCH",
    bit: 2n,
    costs:
      "containers that were there before the agent may stay without their ids: the path of a cgroup is asked for by its id; and files that root alone may read cannot be rules or certificates",
  },
  {
    name: "CAP_SYS_PTRACE",
    bit: 19n,
    costs:
      "programs that run already have no path, working directory and environment, and users of containers no names",
  },
] as const;

/** Everything about this process. */
export function judgeProcess({ process, memory, kernel }: Facts): Finding[] {
  return [
    judgeNode(process),
    ...(kernel === undefined ? [] : [judgeCapabilities(process), judgeMemoryLock(process, memory)]),
    judgeMemory(memory),
  ];
}

function judgeNode({ node }: ProcessFacts): Finding {
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const [oldest, oldestMinor] = OLDEST_NODE;
  if (major > oldest || (major === oldest && minor >= oldestMinor)) return ok("node", `Node ${node}`);
  return failure(
    "node",
    `Node ${node} is older than ${OLDEST_NODE.join(".")}`,
    "the agent may not start, or end with an error",
    "install a newer Node",
  );
}

function judgeCapabilities({ capabilities }: ProcessFacts): Finding {
  const lacking = wanted.filter(({ bit }) => ((capabilities >> bit) & 1n) === 0n);
  const names = wanted.map(({ name }) => name).join(" and ");
  if (lacking.length === 0) return ok("capabilities", `${names} are there beside those for BPF`);
  const missing = lacking.map(({ name }) => name).join(" and ");
  return warning(
    "capabilities",
    `${missing} ${lacking.length === 1 ? "is" : "are"} missing`,
    lacking.map(({ costs }) => costs).join("; "),
    `run as root, or add ${missing} (in a pod: securityContext.capabilities.add)`,
  );
}

const CAP_SYS_RESOURCE = 24n;
const mebibytes = (bytes: number) => `${Math.floor(bytes / (1 << 20))} MiB`;

/** Memory of maps counts as locked before 5.11. */
function judgeMemoryLock({ kernel, memoryLock, capabilities }: ProcessFacts, { ring }: MemoryFacts): Finding {
  if (kernelAtLeast(5, 11, kernel))
    return ok("memory-lock", "memory of BPF maps does not count as locked (5.11)");
  if (((capabilities >> CAP_SYS_RESOURCE) & 1n) === 1n)
    return ok("memory-lock", "the limit of locked memory can be lifted (CAP_SYS_RESOURCE)");
  const needed = ring + LOCKED_BESIDE_RING;
  if (memoryLock === undefined || memoryLock >= needed)
    return ok("memory-lock", "enough memory may be locked");
  return failure(
    "memory-lock",
    `${mebibytes(memoryLock)} of memory may be locked, ${mebibytes(needed)} are needed, and CAP_SYS_RESOURCE is missing`,
    "before kernel 5.11 maps of BPF are locked memory: the programs do not load",
    "add CAP_SYS_RESOURCE, or raise the limit (ulimit -l, systemd: LimitMEMLOCK=infinity)",
  );
}

function judgeMemory({ ring, available, limit }: MemoryFacts): Finding {
  const needed = ring + BESIDE_RING;
  const short = [
    ...(limit !== undefined && limit < needed ? [`this cgroup may use ${mebibytes(limit)}`] : []),
    ...(available !== undefined && available < needed ? [`${mebibytes(available)} are available`] : []),
  ];
  const about = `${mebibytes(ring)} of ring and about ${mebibytes(BESIDE_RING)} beside it`;
  if (short.length === 0) return ok("memory", `there is memory for ${about}`);
  return warning(
    "memory",
    `the agent wants ${about}; ${short.join(", ")}`,
    "the kernel may end the agent for want of memory",
    "raise the limit of memory, or take a smaller ring (engine.modern_ebpf.buf_size_preset): a full ring loses events",
  );
}
