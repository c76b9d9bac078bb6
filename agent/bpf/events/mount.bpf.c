/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* mount(2), umount2(2). */
#include "../lib/event.h"

EVENT(mount)
{
	put_number(r, 3, (__u32)call->args[3]); /* flags */
	put_user_text(r, 0, call->args[0]);     /* dev */
	ask_base(s, r, PART_BASE, AT_FDCWD, put_user_text(r, 1, call->args[1]));
	put_user_text(r, 2, call->args[2]);     /* type */
}

EVENT(umount2)
{
	put_number(r, 1, (__s32)call->args[1]); /* flags */
	ask_base(s, r, PART_BASE, AT_FDCWD, put_user_text(r, 0, call->args[0]));
}
