/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Paths: from a file up to the task's root, through mounts. One run resolves one path and calls itself for the next.
 *
 * Two programs do the same, one of which is loaded: walk_loop where the kernel has bpf_loop (5.17; with tail calls
 * beside it on arm64 6.0), else walk_steps, which goes STEPS components a run and calls itself to go on.
 *
 * Where the processor needs every return made safe (spec_rstack_overflow, retbleed) most of a walk's time went to calls:
 * of the loop's callback, of the helper that copies a name. So the first components are walked without a callback, and
 * short names are copied by loads. */
#include "lib/event.h"

#define LOOP_STEPS 4096
#define STEPS 48
/* Components and mount points walked before bpf_loop is asked: what most paths have. */
#define NEAR_STEPS 12
/* A chain of tail calls may have 33 links; the way here and on takes up to twelve. */
#define ROUNDS 20

#ifdef CAST

/* Names up to here are copied by loads. */
#define SHORT_NAME 32

/* The eight bytes at an address, as memory holds them. The structure is any that begins with such a number: as pointers the
 * verifier would not let us shift them. */
#define word_at(address) ((__u64)get((struct timespec64 *)(address), tv_sec))

/* Copies a name of 1 to SHORT_NAME bytes, and nothing behind it. A shorter one than eight bytes is still read by eight:
 * the structures that hold names are larger than that. */
static __always_inline void copy_short_name(char *to, const unsigned char *from, __u32 length)
{
	if (length >= 8) {
		for (__u32 i = 0; i < SHORT_NAME / 8 - 1; i++) {
			if (length < 8 * i + 8)
				break;
			*(__u64 *)(to + 8 * i) = word_at(from + 8 * i);
		}
		/* The last word ends with the name and may begin in the one before. */
		*(__u64 *)(to + length - 8) = word_at(from + length - 8);
	} else {
		__u64 word = word_at(from);

		if (length & 4) {
			*(__u32 *)to = word;
			word >>= 32;
			to += 4;
		}
		if (length & 2) {
			*(__u16 *)to = word;
			word >>= 16;
			to += 2;
		}
		if (length & 1)
			*to = word;
	}
}

#endif

/* Copies a name of at most 255 bytes. */
static __always_inline void copy_name(char *to, const unsigned char *from, __u32 length)
{
#ifdef CAST
	if (length <= SHORT_NAME) {
		copy_short_name(to, from, length);
		return;
	}
#endif
	bpf_probe_read_kernel(to, length, from);
}

static __always_inline void begin_walk(struct scratch *s, struct walk *walk)
{
	s->at = PATH_BYTES;
	s->flags = 0;
	s->fs_at = 0;
	s->dentry = walk->dentry;
	s->mnt = walk->mnt;
	root_of(s);
}

/* One component or one mount point upwards. Returns 1 at the end. */
static __always_inline long step(struct scratch *s, bool in_fs)
{
	struct dentry *dentry = s->dentry, *parent;
	struct vfsmount *mnt = s->mnt;
	__u32 length, at = s->at;

	if (!in_fs && dentry == s->root_dentry && mnt == s->root_mnt)
		return 1;
	parent = get(dentry, d_parent);
	if (!in_fs && mnt != NULL && dentry == get(mnt, mnt_root)) {
		struct mount *mount = holder_of(mnt, struct mount, mnt);
		struct mount *above = get(mount, mnt_parent);

		if (s->fs_at == 0)
			s->fs_at = at;
		if (above != mount) {
			s->dentry = get(mount, mnt_mountpoint);
			s->mnt = address_of(above, mnt);
			return 0;
		}
		s->flags |= FILE_ROOT_NOT_MET;
		if (at != PATH_BYTES || dentry == parent)
			return 1;
		/* A single file, mounted and taken off again, as runc does with itself: it has no path but the one in
		 * its file system, which the walk goes on with. */
		s->mnt = NULL;
	}
	if (dentry == parent) {
		/* In the file system's own view this is its root, else a file that no mounted tree holds: its name
		 * is all there is. */
		if (in_fs || mnt == NULL)
			return 1;
		s->flags |= FILE_ROOT_NOT_MET;
	}
	length = get(dentry, d_name.len) & 255;
	if (at < length + 1 || at > PATH_BYTES) {
		s->flags |= FILE_PATH_CUT;
		return 1;
	}
	at -= length + 1;
	at &= PATH_BYTES - 1;
	s->path[at] = '/';
	copy_name(&s->path[at + 1], get(dentry, d_name.name), length);
	s->at = at;
	s->dentry = parent;
	return dentry == parent;
}

/* Paths up to here are copied by words. */
#define SHORT_PATH 64

/* Copies a path of at most PATH_BYTES, for which there is room; up to seven bytes behind it are written too, which the
 * next part or nobody reads. */
static __always_inline void copy_path(char *to, const char *from, __u32 length)
{
	if (length <= SHORT_PATH) {
		for (__u32 i = 0; i < SHORT_PATH; i += 8) {
			if (i >= length)
				break;
			*(__u64 *)(to + i) = *(const __u64 *)(from + i);
		}
		return;
	}
	barrier_var(length);
	if (length <= PATH_BYTES)
		bpf_probe_read_kernel(to, length, from);
}

/* Copies the path that was walked to the record. */
static __always_inline void end_walk(struct record *r, struct scratch *s, struct walk *walk)
{
	__u32 part = walk->part & (RECORD_PART_SLOTS - 1);
	__u32 flags_at = walk->flags_at;
	__u32 at = r->header.length, from = s->at, length = PATH_BYTES - from;
	__u32 inside = PATH_BYTES - s->fs_at, known = 0;

	if (s->flags & FILE_PATH_CUT)
		part_cut(r, part);
	barrier_var(flags_at);
	if (flags_at != 0 && flags_at <= RECORD_MAX - 8) {
		known = *(__u32 *)((void *)r + flags_at) | s->flags;
		*(__u32 *)((void *)r + flags_at) = known;
	}
	barrier_var(at);
	if (at < RECORD_DATA_AT || at > RECORD_MAX - PATH_BYTES - 1) {
		if (part != PART_STREAMS)
			part_missing(r, part);
		part_cut(r, part);
		return;
	}
	if (length == 0) {
		*((char *)r + at) = '/';
		length = 1;
	} else {
		from &= PATH_BYTES - 1;
		copy_path((char *)r + at, &s->path[from], length);
	}
	r->header.length = at + length;
	if (part == PART_STREAMS) {
		/* A stream's fact says itself where the path stands: path_at and path_length follow the flags. */
		if (flags_at <= RECORD_MAX - 8) {
			*(__u16 *)((void *)r + flags_at + 4) = at;
			*(__u16 *)((void *)r + flags_at + 6) = length;
		}
		return;
	}
	part_is(r, part, at, length);
	/* Where all of a file system is mounted, the end of the path is the path inside it: no second walk is needed. */
	if (part == PART_REALPATH && inside != 0 && inside <= length && !(known & FILE_PARTIAL_MOUNT))
		part_is(r, PART_FSPATH, at + length - inside, inside);
}

/* On to the next path, or to what comes after all of them. */
static __always_inline int go_on(void *ctx, struct record *r, struct scratch *s)
{
	if (s->walk_index < s->walk_count)
		bpf_tail_call_static(ctx, &programs, SLOT_WALK);
	else if (s->next == SLOT_EXEC)
		bpf_tail_call_static(ctx, &programs, SLOT_EXEC);
	else
		go_to_filter(ctx, s, r);
	count_drop(r, DROP_TAIL_CALL);
	return 0;
}

struct loop {
	struct scratch *s;
	__u64 in_fs;
};

static long loop_step(__u32 i, struct loop *loop)
{
	struct scratch *s = loop->s;

	if (s == NULL)
		return 1;
	return step(s, loop->in_fs != 0);
}

SEC("?raw_tp/sys_exit")
int walk_loop(struct bpf_raw_tracepoint_args *ctx)
{
	struct record *r = record_of();
	struct scratch *s = scratch_of();
	struct walk *walk;
	struct loop loop;
	bool done = 0;

	if (r == NULL || s == NULL)
		return 0;
	walk = &s->walks[s->walk_index & (WALKS - 1)];
	begin_walk(s, walk);
	for (int i = 0; i < NEAR_STEPS; i++) {
		if (step(s, walk->in_fs != 0)) {
			done = 1;
			break;
		}
	}
	if (!done) {
		loop.s = s;
		loop.in_fs = walk->in_fs;
		if (bpf_loop(LOOP_STEPS, loop_step, &loop, 0) == LOOP_STEPS)
			s->flags |= FILE_PATH_CUT;
	}
	end_walk(r, s, walk);
	s->walk_index++;
	return go_on(ctx, r, s);
}

SEC("?raw_tp/sys_exit")
int walk_steps(struct bpf_raw_tracepoint_args *ctx)
{
	struct record *r = record_of();
	struct scratch *s = scratch_of();
	struct walk *walk;
	bool done = 0;

	if (r == NULL || s == NULL)
		return 0;
	walk = &s->walks[s->walk_index & (WALKS - 1)];
	if (s->dentry == NULL)
		begin_walk(s, walk);
	for (int i = 0; i < STEPS; i++) {
		if (step(s, walk->in_fs != 0)) {
			done = 1;
			break;
		}
	}
	if (!done) {
		if (s->rounds++ < ROUNDS) {
			bpf_tail_call_static(ctx, &programs, SLOT_WALK);
			count_drop(r, DROP_TAIL_CALL);
			return 0;
		}
		s->flags |= FILE_PATH_CUT;
	}
	end_walk(r, s, walk);
	s->dentry = NULL;
	s->walk_index++;
	return go_on(ctx, r, s);
}
