/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* dup(2), dup2(2), dup3(2), and the forms of fcntl(2) that do the same. The descriptor looked at is the new one. */
#include "../lib/event.h"

EVENT(dup)
{
	put_number(r, 0, (__s32)call->args[0]); /* oldfd */
	ask_fd(s, call->ret);
}

EVENT(dup2)
{
	put_number(r, 0, (__s32)call->args[0]); /* oldfd */
	put_number(r, 1, (__s32)call->args[1]); /* newfd */
	ask_fd(s, call->ret);
}

EVENT(dup3)
{
	put_number(r, 0, (__s32)call->args[0]); /* oldfd */
	put_number(r, 1, (__s32)call->args[1]); /* newfd */
	put_number(r, 2, (__s32)call->args[2]); /* flags */
	ask_fd(s, call->ret);
}

EVENT(fcntl)
{
	put_number(r, 0, (__s32)call->args[0]); /* fd */
	put_number(r, 1, (__s32)call->args[1]); /* cmd */
	put_number(r, 2, call->args[2]); /* arg */
	ask_fd(s, call->ret);
}
