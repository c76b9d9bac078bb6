/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sendto(2), sendmsg(2): where datagrams go, and the beginning of what is sent. */
#include "../lib/event.h"

/* struct msghdr up to what is read, and struct iovec. */
struct message {
	__u64 name;
	__u32 name_length;
	__u32 unused;
	__u64 vectors, vector_count;
};
struct message_compat {
	__u32 name, name_length, vectors, vector_count;
};
struct vector {
	__u64 base, length;
};
struct vector_compat {
	__u32 base, length;
};

static __always_inline void ask_destination(struct scratch *s, struct call *call, __u64 name, __u64 name_length)
{
	s->wish.datagram = call->ret >= 0;
	s->wish.name = name;
	s->wish.name_length = name_length;
	ask_fd(s, call->args[0]);
}

EVENT(sendto)
{
	put_number(r, 1, (__s32)call->args[0]); /* fd */
	put_number(r, 2, (__u32)call->args[2]); /* size */
	put_user_bytes(r, 0, call->args[1], call->ret < 0 ? call->args[2] : (__u64)call->ret, DATA_BYTES);
	ask_destination(s, call, call->args[4], (__u32)call->args[5]);
}

/* Pieces of a message that are counted; more than these are rare, and then the size is too small. */
#define VECTORS 16

/* The first piece of a message, and the size of all. */
static __always_inline __u64 message_size(struct call *call, struct message *message, struct vector *first)
{
	__u64 size = 0;

	for (__u32 i = 0; i < VECTORS; i++) {
		struct vector vector = {};

		if (i >= message->vector_count)
			break;
		if (call->compat) {
			struct vector_compat narrow = {};

			bpf_probe_read_user(&narrow, sizeof(narrow), (void *)message->vectors + i * sizeof(narrow));
			vector.base = narrow.base;
			vector.length = narrow.length;
		} else {
			bpf_probe_read_user(&vector, sizeof(vector), (void *)message->vectors + i * sizeof(vector));
		}
		if (i == 0)
			*first = vector;
		size += vector.length;
	}
	return size;
}

EVENT(sendmsg)
{
	struct message message = {};
	struct vector first = {};
	__u64 size;

	if (call->compat) {
		struct message_compat narrow = {};

		bpf_probe_read_user(&narrow, sizeof(narrow), (void *)call->args[1]);
		message.name = narrow.name;
		message.name_length = narrow.name_length;
		message.vectors = narrow.vectors;
		message.vector_count = narrow.vector_count;
	} else {
		bpf_probe_read_user(&message, sizeof(message), (void *)call->args[1]);
	}
	size = message_size(call, &message, &first);
	put_number(r, 1, (__s32)call->args[0]); /* fd */
	put_number(r, 2, size);
	put_user_bytes(r, 0, first.base, first.length, DATA_BYTES);
	ask_destination(s, call, message.name, message.name_length);
}
