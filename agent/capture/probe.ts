/** What this machine lacks for capture, each with what to do about it: read by `tiercel agent` and `tiercel doctor`. */
import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { defaultObjectPath } from "./object.ts";
import { LibbpfError, libbpf } from "./native.ts";
import { readScope } from "./scope.ts";
import { kernelAtLeast } from "./variant.ts";

/** Something missing. */
export interface Missing {
  readonly what: "object" | "libbpf" | "kernel" | "btf" | "rights" | "refused" | "pid-namespace";
  readonly problem: string;
  /** What to do about it. */
  readonly advice: string;
}

/** What is missing and what to do, in one line. */
export const missingText = ({ problem, advice }: Missing): string => `${problem}: ${advice}`;

/** What the machine shows; handed in so that each answer can be tested. */
export interface Machine {
  readonly kernel: string;
  readonly hasObject: boolean;
  readonly hasBtf: boolean;
  /** Effective capabilities of this process, CapEff of /proc/self/status. */
  readonly capabilities: bigint;
  readonly pid: number;
  /** Text of /proc/1/cgroup and /proc/self/cgroup; undefined where unreadable. */
  readonly initCgroup: string | undefined;
  readonly ownCgroup: string | undefined;
  /** Throws where libbpf cannot be opened. */
  readonly openLibbpf: () => unknown;
  /** Level of this process's PID namespace, asked of the kernel by a small program; throws LibbpfError where refused. */
  readonly loadSmallProgram: () => { readonly level: number };
}

const CAP_SYS_ADMIN = 21n;
const CAP_PERFMON = 38n;
const CAP_BPF = 39n;
const OLDEST = { major: 5, minor: 10 } as const;

/** Everything that is missing, the most basic first; nothing: capture can start. */
export function missing(machine: Machine): Missing[] {
  const found: Missing[] = [];
  const add = (what: Missing["what"], problem: string, advice: string) =>
    void found.push({ what, problem, advice });
  if (!machine.hasObject)
    add("object", `the compiled BPF programs are not there (${defaultObjectPath(false)})`, "run make build");
  try {
    machine.openLibbpf();
  } catch {
    add(
      "libbpf",
      "libbpf.so.1 cannot be opened",
      "install it with what it needs (Debian: apt-get install libbpf1 libelf1 zlib1g)",
    );
  }
  if (!kernelAtLeast(OLDEST.major, OLDEST.minor, machine.kernel))
    add(
      "kernel",
      `kernel ${machine.kernel} is older than ${OLDEST.major}.${OLDEST.minor}`,
      "boot a newer one",
    );
  if (!machine.hasBtf)
    add(
      "btf",
      "the kernel has no BTF (/sys/kernel/btf/vmlinux)",
      "boot one built with CONFIG_DEBUG_INFO_BTF=y, or mount /sys into the container",
    );
  const has = (capability: bigint) => ((machine.capabilities >> capability) & 1n) === 1n;
  if (!has(CAP_SYS_ADMIN) && !(has(CAP_BPF) && has(CAP_PERFMON)))
    add("rights", "this process may not use BPF", "run it as root, or with CAP_BPF and CAP_PERFMON");
  if (found.length > 0) return found;
  try {
    const { level } = machine.loadSmallProgram();
    if (level > 0 && (machine.pid === 1 || machine.initCgroup === machine.ownCgroup))
      add(
        "pid-namespace",
        "this PID namespace is not the node's, so no process of the node would be seen",
        "set hostPID: true in the pod (docker: --pid=host)",
      );
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error;
    add(
      "refused",
      `the kernel refuses to load a BPF program (${error.message})`,
      "check lockdown mode (/sys/kernel/security/lockdown), seccomp and kernel.unprivileged_bpf_disabled",
    );
  }
  return found;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

/** This machine. */
export function thisMachine(): Machine {
  const capabilities = /^CapEff:\s*([0-9a-f]+)/m.exec(textOf("/proc/self/status") ?? "")?.[1] ?? "0";
  return {
    kernel: release(),
    hasObject: [false, true].every((cast) => existsSync(defaultObjectPath(cast))),
    hasBtf: existsSync("/sys/kernel/btf/vmlinux"),
    capabilities: BigInt(`0x${capabilities}`),
    pid: process.pid,
    initCgroup: textOf("/proc/1/cgroup"),
    ownCgroup: textOf("/proc/self/cgroup"),
    openLibbpf: libbpf,
    loadSmallProgram: () => readScope(),
  };
}
