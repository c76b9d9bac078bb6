/** What the kernel lets our programs do, tried once: for `tiercel doctor`. */
import { Capture } from "./capture.ts";
import { LibbpfError, libbpf } from "./native.ts";
import { bestVariant, kernelAtLeast, type Variant } from "./variant.ts";

/** enum bpf_prog_type */
const TRACING = 26;
const LSM = 29;

export interface Abilities {
  readonly libbpf: string;
  /** Level of this process's PID namespace, which is taken for the node's; 0 is the kernel's first. */
  readonly level: number;
  readonly variant: Variant;
  /** Why our programs cannot be loaded or attached; undefined: they can. */
  readonly refused: string | undefined;
  /** What that took, ms. */
  readonly milliseconds: number;
  /** Whether programs can hang at functions of the kernel, and at its security hooks. */
  readonly fentry: boolean;
  readonly lsm: boolean;
}

/** Loads and attaches everything with a ring of that size, nothing wanted, and takes it out again. */
export function tryCapture(ringBytes: number, architecture: string = process.arch): Abilities {
  const begin = performance.now();
  let refused: string | undefined;
  let level = 0;
  try {
    const capture = Capture.open({ ringBytes });
    level = capture.scope.level;
    try {
      capture.attach();
    } finally {
      capture.close();
    }
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error;
    refused = error.message;
  }
  // The kernel has the program type on arm64 before it can hang such a program anywhere.
  const trampolines = architecture !== "arm64" || kernelAtLeast(6, 0);
  const can = (type: number) => trampolines && libbpf().libbpf_probe_bpf_prog_type(type, null) === 1;
  return {
    libbpf: libbpf().libbpf_version_string(),
    level,
    variant: bestVariant(architecture),
    refused,
    milliseconds: Math.round(performance.now() - begin),
    fentry: can(TRACING),
    lsm: can(LSM),
  };
}
