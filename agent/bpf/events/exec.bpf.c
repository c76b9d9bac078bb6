/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* execve(2), execveat(2). A successful one is told by sched_process_exec, in the new program's own words and always
 * as execve; a failed one by its system call. */
#include "../lib/event.h"

#define ARGS_BYTES 16384
#define ENV_BYTES 8192

#define S_IWUSR 0200
#define S_IWGRP 0020
#define S_IWOTH 0002
#define CAP_DAC_OVERRIDE 1
#define SB_RDONLY 1
#define S_IMMUTABLE 8
#define MNT_READONLY 0x40
#define GROUPS 64

/* enum of events.md, EXE_FLAGS */
#define EXE_WRITABLE 1
#define EXE_UPPER_LAYER 2
#define EXE_MEMFD 4
#define EXE_LOWER_LAYER 8
#define EXE_DELETED 16

static __always_inline bool in_groups(struct cred *cred, __u32 gid)
{
	struct group_info *groups = get(cred, group_info);
	__u32 count, candidate;

	if (get(cred, fsgid.val) == gid)
		return 1;
	if (groups == NULL)
		return 0;
	count = get(groups, ngroups);
	for (__u32 i = 0; i < GROUPS; i++) {
		if (i >= count)
			break;
		candidate = 0;
		bpf_probe_read_kernel(&candidate, sizeof(candidate), address_of(groups, gid) + i * 4);
		if (candidate == gid)
			return 1;
	}
	return 0;
}

/* Whether the task's user may write to the program it runs: mode bits, and the capability that overrides them. ACLs
 * are not asked. */
static __always_inline bool may_write(struct cred *cred, struct inode *inode, struct vfsmount *mnt)
{
	__u32 mode = get(inode, i_mode), uid = get(inode, i_uid.val);

	if ((get(get(inode, i_sb), s_flags) & SB_RDONLY) || (get(inode, i_flags) & S_IMMUTABLE) ||
	    (get(mnt, mnt_flags) & MNT_READONLY))
		return 0;
	if (capabilities_of(cred, cap_effective) & (1ULL << CAP_DAC_OVERRIDE))
		return 1;
	if (get(cred, fsuid.val) == uid)
		return (mode & S_IWUSR) != 0;
	if (in_groups(cred, get(inode, i_gid.val)))
		return (mode & S_IWGRP) != 0;
	return (mode & S_IWOTH) != 0;
}

#define NANOSECONDS 1000000000ULL
/* Since 6.13 the highest bit of a change time's nanoseconds says that somebody has asked for it. */
#define TIME_ASKED 0x80000000U

static __always_inline void exe_times(struct exe_fact *fact, struct inode *inode)
{
	if (bpf_core_field_exists(inode->i_mtime_sec)) {
		fact->mtime = get(inode, i_mtime_sec) * NANOSECONDS + get(inode, i_mtime_nsec);
		fact->ctime = get(inode, i_ctime_sec) * NANOSECONDS + (get(inode, i_ctime_nsec) & ~TIME_ASKED);
		return;
	}
	if (bpf_core_field_exists(((struct inode___times67 *)inode)->__i_mtime)) {
		struct inode___times67 *old = (void *)inode;

		fact->mtime = get(old, __i_mtime.tv_sec) * NANOSECONDS + get(old, __i_mtime.tv_nsec);
		fact->ctime = get(old, __i_ctime.tv_sec) * NANOSECONDS + get(old, __i_ctime.tv_nsec);
		return;
	}
	if (bpf_core_field_exists(((struct inode___times66 *)inode)->__i_ctime)) {
		struct inode___times66 *old = (void *)inode;

		fact->mtime = get(old, i_mtime.tv_sec) * NANOSECONDS + get(old, i_mtime.tv_nsec);
		fact->ctime = get(old, __i_ctime.tv_sec) * NANOSECONDS + get(old, __i_ctime.tv_nsec);
		return;
	}
	{
		struct inode___times *old = (void *)inode;

		fact->mtime = get(old, i_mtime.tv_sec) * NANOSECONDS + get(old, i_mtime.tv_nsec);
		fact->ctime = get(old, i_ctime.tv_sec) * NANOSECONDS + get(old, i_ctime.tv_nsec);
	}
}

static __always_inline void put_exe(struct record *r, struct task_struct *task, struct file *file)
{
	struct exe_fact fact = {};
	struct inode *inode = get(file, f_inode);
	struct dentry *dentry = get(file, f_path.dentry);
	struct vfsmount *mnt = get(file, f_path.mnt);
	struct mm_struct *mm = get(task, mm);
	struct pid *pid = get(task, thread_pid);
	struct pid_namespace *space = get(upid_of(pid, get(pid, level)), ns);
	__u32 layer = overlay_layer(inode, get(get(inode, i_sb), s_magic));

	fact.ino = get(inode, i_ino);
	fact.dev = get(get(inode, i_sb), s_dev);
	fact.uid = get(inode, i_uid.val);
	fact.mode = get(inode, i_mode);
	fact.args_length = get(mm, arg_end) - get(mm, arg_start);
	fact.env_length = get(mm, env_end) - get(mm, env_start);
	fact.pidns_start = start_time_of(get(space, child_reaper));
	if (may_write(get(task, cred), inode, mnt))
		fact.flags |= EXE_WRITABLE;
	if (layer == FILE_OVERLAY_UPPER)
		fact.flags |= EXE_UPPER_LAYER;
	if (layer == FILE_OVERLAY_LOWER)
		fact.flags |= EXE_LOWER_LAYER;
	if (is_memfd(dentry))
		fact.flags |= EXE_MEMFD;
	if (is_deleted(dentry))
		fact.flags |= EXE_DELETED;
	exe_times(&fact, inode);
	put_struct(r, PART_EXE, fact);
}

/* Arguments: task, its thread id before (exec in a thread takes the leader's), the program. */
SEC("raw_tp/sched_process_exec")
int sched_process_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = current_task();
	struct linux_binprm *binprm = (struct linux_binprm *)ctx->args[2];
	struct file *file;
	struct scratch *s = scratch_of();
	struct record *r;

	if (s == NULL || !hook_selected(task, EV_EXECVE))
		return 0;
	r = record_begin(s, task, EV_EXECVE, 0);
	if (r == NULL)
		return 0;
	file = get(get(task, mm), exe_file);
	put_kernel_text(r, 0, get(binprm, filename));
	put_number(r, 2, (__s32)ctx->args[1]); /* old thread id, as the kernel's first namespace counts */
	put_exe(r, task, file);
	ask_path(s, address_of(file, f_path), PART_EXE_PATH, 0);
	ask_cwd(s);
	s->next = SLOT_EXEC;
	bpf_tail_call_static(ctx, &programs, SLOT_WALK);
	count_drop(r, DROP_TAIL_CALL);
	return 0;
}

/* Second half: arguments, and in what is left the environment. They lie behind each other in the new program's
 * memory and have just been written there. */
SEC("raw_tp/sched_process_exec")
int exec_args(struct bpf_raw_tracepoint_args *ctx)
{
	struct mm_struct *mm = get(current_task(), mm);
	struct scratch *s = scratch_of();
	struct record *r = record_of();
	__u64 from, length;

	if (s == NULL || r == NULL)
		return 0;
	s->next = SLOT_FILTER;
	from = get(mm, arg_start);
	length = get(mm, arg_end) - from;
	put_user_bytes(r, PART_ARGS, from, length, ARGS_BYTES);
	if (is_wanted(EV_EXECVE, WANT_ENV)) {
		__u32 at = r->header.length;

		from = get(mm, env_start);
		length = get(mm, env_end) - from;
		if (at > RECORD_MAX - ENV_BYTES && length > RECORD_MAX - at) {
			length = RECORD_MAX - at;
			part_cut(r, PART_ENV);
		}
		put_user_bytes(r, PART_ENV, from, length, ENV_BYTES);
	}
	go_to_filter(ctx, s, r);
	count_drop(r, DROP_TAIL_CALL);
	return 0;
}

EVENT(execve)
{
	ask_base(s, r, PART_BASE, AT_FDCWD, put_user_text(r, 0, call->args[0]));
}

EVENT(execveat)
{
	put_number(r, 1, (__s32)call->args[4]); /* flags */
	ask_base(s, r, PART_BASE, call->args[0], put_user_text(r, 0, call->args[1]));
}
