/** What kind of event each one is (evt.category), by name; all others are "other". */
const names: Readonly<Record<string, string>> = {
  file:
    "open openat openat2 creat open_by_handle_at mknod mknodat rename renameat renameat2 link linkat symlink symlinkat unlink " +
    "unlinkat mkdir mkdirat rmdir chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat access chdir fchdir getcwd stat lstat " +
    "fstat stat64 lstat64 fstat64 newfstatat mount umount umount2 fsconfig flock lseek llseek getdents getdents64 copy_file_range",
  net: "socket bind connect listen accept accept4 shutdown getsockname getpeername setsockopt getsockopt",
  IPC: "socketpair pipe pipe2 eventfd eventfd2 futex inotify_init inotify_init1 semop semctl semget",
  memory: "mmap mmap2 munmap mprotect brk mlock munlock mlockall munlockall mlock2 memfd_create userfaultfd",
  process:
    "execve execveat clone clone3 fork vfork procexit setpgid setsid capset setns unshare prctl seccomp getrlimit setrlimit " +
    "prlimit ptrace process_vm_readv process_vm_writev chroot pidfd_open pidfd_getfd container",
  sleep: "nanosleep",
  signal: "kill tkill tgkill signalfd signalfd4 signaldeliver",
  user: "setuid setgid setresuid setresgid setreuid setregid getuid geteuid getgid getegid getresuid getresgid quotactl",
  time: "timerfd_create",
  "IO-read": "read pread readv preadv recv recvfrom recvmsg recvmmsg",
  "IO-write": "write pwrite writev pwritev send sendto sendmsg sendmmsg sendfile",
  "IO-other": "close close_range fcntl ioctl splice dup dup2 dup3",
  wait: "poll ppoll select epoll_wait epoll_create epoll_create1",
  scheduler: "switch",
};

const byName: ReadonlyMap<string, string> = new Map(
  Object.entries(names).flatMap(([category, events]) => events.split(" ").map((event) => [event, category])),
);

/** Category of an event. */
export function eventCategory(name: string): string {
  return byName.get(name) ?? "other";
}
