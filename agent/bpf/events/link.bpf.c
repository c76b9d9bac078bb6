/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* link(2), linkat(2), symlink(2), symlinkat(2). What a symbolic link contains is text, no path to resolve. */
#include "../lib/event.h"

EVENT(link)
{
	ask_base(s, r, PART_BASE, AT_FDCWD, put_user_text(r, 0, call->args[0]));
	ask_base(s, r, PART_BASE2, AT_FDCWD, put_user_text(r, 1, call->args[1]));
}

EVENT(linkat)
{
	put_number(r, 0, (__s32)call->args[0]); /* olddir */
	put_number(r, 2, (__s32)call->args[2]); /* newdir */
	put_number(r, 4, (__s32)call->args[4]); /* flags */
	ask_base(s, r, PART_BASE, call->args[0], put_user_text(r, 1, call->args[1]));
	ask_base(s, r, PART_BASE2, call->args[2], put_user_text(r, 3, call->args[3]));
}

EVENT(symlink)
{
	put_user_text(r, 0, call->args[0]); /* target */
	ask_base(s, r, PART_BASE, AT_FDCWD, put_user_text(r, 1, call->args[1]));
}

EVENT(symlinkat)
{
	put_user_text(r, 0, call->args[0]);     /* target */
	put_number(r, 1, (__s32)call->args[1]); /* linkdirfd */
	ask_base(s, r, PART_BASE, call->args[1], put_user_text(r, 2, call->args[2]));
	ask_fd(s, call->args[1]);
}
