/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpf(2), memfd_create(2), init_module(2), finit_module(2): code and files that come from nowhere. */
#include "../lib/event.h"

EVENT(bpf)
{
	put_number(r, 0, (__s32)call->args[0]); /* cmd */
}

EVENT(memfd_create)
{
	put_number(r, 1, (__u32)call->args[1]); /* flags */
	put_user_text(r, 0, call->args[0]);     /* name */
	ask_fd(s, call->ret);
}

EVENT(init_module)
{
	put_number(r, 1, call->args[1]); /* length */
	put_user_bytes(r, 0, call->args[0], call->args[1], DATA_BYTES);
	put_user_text(r, 2, call->args[2]); /* uargs */
}

EVENT(finit_module)
{
	put_number(r, 0, (__s32)call->args[0]); /* fd */
	put_number(r, 2, (__s32)call->args[2]); /* flags */
	put_user_text(r, 1, call->args[1]);     /* uargs */
	ask_fd(s, call->args[0]);
}
