/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Made by scripts/generate.ts from agent/events/record.ts and table.ts. Do not edit. */
#ifndef TIERCEL_RECORD_H
#define TIERCEL_RECORD_H

#define RECORD_MAX 32768
#define RECORD_PARTS_AT 152
#define RECORD_DATA_AT 280
#define RECORD_PART_SLOTS 32
#define RECORD_PART_MISSING 65535
#define RECORD_HEADER_SIZE 152
#define RECORD_FIRST_FACT 16

struct record_header {
	__u32 length; /* whole record, bytes */
	__u16 type; /* enum event_type, agent/events/table.ts */
	__u16 flags; /* enum record_flag */
	__u64 time; /* ns since boot (CLOCK_BOOTTIME) */
	__u64 ret; /* return value of the call, signed; exit code word for task_exit */
	__u64 start_time; /* start_boottime of the thread group leader, ns since boot */
	__u64 cgroup; /* inode of the task's cgroup folder, one hierarchy for the whole node */
	__u64 cap_inheritable; /* capability set */
	__u64 cap_permitted; /* capability set */
	__u64 cap_effective; /* capability set */
	__u32 pid; /* thread group id in the node's PID namespace */
	__u32 tid; /* thread id in the node's PID namespace */
	__u32 ppid; /* thread group id of real_parent, node's PID namespace; 0 where outside it */
	__u32 vpid; /* thread group id in the task's own PID namespace */
	__u32 vtid; /* thread id in the task's own PID namespace */
	__u32 pgid; /* process group, node's PID namespace */
	__u32 sid; /* session, node's PID namespace */
	__u32 vpgid; /* process group, task's own PID namespace */
	__u32 vsid; /* session, task's own PID namespace */
	__u32 pidns; /* inode of the task's PID namespace */
	__u32 mntns; /* inode of the task's mount namespace */
	__u32 uid; /* effective user id, initial user namespace */
	__u32 gid; /* effective group id */
	__u32 loginuid; /* audit user id; 4294967295 unset */
	__u32 tty; /* device number of the controlling terminal; 0 none */
	__u32 syscall; /* system call number as the task gave it (see RECORD_COMPAT); 0xffffffff none */
	__u16 cpu; /* processor */
	__u16 part_count; /* entries of the part table in use (highest index + 1) */
	__u32 cut; /* bit i: part i is shorter than the truth */
	__u8 comm[16]; /* name of the thread, NUL padded */
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct record_header, length) == 0, "record_header.length");
_Static_assert(__builtin_offsetof(struct record_header, type) == 4, "record_header.type");
_Static_assert(__builtin_offsetof(struct record_header, flags) == 6, "record_header.flags");
_Static_assert(__builtin_offsetof(struct record_header, time) == 8, "record_header.time");
_Static_assert(__builtin_offsetof(struct record_header, ret) == 16, "record_header.ret");
_Static_assert(__builtin_offsetof(struct record_header, start_time) == 24, "record_header.start_time");
_Static_assert(__builtin_offsetof(struct record_header, cgroup) == 32, "record_header.cgroup");
_Static_assert(__builtin_offsetof(struct record_header, cap_inheritable) == 40, "record_header.cap_inheritable");
_Static_assert(__builtin_offsetof(struct record_header, cap_permitted) == 48, "record_header.cap_permitted");
_Static_assert(__builtin_offsetof(struct record_header, cap_effective) == 56, "record_header.cap_effective");
_Static_assert(__builtin_offsetof(struct record_header, pid) == 64, "record_header.pid");
_Static_assert(__builtin_offsetof(struct record_header, tid) == 68, "record_header.tid");
_Static_assert(__builtin_offsetof(struct record_header, ppid) == 72, "record_header.ppid");
_Static_assert(__builtin_offsetof(struct record_header, vpid) == 76, "record_header.vpid");
_Static_assert(__builtin_offsetof(struct record_header, vtid) == 80, "record_header.vtid");
_Static_assert(__builtin_offsetof(struct record_header, pgid) == 84, "record_header.pgid");
_Static_assert(__builtin_offsetof(struct record_header, sid) == 88, "record_header.sid");
_Static_assert(__builtin_offsetof(struct record_header, vpgid) == 92, "record_header.vpgid");
_Static_assert(__builtin_offsetof(struct record_header, vsid) == 96, "record_header.vsid");
_Static_assert(__builtin_offsetof(struct record_header, pidns) == 100, "record_header.pidns");
_Static_assert(__builtin_offsetof(struct record_header, mntns) == 104, "record_header.mntns");
_Static_assert(__builtin_offsetof(struct record_header, uid) == 108, "record_header.uid");
_Static_assert(__builtin_offsetof(struct record_header, gid) == 112, "record_header.gid");
_Static_assert(__builtin_offsetof(struct record_header, loginuid) == 116, "record_header.loginuid");
_Static_assert(__builtin_offsetof(struct record_header, tty) == 120, "record_header.tty");
_Static_assert(__builtin_offsetof(struct record_header, syscall) == 124, "record_header.syscall");
_Static_assert(__builtin_offsetof(struct record_header, cpu) == 128, "record_header.cpu");
_Static_assert(__builtin_offsetof(struct record_header, part_count) == 130, "record_header.part_count");
_Static_assert(__builtin_offsetof(struct record_header, cut) == 132, "record_header.cut");
_Static_assert(__builtin_offsetof(struct record_header, comm) == 136, "record_header.comm");
_Static_assert(sizeof(struct record_header) == 152, "record_header");

struct file_fact {
	__u32 dev; /* kernel's device number: major << 20 | minor */
	__u32 mode; /* S_IFMT and permission bits */
	__u64 ino; /* inode */
	__u32 nlink; /* hard links */
	__u32 open_flags; /* struct file f_flags */
	__u32 fs_magic; /* super block magic (PIPEFS, SOCKFS, ANON_INODE_FS, OVERLAY …) */
	__u32 flags; /* enum file_fact_flag */
	__u32 uid; /* owner */
	__u32 anon; /* enum anon_kind where the file is an anonymous inode */
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct file_fact, dev) == 0, "file_fact.dev");
_Static_assert(__builtin_offsetof(struct file_fact, mode) == 4, "file_fact.mode");
_Static_assert(__builtin_offsetof(struct file_fact, ino) == 8, "file_fact.ino");
_Static_assert(__builtin_offsetof(struct file_fact, nlink) == 16, "file_fact.nlink");
_Static_assert(__builtin_offsetof(struct file_fact, open_flags) == 20, "file_fact.open_flags");
_Static_assert(__builtin_offsetof(struct file_fact, fs_magic) == 24, "file_fact.fs_magic");
_Static_assert(__builtin_offsetof(struct file_fact, flags) == 28, "file_fact.flags");
_Static_assert(__builtin_offsetof(struct file_fact, uid) == 32, "file_fact.uid");
_Static_assert(__builtin_offsetof(struct file_fact, anon) == 36, "file_fact.anon");
_Static_assert(sizeof(struct file_fact) == 40, "file_fact");

struct socket_fact {
	__u16 family; /* AF_*, after unmapping */
	__u16 socket_family; /* AF_* of the socket itself */
	__u16 type; /* SOCK_* */
	__u16 protocol; /* IPPROTO_* */
	__u8 state; /* TCP_* / SS_* */
	__u8 role; /* enum socket_role */
	__u16 local_port;
	__u16 remote_port;
	__u16 flags; /* enum socket_fact_flag */
	__u8 local_address[16];
	__u8 remote_address[16];
	__u64 cookie; /* the socket's address hashed or its cookie: a key, never shown */
	__u64 peer; /* the peer's (unix), 0 unknown */
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct socket_fact, family) == 0, "socket_fact.family");
_Static_assert(__builtin_offsetof(struct socket_fact, socket_family) == 2, "socket_fact.socket_family");
_Static_assert(__builtin_offsetof(struct socket_fact, type) == 4, "socket_fact.type");
_Static_assert(__builtin_offsetof(struct socket_fact, protocol) == 6, "socket_fact.protocol");
_Static_assert(__builtin_offsetof(struct socket_fact, state) == 8, "socket_fact.state");
_Static_assert(__builtin_offsetof(struct socket_fact, role) == 9, "socket_fact.role");
_Static_assert(__builtin_offsetof(struct socket_fact, local_port) == 10, "socket_fact.local_port");
_Static_assert(__builtin_offsetof(struct socket_fact, remote_port) == 12, "socket_fact.remote_port");
_Static_assert(__builtin_offsetof(struct socket_fact, flags) == 14, "socket_fact.flags");
_Static_assert(__builtin_offsetof(struct socket_fact, local_address) == 16, "socket_fact.local_address");
_Static_assert(__builtin_offsetof(struct socket_fact, remote_address) == 32, "socket_fact.remote_address");
_Static_assert(__builtin_offsetof(struct socket_fact, cookie) == 48, "socket_fact.cookie");
_Static_assert(__builtin_offsetof(struct socket_fact, peer) == 56, "socket_fact.peer");
_Static_assert(sizeof(struct socket_fact) == 64, "socket_fact");

struct exe_fact {
	__u64 ino;
	__u64 ctime; /* ns since the epoch */
	__u64 mtime; /* ns since the epoch */
	__u32 dev;
	__u32 flags; /* EXE_FLAGS of events.md: writable 1, upper 2, memfd 4, lower 8; deleted 16 (ours) */
	__u32 args_length; /* true length of the argument area */
	__u32 env_length; /* true length of the environment */
	__u64 pidns_start; /* start_boottime of the PID namespace's init, ns; 0 unknown */
	__u32 uid; /* owner of the file */
	__u32 mode;
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct exe_fact, ino) == 0, "exe_fact.ino");
_Static_assert(__builtin_offsetof(struct exe_fact, ctime) == 8, "exe_fact.ctime");
_Static_assert(__builtin_offsetof(struct exe_fact, mtime) == 16, "exe_fact.mtime");
_Static_assert(__builtin_offsetof(struct exe_fact, dev) == 24, "exe_fact.dev");
_Static_assert(__builtin_offsetof(struct exe_fact, flags) == 28, "exe_fact.flags");
_Static_assert(__builtin_offsetof(struct exe_fact, args_length) == 32, "exe_fact.args_length");
_Static_assert(__builtin_offsetof(struct exe_fact, env_length) == 36, "exe_fact.env_length");
_Static_assert(__builtin_offsetof(struct exe_fact, pidns_start) == 40, "exe_fact.pidns_start");
_Static_assert(__builtin_offsetof(struct exe_fact, uid) == 48, "exe_fact.uid");
_Static_assert(__builtin_offsetof(struct exe_fact, mode) == 52, "exe_fact.mode");
_Static_assert(sizeof(struct exe_fact) == 56, "exe_fact");

struct task_fact {
	__u64 vm_size; /* address space, kB */
	__u64 vm_rss; /* resident memory, kB: without what processors have counted and not told yet */
	__u64 vm_swap; /* swapped memory, kB */
	__u64 pgft_maj; /* page faults of the thread that had to read */
	__u64 pgft_min; /* page faults of the thread that did not */
	__u64 fdlimit; /* descriptors that the process may open (soft limit) */
	__u64 exectime; /* ns of processor time in the thread's time slice, up to the last clock tick */
	__u64 totexectime; /* ns of processor time of the thread, up to the last clock tick */
	__u32 fdopencount; /* open descriptors, of the first 32,768 */
	__u32 unused;
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct task_fact, vm_size) == 0, "task_fact.vm_size");
_Static_assert(__builtin_offsetof(struct task_fact, vm_rss) == 8, "task_fact.vm_rss");
_Static_assert(__builtin_offsetof(struct task_fact, vm_swap) == 16, "task_fact.vm_swap");
_Static_assert(__builtin_offsetof(struct task_fact, pgft_maj) == 24, "task_fact.pgft_maj");
_Static_assert(__builtin_offsetof(struct task_fact, pgft_min) == 32, "task_fact.pgft_min");
_Static_assert(__builtin_offsetof(struct task_fact, fdlimit) == 40, "task_fact.fdlimit");
_Static_assert(__builtin_offsetof(struct task_fact, exectime) == 48, "task_fact.exectime");
_Static_assert(__builtin_offsetof(struct task_fact, totexectime) == 56, "task_fact.totexectime");
_Static_assert(__builtin_offsetof(struct task_fact, fdopencount) == 64, "task_fact.fdopencount");
_Static_assert(__builtin_offsetof(struct task_fact, unused) == 68, "task_fact.unused");
_Static_assert(sizeof(struct task_fact) == 72, "task_fact");

struct stream_fact {
	__u32 mode; /* S_IFMT and permission bits */
	__u32 fs_magic; /* super block magic */
	__u32 anon; /* enum anon_kind */
	__u32 flags; /* enum file_fact_flag */
	__u16 path_at; /* where in the record its path stands; 0 nowhere */
	__u16 path_length;
	__u16 family; /* AF_* of a socket, after unmapping; 0 no socket */
	__u16 type; /* SOCK_* */
	__u16 local_port;
	__u16 remote_port;
	__u16 role; /* enum socket_role */
	__u16 unused;
	__u8 local_address[16];
	__u8 remote_address[16];
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct stream_fact, mode) == 0, "stream_fact.mode");
_Static_assert(__builtin_offsetof(struct stream_fact, fs_magic) == 4, "stream_fact.fs_magic");
_Static_assert(__builtin_offsetof(struct stream_fact, anon) == 8, "stream_fact.anon");
_Static_assert(__builtin_offsetof(struct stream_fact, flags) == 12, "stream_fact.flags");
_Static_assert(__builtin_offsetof(struct stream_fact, path_at) == 16, "stream_fact.path_at");
_Static_assert(__builtin_offsetof(struct stream_fact, path_length) == 18, "stream_fact.path_length");
_Static_assert(__builtin_offsetof(struct stream_fact, family) == 20, "stream_fact.family");
_Static_assert(__builtin_offsetof(struct stream_fact, type) == 22, "stream_fact.type");
_Static_assert(__builtin_offsetof(struct stream_fact, local_port) == 24, "stream_fact.local_port");
_Static_assert(__builtin_offsetof(struct stream_fact, remote_port) == 26, "stream_fact.remote_port");
_Static_assert(__builtin_offsetof(struct stream_fact, role) == 28, "stream_fact.role");
_Static_assert(__builtin_offsetof(struct stream_fact, unused) == 30, "stream_fact.unused");
_Static_assert(__builtin_offsetof(struct stream_fact, local_address) == 32, "stream_fact.local_address");
_Static_assert(__builtin_offsetof(struct stream_fact, remote_address) == 48, "stream_fact.remote_address");
_Static_assert(sizeof(struct stream_fact) == 64, "stream_fact");

enum record_flag {
	RECORD_COMPAT = 1,
	RECORD_LEADER = 2,
	RECORD_UNREADABLE = 4,
};

enum record_part {
	PART_FILE = 16,
	PART_REALPATH = 17,
	PART_FSPATH = 18,
	PART_SOCKET = 19,
	PART_SOCKET_PATH = 20,
	PART_BASE = 21,
	PART_BASE2 = 22,
	PART_CWD = 23,
	PART_EXE_PATH = 24,
	PART_ARGS = 25,
	PART_ENV = 26,
	PART_EXE = 27,
	PART_PEER_PATH = 28,
	PART_TASK = 29,
	PART_STREAMS = 30,
};

enum file_fact_flag {
	FILE_DELETED = 1,
	FILE_ROOT_NOT_MET = 2,
	FILE_PATH_CUT = 4,
	FILE_OVERLAY_UPPER = 8,
	FILE_OVERLAY_LOWER = 16,
	FILE_PARTIAL_MOUNT = 32,
	FILE_CREATED = 64,
	FILE_MEMFD = 128,
};

enum anon_kind {
	ANON_NONE = 0,
	ANON_EVENTFD = 1,
	ANON_EVENTPOLL = 2,
	ANON_INOTIFY = 3,
	ANON_SIGNALFD = 4,
	ANON_TIMERFD = 5,
	ANON_IO_URING = 6,
	ANON_USERFAULTFD = 7,
	ANON_PIDFD = 8,
	ANON_BPF = 9,
	ANON_PERF_EVENT = 10,
	ANON_OTHER = 11,
};

enum socket_role {
	ROLE_UNKNOWN = 0,
	ROLE_CLIENT = 1,
	ROLE_SERVER = 2,
};

enum socket_fact_flag {
	SOCKET_CONNECTED = 1,
	SOCKET_LISTENING = 2,
	SOCKET_NAME_CHANGED = 4,
	SOCKET_PEER_FROM_CALL = 8,
};

enum event_type {
	EV_OPEN = 0,
	EV_OPENAT = 1,
	EV_OPENAT2 = 2,
	EV_CREAT = 3,
	EV_OPEN_BY_HANDLE_AT = 4,
	EV_CLOSE = 5,
	EV_CLOSE_RANGE = 6,
	EV_MKNOD = 7,
	EV_MKNODAT = 8,
	EV_RENAME = 9,
	EV_RENAMEAT = 10,
	EV_RENAMEAT2 = 11,
	EV_LINK = 12,
	EV_LINKAT = 13,
	EV_SYMLINK = 14,
	EV_SYMLINKAT = 15,
	EV_UNLINK = 16,
	EV_UNLINKAT = 17,
	EV_MKDIR = 18,
	EV_MKDIRAT = 19,
	EV_RMDIR = 20,
	EV_CHMOD = 21,
	EV_FCHMOD = 22,
	EV_FCHMODAT = 23,
	EV_CHOWN = 24,
	EV_LCHOWN = 25,
	EV_FCHOWN = 26,
	EV_FCHOWNAT = 27,
	EV_ACCESS = 28,
	EV_CHDIR = 29,
	EV_FCHDIR = 30,
	EV_CHROOT = 31,
	EV_GETCWD = 32,
	EV_STAT = 33,
	EV_LSTAT = 34,
	EV_FSTAT = 35,
	EV_STAT64 = 36,
	EV_LSTAT64 = 37,
	EV_FSTAT64 = 38,
	EV_NEWFSTATAT = 39,
	EV_MOUNT = 40,
	EV_UMOUNT = 41,
	EV_UMOUNT2 = 42,
	EV_FSCONFIG = 43,
	EV_QUOTACTL = 44,
	EV_FLOCK = 45,
	EV_READ = 46,
	EV_WRITE = 47,
	EV_PREAD = 48,
	EV_PWRITE = 49,
	EV_READV = 50,
	EV_WRITEV = 51,
	EV_PREADV = 52,
	EV_PWRITEV = 53,
	EV_SEND = 54,
	EV_SENDTO = 55,
	EV_RECV = 56,
	EV_RECVFROM = 57,
	EV_SENDMSG = 58,
	EV_SENDMMSG = 59,
	EV_RECVMSG = 60,
	EV_RECVMMSG = 61,
	EV_SENDFILE = 62,
	EV_SPLICE = 63,
	EV_COPY_FILE_RANGE = 64,
	EV_LSEEK = 65,
	EV_LLSEEK = 66,
	EV_GETDENTS = 67,
	EV_GETDENTS64 = 68,
	EV_POLL = 69,
	EV_PPOLL = 70,
	EV_SELECT = 71,
	EV_EPOLL_WAIT = 72,
	EV_FUTEX = 73,
	EV_NANOSLEEP = 74,
	EV_MMAP = 75,
	EV_MMAP2 = 76,
	EV_MUNMAP = 77,
	EV_MPROTECT = 78,
	EV_BRK = 79,
	EV_FCNTL = 80,
	EV_IOCTL = 81,
	EV_SOCKET = 82,
	EV_BIND = 83,
	EV_CONNECT = 84,
	EV_LISTEN = 85,
	EV_ACCEPT = 86,
	EV_ACCEPT4 = 87,
	EV_SHUTDOWN = 88,
	EV_GETSOCKNAME = 89,
	EV_GETPEERNAME = 90,
	EV_SOCKETPAIR = 91,
	EV_SETSOCKOPT = 92,
	EV_GETSOCKOPT = 93,
	EV_EXECVE = 94,
	EV_EXECVEAT = 95,
	EV_CLONE = 96,
	EV_CLONE3 = 97,
	EV_FORK = 98,
	EV_VFORK = 99,
	EV_PROCEXIT = 100,
	EV_SETPGID = 101,
	EV_SETSID = 102,
	EV_SETUID = 103,
	EV_SETGID = 104,
	EV_SETRESUID = 105,
	EV_SETRESGID = 106,
	EV_SETREUID = 107,
	EV_SETREGID = 108,
	EV_GETUID = 109,
	EV_GETEUID = 110,
	EV_GETGID = 111,
	EV_GETEGID = 112,
	EV_GETRESUID = 113,
	EV_GETRESGID = 114,
	EV_CAPSET = 115,
	EV_SETNS = 116,
	EV_UNSHARE = 117,
	EV_PRCTL = 118,
	EV_SECCOMP = 119,
	EV_GETRLIMIT = 120,
	EV_SETRLIMIT = 121,
	EV_PRLIMIT = 122,
	EV_KILL = 123,
	EV_TKILL = 124,
	EV_TGKILL = 125,
	EV_PTRACE = 126,
	EV_PROCESS_VM_READV = 127,
	EV_PROCESS_VM_WRITEV = 128,
	EV_DUP = 129,
	EV_DUP2 = 130,
	EV_DUP3 = 131,
	EV_PIPE = 132,
	EV_PIPE2 = 133,
	EV_EVENTFD = 134,
	EV_EVENTFD2 = 135,
	EV_SIGNALFD = 136,
	EV_SIGNALFD4 = 137,
	EV_TIMERFD_CREATE = 138,
	EV_INOTIFY_INIT = 139,
	EV_INOTIFY_INIT1 = 140,
	EV_EPOLL_CREATE = 141,
	EV_EPOLL_CREATE1 = 142,
	EV_MEMFD_CREATE = 143,
	EV_PIDFD_OPEN = 144,
	EV_PIDFD_GETFD = 145,
	EV_USERFAULTFD = 146,
	EV_IO_URING_SETUP = 147,
	EV_IO_URING_ENTER = 148,
	EV_IO_URING_REGISTER = 149,
	EV_BPF = 150,
	EV_INIT_MODULE = 151,
	EV_FINIT_MODULE = 152,
	EV_DELETE_MODULE = 153,
	EV_KEYCTL = 154,
	EV_MLOCK = 155,
	EV_MUNLOCK = 156,
	EV_MLOCKALL = 157,
	EV_MUNLOCKALL = 158,
	EV_MLOCK2 = 159,
	EV_SEMOP = 160,
	EV_SEMCTL = 161,
	EV_SEMGET = 162,
	EV_CONTAINER = 163,
	EV_ASYNCEVENT = 164,
	EV_PLUGINEVENT = 165,
	EV_USERADDED = 166,
	EV_USERDELETED = 167,
	EV_GROUPADDED = 168,
	EV_GROUPDELETED = 169,
	EV_SWITCH = 170,
	EV_SIGNALDELIVER = 171,
	EV_PAGE_FAULT = 172,
	EV_TASK_FORK = 173,
	EV_CGROUP_MKDIR = 174,
	EV_FCHMODAT2 = 175,
};

#endif
