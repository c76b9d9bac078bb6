/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* setuid(2) and its family. On 32-bit tables the old numbers take 16-bit ids, of which the highest means -1. */
#include "../lib/event.h"

static __always_inline bool takes_short_ids(struct call *call)
{
	if (!call->compat)
		return 0;
	switch (call->number) {
	case 23:  /* setuid */
	case 46:  /* setgid */
	case 70:  /* setreuid */
	case 71:  /* setregid */
	case 164: /* setresuid */
	case 170: /* setresgid */
		return 1;
	default:
		return 0;
	}
}

/* The first `count` arguments, each an id. */
static __always_inline void put_ids(struct record *r, struct call *call, __u32 count)
{
	bool brief = takes_short_ids(call);

	for (__u32 i = 0; i < count; i++) {
		__u32 id = call->args[i];

		if (brief)
			id = (__u16)id == 0xffff ? 0xffffffff : (__u16)id;
		put_number(r, i, id);
	}
}

EVENT(setuid)
{
	put_ids(r, call, 1);
}

EVENT(setgid)
{
	put_ids(r, call, 1);
}

EVENT(setreuid)
{
	put_ids(r, call, 2);
}

EVENT(setregid)
{
	put_ids(r, call, 2);
}

EVENT(setresuid)
{
	put_ids(r, call, 3);
}

EVENT(setresgid)
{
	put_ids(r, call, 3);
}
