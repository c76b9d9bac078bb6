/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* connect(2): who calls it is the client. */
#include "../lib/event.h"

#define EINPROGRESS 115

EVENT(connect)
{
	put_number(r, 1, (__s32)call->args[0]); /* fd */
	put_user_bytes(r, 2, call->args[1], (__u32)call->args[2], ADDRESS_BYTES);
	if (call->ret == 0 || call->ret == -EINPROGRESS)
		s->wish.role = ROLE_CLIENT;
	ask_fd(s, call->args[0]);
}
