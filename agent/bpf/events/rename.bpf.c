/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rename(2), renameat(2), renameat2(2). */
#include "../lib/event.h"

EVENT(rename)
{
	ask_base(s, r, PART_BASE, AT_FDCWD, put_user_text(r, 0, call->args[0]));
	ask_base(s, r, PART_BASE2, AT_FDCWD, put_user_text(r, 1, call->args[1]));
}

static __always_inline void put_two_paths(struct scratch *s, struct record *r, struct call *call)
{
	put_number(r, 0, (__s32)call->args[0]); /* olddirfd */
	put_number(r, 2, (__s32)call->args[2]); /* newdirfd */
	ask_base(s, r, PART_BASE, call->args[0], put_user_text(r, 1, call->args[1]));
	ask_base(s, r, PART_BASE2, call->args[2], put_user_text(r, 3, call->args[3]));
}

EVENT(renameat)
{
	put_two_paths(s, r, call);
}

EVENT(renameat2)
{
	put_number(r, 4, (__u32)call->args[4]); /* flags */
	put_two_paths(s, r, call);
}
