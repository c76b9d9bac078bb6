/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What all programs share: settings, maps and the per-CPU values. */
#ifndef TIERCEL_MAPS_H
#define TIERCEL_MAPS_H

#include "kernel.h"
#include <bpf/bpf_helpers.h>

#include "../gen/record.h"

#define EVENT_SLOTS 256
#define CALL_NUMBERS 1024
#define SOCKETCALLS 32
#define PATH_BYTES 4096
/* At most: base, working directory and two paths of a file, then the files of three streams. A power of two. */
#define WALKS 8

/* Entries of `programs`. */
enum program_slot {
	SLOT_WALK = 0,    /* resolves the paths that an event asked for */
	SLOT_FILTER = 1,  /* the generated filter, which goes on to SLOT_SUBMIT; `submit` until there is one */
	SLOT_SUBMIT = 2,  /* to the ring */
	SLOT_EXEC = 3,    /* second half of an exec: arguments and environment */
	SLOT_FILE = 4,    /* what is known about the file behind the event's descriptor */
	SLOT_TASK = 5,    /* what the task uses, and where its first three descriptors lead */
	SLOT_EVENTS = 16, /* + enum event_type */
};
#define PROGRAM_SLOTS (SLOT_EVENTS + EVENT_SLOTS)

/* Why a record was lost. */
enum drop_cause {
	DROP_RING_FULL = 0,
	DROP_RESERVED = 1,  /* the rest of the ring is kept for exec, fork and exit */
	DROP_TAIL_CALL = 2, /* the next program was not there */
	DROP_SHARE = 3,     /* its cgroup has more in the ring than its share (share.h) */
	DROP_CAUSES = 4,
};

/* What user space wants of an event type (struct control). */
enum want {
	WANT_EVENT = 1, /* for the hooks that are no system call */
	WANT_PATHS = 2, /* resolved paths */
	WANT_CWD = 4,   /* the working directory, also where no path is relative */
	WANT_ENV = 8,   /* exec: the environment */
	WANT_TASK = 16, /* what the task uses */
	WANT_STREAMS = 32, /* what descriptors 0, 1 and 2 lead to */
	WANT_STREAM_PATHS = 64, /* and their paths */
};

/* Set between open and load (agent/capture/object.ts); the verifier drops what they exclude. */
struct settings {
	__u32 own_tgid;     /* the agent's thread group in the kernel's first PID namespace: never reported */
	__u32 node_level;   /* level of the node's PID namespace */
	__u32 node_pidns;   /* its inode; unused where node_level is 0 */
	__u32 cgroup_v1;    /* the record's cgroup is of the v1 memory hierarchy, else of v2 */
	__u32 ring_bytes;   /* size of the ring */
	__u32 ring_reserve; /* of it, kept for exec, fork and exit */
	__u32 hierarchy;    /* hierarchy_id of the cgroup tree above: 0 is v2 */
	__u32 ring_level;   /* bytes in the ring from which on cgroups share what is left (share.h) */
	__u32 ring_room;    /* what a CPU may put into the ring below that between two questions how full it is, bytes */
	__u32 page_size;    /* bytes */
};

/* Written by user space at any time, through the mmapped map. */
struct control {
	__u32 sleeping; /* the reader waits in epoll: the next submit wakes it and clears this */
	__u32 unused[15];
	/* By system call number: 0 nobody wants it, else enum event_type + 1. */
	__u16 native[CALL_NUMBERS];
	__u16 compat[CALL_NUMBERS];
	__u16 socketcall[SOCKETCALLS];
	__u8 want[EVENT_SLOTS]; /* enum want, by event type */
};

/* One system call, as the dispatcher saw it. */
struct call {
	__s64 ret;
	__u64 args[6];
	__u32 number;
	__u32 compat;
};

/* A path to be resolved into a part of the record. */
struct walk {
	struct dentry *dentry;
	struct vfsmount *mnt;
	__u16 part;       /* enum record_part */
	__u16 in_fs;      /* path inside the file system: mounts are not crossed */
	__u32 flags_at;   /* where in the record flags are ORed to (a __u32 of enum file_fact_flag); 0 nowhere */
};

/* One end of a connection. */
struct endpoint {
	__u16 family; /* 0: none */
	__u16 port;   /* host order */
	__u32 unused;
	__u64 address[2];
};

/* The descriptor that an event is about, for file.bpf.c. */
struct wish {
	__s32 fd;
	__u8 asked;    /* whether there is one */
	__u8 role;     /* what the call makes of the process: ROLE_CLIENT of connect, ROLE_SERVER of accept */
	__u8 datagram; /* the call has sent something, which may have given an unconnected socket a peer */
	__u8 unused;
	__u64 name; /* struct sockaddr of user space with the destination that the call named, and its length */
	__u64 name_length;
};

struct scratch {
	struct call call;
	struct wish wish;
	struct task_struct *task; /* whose event it is */
	struct walk walks[WALKS];
	__u32 walk_count;
	__u32 walk_index;
	__u32 next; /* enum program_slot to go to when all is walked: SLOT_FILTER or SLOT_EXEC */
	__u32 described; /* SLOT_TASK has been there */
	/* The walk under way */
	__u32 at;     /* the path stands in path[at..PATH_BYTES) */
	__u32 flags;  /* enum file_fact_flag */
	__u32 fs_at;  /* path[fs_at..PATH_BYTES) is the path inside the file's own file system; 0 where its mount was not left */
	__u32 rounds; /* tail calls used, where steps are bounded */
	struct dentry *dentry;
	struct vfsmount *mnt;
	struct dentry *root_dentry; /* of the task; both NULL until root_of has read them */
	struct vfsmount *root_mnt;
	char path[PATH_BYTES + 256]; /* slack for the verifier: a name is at most 255 bytes */
};

struct part_entry {
	__u16 at;
	__u16 length;
};

struct record {
	struct record_header header; /* its length is the cursor: where the next part goes */
	struct part_entry parts[RECORD_PART_SLOTS];
	__u8 data[RECORD_MAX - RECORD_DATA_AT];
};
_Static_assert(sizeof(struct record) == RECORD_MAX, "record");
_Static_assert(__builtin_offsetof(struct record, data) == RECORD_DATA_AT, "record.data");

struct drop_key {
	__u64 cgroup;
	__u32 type;
	__u32 cause;
};

struct share_key {
	__u64 cgroup;
	__u32 process; /* 1: its records that may use the reserve, which have an account of their own */
	__u32 unused;
};

/* What one cgroup takes of the ring while that is fuller than settings.ring_level. */
struct share {
	__u64 bytes;    /* of it in the ring, about */
	__u64 wanted;   /* that it wanted to put there, let in or not */
	__u64 consumed; /* the reader's position when `bytes` was last brought up to date, */
	__u64 fill;     /* and what the ring held then */
};

/* By CPU and event type */
struct counts {
	__u64 submitted;
	__u64 dropped[DROP_CAUSES];
};

/* By CPU */
struct totals {
	__u64 bytes;   /* in the ring */
	__u64 wakeups; /* the reader was woken */
	__u64 contested; /* bytes that were to go into the ring while it was fuller than settings.ring_level */
	__u64 room;    /* that this CPU may still put there before it asks how full the ring is */
};

/* Who made the first and who the last move on a socket: its roles. */
struct socket_memory {
	__u8 role; /* enum socket_role */
	__u8 unused[1];
	__u16 port; /* of the last destination, host order */
	__u32 unused2;
	__u64 address[2];
};

struct socket_key {
	__u64 sock;
	__u64 inode; /* counts up, so that a freed and reused structure is another socket */
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct settings settings SEC(".rodata.settings") = {};
struct control control SEC(".data.control") = {};

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, PROGRAM_SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct record);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct drop_key);
	__type(value, __u64);
} drops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct share_key);
	__type(value, struct share);
} shares SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EVENT_SLOTS);
	__type(key, __u32);
	__type(value, struct counts);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct totals);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct socket_key);
	__type(value, struct socket_memory);
} sockets SEC(".maps");

#endif
