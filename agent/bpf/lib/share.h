/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who may still use the ring when it fills. Above settings.ring_level a cgroup is let in only while it has no more in
 * the ring than is still free: one that floods stops itself and leaves room, however many there are (Choudhury and
 * Hahne's dynamic queue threshold). docs/decisions/0007-loss-has-an-owner.md */
#ifndef TIERCEL_SHARE_H
#define TIERCEL_SHARE_H

#include "maps.h"

/* An account is brought up to date once the reader has come further by this part of the ring. */
#define SHARE_STEPS 64

/* The account of the record's cgroup, brought up to date; NULL where there is no room for one. Two CPUs that do so
 * at once write the same, and lose at most what a third adds meanwhile. */
static __always_inline struct share *share_of(struct record *r, bool process, __u64 fill)
{
	struct share_key key = {.cgroup = r->header.cgroup, .process = process};
	struct share *share = bpf_map_lookup_elem(&shares, &key);
	__u64 consumed, read;

	if (share == NULL) {
		struct share nothing = {};

		bpf_map_update_elem(&shares, &key, &nothing, BPF_NOEXIST);
		share = bpf_map_lookup_elem(&shares, &key);
		if (share == NULL)
			return NULL;
	}
	consumed = bpf_ringbuf_query(&ring, BPF_RB_CONS_POS);
	read = consumed - share->consumed;
	if (read >= settings.ring_bytes / SHARE_STEPS) {
		/* What was read held as much of the cgroup as the ring did. */
		if (read >= share->fill)
			share->bytes = 0;
		else
			share->bytes -= share->bytes * read / share->fill;
		share->consumed = consumed;
		share->fill = fill;
	}
	return share;
}

#endif
