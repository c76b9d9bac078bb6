/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* kill(2), ptrace(2): one process acts on another. */
#include "../lib/event.h"


EVENT(kill)
{
	put_number(r, 0, (__s32)call->args[0]); /* pid */
	put_number(r, 1, (__s32)call->args[1]); /* sig */
}

EVENT(ptrace)
{
	put_number(r, 0, call->args[2]);        /* addr */
	put_number(r, 1, call->args[3]);        /* data */
	put_number(r, 2, (__s32)call->args[0]); /* request */
	put_number(r, 3, (__s32)call->args[1]); /* pid */
}
