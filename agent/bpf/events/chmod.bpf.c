/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* chmod(2), fchmod(2), fchmodat(2), fchmodat2(2) of Linux 6.6. */
#include "../lib/event.h"

EVENT(chmod)
{
	put_number(r, 1, (__u32)call->args[1]); /* mode */
	ask_base(s, r, PART_BASE, AT_FDCWD, put_user_text(r, 0, call->args[0]));
}

EVENT(fchmod)
{
	put_number(r, 0, (__s32)call->args[0]); /* fd */
	put_number(r, 1, (__u32)call->args[1]); /* mode */
	ask_fd(s, call->args[0]);
}

EVENT(fchmodat)
{
	put_number(r, 0, (__s32)call->args[0]); /* dirfd */
	put_number(r, 2, (__u32)call->args[2]); /* mode */
	ask_base(s, r, PART_BASE, call->args[0], put_user_text(r, 1, call->args[1]));
	ask_fd(s, call->args[0]);
}

EVENT(fchmodat2)
{
	put_number(r, 0, (__s32)call->args[0]); /* dirfd */
	put_number(r, 2, (__u32)call->args[2]); /* mode */
	put_number(r, 3, (__u32)call->args[3]); /* flags */
	ask_base(s, r, PART_BASE, call->args[0], put_user_text(r, 1, call->args[1]));
	ask_fd(s, call->args[0]);
}
