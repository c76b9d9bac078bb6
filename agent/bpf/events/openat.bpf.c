/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* openat(2), openat2(2): path from a folder's descriptor. */
#include "../lib/event.h"

EVENT(openat)
{
	struct call *call = call_of();
	struct record *r;

	if (call == NULL)
		return 0;
	r = call_begin(EV_OPENAT, call);
	if (r == NULL)
		return 0;
	put_number(r, 0, (__s32)call->args[0]); /* dirfd */
	put_number(r, 2, (__s32)call->args[2]); /* flags */
	put_number(r, 3, open_mode(call->args[2], call->args[3]));
	ask_base(r, PART_BASE, call->args[0], put_user_text(r, 1, call->args[1]));
	put_fd(r, call->ret);
	return finish(ctx, r);
}

/* struct open_how */
struct how {
	__u64 flags, mode, resolve;
};

#define RESOLVE_IN_ROOT 0x10

EVENT(openat2)
{
	struct call *call = call_of();
	struct how how = {};
	struct record *r;
	__u32 text_at;

	if (call == NULL)
		return 0;
	r = call_begin(EV_OPENAT2, call);
	if (r == NULL)
		return 0;
	bpf_probe_read_user(&how, sizeof(how), (void *)call->args[2]);
	put_number(r, 0, (__s32)call->args[0]); /* dirfd */
	put_number(r, 2, how.flags);
	put_number(r, 3, how.mode);
	put_number(r, 4, how.resolve);
	text_at = put_user_text(r, 1, call->args[1]);
	/* With RESOLVE_IN_ROOT a path that begins with / starts from dirfd too. */
	ask_base(r, PART_BASE, call->args[0], how.resolve & RESOLVE_IN_ROOT ? 0 : text_at);
	put_fd(r, call->ret);
	return finish(ctx, r);
}
