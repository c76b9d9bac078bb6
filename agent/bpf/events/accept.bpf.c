/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* accept(2), accept4(2): who calls it is the server. The queue is the listening socket's. */
#include "../lib/event.h"
#include "../lib/socket.h"

static __always_inline void put_accepted(struct scratch *s, struct record *r, struct call *call)
{
	struct sock *listening = sock_of(file_of(s, call->args[0]));

	if (listening != NULL) {
		__u32 length = get(listening, sk_ack_backlog), most = get(listening, sk_max_ack_backlog);

		put_number(r, 1, most > 0 ? (__u64)length * 100 / most : 0); /* queuepct */
		put_number(r, 2, length);
		put_number(r, 3, most);
	}
	s->wish.role = ROLE_SERVER;
	ask_fd(s, call->ret);
}

EVENT(accept)
{
	put_accepted(s, r, call);
}

EVENT(accept4)
{
	put_number(r, 4, (__s32)call->args[3]); /* flags */
	put_accepted(s, r, call);
}
