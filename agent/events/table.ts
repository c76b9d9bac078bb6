/**
 * Every event, in the order of its number on the wire: append only. Names, parameters and their order are
 * Falco's (driver schema 4.5), so that rules and outputs keep their meaning. `captured` rows have a program in
 * agent/bpf/events; the others are names that a rule may use and that never come (said at load).
 *
 * On the wire (record.ts): parameter 0 of a system call's event is the header's `ret` and no part; parameter i
 * is part i-1, as the kernel's own ABI value (flags, domains, requests are translated above, in flags.ts).
 * Parameters that repeat what header and facts say (dev, ino, tuple, the long lists of exec and clone) are not
 * on the wire at all, but their part index stays reserved. Exceptions:
 * - execve, execveat: part 0 is the path as passed (failed calls; on success `filename` of the binprm), part 1
 *   the flags of execveat, part 2 (success) the thread's id before, of the kernel's first PID namespace: an exec in
 *   a thread takes its leader's id; the rest is header, ARGS, ENV, CWD, EXE_PATH, EXE.
 * - clone, clone3, fork, vfork: part 0 is the kernel's clone flags.
 * - procexit (of every thread): the header's ret is the exit code word; part 0 is the tid of the new parent of its
 *   children (0 none), part 1 how many threads of the group are still alive (signal->live; 0: the process is dead).
 * - task_fork (sched_process_fork, of the parent): header is the parent's; part 0 child pid, 1 child tid,
 *   2 child start_boottime, 3 child vpid, 4 child vtid, 5 child's cgroup id, 6 its pidns inode, 7 clone flags
 *   as the child's struct shows them (1: new thread of the same group), 8 its real parent's pid (CLONE_PARENT).
 * - cgroup_mkdir (of the task that made the folder, only of the hierarchy whose ids records carry): part 0 the new
 *   cgroup's id, 1 its path from the hierarchy's root.
 */
export type ParamRow = readonly [name: string, type: string, format?: "dec" | "hex" | "oct", set?: string];

export interface EventRow {
  readonly name: string;
  /** C creates a descriptor, D destroys, U uses, R reads, W writes. */
  readonly fd: string;
  readonly captured?: true;
  readonly internal?: true;
  /** Made by the agent of what it learns, beside the records of the kernel. */
  readonly made?: true;
  readonly params: readonly ParamRow[];
}

// prettier-ignore
export const events = [
  // Files: open, create, close
  { name: "open", fd: "C", captured: true, params: [["fd", "FD"], ["name", "FSPATH"], ["flags", "FLAGS32", "hex", "OPEN_FLAGS"], ["mode", "UINT32", "oct"], ["dev", "UINT32", "hex"], ["ino", "UINT64"]] },
  { name: "openat", fd: "C", captured: true, params: [["fd", "FD"], ["dirfd", "FD"], ["name", "FSRELPATH"], ["flags", "FLAGS32", "hex", "OPEN_FLAGS"], ["mode", "UINT32", "oct"], ["dev", "UINT32", "hex"], ["ino", "UINT64"]] },
  { name: "openat2", fd: "C", captured: true, params: [["fd", "FD"], ["dirfd", "FD"], ["name", "FSRELPATH"], ["flags", "FLAGS32", "hex", "OPEN_FLAGS"], ["mode", "UINT32", "oct"], ["resolve", "FLAGS32", "hex", "RESOLVE"], ["dev", "UINT32", "hex"], ["ino", "UINT64"]] },
  { name: "creat", fd: "C", captured: true, params: [["fd", "FD"], ["name", "FSPATH"], ["mode", "UINT32", "oct"], ["dev", "UINT32", "hex"], ["ino", "UINT64"], ["creat_flags", "FLAGS16", "hex", "CREAT_FLAGS"]] },
  { name: "open_by_handle_at", fd: "C", params: [["fd", "FD"], ["mountfd", "FD"], ["flags", "FLAGS32", "hex", "OPEN_FLAGS"], ["path", "FSPATH"], ["dev", "UINT32", "hex"], ["ino", "UINT64"]] },
  { name: "close", fd: "DU", params: [["res", "ERRNO"], ["fd", "FD"]] },
  { name: "close_range", fd: "", params: [["res", "ERRNO"], ["first", "UINT32"], ["last", "UINT32"], ["flags", "FLAGS32", "hex", "CLOSE_RANGE_FLAGS"]] },
  { name: "mknod", fd: "", params: [["res", "ERRNO"], ["path", "FSPATH"], ["mode", "MODE", "oct", "MKNOD_MODE"], ["dev", "UINT32"]] },
  { name: "mknodat", fd: "U", params: [["res", "ERRNO"], ["dirfd", "FD"], ["path", "FSRELPATH"], ["mode", "MODE", "oct", "MKNOD_MODE"], ["dev", "UINT32"]] },
  // File names and attributes
  { name: "rename", fd: "", captured: true, params: [["res", "ERRNO"], ["oldpath", "FSPATH"], ["newpath", "FSPATH"]] },
  { name: "renameat", fd: "", captured: true, params: [["res", "ERRNO"], ["olddirfd", "FD"], ["oldpath", "FSRELPATH"], ["newdirfd", "FD"], ["newpath", "FSRELPATH"]] },
  { name: "renameat2", fd: "", captured: true, params: [["res", "ERRNO"], ["olddirfd", "FD"], ["oldpath", "FSRELPATH"], ["newdirfd", "FD"], ["newpath", "FSRELPATH"], ["flags", "FLAGS32", "hex", "RENAMEAT2_FLAGS"]] },
  { name: "link", fd: "", captured: true, params: [["res", "ERRNO"], ["oldpath", "FSPATH"], ["newpath", "FSPATH"]] },
  { name: "linkat", fd: "", captured: true, params: [["res", "ERRNO"], ["olddir", "FD"], ["oldpath", "FSRELPATH"], ["newdir", "FD"], ["newpath", "FSRELPATH"], ["flags", "FLAGS32", "hex", "LINKAT_FLAGS"]] },
  { name: "symlink", fd: "", captured: true, params: [["res", "ERRNO"], ["target", "CHARBUF"], ["linkpath", "FSPATH"]] },
  { name: "symlinkat", fd: "U", captured: true, params: [["res", "ERRNO"], ["target", "CHARBUF"], ["linkdirfd", "FD"], ["linkpath", "FSRELPATH"]] },
  { name: "unlink", fd: "", captured: true, params: [["res", "ERRNO"], ["path", "FSPATH"]] },
  { name: "unlinkat", fd: "U", captured: true, params: [["res", "ERRNO"], ["dirfd", "FD"], ["name", "FSRELPATH"], ["flags", "FLAGS32", "hex", "UNLINKAT_FLAGS"]] },
  { name: "mkdir", fd: "", captured: true, params: [["res", "ERRNO"], ["path", "FSPATH"], ["mode", "UINT32", "hex"]] },
  { name: "mkdirat", fd: "U", captured: true, params: [["res", "ERRNO"], ["dirfd", "FD"], ["path", "FSRELPATH"], ["mode", "UINT32", "hex"]] },
  { name: "rmdir", fd: "", captured: true, params: [["res", "ERRNO"], ["path", "FSPATH"]] },
  { name: "chmod", fd: "", captured: true, params: [["res", "ERRNO"], ["filename", "FSPATH"], ["mode", "MODE", "oct", "CHMOD_MODE"]] },
  { name: "fchmod", fd: "U", captured: true, params: [["res", "ERRNO"], ["fd", "FD"], ["mode", "MODE", "oct", "CHMOD_MODE"]] },
  { name: "fchmodat", fd: "U", captured: true, params: [["res", "ERRNO"], ["dirfd", "FD"], ["filename", "FSRELPATH"], ["mode", "MODE", "oct", "CHMOD_MODE"]] },
  { name: "chown", fd: "", params: [["res", "ERRNO"], ["path", "FSPATH"], ["uid", "UINT32"], ["gid", "UINT32"]] },
  { name: "lchown", fd: "", params: [["res", "ERRNO"], ["path", "FSPATH"], ["uid", "UINT32"], ["gid", "UINT32"]] },
  { name: "fchown", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"], ["uid", "UINT32"], ["gid", "UINT32"]] },
  { name: "fchownat", fd: "U", params: [["res", "ERRNO"], ["dirfd", "FD"], ["pathname", "FSRELPATH"], ["uid", "UINT32"], ["gid", "UINT32"], ["flags", "FLAGS32", "hex", "FCHOWNAT_FLAGS"]] },
  { name: "access", fd: "", params: [["res", "ERRNO"], ["name", "FSPATH"], ["mode", "FLAGS32", "hex", "ACCESS_MODE"]] },
  { name: "chdir", fd: "", params: [["res", "ERRNO"], ["path", "CHARBUF"]] },
  { name: "fchdir", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"]] },
  { name: "chroot", fd: "", params: [["res", "ERRNO"], ["path", "FSPATH"]] },
  { name: "getcwd", fd: "", params: [["res", "ERRNO"], ["path", "CHARBUF"]] },
  { name: "stat", fd: "", params: [["res", "ERRNO"], ["path", "FSPATH"]] },
  { name: "lstat", fd: "", params: [["res", "ERRNO"], ["path", "FSPATH"]] },
  { name: "fstat", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"]] },
  { name: "stat64", fd: "", params: [["res", "ERRNO"], ["path", "FSPATH"]] },
  { name: "lstat64", fd: "", params: [["res", "ERRNO"], ["path", "FSPATH"]] },
  { name: "fstat64", fd: "", params: [["res", "ERRNO"]] },
  { name: "newfstatat", fd: "U", params: [["res", "ERRNO"], ["dirfd", "FD"], ["path", "FSRELPATH"], ["flags", "FLAGS32", "hex", "NEWFSTATAT_FLAGS"]] },
  { name: "mount", fd: "", captured: true, params: [["res", "ERRNO"], ["dev", "CHARBUF"], ["dir", "FSPATH"], ["type", "CHARBUF"], ["flags", "FLAGS32", "hex", "MOUNT_FLAGS"]] },
  { name: "umount", fd: "", params: [["res", "ERRNO"], ["name", "FSPATH"]] },
  { name: "umount2", fd: "", captured: true, params: [["res", "ERRNO"], ["name", "FSPATH"], ["flags", "FLAGS32", "hex", "UMOUNT_FLAGS"]] },
  { name: "fsconfig", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"], ["cmd", "ENUMFLAGS32", "dec", "FSCONFIG_CMD"], ["key", "CHARBUF"], ["value_bytebuf", "BYTEBUF"], ["value_charbuf", "CHARBUF"], ["aux", "INT32"]] },
  { name: "quotactl", fd: "", params: [["res", "ERRNO"], ["special", "CHARBUF"], ["quotafilepath", "CHARBUF"], ["dqb_bhardlimit", "UINT64"], ["dqb_bsoftlimit", "UINT64"], ["dqb_curspace", "UINT64"], ["dqb_ihardlimit", "UINT64"], ["dqb_isoftlimit", "UINT64"], ["dqb_btime", "RELTIME"], ["dqb_itime", "RELTIME"], ["dqi_bgrace", "RELTIME"], ["dqi_igrace", "RELTIME"], ["dqi_flags", "FLAGS8", "dec", "DQI_FLAGS"], ["quota_fmt_out", "FLAGS8", "dec", "QUOTA_FMT"], ["cmd", "FLAGS16", "dec", "QUOTA_CMD"], ["type", "FLAGS8", "dec", "QUOTA_TYPE"], ["id", "UINT32"], ["quota_fmt", "FLAGS8", "dec", "QUOTA_FMT"]] },
  { name: "flock", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"], ["operation", "FLAGS32", "hex", "FLOCK_OP"]] },
  // I/O (high volume, off unless base_syscalls.all)
  { name: "read", fd: "UR", params: [["res", "ERRNO"], ["data", "BYTEBUF"], ["fd", "FD"], ["size", "UINT32"]] },
  { name: "write", fd: "UW", params: [["res", "ERRNO"], ["data", "BYTEBUF"], ["fd", "FD"], ["size", "UINT32"]] },
  { name: "pread", fd: "UR", params: [["res", "ERRNO"], ["data", "BYTEBUF"], ["fd", "FD"], ["size", "UINT32"], ["pos", "UINT64"]] },
  { name: "pwrite", fd: "UW", params: [["res", "ERRNO"], ["data", "BYTEBUF"], ["fd", "FD"], ["size", "UINT32"], ["pos", "UINT64"]] },
  { name: "readv", fd: "UR", params: [["res", "ERRNO"], ["size", "UINT32"], ["data", "BYTEBUF"], ["fd", "FD"]] },
  { name: "writev", fd: "UW", params: [["res", "ERRNO"], ["data", "BYTEBUF"], ["fd", "FD"], ["size", "UINT32"]] },
  { name: "preadv", fd: "UR", params: [["res", "ERRNO"], ["size", "UINT32"], ["data", "BYTEBUF"], ["fd", "FD"], ["pos", "UINT64"]] },
  { name: "pwritev", fd: "UW", params: [["res", "ERRNO"], ["data", "BYTEBUF"], ["fd", "FD"], ["size", "UINT32"], ["pos", "UINT64"]] },
  { name: "send", fd: "UW", params: [["res", "ERRNO"], ["data", "BYTEBUF"], ["fd", "FD"], ["size", "UINT32"], ["tuple", "SOCKTUPLE"]] },
  { name: "sendto", fd: "UW", captured: true, params: [["res", "ERRNO"], ["data", "BYTEBUF"], ["fd", "FD"], ["size", "UINT32"], ["tuple", "SOCKTUPLE"]] },
  { name: "recv", fd: "UR", params: [["res", "ERRNO"], ["data", "BYTEBUF"], ["fd", "FD"], ["size", "UINT32"], ["tuple", "SOCKTUPLE"]] },
  { name: "recvfrom", fd: "UR", params: [["res", "ERRNO"], ["data", "BYTEBUF"], ["tuple", "SOCKTUPLE"], ["fd", "FD"], ["size", "UINT32"]] },
  { name: "sendmsg", fd: "UW", captured: true, params: [["res", "ERRNO"], ["data", "BYTEBUF"], ["fd", "FD"], ["size", "UINT32"], ["tuple", "SOCKTUPLE"]] },
  { name: "sendmmsg", fd: "UW", params: [["res", "ERRNO"], ["fd", "FD"], ["size", "UINT32"], ["data", "BYTEBUF"], ["tuple", "SOCKTUPLE"]] },
  { name: "recvmsg", fd: "UR", params: [["res", "ERRNO"], ["size", "UINT32"], ["data", "BYTEBUF"], ["tuple", "SOCKTUPLE"], ["msgcontrol", "BYTEBUF"], ["fd", "FD"]] },
  { name: "recvmmsg", fd: "UR", params: [["res", "ERRNO"], ["fd", "FD"], ["size", "UINT32"], ["data", "BYTEBUF"], ["tuple", "SOCKTUPLE"], ["msgcontrol", "BYTEBUF"]] },
  { name: "sendfile", fd: "U", params: [["res", "ERRNO"], ["offset", "UINT64"], ["out_fd", "FD"], ["in_fd", "FD"], ["size", "UINT64"]] },
  { name: "splice", fd: "U", params: [["res", "ERRNO"], ["fd_in", "FD"], ["fd_out", "FD"], ["size", "UINT64"], ["flags", "FLAGS32", "hex", "SPLICE_FLAGS"]] },
  { name: "copy_file_range", fd: "URW", params: [["res", "ERRNO"], ["fdout", "FD"], ["offout", "UINT64"], ["fdin", "FD"], ["offin", "UINT64"], ["len", "UINT64"]] },
  { name: "lseek", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"], ["offset", "UINT64"], ["whence", "ENUMFLAGS8", "dec", "SEEK"]] },
  { name: "llseek", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"], ["offset", "UINT64"], ["whence", "ENUMFLAGS8", "dec", "SEEK"]] },
  { name: "getdents", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"]] },
  { name: "getdents64", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"]] },
  { name: "poll", fd: "", params: [["res", "ERRNO"], ["fds", "FDLIST"], ["timeout", "INT64"]] },
  { name: "ppoll", fd: "", params: [["res", "ERRNO"], ["fds", "FDLIST"], ["timeout", "RELTIME"], ["sigmask", "SIGSET"]] },
  { name: "select", fd: "", params: [["res", "ERRNO"]] },
  { name: "epoll_wait", fd: "", params: [["res", "ERRNO"], ["maxevents", "ERRNO"]] },
  { name: "futex", fd: "", params: [["res", "ERRNO"], ["addr", "UINT64", "hex"], ["op", "FLAGS16", "hex", "FUTEX_OP"], ["val", "UINT64"]] },
  { name: "nanosleep", fd: "", params: [["res", "ERRNO"], ["interval", "RELTIME"]] },
  { name: "mmap", fd: "U", params: [["res", "ERRNO", "hex"], ["vm_size", "UINT32"], ["vm_rss", "UINT32"], ["vm_swap", "UINT32"], ["addr", "UINT64", "hex"], ["length", "UINT64"], ["prot", "FLAGS32", "hex", "PROT"], ["flags", "FLAGS32", "hex", "MMAP_FLAGS"], ["fd", "FD"], ["offset", "UINT64"]] },
  { name: "mmap2", fd: "U", params: [["res", "ERRNO", "hex"], ["vm_size", "UINT32"], ["vm_rss", "UINT32"], ["vm_swap", "UINT32"], ["addr", "UINT64", "hex"], ["length", "UINT64"], ["prot", "FLAGS32", "hex", "PROT"], ["flags", "FLAGS32", "hex", "MMAP_FLAGS"], ["fd", "FD"], ["pgoffset", "UINT64"]] },
  { name: "munmap", fd: "", params: [["res", "ERRNO"], ["vm_size", "UINT32"], ["vm_rss", "UINT32"], ["vm_swap", "UINT32"], ["addr", "UINT64", "hex"], ["length", "UINT64"]] },
  { name: "mprotect", fd: "", params: [["res", "ERRNO"], ["addr", "UINT64", "hex"], ["length", "UINT64"], ["prot", "FLAGS32", "hex", "PROT"]] },
  { name: "brk", fd: "", params: [["res", "UINT64", "hex"], ["vm_size", "UINT32"], ["vm_rss", "UINT32"], ["vm_swap", "UINT32"], ["addr", "UINT64", "hex"]] },
  { name: "fcntl", fd: "U", captured: true, params: [["res", "FD"], ["fd", "FD"], ["cmd", "ENUMFLAGS8", "dec", "FCNTL_CMD"], ["arg", "UINT64", "hex"]] },
  { name: "ioctl", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"], ["request", "UINT64", "hex"], ["argument", "UINT64", "hex"]] },
  // Network
  { name: "socket", fd: "C", captured: true, params: [["fd", "FD"], ["domain", "ENUMFLAGS32", "dec", "ADDR_FAMILY"], ["type", "UINT32"], ["proto", "UINT32"], ["flags", "FLAGS32", "hex", "OPEN_FLAGS"]] },
  { name: "bind", fd: "U", captured: true, params: [["res", "ERRNO"], ["addr", "SOCKADDR"], ["fd", "FD"]] },
  { name: "connect", fd: "U", captured: true, params: [["res", "ERRNO"], ["tuple", "SOCKTUPLE"], ["fd", "FD"], ["addr", "SOCKADDR"]] },
  { name: "listen", fd: "U", captured: true, params: [["res", "ERRNO"], ["fd", "FD"], ["backlog", "INT32"]] },
  { name: "accept", fd: "C", captured: true, params: [["fd", "FD"], ["tuple", "SOCKTUPLE"], ["queuepct", "UINT8"], ["queuelen", "UINT32"], ["queuemax", "UINT32"]] },
  { name: "accept4", fd: "C", captured: true, params: [["fd", "FD"], ["tuple", "SOCKTUPLE"], ["queuepct", "UINT8"], ["queuelen", "UINT32"], ["queuemax", "UINT32"], ["flags", "INT32", "hex"]] },
  { name: "shutdown", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"], ["how", "ENUMFLAGS8", "hex", "SHUTDOWN_HOW"]] },
  { name: "getsockname", fd: "", params: [] },
  { name: "getpeername", fd: "", params: [] },
  { name: "socketpair", fd: "C", params: [["res", "ERRNO"], ["fd1", "FD"], ["fd2", "FD"], ["source", "UINT64", "hex"], ["peer", "UINT64", "hex"], ["domain", "ENUMFLAGS32", "dec", "ADDR_FAMILY"], ["type", "UINT32"], ["proto", "UINT32"]] },
  { name: "setsockopt", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"], ["level", "ENUMFLAGS8", "dec", "SOCKOPT_LEVEL"], ["optname", "ENUMFLAGS8", "dec", "SOCKOPT_NAME"], ["val", "DYN"], ["optlen", "UINT32"]] },
  { name: "getsockopt", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"], ["level", "ENUMFLAGS8", "dec", "SOCKOPT_LEVEL"], ["optname", "ENUMFLAGS8", "dec", "SOCKOPT_NAME"], ["val", "DYN"], ["optlen", "UINT32"]] },
  // Process life and identity
  { name: "execve", fd: "", captured: true, params: [["res", "ERRNO"], ["exe", "CHARBUF"], ["args", "BYTEBUF"], ["tid", "PID"], ["pid", "PID"], ["ptid", "PID"], ["cwd", "CHARBUF"], ["fdlimit", "UINT64"], ["pgft_maj", "UINT64"], ["pgft_min", "UINT64"], ["vm_size", "UINT32"], ["vm_rss", "UINT32"], ["vm_swap", "UINT32"], ["comm", "CHARBUF"], ["cgroups", "BYTEBUF"], ["env", "BYTEBUF"], ["tty", "UINT32"], ["vpgid", "PID"], ["loginuid", "UID"], ["flags", "FLAGS32", "hex", "EXE_FLAGS"], ["cap_inheritable", "UINT64", "hex"], ["cap_permitted", "UINT64", "hex"], ["cap_effective", "UINT64", "hex"], ["exe_ino", "UINT64"], ["exe_ino_ctime", "ABSTIME"], ["exe_ino_mtime", "ABSTIME"], ["uid", "UID"], ["trusted_exepath", "FSPATH"], ["pgid", "PID"], ["gid", "GID"], ["filename", "FSPATH"]] },
  { name: "execveat", fd: "", captured: true, params: [["res", "ERRNO"], ["exe", "CHARBUF"], ["args", "BYTEBUF"], ["tid", "PID"], ["pid", "PID"], ["ptid", "PID"], ["cwd", "CHARBUF"], ["fdlimit", "UINT64"], ["pgft_maj", "UINT64"], ["pgft_min", "UINT64"], ["vm_size", "UINT32"], ["vm_rss", "UINT32"], ["vm_swap", "UINT32"], ["comm", "CHARBUF"], ["cgroups", "BYTEBUF"], ["env", "BYTEBUF"], ["tty", "UINT32"], ["vpgid", "PID"], ["loginuid", "UID"], ["flags", "FLAGS32", "hex", "EXE_FLAGS"], ["cap_inheritable", "UINT64", "hex"], ["cap_permitted", "UINT64", "hex"], ["cap_effective", "UINT64", "hex"], ["exe_ino", "UINT64"], ["exe_ino_ctime", "ABSTIME"], ["exe_ino_mtime", "ABSTIME"], ["uid", "UID"], ["trusted_exepath", "FSPATH"], ["pgid", "PID"], ["gid", "GID"]] },
  { name: "clone", fd: "", captured: true, params: [["res", "PID"], ["exe", "CHARBUF"], ["args", "BYTEBUF"], ["tid", "PID"], ["pid", "PID"], ["ptid", "PID"], ["cwd", "CHARBUF"], ["fdlimit", "INT64"], ["pgft_maj", "UINT64"], ["pgft_min", "UINT64"], ["vm_size", "UINT32"], ["vm_rss", "UINT32"], ["vm_swap", "UINT32"], ["comm", "CHARBUF"], ["cgroups", "BYTEBUF"], ["flags", "FLAGS32", "hex", "CLONE_FLAGS"], ["uid", "UINT32"], ["gid", "UINT32"], ["vtid", "PID"], ["vpid", "PID"], ["pidns_init_start_ts", "UINT64"]] },
  { name: "clone3", fd: "", captured: true, params: [["res", "PID"], ["exe", "CHARBUF"], ["args", "BYTEBUF"], ["tid", "PID"], ["pid", "PID"], ["ptid", "PID"], ["cwd", "CHARBUF"], ["fdlimit", "INT64"], ["pgft_maj", "UINT64"], ["pgft_min", "UINT64"], ["vm_size", "UINT32"], ["vm_rss", "UINT32"], ["vm_swap", "UINT32"], ["comm", "CHARBUF"], ["cgroups", "BYTEBUF"], ["flags", "FLAGS32", "hex", "CLONE_FLAGS"], ["uid", "UINT32"], ["gid", "UINT32"], ["vtid", "PID"], ["vpid", "PID"], ["pidns_init_start_ts", "UINT64"]] },
  { name: "fork", fd: "", captured: true, params: [["res", "PID"], ["exe", "CHARBUF"], ["args", "BYTEBUF"], ["tid", "PID"], ["pid", "PID"], ["ptid", "PID"], ["cwd", "CHARBUF"], ["fdlimit", "INT64"], ["pgft_maj", "UINT64"], ["pgft_min", "UINT64"], ["vm_size", "UINT32"], ["vm_rss", "UINT32"], ["vm_swap", "UINT32"], ["comm", "CHARBUF"], ["cgroups", "BYTEBUF"], ["flags", "FLAGS32", "hex", "CLONE_FLAGS"], ["uid", "UINT32"], ["gid", "UINT32"], ["vtid", "PID"], ["vpid", "PID"], ["pidns_init_start_ts", "UINT64"]] },
  { name: "vfork", fd: "", captured: true, params: [["res", "PID"], ["exe", "CHARBUF"], ["args", "BYTEBUF"], ["tid", "PID"], ["pid", "PID"], ["ptid", "PID"], ["cwd", "CHARBUF"], ["fdlimit", "INT64"], ["pgft_maj", "UINT64"], ["pgft_min", "UINT64"], ["vm_size", "UINT32"], ["vm_rss", "UINT32"], ["vm_swap", "UINT32"], ["comm", "CHARBUF"], ["cgroups", "BYTEBUF"], ["flags", "FLAGS32", "hex", "CLONE_FLAGS"], ["uid", "UINT32"], ["gid", "UINT32"], ["vtid", "PID"], ["vpid", "PID"], ["pidns_init_start_ts", "UINT64"]] },
  { name: "procexit", fd: "", captured: true, params: [["status", "ERRNO"], ["ret", "ERRNO"], ["sig", "SIGTYPE"], ["core", "UINT8"], ["reaper_tid", "PID"]] },
  { name: "setpgid", fd: "", params: [["res", "ERRNO"], ["pid", "PID"], ["pgid", "PID"]] },
  { name: "setsid", fd: "", params: [["res", "PID"]] },
  { name: "setuid", fd: "", captured: true, params: [["res", "ERRNO"], ["uid", "UID"]] },
  { name: "setgid", fd: "", captured: true, params: [["res", "ERRNO"], ["gid", "GID"]] },
  { name: "setresuid", fd: "", captured: true, params: [["res", "ERRNO"], ["ruid", "UID"], ["euid", "UID"], ["suid", "UID"]] },
  { name: "setresgid", fd: "", captured: true, params: [["res", "ERRNO"], ["rgid", "GID"], ["egid", "GID"], ["sgid", "GID"]] },
  { name: "setreuid", fd: "", captured: true, params: [["res", "ERRNO"], ["ruid", "UID"], ["euid", "UID"]] },
  { name: "setregid", fd: "", captured: true, params: [["res", "ERRNO"], ["rgid", "UID"], ["egid", "UID"]] },
  { name: "getuid", fd: "", params: [["uid", "UID"]] },
  { name: "geteuid", fd: "", params: [["euid", "UID"]] },
  { name: "getgid", fd: "", params: [["gid", "GID"]] },
  { name: "getegid", fd: "", params: [["egid", "GID"]] },
  { name: "getresuid", fd: "", params: [["res", "ERRNO"], ["ruid", "UID"], ["euid", "UID"], ["suid", "UID"]] },
  { name: "getresgid", fd: "", params: [["res", "ERRNO"], ["rgid", "GID"], ["egid", "GID"], ["sgid", "GID"]] },
  { name: "capset", fd: "", params: [["res", "ERRNO"], ["cap_inheritable", "UINT64", "hex"], ["cap_permitted", "UINT64", "hex"], ["cap_effective", "UINT64", "hex"]] },
  { name: "setns", fd: "U", captured: true, params: [["res", "ERRNO"], ["fd", "FD"], ["nstype", "FLAGS32", "hex", "CLONE_FLAGS"]] },
  { name: "unshare", fd: "", captured: true, params: [["res", "ERRNO"], ["flags", "FLAGS32", "hex", "CLONE_FLAGS"]] },
  { name: "prctl", fd: "", params: [["res", "ERRNO"], ["option", "ENUMFLAGS32", "dec", "PRCTL_OPTION"], ["arg2_str", "CHARBUF"], ["arg2_int", "INT64"]] },
  { name: "seccomp", fd: "", params: [["res", "ERRNO"], ["op", "UINT64"], ["flags", "UINT64", "hex"]] },
  { name: "getrlimit", fd: "", params: [["res", "ERRNO"], ["cur", "INT64"], ["max", "INT64"], ["resource", "ENUMFLAGS8", "dec", "RLIMIT"]] },
  { name: "setrlimit", fd: "", params: [["res", "ERRNO"], ["cur", "INT64"], ["max", "INT64"], ["resource", "ENUMFLAGS8", "dec", "RLIMIT"]] },
  { name: "prlimit", fd: "", params: [["res", "ERRNO"], ["newcur", "INT64"], ["newmax", "INT64"], ["oldcur", "INT64"], ["oldmax", "INT64"], ["pid", "INT64"], ["resource", "ENUMFLAGS8", "dec", "RLIMIT"]] },
  { name: "kill", fd: "", captured: true, params: [["res", "ERRNO"], ["pid", "PID"], ["sig", "SIGTYPE"]] },
  { name: "tkill", fd: "", params: [["res", "ERRNO"], ["tid", "PID"], ["sig", "SIGTYPE"]] },
  { name: "tgkill", fd: "", params: [["res", "ERRNO"], ["pid", "PID"], ["tid", "PID"], ["sig", "SIGTYPE"]] },
  { name: "ptrace", fd: "", captured: true, params: [["res", "ERRNO"], ["addr", "DYN", "hex"], ["data", "DYN", "hex"], ["request", "ENUMFLAGS16", "dec", "PTRACE_REQUEST"], ["pid", "PID"]] },
  { name: "process_vm_readv", fd: "", params: [["res", "INT64"], ["pid", "PID"], ["data", "BYTEBUF"]] },
  { name: "process_vm_writev", fd: "", params: [["res", "INT64"], ["pid", "PID"], ["data", "BYTEBUF"]] },
  // fd tables and special fds
  { name: "dup", fd: "CU", captured: true, params: [["res", "FD"], ["oldfd", "FD"]] },
  { name: "dup2", fd: "CU", captured: true, params: [["res", "FD"], ["oldfd", "FD"], ["newfd", "FD"]] },
  { name: "dup3", fd: "CU", captured: true, params: [["res", "FD"], ["oldfd", "FD"], ["newfd", "FD"], ["flags", "FLAGS32", "hex", "OPEN_FLAGS"]] },
  { name: "pipe", fd: "C", params: [["res", "ERRNO"], ["fd1", "FD"], ["fd2", "FD"], ["ino", "UINT64"]] },
  { name: "pipe2", fd: "C", params: [["res", "ERRNO"], ["fd1", "FD"], ["fd2", "FD"], ["ino", "UINT64"], ["flags", "FLAGS32", "hex", "OPEN_FLAGS"]] },
  { name: "eventfd", fd: "C", params: [["res", "FD"], ["initval", "UINT64"], ["flags", "UINT32", "hex"]] },
  { name: "eventfd2", fd: "C", params: [["res", "FD"], ["flags", "FLAGS16", "hex", "OPEN_FLAGS"], ["initval", "UINT64"]] },
  { name: "signalfd", fd: "C", params: [["res", "FD"], ["fd", "FD"], ["mask", "UINT32", "hex"], ["flags", "UINT8", "hex"]] },
  { name: "signalfd4", fd: "C", params: [["res", "FD"], ["flags", "FLAGS16", "hex", "OPEN_FLAGS"], ["fd", "FD"], ["mask", "UINT32", "hex"]] },
  { name: "timerfd_create", fd: "C", params: [["res", "FD"], ["clockid", "UINT8"], ["flags", "UINT8", "hex"]] },
  { name: "inotify_init", fd: "C", params: [["res", "FD"], ["flags", "UINT8", "hex"]] },
  { name: "inotify_init1", fd: "C", params: [["res", "FD"], ["flags", "FLAGS16", "hex", "OPEN_FLAGS"]] },
  { name: "epoll_create", fd: "C", params: [["res", "ERRNO"], ["size", "INT32"]] },
  { name: "epoll_create1", fd: "C", params: [["res", "ERRNO"], ["flags", "FLAGS32", "hex", "EPOLL_CREATE1"]] },
  { name: "memfd_create", fd: "C", captured: true, params: [["fd", "FD"], ["name", "CHARBUF"], ["flags", "FLAGS32", "hex", "MEMFD_FLAGS"]] },
  { name: "pidfd_open", fd: "C", params: [["fd", "FD"], ["pid", "PID"], ["flags", "FLAGS32", "hex", "PIDFD_FLAGS"]] },
  { name: "pidfd_getfd", fd: "C", params: [["fd", "FD"], ["pid_fd", "FD"], ["target_fd", "FD"], ["flags", "UINT32", "hex"]] },
  { name: "userfaultfd", fd: "C", params: [["res", "ERRNO"], ["flags", "FLAGS32", "hex", "OPEN_FLAGS"]] },
  { name: "io_uring_setup", fd: "C", params: [["res", "ERRNO"], ["entries", "UINT32"], ["sq_entries", "UINT32"], ["cq_entries", "UINT32"], ["flags", "FLAGS32", "hex", "IOURING_SETUP"], ["sq_thread_cpu", "UINT32"], ["sq_thread_idle", "UINT32"], ["features", "FLAGS32", "hex", "IOURING_FEAT"]] },
  { name: "io_uring_enter", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"], ["to_submit", "UINT32"], ["min_complete", "UINT32"], ["flags", "FLAGS32", "hex", "IOURING_ENTER"], ["sig", "SIGSET"]] },
  { name: "io_uring_register", fd: "U", params: [["res", "ERRNO"], ["fd", "FD"], ["opcode", "ENUMFLAGS16", "dec", "IOURING_REGISTER"], ["arg", "UINT64", "hex"], ["nr_args", "UINT32"]] },
  { name: "bpf", fd: "C", captured: true, params: [["fd", "FD"], ["cmd", "ENUMFLAGS32", "dec", "BPF_CMD"]] },
  // Kernel, memory, ipc
  { name: "init_module", fd: "", captured: true, params: [["res", "ERRNO"], ["img", "BYTEBUF"], ["length", "UINT64"], ["uargs", "CHARBUF"]] },
  { name: "finit_module", fd: "UR", captured: true, params: [["res", "ERRNO"], ["fd", "FD"], ["uargs", "CHARBUF"], ["flags", "FLAGS32", "hex", "MODULE_FLAGS"]] },
  { name: "delete_module", fd: "", params: [["res", "ERRNO"], ["name", "CHARBUF"], ["flags", "FLAGS32", "hex", "DELETE_MODULE_FLAGS"]] },
  { name: "keyctl", fd: "", params: [["res", "ERRNO"], ["operation", "ENUMFLAGS32", "dec", "KEYCTL_OP"], ["arg2", "DYN"], ["arg3", "DYN"], ["arg4", "DYN"], ["arg5", "DYN"]] },
  { name: "mlock", fd: "", params: [["res", "ERRNO"], ["addr", "UINT64", "hex"], ["len", "UINT64"]] },
  { name: "munlock", fd: "", params: [["res", "ERRNO"], ["addr", "UINT64", "hex"], ["len", "UINT64"]] },
  { name: "mlockall", fd: "", params: [["res", "ERRNO"], ["flags", "FLAGS32", "hex", "MLOCKALL_FLAGS"]] },
  { name: "munlockall", fd: "", params: [["res", "ERRNO"]] },
  { name: "mlock2", fd: "", params: [["res", "ERRNO"], ["addr", "UINT64", "hex"], ["len", "UINT64"], ["flags", "FLAGS32", "hex", "MLOCK2_FLAGS"]] },
  { name: "semop", fd: "", params: [["res", "ERRNO"], ["nsops", "UINT32"], ["sem_num_0", "UINT16"], ["sem_op_0", "INT16"], ["sem_flg_0", "FLAGS16", "hex", "SEM_FLG"], ["sem_num_1", "UINT16"], ["sem_op_1", "INT16"], ["sem_flg_1", "FLAGS16", "hex", "SEM_FLG"], ["semid", "INT32"]] },
  { name: "semctl", fd: "", params: [["res", "ERRNO"], ["semid", "INT32"], ["semnum", "INT32"], ["cmd", "FLAGS16", "hex", "SEMCTL_CMD"], ["val", "INT32"]] },
  { name: "semget", fd: "", params: [["res", "ERRNO"], ["key", "INT32", "hex"], ["nsems", "INT32"], ["semflg", "FLAGS32", "hex", "SEMGET_FLG"]] },
  // Meta and tracepoint events
  { name: "container", fd: "", made: true, params: [["json", "CHARBUF"]] },
  { name: "asyncevent", fd: "", params: [["plugin_id", "UINT32"], ["name", "CHARBUF"], ["data", "BYTEBUF"]] },
  { name: "pluginevent", fd: "", params: [["plugin_id", "UINT32"], ["event_data", "BYTEBUF"]] },
  { name: "useradded", fd: "", params: [["uid", "UINT32"], ["gid", "UINT32"], ["name", "CHARBUF"], ["home", "CHARBUF"], ["shell", "CHARBUF"], ["container_id", "CHARBUF"]] },
  { name: "userdeleted", fd: "", params: [["uid", "UINT32"], ["gid", "UINT32"], ["name", "CHARBUF"], ["home", "CHARBUF"], ["shell", "CHARBUF"], ["container_id", "CHARBUF"]] },
  { name: "groupadded", fd: "", params: [["gid", "UINT32"], ["name", "CHARBUF"], ["container_id", "CHARBUF"]] },
  { name: "groupdeleted", fd: "", params: [["gid", "UINT32"], ["name", "CHARBUF"], ["container_id", "CHARBUF"]] },
  { name: "switch", fd: "", params: [["next", "PID"], ["pgft_maj", "UINT64"], ["pgft_min", "UINT64"], ["vm_size", "UINT32"], ["vm_rss", "UINT32"], ["vm_swap", "UINT32"]] },
  { name: "signaldeliver", fd: "", params: [["spid", "PID"], ["dpid", "PID"], ["sig", "SIGTYPE"]] },
  { name: "page_fault", fd: "", params: [["addr", "UINT64", "hex"], ["ip", "UINT64", "hex"], ["error", "FLAGS32", "hex", "PAGE_FAULT_ERR"]] },
  // Ours; never seen by rules
  { name: "task_fork", fd: "", internal: true, params: [] },
  { name: "cgroup_mkdir", fd: "", internal: true, params: [] },
  // Calls that Falco has no row for (Linux 6.6 and later)
  { name: "fchmodat2", fd: "U", captured: true, params: [["res", "ERRNO"], ["dirfd", "FD"], ["filename", "FSRELPATH"], ["mode", "MODE", "oct", "CHMOD_MODE"], ["flags", "FLAGS32", "hex", "FCHOWNAT_FLAGS"]] },
] as const satisfies readonly EventRow[];

export type EventName = (typeof events)[number]["name"];

/** Number on the wire of an event of the table; undefined for names that are none. */
export function eventCode(name: string): number | undefined {
  return codes.get(name);
}

const codes: ReadonlyMap<string, number> = new Map(events.map((event, code) => [event.name, code]));
