/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parts of the record: each function puts one part behind the last one and moves the cursor. Part numbers are
 * constants. A part that no longer fits is left out and its bit in `cut` is set. */
#ifndef TIERCEL_PARTS_H
#define TIERCEL_PARTS_H

#include "read.h"

/* Bytes of I/O data that a record carries (Falco's default snaplen). */
#define DATA_BYTES 80
/* struct sockaddr_storage */
#define ADDRESS_BYTES 128

static __always_inline void part_is(struct record *r, __u32 part, __u32 at, __u32 length)
{
	r->parts[part].at = at;
	r->parts[part].length = length;
	if (r->header.part_count <= part)
		r->header.part_count = part + 1;
}

static __always_inline void part_missing(struct record *r, __u32 part)
{
	part_is(r, part, RECORD_DATA_AT, RECORD_PART_MISSING);
}

static __always_inline void part_cut(struct record *r, __u32 part)
{
	r->header.cut |= 1U << part;
}

/* Room for `bytes` (a constant): where it begins, or 0 where the record is full. */
static __always_inline __u32 part_room(struct record *r, __u32 part, __u32 bytes)
{
	__u32 at = r->header.length;

	barrier_var(at);
	if (at < RECORD_DATA_AT || at > RECORD_MAX - bytes) {
		part_missing(r, part);
		part_cut(r, part);
		return 0;
	}
	return at;
}

static __always_inline void put_number(struct record *r, __u32 part, __s64 value)
{
	__u32 at = part_room(r, part, 8);

	if (at == 0)
		return;
	*(__s64 *)((void *)r + at) = value;
	part_is(r, part, at, 8);
	r->header.length = at + 8;
}

/* A fixed structure, copied. */
#define put_struct(r, part, source)                                                                 \
	({                                                                                          \
		__u32 at_ = part_room(r, part, sizeof(source));                                     \
		if (at_ != 0) {                                                                     \
			__builtin_memcpy((void *)(r) + at_, &(source), sizeof(source));             \
			part_is(r, part, at_, sizeof(source));                                      \
			(r)->header.length = at_ + sizeof(source);                                  \
		}                                                                                   \
		at_;                                                                                \
	})

/* Text of user space up to its NUL, at most PATH_BYTES, as memory holds it now. Returns where it stands, 0 if
 * the pointer was NULL or unreadable (then RECORD_UNREADABLE is set). */
static __always_inline __u32 put_user_text(struct record *r, __u32 part, __u64 pointer)
{
	__u32 at = part_room(r, part, PATH_BYTES + 1);
	long length;

	if (at == 0)
		return 0;
	if (pointer == 0) {
		part_missing(r, part);
		return 0;
	}
	length = bpf_probe_read_user_str((void *)r + at, PATH_BYTES + 1, (void *)pointer);
	if (length <= 0) {
		part_missing(r, part);
		r->header.flags |= RECORD_UNREADABLE;
		return 0;
	}
	length--;
	if (length >= PATH_BYTES) {
		length = PATH_BYTES;
		part_cut(r, part);
	}
	part_is(r, part, at, length);
	r->header.length = at + length;
	return at;
}

/* Text of the kernel up to its NUL, at most PATH_BYTES. */
static __always_inline void put_kernel_text(struct record *r, __u32 part, const void *pointer)
{
	__u32 at = part_room(r, part, PATH_BYTES + 1);
	long length;

	if (at == 0)
		return;
	length = bpf_probe_read_kernel_str((void *)r + at, PATH_BYTES + 1, pointer);
	if (length <= 0) {
		part_missing(r, part);
		return;
	}
	length--;
	if (length >= PATH_BYTES) {
		length = PATH_BYTES;
		part_cut(r, part);
	}
	part_is(r, part, at, length);
	r->header.length = at + length;
}

/* The first `limit` (a constant) of `length` bytes of user space. */
static __always_inline void put_user_bytes(struct record *r, __u32 part, __u64 pointer, __u64 length, __u32 limit)
{
	__u32 at = part_room(r, part, limit);

	if (at == 0)
		return;
	if (length > limit) {
		length = limit;
		part_cut(r, part);
	}
	barrier_var(length);
	if (length > limit)
		return;
	if (pointer == 0 || (length > 0 && bpf_probe_read_user((void *)r + at, length, (void *)pointer) != 0)) {
		part_missing(r, part);
		return;
	}
	part_is(r, part, at, length);
	r->header.length = at + length;
}

/* The same of the kernel's memory. */
static __always_inline void put_kernel_bytes(struct record *r, __u32 part, const void *pointer, __u64 length,
					     __u32 limit)
{
	__u32 at = part_room(r, part, limit);

	if (at == 0)
		return;
	if (length > limit) {
		length = limit;
		part_cut(r, part);
	}
	barrier_var(length);
	if (length > limit)
		return;
	if (length > 0 && bpf_probe_read_kernel((void *)r + at, length, pointer) != 0) {
		part_missing(r, part);
		return;
	}
	part_is(r, part, at, length);
	r->header.length = at + length;
}

#endif
