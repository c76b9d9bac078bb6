/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The life of tasks: sched_process_fork for every new thread and process, sched_process_exit for every end of one. */
#include "../lib/event.h"

#define CLONE_THREAD_SHOWN 1

/* Arguments: parent (the current task), child. The child has not run yet. */
SEC("raw_tp/sched_process_fork")
int sched_process_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *child = (struct task_struct *)ctx->args[1];
	struct task_struct *task = current_task(), *leader;
	struct pid *pid, *leader_pid;
	struct scratch *s = scratch_of();
	struct record *r;
	__u32 level;

	if (s == NULL || !hook_selected(task, EV_TASK_FORK))
		return 0;
	r = record_begin(s, task, EV_TASK_FORK, 0);
	if (r == NULL)
		return 0;
	leader = get(child, group_leader);
	pid = get(child, thread_pid);
	leader_pid = get(leader, thread_pid);
	level = get(pid, level);
	r->header.ret = node_number(pid);
	put_number(r, 0, node_number(leader_pid));
	put_number(r, 1, node_number(pid));
	put_number(r, 2, start_time_of(child));
	put_number(r, 3, own_number(leader_pid, level));
	put_number(r, 4, own_number(pid, level));
	put_number(r, 5, cgroup_of(child));
	put_number(r, 6, get(get(upid_of(pid, level), ns), ns.inum));
	put_number(r, 7, leader == child ? 0 : CLONE_THREAD_SHOWN);
	put_number(r, 8, node_number(get(get(get(child, real_parent), group_leader), thread_pid)));
	if (leader == child)
		ask_path(s, address_of(get(child, fs), pwd), PART_CWD, 0);
	return finish(ctx, s, r);
}

#define PF_EXITING 4
/* How far the search for a new parent goes: threads of a group, ancestors. */
#define THREADS 16
#define ANCESTORS 16

/* A thread of the task's group that lives on; NULL where there is none among the first. */
static __always_inline struct task_struct *living_thread(struct task_struct *task)
{
	struct signal_struct *signal = get(task, signal);
	struct list_head *head = address_of(signal, thread_head);
	struct list_head *node = get(head, next);

	for (int i = 0; i < THREADS; i++) {
		struct task_struct *thread = holder_of(node, struct task_struct, thread_node);

		if (node == NULL || node == head)
			break;
		if ((get(thread, flags) & PF_EXITING) == 0)
			return thread;
		node = get(node, next);
	}
	return NULL;
}

/* Who becomes the parent of the children of a task that ends: a thread that lives on, the nearest ancestor that has
 * asked for it (PR_SET_CHILD_SUBREAPER), or process 1 of its PID namespace. NULL where it has no children. */
static __always_inline struct task_struct *new_parent(struct task_struct *task)
{
	struct list_head *children = address_of(task, children);
	struct pid *pid = get(task, thread_pid);
	__u32 level = get(pid, level);
	struct task_struct *init = get(get(upid_of(pid, level), ns), child_reaper);
	struct signal_struct *signal = get(task, signal);
	struct task_struct *candidate;

	if (get(children, next) == children)
		return NULL;
	candidate = living_thread(task);
	if (candidate != NULL)
		return candidate;
	if (BPF_CORE_READ_BITFIELD_PROBED(signal, has_child_subreaper) == 0)
		return init;
	candidate = get(task, real_parent);
	for (int i = 0; i < ANCESTORS; i++) {
		if (candidate == NULL || get(get(candidate, thread_pid), level) != level ||
		    get(candidate, pid) == 0)
			break;
		signal = get(candidate, signal);
		if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper) != 0) {
			struct task_struct *thread = living_thread(candidate);

			if (thread != NULL)
				return thread;
		}
		candidate = get(candidate, real_parent);
	}
	return init;
}

SEC("raw_tp/sched_process_exit")
int sched_process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = current_task(), *parent;
	struct scratch *s = scratch_of();
	struct record *r;

	if (s == NULL || !hook_selected(task, EV_PROCEXIT))
		return 0;
	r = record_begin(s, task, EV_PROCEXIT, get(task, exit_code));
	if (r == NULL)
		return 0;
	parent = new_parent(task);
	put_number(r, 0, parent == NULL ? 0 : node_number(get(parent, thread_pid)));
	put_number(r, 1, get(get(task, signal), live.counter));
	return finish(ctx, s, r);
}
