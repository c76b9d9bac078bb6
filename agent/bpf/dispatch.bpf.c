/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The end of every system call: is it wanted, is it the node's, then on to its program. */
#include "lib/event.h"
#include "lib/arch.h"

#define COMPAT_SOCKETCALL 102 /* on i386 and on ARM alike */

/* socketcall(2): one number for all socket calls, the arguments in memory. Returns the event's number + 1. */
static __always_inline __u32 open_socketcall(struct call *call)
{
	__u32 words[6] = {};
	__u64 which = call->args[0];

	if (which >= SOCKETCALLS)
		return 0;
	bpf_probe_read_user(words, sizeof(words), (void *)call->args[1]);
	for (int i = 0; i < 6; i++)
		call->args[i] = words[i];
	return control.socketcall[which & (SOCKETCALLS - 1)];
}

#define F_DUPFD 0
#define F_DUPFD_CLOEXEC 1030

/* What of a wanted call is of no interest at all. */
static __always_inline bool is_selected(__u32 type, struct call *call)
{
	switch (type) {
	case EV_FCNTL: /* only the forms that make a descriptor */
		return (__u32)call->args[1] == F_DUPFD || (__u32)call->args[1] == F_DUPFD_CLOEXEC;
	case EV_EXECVE: /* success is told by sched_process_exec */
	case EV_EXECVEAT:
		return call->ret < 0;
	default:
		return 1;
	}
}

SEC("raw_tp/sys_exit")
int dispatch(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
	__u32 number = (__u32)SYSCALL_NUMBER(regs) & SYSCALL_NUMBER_MASK;
	__u32 native, event;
	struct task_struct *task;
	struct scratch *s;
	struct record *r;
	struct call *call;
	bool compat;

	if (number >= CALL_NUMBERS)
		return 0;
	/* Every call of the machine comes here: what is wanted under neither number goes first. */
	native = control.native[number & (CALL_NUMBERS - 1)];
	event = control.compat[number & (CALL_NUMBERS - 1)];
	if ((native | event) == 0)
		return 0;
	task = current_task();
	compat = SYSCALL_IS_COMPAT(task);
	if (!compat)
		event = native;
	if (event == 0 || is_own(task) || !in_node(task))
		return 0;
	s = scratch_of();
	if (s == NULL)
		return 0;
	call = &s->call;
	call->number = number;
	call->compat = compat;
	call->ret = ctx->args[1];
	if (compat) {
		call->ret = (__s32)ctx->args[1];
		call->args[0] = (__u32)COMPAT_ARG0(regs);
		call->args[1] = (__u32)COMPAT_ARG1(regs);
		call->args[2] = (__u32)COMPAT_ARG2(regs);
		call->args[3] = (__u32)COMPAT_ARG3(regs);
		call->args[4] = (__u32)COMPAT_ARG4(regs);
		call->args[5] = (__u32)COMPAT_ARG5(regs);
		if (number == COMPAT_SOCKETCALL) {
			event = open_socketcall(call);
			if (event == 0)
				return 0;
		}
	} else {
		call->args[0] = NATIVE_ARG0(regs);
		call->args[1] = NATIVE_ARG1(regs);
		call->args[2] = NATIVE_ARG2(regs);
		call->args[3] = NATIVE_ARG3(regs);
		call->args[4] = NATIVE_ARG4(regs);
		call->args[5] = NATIVE_ARG5(regs);
	}
	if (!is_selected(event - 1, call))
		return 0;
	r = record_begin(s, task, event - 1, call->ret);
	if (r == NULL)
		return 0;
	r->header.syscall = call->number;
	if (compat)
		r->header.flags |= RECORD_COMPAT;
	/* A slot known beforehand is a jump, any other an indirect one: the call that storms are made of has its own. */
	if (event - 1 == EV_OPENAT)
		bpf_tail_call_static(ctx, &programs, SLOT_EVENTS + EV_OPENAT);
	else
		bpf_tail_call(ctx, &programs, SLOT_EVENTS + event - 1);
	count_drop(r, DROP_TAIL_CALL);
	return 0;
}
