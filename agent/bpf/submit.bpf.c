/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The end of the way through the kernel: to the ring. Stands in the filter's slot too until a generated program takes that. */
#include "lib/event.h"
#include "lib/share.h"

/* What the process tree stands on may use the whole ring, everything else leaves the reserve free. */
static __always_inline bool may_use_reserve(__u32 type)
{
	return type == EV_EXECVE || type == EV_TASK_FORK || type == EV_PROCEXIT || type == EV_CGROUP_MKDIR;
}

/* Wakes the reader once. An empty record that is thrown away carries the wake-up, because whether the reader
 * sleeps is only known for certain after the real record has been committed: it looks at the ring once more after
 * it has said that it sleeps. */
static __always_inline void wake_reader(struct totals *total)
{
	void *empty;

	control.sleeping = 0;
	empty = bpf_ringbuf_reserve(&ring, 8, 0);
	if (empty == NULL)
		return;
	bpf_ringbuf_discard(empty, BPF_RB_FORCE_WAKEUP);
	total->wakeups++;
}

static __always_inline void count_in(struct counts *count, struct totals *total, __u32 length)
{
	count->submitted++;
	total->bytes += length;
}

/* What this CPU may put into the ring, which holds `fill`, before it asks again: nothing above the level or near the
 * reserve. All CPUs together stay within a sixteenth of the level (capture.ts), and the question costs 20 ns. */
static __always_inline __u64 room_at(__u64 fill)
{
	__u64 level = settings.ring_bytes - settings.ring_reserve;

	if (settings.ring_level < level)
		level = settings.ring_level;
	if (fill >= level)
		return 0;
	return level - fill < settings.ring_room ? level - fill : settings.ring_room;
}

SEC("raw_tp/sys_exit")
int submit(struct bpf_raw_tracepoint_args *ctx)
{
	struct record *r = record_of();
	__u32 zero = 0, type, length;
	struct share *share = NULL;
	struct counts *count;
	struct totals *total;
	__u64 fill, limit, need;
	bool process;

	if (r == NULL)
		return 0;
	length = r->header.length;
	type = r->header.type;
	barrier_var(length);
	if (length < RECORD_DATA_AT || length > RECORD_MAX)
		return 0;
	count = bpf_map_lookup_elem(&counts, &type);
	total = bpf_map_lookup_elem(&totals, &zero);
	if (count == NULL || total == NULL)
		return 0;
	need = length + 8;
	if (total->room >= need) {
		total->room -= need;
		if (bpf_ringbuf_output(&ring, r, length, BPF_RB_NO_WAKEUP) != 0)
			count_drop(r, DROP_RING_FULL);
		else
			count_in(count, total, length);
		goto wake;
	}
	process = may_use_reserve(type);
	limit = process ? settings.ring_bytes : settings.ring_bytes - settings.ring_reserve;
	fill = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) + need;
	total->room = room_at(fill);
	if (fill > settings.ring_level) {
		total->contested += length;
		share = share_of(r, process, fill);
		if (share != NULL)
			__sync_fetch_and_add(&share->wanted, length);
	}
	if (fill > limit) {
		count_drop(r, process ? DROP_RING_FULL : DROP_RESERVED);
	} else if (share != NULL && share->bytes > limit - fill) {
		count_drop(r, DROP_SHARE);
	} else if (bpf_ringbuf_output(&ring, r, length, BPF_RB_NO_WAKEUP) != 0) {
		count_drop(r, DROP_RING_FULL);
	} else {
		count_in(count, total, length);
		if (share != NULL)
			__sync_fetch_and_add(&share->bytes, length);
	}
wake:
	if (control.sleeping)
		wake_reader(total);
	return 0;
}
