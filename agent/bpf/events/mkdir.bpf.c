/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* mkdir(2), mkdirat(2). */
#include "../lib/event.h"

EVENT(mkdir)
{
	put_number(r, 1, (__u32)call->args[1]); /* mode */
	ask_base(s, r, PART_BASE, AT_FDCWD, put_user_text(r, 0, call->args[0]));
}

EVENT(mkdirat)
{
	put_number(r, 0, (__s32)call->args[0]); /* dirfd */
	put_number(r, 2, (__u32)call->args[2]); /* mode */
	ask_base(s, r, PART_BASE, call->args[0], put_user_text(r, 1, call->args[1]));
	ask_fd(s, call->args[0]);
}
