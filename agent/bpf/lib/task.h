/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who does it: the header of a record, and whether the task is the node's at all. */
#ifndef TIERCEL_TASK_H
#define TIERCEL_TASK_H

#include "parts.h"

/* Number and namespace of a task in the PID namespace of `level`, which is not below its own. */
static __always_inline struct upid *upid_of(struct pid *pid, __u32 level)
{
	return (struct upid *)(address_of(pid, numbers) + (level & 31) * bpf_core_type_size(struct upid));
}

/* Whether the task is in the node's PID namespace or below it (design: node scope). */
static __always_inline bool in_node(struct task_struct *task)
{
	struct pid *pid;

	if (settings.node_level == 0)
		return 1;
	pid = get(task, thread_pid);
	if (get(pid, level) < settings.node_level)
		return 0;
	return get(get(upid_of(pid, settings.node_level), ns), ns.inum) == settings.node_pidns;
}

/* Whether the task is one of the agent's own. */
static __always_inline bool is_own(struct task_struct *task)
{
	return (__u32)get(task, tgid) == settings.own_tgid;
}

/* A pid as the node counts it; 0 where the task is outside the node. */
static __always_inline __u32 node_number(struct pid *pid)
{
	if (pid == NULL)
		return 0;
	if (settings.node_level > 0 && get(pid, level) < settings.node_level)
		return 0;
	return get(upid_of(pid, settings.node_level), nr);
}

/* A pid as its own namespace counts it. */
static __always_inline __u32 own_number(struct pid *pid, __u32 level)
{
	if (pid == NULL || get(pid, level) < level)
		return 0;
	return get(upid_of(pid, level), nr);
}

/* ns since boot */
static __always_inline __u64 start_time_of(struct task_struct *task)
{
	return get(task, start_boottime);
}

/* Inode of the task's cgroup folder in the one hierarchy that counts. */
static __always_inline __u64 cgroup_of(struct task_struct *task)
{
	struct css_set *set = get(task, cgroups);
	struct cgroup *cgroup;

	if (settings.cgroup_v1) {
		struct cgroup_subsys_state *state =
			pointer_at(address_of(set, subsys) +
				   8 * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));

		cgroup = get(state, cgroup);
	} else {
		cgroup = get(set, dfl_cgrp);
	}
	return get(get(cgroup, kn), id);
}

/* Device number of a terminal as /proc/PID/stat writes it (new_encode_dev); 0 none. */
static __always_inline __u32 terminal_of(struct signal_struct *signal)
{
	struct tty_struct *tty = get(signal, tty);
	struct tty_driver *driver;
	__u32 major, minor;

	if (tty == NULL)
		return 0;
	driver = get(tty, driver);
	major = get(driver, major);
	minor = get(driver, minor_start) + get(tty, index);
	return (minor & 0xff) | (major << 8) | ((minor & ~0xffU) << 12);
}

#define capabilities_of(cred, set)                                                                     \
	({                                                                                             \
		__u64 bits_ = 0;                                                                       \
		if (bpf_core_field_exists((cred)->set.val))                                            \
			bits_ = get(cred, set.val);                                                    \
		else                                                                                   \
			bpf_probe_read_kernel(&bits_, sizeof(bits_), address_of(cred, set));           \
		bits_;                                                                                 \
	})

/* The thread's name. Kernels that have the cast keep it NUL padded, so two loads do; the helper costs 40 ns. */
static __always_inline void name_of(struct record *r, struct task_struct *task)
{
#ifdef CAST
	__u64 *words = (__u64 *)r->header.comm;

	words[0] = (__u64)pointer_at(address_of(task, comm));
	words[1] = (__u64)pointer_at(address_of(task, comm) + 8);
#else
	bpf_get_current_comm(r->header.comm, sizeof(r->header.comm));
#endif
}

/* Starts the CPU's record for an event of `task`, the current one, and writes every header field: the scratch record
 * still holds the last event. NULL only where the map is gone. */
static __always_inline struct record *record_begin(struct scratch *s, struct task_struct *task, __u32 type, __s64 ret)
{
	struct record *r = record_of();
	struct task_struct *leader;
	struct pid *pid, *leader_pid, *group, *session;
	struct signal_struct *signal;
	struct cred *cred;
	__u32 level;

	if (r == NULL)
		return NULL;
	s->task = task;
	s->walk_count = 0;
	s->walk_index = 0;
	s->rounds = 0;
	s->next = SLOT_FILTER;
	s->described = 0;
	s->dentry = NULL;
	s->root_dentry = NULL;
	s->root_mnt = NULL;
	__builtin_memset(&s->wish, 0, sizeof(s->wish));
	__builtin_memset(r->parts, 0, sizeof(r->parts));

	leader = get(task, group_leader);
	pid = get(task, thread_pid);
	leader_pid = task == leader ? pid : get(leader, thread_pid);
	level = get(pid, level);
	signal = get(task, signal);
	group = pointer_at(address_of(signal, pids) + 8 * PIDTYPE_PGID);
	session = pointer_at(address_of(signal, pids) + 8 * PIDTYPE_SID);
	cred = get(task, cred);

	r->header.length = RECORD_DATA_AT;
	r->header.type = type;
	r->header.flags = task == leader ? RECORD_LEADER : 0;
	r->header.time = bpf_ktime_get_boot_ns();
	r->header.ret = ret;
	r->header.start_time = start_time_of(leader);
	r->header.cgroup = cgroup_of(task);
	r->header.cap_inheritable = capabilities_of(cred, cap_inheritable);
	r->header.cap_permitted = capabilities_of(cred, cap_permitted);
	r->header.cap_effective = capabilities_of(cred, cap_effective);
	r->header.pid = node_number(leader_pid);
	r->header.tid = node_number(pid);
	r->header.ppid = node_number(get(get(get(task, real_parent), group_leader), thread_pid));
	r->header.pgid = node_number(group);
	r->header.sid = node_number(session);
	if (level == settings.node_level) {
		r->header.vpid = r->header.pid;
		r->header.vtid = r->header.tid;
		r->header.vpgid = r->header.pgid;
		r->header.vsid = r->header.sid;
	} else {
		r->header.vpid = own_number(leader_pid, level);
		r->header.vtid = own_number(pid, level);
		r->header.vpgid = own_number(group, level);
		r->header.vsid = own_number(session, level);
	}
	r->header.pidns = get(get(upid_of(pid, level), ns), ns.inum);
	r->header.mntns = get(get(get(task, nsproxy), mnt_ns), ns.inum);
	r->header.uid = get(cred, euid.val);
	r->header.gid = get(cred, egid.val);
	r->header.loginuid = bpf_core_field_exists(task->loginuid) ? get(task, loginuid.val) : 0xffffffff;
	r->header.tty = terminal_of(signal);
	r->header.syscall = 0xffffffff;
	r->header.cpu = bpf_get_smp_processor_id();
	r->header.part_count = 0;
	r->header.cut = 0;
	name_of(r, task);
	return r;
}

#endif
