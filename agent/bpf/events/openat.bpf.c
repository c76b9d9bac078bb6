/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* openat(2), openat2(2): path from a folder's descriptor. */
#include "../lib/event.h"

EVENT(openat)
{
	put_number(r, 0, (__s32)call->args[0]); /* dirfd */
	put_number(r, 2, (__s32)call->args[2]); /* flags */
	put_number(r, 3, open_mode(call->args[2], call->args[3]));
	ask_base(s, r, PART_BASE, call->args[0], put_user_text(r, 1, call->args[1]));
	ask_fd(s, call->ret);
}

/* struct open_how */
struct how {
	__u64 flags, mode, resolve;
};

#define RESOLVE_IN_ROOT 0x10

EVENT(openat2)
{
	struct how how = {};
	__u32 text_at;

	bpf_probe_read_user(&how, sizeof(how), (void *)call->args[2]);
	put_number(r, 0, (__s32)call->args[0]); /* dirfd */
	put_number(r, 2, how.flags);
	put_number(r, 3, how.mode);
	put_number(r, 4, how.resolve);
	text_at = put_user_text(r, 1, call->args[1]);
	/* With RESOLVE_IN_ROOT a path that begins with / starts from dirfd too. */
	ask_base(s, r, PART_BASE, call->args[0], how.resolve & RESOLVE_IN_ROOT ? 0 : text_at);
	ask_fd(s, call->ret);
}
