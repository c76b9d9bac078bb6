/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel knows about open files, and the wish for their paths: walk.bpf.c resolves these afterwards. */
#ifndef TIERCEL_FILE_H
#define TIERCEL_FILE_H

#include "task.h"

#define AT_FDCWD -100

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFREG 0100000

#define MAGIC_OVERLAY 0x794c7630
#define MAGIC_PIPE 0x50495045
#define MAGIC_SOCKET 0x534f434b
#define MAGIC_ANON_INODE 0x09041934
#define MAGIC_PIDFS 0x50494446
#define MAGIC_NSFS 0x6e736673

#define O_CREAT 0100
#define O_TMPFILE_BIT 020000000

#define FMODE_CREATED 0x100000

/* Eight letters as the number that memory holds. */
#define LETTERS(a, b, c, d, e, f, g, h)                                                                \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |       \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)

/* The file behind a descriptor of the task; NULL where there is none. */
static __always_inline struct file *file_of(struct scratch *s, __s32 fd)
{
	struct fdtable *table = get(get(s->task, files), fdt);

	if (fd < 0 || (__u32)fd >= get(table, max_fds))
		return NULL;
	return pointer_at((void *)get(table, fd) + (__u64)(__u32)fd * 8);
}

/* Asks for the path of (dentry, mnt) as `part` of the record. */
static __always_inline void ask_walk(struct scratch *s, struct dentry *dentry, struct vfsmount *mnt, __u32 part, bool in_fs,
				     __u32 flags_at)
{
	struct walk *walk;
	__u32 i;

	if (dentry == NULL || mnt == NULL)
		return;
	i = s->walk_count;
	if (i >= WALKS)
		return;
	walk = &s->walks[i & (WALKS - 1)];
	walk->dentry = dentry;
	walk->mnt = mnt;
	walk->part = part;
	walk->in_fs = in_fs;
	walk->flags_at = flags_at;
	s->walk_count = i + 1;
}

/* Asks for the path of (dentry, mnt) inside the task's root. */
static __always_inline void ask_path(struct scratch *s, struct path *path, __u32 part, __u32 flags_at)
{
	ask_walk(s, get(path, dentry), get(path, mnt), part, 0, flags_at);
}

static __always_inline void ask_cwd(struct scratch *s)
{
	ask_path(s, address_of(get(s->task, fs), pwd), PART_CWD, 0);
}

static __always_inline bool is_wanted(__u32 type, __u32 want)
{
	return (control.want[type & (EVENT_SLOTS - 1)] & want) != 0;
}

/* Which anonymous inode it is: known by the name of its dentry. */
static __always_inline __u32 anon_kind_of(__u64 name)
{
	switch (name) {
	case LETTERS('[', 'e', 'v', 'e', 'n', 't', 'f', 'd'):
		return ANON_EVENTFD;
	case LETTERS('[', 'e', 'v', 'e', 'n', 't', 'p', 'o'):
		return ANON_EVENTPOLL;
	case LETTERS('i', 'n', 'o', 't', 'i', 'f', 'y', 0):
		return ANON_INOTIFY;
	case LETTERS('[', 's', 'i', 'g', 'n', 'a', 'l', 'f'):
		return ANON_SIGNALFD;
	case LETTERS('[', 't', 'i', 'm', 'e', 'r', 'f', 'd'):
		return ANON_TIMERFD;
	case LETTERS('[', 'i', 'o', '_', 'u', 'r', 'i', 'n'):
		return ANON_IO_URING;
	case LETTERS('[', 'u', 's', 'e', 'r', 'f', 'a', 'u'):
		return ANON_USERFAULTFD;
	case LETTERS('[', 'p', 'i', 'd', 'f', 'd', ']', 0):
		return ANON_PIDFD;
	case LETTERS('b', 'p', 'f', '-', 'm', 'a', 'p', 0):
	case LETTERS('b', 'p', 'f', '-', 'p', 'r', 'o', 'g'):
	case LETTERS('b', 'p', 'f', '_', 'l', 'i', 'n', 'k'):
	case LETTERS('b', 'p', 'f', '_', 'i', 't', 'e', 'r'):
		return ANON_BPF;
	case LETTERS('[', 'p', 'e', 'r', 'f', '_', 'e', 'v'):
		return ANON_PERF_EVENT;
	default:
		return ANON_OTHER;
	}
}

/* The mode of an open that may make a file; of another the argument means nothing and may be anything. */
static __always_inline __u32 open_mode(__u64 flags, __u64 mode)
{
	return flags & (O_CREAT | O_TMPFILE_BIT) ? (__u32)mode : 0;
}

/* The first eight bytes of a dentry's name, NUL and zeros where it is shorter. */
static __always_inline __u64 first_letters(struct dentry *dentry)
{
	const unsigned char *name = get(dentry, d_name.name);
	__u32 length = get(dentry, d_name.len);
	__u64 letters = 0;

	if (length < 8)
		bpf_probe_read_kernel(&letters, length & 7, name);
	else
		bpf_probe_read_kernel(&letters, 8, name);
	return letters;
}

/* An memfd is a file without a place in any tree, by the name memfd:NAME. */
static __always_inline bool is_memfd(struct dentry *dentry)
{
	return get(dentry, d_parent) == dentry &&
	       (first_letters(dentry) & 0xffffffffffffULL) == LETTERS('m', 'e', 'm', 'f', 'd', ':', 0, 0);
}

/* Whether a name no longer leads there. The root of a file system has no name to lose, nor has what never had one. */
static __always_inline bool is_deleted(struct dentry *dentry)
{
	return get(dentry, d_hash.pprev) == NULL && get(dentry, d_parent) != dentry;
}

/* FILE_OVERLAY_*: where the data of a file lie whose file system has this magic; 0 where that is not overlayfs. The
 * overlay's own inode begins with the VFS's inode, and the upper dentry follows it. */
static __always_inline __u32 overlay_layer(struct inode *inode, unsigned long magic)
{
	struct dentry *upper = NULL;

	if (magic != MAGIC_OVERLAY)
		return 0;
	bpf_probe_read_kernel(&upper, sizeof(upper), (void *)inode + bpf_core_type_size(struct inode));
	if (upper != NULL && get(upper, d_inode) != NULL)
		return FILE_OVERLAY_UPPER;
	return FILE_OVERLAY_LOWER;
}

/* Reads where the task's paths begin, once an event. */
static __always_inline void root_of(struct scratch *s)
{
	struct fs_struct *fs;

	if (s->root_dentry != NULL)
		return;
	fs = get(s->task, fs);
	s->root_dentry = get(fs, root.dentry);
	s->root_mnt = get(fs, root.mnt);
}

/* Whether the task's root is a folder inside a mount, as chroot makes it: paths end there, and what lies above is not
 * seen. A container's root is its mount's. */
static __always_inline bool is_chrooted(struct scratch *s)
{
	root_of(s);
	return s->root_dentry != get(s->root_mnt, mnt_root);
}

/* Whether files of a file system have no name. */
static __always_inline bool is_nameless(__u32 magic)
{
	return magic == MAGIC_PIPE || magic == MAGIC_SOCKET || magic == MAGIC_ANON_INODE || magic == MAGIC_PIDFS ||
	       magic == MAGIC_NSFS;
}

/* enum anon_kind of a file on such a file system. */
static __always_inline __u32 anon_of(__u32 magic, struct dentry *dentry)
{
	if (magic == MAGIC_ANON_INODE)
		return anon_kind_of(first_letters(dentry));
	return magic == MAGIC_PIDFS ? ANON_PIDFD : ANON_NONE;
}

/* The facts about an open file and, where asked, its paths. */
static __always_inline void put_file(struct scratch *s, struct record *r, struct file *file)
{
	struct inode *inode = get(file, f_inode);
	struct super_block *sb = get(inode, i_sb);
	struct dentry *dentry = get(file, f_path.dentry);
	struct vfsmount *mnt = get(file, f_path.mnt);
	struct file_fact fact = {};
	bool nameless;
	__u32 at;

	fact.dev = get(sb, s_dev);
	fact.mode = get(inode, i_mode);
	fact.ino = get(inode, i_ino);
	fact.nlink = get(inode, i_nlink);
	fact.open_flags = get(file, f_flags);
	fact.fs_magic = get(sb, s_magic);
	fact.uid = get(inode, i_uid.val);
	fact.anon = anon_of(fact.fs_magic, dentry);
	nameless = is_nameless(fact.fs_magic);
	if (!nameless) {
		if (is_deleted(dentry))
			fact.flags |= FILE_DELETED;
		if (is_memfd(dentry))
			fact.flags |= FILE_MEMFD;
		if (get(mnt, mnt_root) != get(get(mnt, mnt_sb), s_root))
			fact.flags |= FILE_PARTIAL_MOUNT;
		fact.flags |= overlay_layer(inode, fact.fs_magic);
		if (get(file, f_mode) & FMODE_CREATED)
			fact.flags |= FILE_CREATED;
	}
	at = put_struct(r, PART_FILE, fact);
	if (at == 0 || nameless || !is_wanted(r->header.type, WANT_PATHS))
		return;
	ask_walk(s, dentry, mnt, PART_REALPATH, 0, at + __builtin_offsetof(struct file_fact, flags));
	if (fact.flags & FILE_PARTIAL_MOUNT || is_chrooted(s))
		ask_walk(s, dentry, mnt, PART_FSPATH, 1, 0);
}

/* The folder that the path at `text_at` of the record starts from, where it is relative: of dirfd, or the working
 * directory. text_at 0 is a path that could not be read, of which nobody knows where it started: it counts as
 * relative. */
static __always_inline void ask_base(struct scratch *s, struct record *r, __u32 part, __s32 dirfd, __u32 text_at)
{
	struct file *file;

	if (!is_wanted(r->header.type, WANT_PATHS))
		return;
	if (text_at != 0) {
		barrier_var(text_at);
		if (text_at > RECORD_MAX - 1 || *((char *)r + text_at) == '/')
			return;
	}
	if (dirfd == AT_FDCWD) {
		ask_path(s, address_of(get(s->task, fs), pwd), part, 0);
		return;
	}
	file = file_of(s, dirfd);
	if (file != NULL)
		ask_path(s, address_of(file, f_path), part, 0);
}

#endif
