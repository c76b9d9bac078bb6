import { checkPointer, check, libbpf } from "./native.ts";
import type { BpfObject } from "./object.ts";

/** The programs that the kernel calls, and where; all others are reached from them. */
export const hooks = [
  { program: "sched_process_exit", tracepoint: "sched_process_exit" },
  { program: "sched_process_exec", tracepoint: "sched_process_exec" },
  { program: "sched_process_fork", tracepoint: "sched_process_fork" },
  { program: "cgroup_mkdir", tracepoint: "cgroup_mkdir" },
  { program: "dispatch", tracepoint: "sys_exit" },
] as const;

/**
 * Hangs the programs into the kernel. Returns what takes them out again; after that no new record comes.
 * @throws LibbpfError; then nothing stays attached.
 */
export function attach(object: BpfObject): () => void {
  const links: bigint[] = [];
  const detach = () => {
    for (const link of links.splice(0)) check("bpf_link__destroy", libbpf().bpf_link__destroy(link));
  };
  try {
    for (const { program, tracepoint } of hooks)
      links.push(
        checkPointer(
          `attach ${tracepoint}`,
          libbpf().bpf_program__attach_raw_tracepoint(object.handle(program), tracepoint),
        ),
      );
  } catch (error) {
    detach();
    throw error;
  }
  return detach;
}
