import { libbpf } from "./native.ts";

/** Bytes of struct bpf_prog_info that are asked for, and where its fields stand (linux/bpf.h). */
const SIZE = 232;
const RECURSION_MISSES_AT = 208;
const VERIFIED_AT = 216;

export interface ProgramInfo {
  /**
   * How often the program was not run because it was running already on that CPU: each is a lost event. 0 where the
   * kernel does not say (before 5.12).
   */
  readonly recursionMisses: number;
  /** Instructions that the verifier walked through; 0 where the kernel does not say (before 5.16). */
  readonly verifiedInstructions: number;
}

/** What the kernel knows about a loaded program; zeros where it does not answer. */
export function programInfo(program: number): ProgramInfo {
  const info = Buffer.alloc(SIZE);
  const length: [number] = [SIZE];
  if (libbpf().bpf_obj_get_info_by_fd(program, info, length) < 0)
    return { recursionMisses: 0, verifiedInstructions: 0 };
  return {
    recursionMisses: Number(info.readBigUInt64LE(RECURSION_MISSES_AT)),
    verifiedInstructions: info.readUInt32LE(VERIFIED_AT),
  };
}
