/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a program for one system call is made of. The dispatcher has selected the call, left it in the scratch value
 * and begun the record; the program's own file fills it; then it goes on to paths, filter and ring. */
#ifndef TIERCEL_EVENT_H
#define TIERCEL_EVENT_H

#include "file.h"

/* EVENT(name) { fill `r` from `call`, and `s` with what else is to be found out } is the program on_NAME, reached by tail call from dispatch.bpf.c. */
#define EVENT(name)                                                                                    \
	static __always_inline void fill_##name(struct scratch *s, struct record *r, struct call *call); \
	SEC("raw_tp/sys_exit")                                                                         \
	int on_##name(struct bpf_raw_tracepoint_args *ctx)                                             \
	{                                                                                              \
		struct scratch *s = scratch_of();                                                      \
		struct record *r = record_of();                                                        \
                                                                                                       \
		if (s == NULL || r == NULL)                                                            \
			return 0;                                                                      \
		fill_##name(s, r, &s->call);                                                              \
		return finish(ctx, s, r);                                                               \
	}                                                                                              \
	static __always_inline void fill_##name(struct scratch *s, struct record *r, struct call *call)

/* Whether a hook's event is wanted, and of a task, the current one, that is the agent's business. */
static __always_inline bool hook_selected(struct task_struct *task, __u32 type)
{
	return is_wanted(type, WANT_EVENT) && !is_own(task) && in_node(task);
}

static __always_inline void count_drop(struct record *r, __u32 cause)
{
	struct drop_key key = {.cgroup = r->header.cgroup, .type = r->header.type, .cause = cause};
	__u32 type = r->header.type;
	struct counts *count = bpf_map_lookup_elem(&counts, &type);
	__u64 one = 1, *value;

	if (count != NULL && cause < DROP_CAUSES)
		count->dropped[cause]++;
	value = bpf_map_lookup_elem(&drops, &key);
	if (value == NULL) {
		if (bpf_map_update_elem(&drops, &key, &one, BPF_NOEXIST) == 0)
			return;
		value = bpf_map_lookup_elem(&drops, &key);
	}
	if (value != NULL)
		__sync_fetch_and_add(value, 1);
}

/* The record is whole but for what is told of the task itself: on to that, once, then to the filter. Returns where
 * there was no program. */
static __always_inline void go_to_filter(void *ctx, struct scratch *s, struct record *r)
{
	if (!s->described && is_wanted(r->header.type, WANT_TASK | WANT_STREAMS))
		bpf_tail_call_static(ctx, &programs, SLOT_TASK);
	else
		bpf_tail_call_static(ctx, &programs, SLOT_FILTER);
}

/* Goes to the paths that are not walked yet, then to the filter. A tail call that returns found no program, which
 * loses the record. */
static __always_inline int finish_file(void *ctx, struct scratch *s, struct record *r)
{
	if (s->walk_index < s->walk_count)
		bpf_tail_call_static(ctx, &programs, SLOT_WALK);
	else
		go_to_filter(ctx, s, r);
	count_drop(r, DROP_TAIL_CALL);
	return 0;
}

/* Ends a program: on to the descriptor's file, if there is one. */
static __always_inline int finish(void *ctx, struct scratch *s, struct record *r)
{
	if (is_wanted(r->header.type, WANT_CWD) && r->header.type != EV_TASK_FORK)
		ask_cwd(s);
	if (!s->wish.asked)
		return finish_file(ctx, s, r);
	bpf_tail_call_static(ctx, &programs, SLOT_FILE);
	count_drop(r, DROP_TAIL_CALL);
	return 0;
}

/* The event is about this descriptor: its file's facts and path belong to it. */
static __always_inline void ask_fd(struct scratch *s, __s32 fd)
{
	s->wish.fd = fd;
	s->wish.asked = 1;
}

#endif
