/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* open(2), creat(2): path from the working directory. The file that was opened is read behind the new descriptor. */
#include "../lib/event.h"

EVENT(open)
{
	put_number(r, 1, (__s32)call->args[1]); /* flags */
	put_number(r, 2, open_mode(call->args[1], call->args[2]));
	ask_base(s, r, PART_BASE, AT_FDCWD, put_user_text(r, 0, call->args[0]));
	ask_fd(s, call->ret);
}

EVENT(creat)
{
	put_number(r, 1, (__u32)call->args[1]); /* mode */
	ask_base(s, r, PART_BASE, AT_FDCWD, put_user_text(r, 0, call->args[0]));
	ask_fd(s, call->ret);
}
