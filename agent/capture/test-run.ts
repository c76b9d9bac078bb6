import { check, libbpf } from "./native.ts";

/** Bytes of struct bpf_test_run_opts, and where the return value stands in it. */
const OPTIONS_SIZE = 80;
const RETVAL_AT = 56;
const REPEAT_AT = 60;

/**
 * Runs a program once by BPF_PROG_TEST_RUN, in the calling thread, and returns its return value. A raw tracepoint
 * program gets no arguments, so it must not read its context. @throws LibbpfError
 */
export function testRun(program: number): number {
  const options = Buffer.alloc(OPTIONS_SIZE);
  options.writeBigUInt64LE(BigInt(OPTIONS_SIZE));
  options.writeInt32LE(0, REPEAT_AT);
  check("bpf_prog_test_run_opts", libbpf().bpf_prog_test_run_opts(program, options));
  return options.readUInt32LE(RETVAL_AT);
}
