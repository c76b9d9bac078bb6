/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading the kernel's memory: one word, two ways. With CAST memory is read by loads, through bpf_rdonly_cast (6.2),
 * else by a helper call each. They are two objects, because a switch inside one is asked before every read. */
#ifndef TIERCEL_READ_H
#define TIERCEL_READ_H

#include "maps.h"
#include <bpf/bpf_core_read.h>

#ifdef CAST

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym;

/* The same address, as something the verifier lets us read from. */
#define as(type, pointer) ((type *)bpf_rdonly_cast((void *)(pointer), bpf_core_type_id_kernel(type)))

/* pointer->field, where pointer is any kernel address; 0 where it cannot be read. */
#define get(pointer, field) (as(typeof(*(pointer)), (pointer))->field)

#else

#define get(pointer, field)                                                                   \
	({                                                                                    \
		typeof(pointer) from_ = (pointer);                                            \
		typeof(from_->field) value_;                                                  \
		bpf_probe_read_kernel(&value_, sizeof(value_), &from_->field);                \
		value_;                                                                       \
	})

#endif

/* The pointer that stands at an address which no field name leads to. */
#define pointer_at(address) ((void *)get((struct list_head *)(address), next))

/* The address of pointer->field, which is not read. */
#define address_of(pointer, field) \
	((void *)(pointer) + bpf_core_field_offset(typeof(*(pointer)), field))

/* The address of the structure that holds the member at `pointer`. */
#define holder_of(pointer, type, member) ((type *)((void *)(pointer)-bpf_core_field_offset(type, member)))

/* Keeps the compiler from forgetting a bound that the verifier must see. */
#ifndef barrier_var
#define barrier_var(var) asm volatile("" : "+r"(var))
#endif

static __always_inline struct scratch *scratch_of(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratches, &zero);
}

static __always_inline struct record *record_of(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&records, &zero);
}

static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

#endif
