/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the registers of a system call lie when it has returned. */
#ifndef TIERCEL_ARCH_H
#define TIERCEL_ARCH_H

#include "kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)

struct pt_regs {
	unsigned long r8, r9, r10, bx, cx, dx, si, di, bp, orig_ax;
};

#define SYSCALL_NUMBER(regs) get(regs, orig_ax)
/* TS_COMPAT: the task came in by int 0x80, sysenter or a 32-bit syscall. */
#define SYSCALL_IS_COMPAT(task) ((get(task, thread_info.status) & 2) != 0)
/* Numbers of the x32 ABI carry this bit and mean the same calls. */
#define SYSCALL_NUMBER_MASK 0xbfffffffU

#define NATIVE_ARG0(regs) get(regs, di)
#define NATIVE_ARG1(regs) get(regs, si)
#define NATIVE_ARG2(regs) get(regs, dx)
#define NATIVE_ARG3(regs) get(regs, r10)
#define NATIVE_ARG4(regs) get(regs, r8)
#define NATIVE_ARG5(regs) get(regs, r9)

#define COMPAT_ARG0(regs) get(regs, bx)
#define COMPAT_ARG1(regs) get(regs, cx)
#define COMPAT_ARG2(regs) get(regs, dx)
#define COMPAT_ARG3(regs) get(regs, si)
#define COMPAT_ARG4(regs) get(regs, di)
#define COMPAT_ARG5(regs) get(regs, bp)

#elif defined(__TARGET_ARCH_arm64)

struct pt_regs {
	__u64 regs[31];
	__u64 orig_x0;
	__s32 syscallno;
};

#define SYSCALL_NUMBER(regs) get(regs, syscallno)
/* TIF_32BIT */
#define SYSCALL_IS_COMPAT(task) ((get(task, thread_info.flags) & (1UL << 22)) != 0)
#define SYSCALL_NUMBER_MASK 0xffffffffU

#define NATIVE_ARG0(regs) get(regs, orig_x0)
#define NATIVE_ARG1(regs) get(regs, regs[1])
#define NATIVE_ARG2(regs) get(regs, regs[2])
#define NATIVE_ARG3(regs) get(regs, regs[3])
#define NATIVE_ARG4(regs) get(regs, regs[4])
#define NATIVE_ARG5(regs) get(regs, regs[5])

#define COMPAT_ARG0(regs) NATIVE_ARG0(regs)
#define COMPAT_ARG1(regs) NATIVE_ARG1(regs)
#define COMPAT_ARG2(regs) NATIVE_ARG2(regs)
#define COMPAT_ARG3(regs) NATIVE_ARG3(regs)
#define COMPAT_ARG4(regs) NATIVE_ARG4(regs)
#define COMPAT_ARG5(regs) NATIVE_ARG5(regs)

#else
#error "build with -D__TARGET_ARCH_x86 or -D__TARGET_ARCH_arm64"
#endif

#pragma clang attribute pop

#endif
