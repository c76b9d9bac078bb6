/** Which ways through the kernel's structures this kernel allows; chosen before load, forced by tests. */
import { release } from "node:os";
import { libbpf } from "./native.ts";
import type { Walker } from "./object.ts";

export interface Variant {
  /** bpf_rdonly_cast (6.2): memory is read by loads. Else by a helper call each. */
  readonly cast: boolean;
  /** bpf_loop (5.17) walks paths of any depth. Else bounded steps, in a chain of tail calls. */
  readonly walker: Walker;
}

/** Major and minor number of a kernel release; [0, 0] where the text is none. */
export function kernelVersion(text: string = release()): readonly [number, number] {
  const match = /^(\d+)\.(\d+)/.exec(text);
  return match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
}

/** Whether a release is at least `major`.`minor`. */
export function kernelAtLeast(major: number, minor: number, text: string = release()): boolean {
  const [a, b] = kernelVersion(text);
  return a > major || (a === major && b >= minor);
}

const BPF_TRACE_FENTRY = 24;

/** Whether the kernel's BTF knows a function, which says more than a version number: distributions backport. */
function hasFunction(name: string): boolean {
  return libbpf().libbpf_find_vmlinux_btf_id(name, BPF_TRACE_FENTRY) > 0;
}

/**
 * The best variant of the running kernel. A program that both loops by callback and tail-calls is refused on arm64
 * before 6.0.
 */
export function bestVariant(architecture: string = process.arch): Variant {
  const loop = hasFunction("bpf_loop") && (architecture !== "arm64" || kernelAtLeast(6, 0));
  return { cast: hasFunction("bpf_rdonly_cast"), walker: loop ? "walk_loop" : "walk_steps" };
}
