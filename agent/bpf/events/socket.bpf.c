/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* socket(2), bind(2), listen(2): a socket before it has a peer. */
#include "../lib/event.h"

#define SOCK_NONBLOCK 04000
#define SOCK_CLOEXEC 02000000

EVENT(socket)
{
	put_number(r, 0, (__s32)call->args[0]); /* domain */
	put_number(r, 1, (__s32)call->args[1]); /* type */
	put_number(r, 2, (__s32)call->args[2]); /* proto */
	put_number(r, 3, call->args[1] & (SOCK_NONBLOCK | SOCK_CLOEXEC)); /* flags */
	ask_fd(s, call->ret);
}

EVENT(bind)
{
	put_number(r, 1, (__s32)call->args[0]); /* fd */
	put_user_bytes(r, 0, call->args[1], (__u32)call->args[2], ADDRESS_BYTES);
	ask_fd(s, call->args[0]);
}

EVENT(listen)
{
	put_number(r, 0, (__s32)call->args[0]); /* fd */
	put_number(r, 1, (__s32)call->args[1]); /* backlog */
	ask_fd(s, call->args[0]);
}
