/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who the agent itself is, as only the kernel can say: run once by BPF_PROG_TEST_RUN before the real load, whose
 * constants it gives. */
#include "lib/task.h"

struct scope {
	__u32 tgid;  /* in the kernel's first PID namespace */
	__u32 level; /* of the agent's PID namespace */
	__u32 pidns; /* its inode */
	__u32 unused;
};

struct scope scope SEC(".data.scope") = {};

SEC("?raw_tp/sys_exit")
int who_runs_this(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = current_task();
	struct pid *pid = NULL;
	struct pid_namespace *ns = NULL;
	__u32 level = 0;

	bpf_core_read(&pid, sizeof(pid), &task->thread_pid);
	bpf_core_read(&level, sizeof(level), &pid->level);
	bpf_core_read(&ns, sizeof(ns), &upid_of(pid, level)->ns);
	bpf_core_read(&scope.pidns, sizeof(scope.pidns), &ns->ns.inum);
	scope.level = level;
	scope.tgid = bpf_get_current_pid_tgid() >> 32;
	return 0;
}
