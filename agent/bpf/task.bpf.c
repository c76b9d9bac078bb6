/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the task uses and where its first three descriptors lead: for events of rules that ask. The last station before
 * the filter, so that nothing else is short of room for it. */
#include "lib/event.h"
#include "lib/socket.h"

#define RLIMIT_NOFILE 7
/* Words of the table of open descriptors that are counted: 32,768 descriptors. */
#define OPEN_WORDS 512
#define STREAMS 3

/* include/linux/mm_types_task.h */
enum { FILE_PAGES, ANONYMOUS_PAGES, SWAP_ENTRIES, SHARED_PAGES };

/* A number of 64 bits at any address. */
static __always_inline __u64 number_at(void *address)
{
	__u64 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), address);
	return word;
}

static __always_inline __u64 pages_of(struct mm_struct *mm, __u32 counter)
{
	struct mm_struct___rss61 *old = (void *)mm;
	__s64 pages;

	/* Not whether the type exists: libbpf looks for one that does not in the BTF of modules, which takes CAP_SYS_ADMIN. */
	if (bpf_core_field_exists(old->rss_stat.count)) {
		pages = number_at(address_of(old, rss_stat) + counter * 8);
	} else {
		struct percpu_counter *counted =
			address_of(mm, rss_stat) + counter * bpf_core_type_size(struct percpu_counter);

		pages = get(counted, count);
	}
	return pages < 0 ? 0 : pages;
}

static __always_inline __u32 open_descriptors(struct task_struct *task)
{
	struct fdtable *table = get(get(task, files), fdt);
	void *words = get(table, open_fds);
	__u32 size = get(table, max_fds), count = 0;

	for (__u32 i = 0; i < OPEN_WORDS; i++) {
		if (i * 64 >= size)
			break;
		count += __builtin_popcountll(number_at(words + i * 8));
	}
	return count;
}

static __always_inline void put_task(struct record *r, struct task_struct *task)
{
	struct mm_struct *mm = get(task, mm);
	struct task_fact fact = {};
	__u64 kilobytes = settings.page_size >> 10;

	if (mm != NULL) {
		fact.vm_size = get(mm, total_vm) * kilobytes;
		fact.vm_rss = (pages_of(mm, FILE_PAGES) + pages_of(mm, ANONYMOUS_PAGES) + pages_of(mm, SHARED_PAGES)) *
			      kilobytes;
		fact.vm_swap = pages_of(mm, SWAP_ENTRIES) * kilobytes;
	}
	fact.pgft_maj = get(task, maj_flt);
	fact.pgft_min = get(task, min_flt);
	fact.fdlimit = get(get(task, signal), rlim[RLIMIT_NOFILE].rlim_cur);
	fact.totexectime = get(task, se.sum_exec_runtime);
	fact.exectime = fact.totexectime - get(task, se.prev_sum_exec_runtime);
	fact.fdopencount = open_descriptors(task);
	put_struct(r, PART_TASK, fact);
}

/* The path that a unix socket is bound to, else its peer. The part of the streams is not set yet: it serves for a
 * moment to say where the text went. */
static __always_inline void stream_unix_path(struct record *r, struct stream_fact *fact, struct unix_sock *sk)
{
	struct unix_sock *peer = (struct unix_sock *)get(sk, peer);
	struct part_entry *path = &r->parts[PART_STREAMS];

	path->at = 0;
	put_unix_path(r, PART_STREAMS, sk);
	if (path->at == 0 && peer != NULL)
		put_unix_path(r, PART_STREAMS, peer);
	if (path->at == 0 || path->length == RECORD_PART_MISSING)
		return;
	fact->path_at = path->at;
	fact->path_length = path->length;
}

static __always_inline void stream_socket(struct record *r, struct stream_fact *fact, struct sock *sk)
{
	struct socket_key key = key_of(sk);
	struct socket_memory *known = bpf_map_lookup_elem(&sockets, &key);
	struct endpoint end = {};

	fact->family = get(sk, __sk_common.skc_family);
	fact->type = get(sk, sk_type);
	if (known != NULL)
		fact->role = known->role;
	if (fact->family == AF_UNIX && bpf_core_type_exists(struct unix_sock))
		stream_unix_path(r, fact, (struct unix_sock *)sk);
	if (!is_inet(sk))
		return;
	local_end(&end, sk);
	fact->local_port = end.port;
	__builtin_memcpy(fact->local_address, end.address, sizeof(fact->local_address));
	fact->family = end.family;
	end.address[0] = end.address[1] = 0;
	remote_end(&end, sk);
	fact->remote_port = end.port;
	__builtin_memcpy(fact->remote_address, end.address, sizeof(fact->remote_address));
}

/* Writes what one descriptor leads to at `at`, where there is room, and asks for its path. */
static __always_inline void put_stream(struct scratch *s, struct record *r, __s32 fd, __u32 at)
{
	struct file *file = file_of(s, fd);
	struct stream_fact fact = {};
	struct dentry *dentry;
	struct inode *inode;
	struct sock *sk;

	if (file != NULL) {
		inode = get(file, f_inode);
		dentry = get(file, f_path.dentry);
		fact.mode = get(inode, i_mode);
		fact.fs_magic = get(get(inode, i_sb), s_magic);
		fact.anon = anon_of(fact.fs_magic, dentry);
		sk = sock_of(file);
		if (sk != NULL)
			stream_socket(r, &fact, sk);
		if (!is_nameless(fact.fs_magic)) {
			if (is_memfd(dentry))
				fact.flags |= FILE_MEMFD;
			if (is_deleted(dentry))
				fact.flags |= FILE_DELETED;
			if (is_wanted(r->header.type, WANT_STREAM_PATHS))
				ask_walk(s, dentry, get(file, f_path.mnt), PART_STREAMS, 0,
					 at + __builtin_offsetof(struct stream_fact, flags));
		}
	}
	__builtin_memcpy((void *)r + at, &fact, sizeof(fact));
}

static __always_inline void put_streams(struct scratch *s, struct record *r)
{
	__u32 at = part_room(r, PART_STREAMS, STREAMS * sizeof(struct stream_fact));

	if (at == 0)
		return;
	r->header.length = at + STREAMS * sizeof(struct stream_fact);
	put_stream(s, r, 0, at);
	put_stream(s, r, 1, at + sizeof(struct stream_fact));
	put_stream(s, r, 2, at + 2 * sizeof(struct stream_fact));
	part_is(r, PART_STREAMS, at, STREAMS * sizeof(struct stream_fact));
}

SEC("raw_tp/sys_exit")
int describe_task(struct bpf_raw_tracepoint_args *ctx)
{
	struct scratch *s = scratch_of();
	struct record *r = record_of();

	if (s == NULL || r == NULL)
		return 0;
	s->described = 1;
	if (is_wanted(r->header.type, WANT_TASK))
		put_task(r, s->task);
	if (is_wanted(r->header.type, WANT_STREAMS))
		put_streams(s, r);
	return finish_file(ctx, s, r);
}
