/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* unlink(2), unlinkat(2), rmdir(2): names that go away. No file is left to look at when they return. */
#include "../lib/event.h"

EVENT(unlink)
{
	ask_base(s, r, PART_BASE, AT_FDCWD, put_user_text(r, 0, call->args[0]));
}

EVENT(rmdir)
{
	ask_base(s, r, PART_BASE, AT_FDCWD, put_user_text(r, 0, call->args[0]));
}

EVENT(unlinkat)
{
	put_number(r, 0, (__s32)call->args[0]); /* dirfd */
	put_number(r, 2, (__s32)call->args[2]); /* flags */
	ask_base(s, r, PART_BASE, call->args[0], put_user_text(r, 1, call->args[1]));
	ask_fd(s, call->args[0]);
}
