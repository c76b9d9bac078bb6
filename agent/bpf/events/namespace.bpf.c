/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* setns(2), unshare(2): other namespaces for the task that calls. */
#include "../lib/event.h"

EVENT(setns)
{
	put_number(r, 0, (__s32)call->args[0]); /* fd */
	put_number(r, 1, (__u32)call->args[1]); /* nstype */
	ask_fd(s, call->args[0]);
}

EVENT(unshare)
{
	put_number(r, 0, (__u32)call->args[0]); /* flags */
}
