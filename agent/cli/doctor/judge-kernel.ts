/** What the kernel allows, judged. Pure. */
import type { Abilities, Missing } from "../../capture/index.ts";
import type { KernelFacts } from "./facts.ts";
import { failure, ok, warning, type Finding } from "./finding.ts";

const NOTHING_SEEN =
  "no system call is seen: the agent does not start unless sources.syscall.enabled is false";

/** What is basic, in the order of probe.ts, and what is said where it is there. */
const basics: readonly (readonly [
  what: Missing["what"],
  check: string,
  there: (facts: KernelFacts) => string,
])[] = [
  ["object", "bpf-object", () => "the compiled BPF programs are there"],
  [
    "libbpf",
    "libbpf",
    ({ abilities }) => `libbpf ${abilities?.libbpf ?? ""} can be opened`.replace("  ", " "),
  ],
  ["kernel", "kernel", ({ release }) => `kernel ${release} (5.10 is the oldest)`],
  ["btf", "btf", () => "the kernel has BTF"],
  ["rights", "bpf-rights", () => "this process may use BPF"],
  ["refused", "bpf-load", () => ""],
  ["pid-namespace", "pid-namespace", () => ""],
];

/** Everything about the kernel. */
export function judgeKernel(facts: KernelFacts | undefined): Finding[] {
  if (facts === undefined)
    return [ok("kernel", "system calls are not captured (sources.syscall.enabled is false)")];
  const { missing, abilities } = facts;
  const found = basics.flatMap(([what, check, there]) => {
    const lack = missing.find((each) => each.what === what);
    if (lack !== undefined) return [failure(check, lack.problem, NOTHING_SEEN, lack.advice)];
    const message = there(facts);
    return message === "" ? [] : [ok(check, message)];
  });
  return [
    ...found,
    ...(abilities === undefined ? [] : judgeAbilities(facts, abilities)),
    ...judgeLockdown(facts),
    ...judgeUnprivileged(facts),
  ];
}

function judgeAbilities(facts: KernelFacts, abilities: Abilities): Finding[] {
  const { refused, milliseconds, level } = abilities;
  const load =
    refused === undefined
      ? ok("bpf-load", `all programs load and can be attached as raw tracepoints (${milliseconds} ms)`)
      : failure(
          "bpf-load",
          `the programs do not load (${refused})`,
          NOTHING_SEEN,
          "check lockdown mode, seccomp, memory and kernel.unprivileged_bpf_disabled; report it with the kernel's version",
        );
  const inside = level === 0 ? "the kernel's first" : `at level ${level}; processes outside it are not seen`;
  return [
    load,
    ok("pid-namespace", `the node's PID namespace is ${inside}`),
    ...judgeVariant(abilities),
    judgeHooks(facts, abilities),
  ];
}

function judgeVariant({ variant }: Abilities): Finding[] {
  return [
    variant.cast
      ? ok("bpf-reads", "the kernel's memory is read by loads (bpf_rdonly_cast, 6.2)")
      : warning(
          "bpf-reads",
          "the kernel has no bpf_rdonly_cast: its memory is read by a helper call each",
          "more processor time: about 40 ns for each of some dozen reads an event",
          "a kernel of 6.2 or newer has it; nothing is missed without",
        ),
    variant.walker === "walk_loop"
      ? ok("bpf-paths", "paths are resolved in a loop (bpf_loop, 5.17)")
      : warning(
          "bpf-paths",
          "the kernel has no bpf_loop, or cannot combine it with tail calls: paths are resolved in bounded steps",
          "some time for deep paths; one that is too deep is marked as cut",
          "a kernel of 5.17 or newer has it (6.0 on arm64)",
        ),
  ];
}

/** Hooks that no part of this version uses: said, so that nobody looks for the cause elsewhere. */
function judgeHooks({ securityModules }: KernelFacts, { fentry, lsm }: Abilities): Finding {
  const active = securityModules === undefined || securityModules.includes("bpf");
  const hooks = [...(fentry ? ["fentry"] : []), ...(lsm && active ? ["LSM"] : [])];
  const what =
    "paths of calls by name (unlink, rename, mkdir, …) are those that were asked for, resolved and marked unverified";
  return ok(
    "true-paths",
    hooks.length === 0
      ? `the kernel allows neither fentry nor LSM programs; ${what}`
      : `the kernel allows ${hooks.join(" and ")} programs, which could tell true paths; this version does not use them: ${what}`,
  );
}

function judgeLockdown({ lockdown }: KernelFacts): Finding[] {
  if (lockdown === undefined)
    return [ok("lockdown", "the kernel has no lockdown, or /sys/kernel/security is not mounted")];
  if (lockdown !== "confidentiality") return [ok("lockdown", `lockdown is ${lockdown}`)];
  return [
    failure(
      "lockdown",
      "lockdown is confidentiality: BPF programs may not read the kernel's memory",
      NOTHING_SEEN,
      "boot with lockdown=integrity, or without secure boot's confidentiality mode",
    ),
  ];
}

function judgeUnprivileged({ unprivilegedBpfDisabled }: KernelFacts): Finding[] {
  if (unprivilegedBpfDisabled === undefined) return [];
  if (unprivilegedBpfDisabled !== 0) return [ok("unprivileged-bpf", "only privileged processes may use BPF")];
  return [
    warning(
      "unprivileged-bpf",
      "kernel.unprivileged_bpf_disabled is 0: any user may load BPF programs",
      "nothing for the agent; the kernel is easier to attack",
      "sysctl kernel.unprivileged_bpf_disabled=2",
    ),
  ];
}
