/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The file behind the descriptor that an event is about, and the socket behind that. */
#include "lib/event.h"
#include "lib/socket.h"

/* A unix socket: where it is bound, and its peer or the one the call named. */
static __always_inline void describe_unix(struct scratch *s, struct record *r, struct sock *sk)
{
	struct endpoint nowhere = {};

	if (s->wish.role != ROLE_UNKNOWN)
		remember(sk, s->wish.role, &nowhere);
	put_socket(r, sk, 0, NULL);
	if (r->parts[PART_PEER_PATH].at == 0)
		put_asked_unix_path(r, s->wish.name, s->wish.name_length);
}

static __always_inline void describe_inet(struct scratch *s, struct record *r, struct sock *sk)
{
	struct endpoint asked = {}, remote = {};
	__u16 flags = 0;

	asked_end(&asked, s->wish.name, s->wish.name_length);
	if (s->wish.role != ROLE_UNKNOWN) {
		remote_end(&remote, sk);
		remember(sk, s->wish.role, &remote);
	} else if (s->wish.datagram && get(sk, sk_type) == SOCK_DGRAM) {
		if (asked.family != 0)
			remote = asked;
		else
			remote_end(&remote, sk);
		if (remote.port != 0 && remember(sk, ROLE_UNKNOWN, &remote))
			flags = SOCKET_NAME_CHANGED;
	}
	put_socket(r, sk, flags, &asked);
}

SEC("raw_tp/sys_exit")
int describe_file(struct bpf_raw_tracepoint_args *ctx)
{
	struct scratch *s = scratch_of();
	struct record *r = record_of();
	struct file *file;
	struct sock *sk;

	if (s == NULL || r == NULL)
		return 0;
	file = file_of(s, s->wish.fd);
	if (file != NULL) {
		put_file(s, r, file);
		sk = sock_of(file);
		if (sk != NULL) {
			if (is_inet(sk))
				describe_inet(s, r, sk);
			else
				describe_unix(s, r, sk);
		}
	}
	return finish_file(ctx, s, r);
}
