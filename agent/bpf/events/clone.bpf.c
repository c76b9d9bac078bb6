/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* clone(2), clone3(2), fork(2), vfork(2): seen twice, in the parent with the child's id and in the child with 0. A
 * failed one has the parent's half only. The process tree follows sched_process_fork instead (task.bpf.c). */
#include "../lib/event.h"

#define CLONE_VM 0x100
#define CLONE_VFORK 0x4000

EVENT(clone)
{
	/* The lowest byte is the signal that tells the parent of the end. */
	put_number(r, 0, call->args[0] & ~0xffULL);
}

EVENT(clone3)
{
	__u64 flags = 0;

	bpf_probe_read_user(&flags, sizeof(flags), (void *)call->args[0]);
	put_number(r, 0, flags);
}

EVENT(fork)
{
	put_number(r, 0, 0);
}

EVENT(vfork)
{
	put_number(r, 0, CLONE_VM | CLONE_VFORK);
}
