/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* New cgroups: their paths are told at once, since a container may be gone before anybody could look it up. */
#include "../lib/event.h"

/* Arguments: the cgroup, its path from the hierarchy's root. */
SEC("raw_tp/cgroup_mkdir")
int cgroup_mkdir(struct bpf_raw_tracepoint_args *ctx)
{
	struct cgroup *cgroup = (struct cgroup *)ctx->args[0];
	struct task_struct *task = current_task();
	struct scratch *s = scratch_of();
	struct record *r;

	if (s == NULL || !hook_selected(task, EV_CGROUP_MKDIR) ||
	    (__u32)get(get(cgroup, root), hierarchy_id) != settings.hierarchy)
		return 0;
	r = record_begin(s, task, EV_CGROUP_MKDIR, 0);
	if (r == NULL)
		return 0;
	put_number(r, 0, get(get(cgroup, kn), id));
	put_kernel_text(r, 1, (void *)ctx->args[1]);
	return finish(ctx, s, r);
}
