/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel knows about sockets: ends, state, and from our own memory who made the first move. */
#ifndef TIERCEL_SOCKET_H
#define TIERCEL_SOCKET_H

#include "file.h"
#include <bpf/bpf_endian.h>

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_DGRAM 2
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_LISTEN 10
#define UNIX_PATH_BYTES 108
#define EINPROGRESS 115

/* The socket behind a file; NULL where it is none. A socket's node in a file system is a file like others. */
static __always_inline struct sock *sock_of(struct file *file)
{
	struct inode *inode;

	if (file == NULL)
		return NULL;
	inode = get(file, f_inode);
	if ((get(inode, i_mode) & S_IFMT) != S_IFSOCK || get(get(inode, i_sb), s_magic) != MAGIC_SOCKET)
		return NULL;
	return get((struct socket *)get(file, private_data), sk);
}

static __always_inline struct socket_key key_of(struct sock *sk)
{
	struct socket *socket = get(sk, sk_socket);
	struct socket_key key = {.sock = (__u64)sk};
	struct file *file;

	if (socket == NULL)
		return key;
	file = get(socket, file);
	if (file != NULL)
		key.inode = get(get(file, f_inode), i_ino);
	return key;
}

/* A number that says nothing about where in the kernel the socket lies. */
static __always_inline __u64 cookie_of(struct socket_key *key)
{
	__u64 mixed = 0;

	/* Copied, it is a number to the verifier and no longer a pointer, with which nobody may calculate. */
	bpf_probe_read_kernel(&mixed, sizeof(mixed), &key->sock);
	mixed *= 0x9e3779b97f4a7c15ULL;
	return (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93ULL ^ key->inode;
}

/* An IPv6 address that maps an IPv4 one becomes that. */
static __always_inline void unmap_address(__u16 *family, __u64 *address)
{
	if (*family != AF_INET6 || address[0] != 0 || (__u32)address[1] != bpf_htonl(0xffff))
		return;
	*family = AF_INET;
	address[0] = address[1] >> 32;
	address[1] = 0;
}

static __always_inline void local_end(struct endpoint *end, struct sock *sk)
{
	end->family = get(sk, __sk_common.skc_family);
	end->port = get(sk, __sk_common.skc_num);
	if (end->family == AF_INET)
		end->address[0] = get(sk, __sk_common.skc_rcv_saddr);
	else
		bpf_probe_read_kernel(end->address, sizeof(end->address),
				      address_of(sk, __sk_common.skc_v6_rcv_saddr));
	unmap_address(&end->family, end->address);
}

static __always_inline void remote_end(struct endpoint *end, struct sock *sk)
{
	end->family = get(sk, __sk_common.skc_family);
	end->port = bpf_ntohs(get(sk, __sk_common.skc_dport));
	if (end->family == AF_INET)
		end->address[0] = get(sk, __sk_common.skc_daddr);
	else
		bpf_probe_read_kernel(end->address, sizeof(end->address),
				      address_of(sk, __sk_common.skc_v6_daddr));
	unmap_address(&end->family, end->address);
}

/* The end that a struct sockaddr of user space names; family 0 where it is none or of another family. */
static __always_inline void asked_end(struct endpoint *end, __u64 pointer, __u64 length)
{
	struct {
		__u16 family, port;
		__u32 flow_or_v4;
		__u8 v6[16];
	} name = {};

	if (pointer == 0 || length < 8)
		return;
	if (bpf_probe_read_user(&name, 8, (void *)pointer) != 0)
		return;
	if (name.family == AF_INET) {
		end->address[0] = name.flow_or_v4;
	} else if (name.family == AF_INET6) {
		if (bpf_probe_read_user(end->address, sizeof(end->address), (void *)pointer + 8) != 0)
			return;
	} else {
		return;
	}
	end->family = name.family;
	end->port = bpf_ntohs(name.port);
	unmap_address(&end->family, end->address);
}

static __always_inline bool is_inet(struct sock *sk)
{
	__u16 family = get(sk, __sk_common.skc_family);

	return family == AF_INET || family == AF_INET6;
}

/* Notes who made the first move on the socket and where its last message went. Returns 1 where that is another
 * destination than before, or the first. */
static __always_inline bool remember(struct sock *sk, __u8 role, struct endpoint *remote)
{
	struct socket_key key = key_of(sk);
	struct socket_memory *known = bpf_map_lookup_elem(&sockets, &key);
	struct socket_memory memory = {.role = role, .port = remote->port};

	memory.address[0] = remote->address[0];
	memory.address[1] = remote->address[1];
	if (known != NULL) {
		bool same = known->port == remote->port && known->address[0] == remote->address[0] &&
			    known->address[1] == remote->address[1];

		/* The first datagram decides, and only connect and accept say more. */
		if (role == ROLE_UNKNOWN)
			memory.role = known->role;
		if (same && memory.role == known->role)
			return 0;
		bpf_map_update_elem(&sockets, &key, &memory, BPF_ANY);
		return !same;
	}
	if (memory.role == ROLE_UNKNOWN)
		memory.role = ROLE_CLIENT;
	bpf_map_update_elem(&sockets, &key, &memory, BPF_ANY);
	return 1;
}

/* The path that a unix socket is bound to. */
static __always_inline void put_unix_path(struct record *r, __u32 part, struct unix_sock *sk)
{
	struct unix_address *address = get(sk, addr);
	int length;
	char first = 0;
	void *name;

	if (address == NULL)
		return;
	length = get(address, len) - 2;
	name = address_of(address, name) + 2;
	if (length <= 0 || length > UNIX_PATH_BYTES)
		return;
	bpf_probe_read_kernel(&first, 1, name);
	if (first != 0)
		put_kernel_text(r, part, name);
	else
		put_kernel_bytes(r, part, name, length, UNIX_PATH_BYTES);
}

/* The path of a unix socket that a struct sockaddr of user space names. */
static __always_inline void put_asked_unix_path(struct record *r, __u64 pointer, __u64 length)
{
	char path[UNIX_PATH_BYTES + 4] = {};
	__u16 family = 0;

	if (pointer == 0 || length <= 2)
		return;
	bpf_probe_read_user(&family, sizeof(family), (void *)pointer);
	if (family != AF_UNIX)
		return;
	length -= 2;
	if (length > UNIX_PATH_BYTES)
		length = UNIX_PATH_BYTES;
	barrier_var(length);
	if (length > UNIX_PATH_BYTES || bpf_probe_read_user(path, length, (void *)pointer + 2) != 0)
		return;
	if (path[0] != 0)
		put_kernel_text(r, PART_PEER_PATH, path);
	else
		put_kernel_bytes(r, PART_PEER_PATH, path, length, UNIX_PATH_BYTES);
}

/* The facts about a socket. `flags` are ORed to what is known; `asked`, where not NULL, is the destination that the
 * call named for a socket without one. */
static __always_inline void put_socket(struct record *r, struct sock *sk, __u16 flags, struct endpoint *asked)
{
	struct socket_fact fact = {};
	struct socket_key key = key_of(sk);
	struct socket_memory *known = bpf_map_lookup_elem(&sockets, &key);
	struct endpoint end = {};

	fact.socket_family = fact.family = get(sk, __sk_common.skc_family);
	fact.type = get(sk, sk_type);
	fact.protocol = get(sk, sk_protocol);
	fact.state = get(sk, __sk_common.skc_state);
	fact.cookie = cookie_of(&key);
	fact.flags = flags;
	if (known != NULL)
		fact.role = known->role;
	if (fact.state == TCP_LISTEN)
		fact.flags |= SOCKET_LISTENING;
	if (fact.state == TCP_ESTABLISHED || fact.state == TCP_SYN_SENT)
		fact.flags |= SOCKET_CONNECTED;
	if (is_inet(sk)) {
		local_end(&end, sk);
		fact.local_port = end.port;
		__builtin_memcpy(fact.local_address, end.address, sizeof(fact.local_address));
		/* A socket of either family that listens on all addresses stays IPv6; a peer says which it is. */
		fact.family = end.family;
		end.address[0] = end.address[1] = 0;
		if (asked != NULL && asked->family != 0) {
			end = *asked;
			fact.flags |= SOCKET_PEER_FROM_CALL;
		} else {
			remote_end(&end, sk);
		}
		fact.remote_port = end.port;
		__builtin_memcpy(fact.remote_address, end.address, sizeof(fact.remote_address));
		if (end.family == AF_INET && end.port != 0 && fact.family == AF_INET6) {
			/* Bound to ::, which is 0.0.0.0 to a peer of IPv4. */
			fact.family = AF_INET;
			__builtin_memset(fact.local_address, 0, sizeof(fact.local_address));
		}
		put_struct(r, PART_SOCKET, fact);
	} else if (fact.family == AF_UNIX && bpf_core_type_exists(struct unix_sock)) {
		struct unix_sock *unix_sk = (struct unix_sock *)sk;
		struct sock *peer = get(unix_sk, peer);

		if (peer != NULL) {
			struct socket_key peer_key = key_of(peer);

			fact.peer = cookie_of(&peer_key);
		}
		put_struct(r, PART_SOCKET, fact);
		put_unix_path(r, PART_SOCKET_PATH, unix_sk);
		if (peer != NULL)
			put_unix_path(r, PART_PEER_PATH, (struct unix_sock *)peer);
	} else {
		put_struct(r, PART_SOCKET, fact);
	}
}

#endif
