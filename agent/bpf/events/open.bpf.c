/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* open(2), creat(2): path from the working directory. The file that was opened is read behind the new descriptor. */
#include "../lib/event.h"

EVENT(open)
{
	struct call *call = call_of();
	struct record *r;

	if (call == NULL)
		return 0;
	r = call_begin(EV_OPEN, call);
	if (r == NULL)
		return 0;
	put_number(r, 1, (__s32)call->args[1]); /* flags */
	put_number(r, 2, open_mode(call->args[1], call->args[2]));
	ask_base(r, PART_BASE, AT_FDCWD, put_user_text(r, 0, call->args[0]));
	put_fd(r, call->ret);
	return finish(ctx, r);
}

EVENT(creat)
{
	struct call *call = call_of();
	struct record *r;

	if (call == NULL)
		return 0;
	r = call_begin(EV_CREAT, call);
	if (r == NULL)
		return 0;
	put_number(r, 1, (__u32)call->args[1]); /* mode */
	ask_base(r, PART_BASE, AT_FDCWD, put_user_text(r, 0, call->args[0]));
	put_fd(r, call->ret);
	return finish(ctx, r);
}
