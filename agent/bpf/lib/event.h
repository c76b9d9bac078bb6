/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a program for one system call is made of. Each has five steps: select (which calls are of interest at all),
 * look up (the call the dispatcher left in the scratch value), begin, fill, submit. */
#ifndef TIERCEL_EVENT_H
#define TIERCEL_EVENT_H

#include "socket.h"

#define EVENT(name)                                                                                    \
	SEC("raw_tp/sys_exit")                                                                         \
	int on_##name(struct bpf_raw_tracepoint_args *ctx)

/* The call that brought us here; NULL only where the map is gone. */
static __always_inline struct call *call_of(void)
{
	struct scratch *s = scratch_of();

	return s == NULL ? NULL : &s->call;
}

/* record_begin for a system call. */
static __always_inline struct record *call_begin(__u32 type, struct call *call)
{
	struct record *r = record_begin(type, call->ret);

	if (r == NULL)
		return NULL;
	r->header.syscall = call->number;
	if (call->compat)
		r->header.flags |= RECORD_COMPAT;
	return r;
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

/* Ends a program: on to the paths, if any were asked for, then to the filter. A tail call that returns found no
 * program, which loses the record. */
static __always_inline int finish(void *ctx, struct record *r)
{
	struct scratch *s = scratch_of();

	if (is_wanted(r->header.type, WANT_CWD) && r->parts[PART_CWD].at == 0)
		ask_cwd();
	if (s != NULL && s->walk_count > 0)
		bpf_tail_call(ctx, &programs, SLOT_WALK);
	else
		bpf_tail_call(ctx, &programs, SLOT_FILTER);
	count_drop(r, DROP_TAIL_CALL);
	return 0;
}

#endif
