/*
 * Does one thing that a rule looks for, as named by its arguments: `trigger ACTION ARGUMENTS`. Static, so that it
 * runs in an image without a C library. Exits 0 where the call worked, with its errno otherwise (and says it).
 * Actions may be nested: those that change the process first (fork, after, name) take another action or program.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int dispatch(int argc, char **argv);

static int result(long ret)
{
	if (ret >= 0)
		return 0;
	fprintf(stderr, "%s (errno %d)\n", strerror(errno), errno);
	return errno;
}

/* open CALL MODE PATH: CALL is open, openat, openat2 or creat; MODE is r, w, trunc, create or creatx (mode 0755) */
static int do_open(int argc, char **argv)
{
	const char *call = argv[1], *mode = argv[2], *path = argv[3];
	int flags = *mode == 'r' ? O_RDONLY : O_WRONLY;
	int bits = strcmp(mode, "creatx") ? 0644 : 0755;

	if (!strcmp(mode, "trunc"))
		flags |= O_TRUNC;
	if (!strncmp(mode, "creat", 5))
		flags |= O_CREAT;
	if (!strcmp(call, "creat"))
		return result(syscall(SYS_creat, path, bits));
	if (!strcmp(call, "open"))
		return result(syscall(SYS_open, path, flags, bits));
	if (!strcmp(call, "openat"))
		return result(syscall(SYS_openat, AT_FDCWD, path, flags, bits));

	struct open_how how = {.flags = flags, .mode = flags & O_CREAT ? bits : 0};

	return result(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
}

static int do_symlink(int argc, char **argv)
{
	return result(syscall(SYS_symlink, argv[1], argv[2]));
}

static int do_symlinkat(int argc, char **argv)
{
	return result(syscall(SYS_symlinkat, argv[1], AT_FDCWD, argv[2]));
}

static int do_link(int argc, char **argv)
{
	return result(syscall(SYS_link, argv[1], argv[2]));
}

static int do_linkat(int argc, char **argv)
{
	return result(syscall(SYS_linkat, AT_FDCWD, argv[1], AT_FDCWD, argv[2], 0));
}

static int do_rename(int argc, char **argv)
{
	return result(rename(argv[1], argv[2]));
}

static int do_unlink(int argc, char **argv)
{
	return result(syscall(SYS_unlink, argv[1]));
}

static int do_mkdir(int argc, char **argv)
{
	return result(syscall(SYS_mkdir, argv[1], 0755));
}

/* mkdirat: what Go's os.Mkdir and others do for mkdir */
static int do_mkdirat(int argc, char **argv)
{
	return result(syscall(SYS_mkdirat, AT_FDCWD, argv[1], 0755));
}

/* open-many COUNT PATH */
static int do_open_many(int argc, char **argv)
{
	for (long i = atol(argv[1]); i > 0; i--)
		close(syscall(SYS_openat, AT_FDCWD, argv[2], O_RDONLY));
	return 0;
}

static int do_chmod(int argc, char **argv)
{
	return result(syscall(SYS_chmod, argv[1], strtol(argv[2], NULL, 8)));
}

/* memfd-exec FILE ARGUMENTS: runs a copy of FILE out of memory */
static int do_memfd_exec(int argc, char **argv)
{
	char buffer[65536];
	int source = open(argv[1], O_RDONLY | O_CLOEXEC);
	int memory = memfd_create("trigger", MFD_CLOEXEC);
	ssize_t got;

	while ((got = read(source, buffer, sizeof(buffer))) > 0)
		if (write(memory, buffer, got) != got)
			return result(-1);
	return result(syscall(SYS_execveat, memory, "", argv + 1, environ, AT_EMPTY_PATH));
}

/* fexec FD FILE ARGUMENTS: execveat of FILE through descriptor FD, as fexecve(3) does */
static int do_fexec(int argc, char **argv)
{
	int fd = atoi(argv[1]), file = open(argv[2], O_RDONLY | O_CLOEXEC);

	if (file != fd && dup3(file, fd, O_CLOEXEC) < 0)
		return result(-1);
	return result(syscall(SYS_execveat, fd, "", argv + 2, environ, AT_EMPTY_PATH));
}

/* ptrace REQUEST: what is done to a child of its own; traceme is asked for by the child itself */
static int do_ptrace(int argc, char **argv)
{
	int status, traceme = !strcmp(argv[1], "traceme");
	int request = !strcmp(argv[1], "seize") ? PTRACE_SEIZE : PTRACE_ATTACH;
	pid_t child;

	if (traceme)
		return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	child = fork();
	if (!child)
		for (;;)
			pause();

	int code = result(ptrace(request, child, NULL, NULL));

	kill(child, SIGKILL);
	waitpid(child, &status, __WALL);
	return code;
}

/* cont: PTRACE_CONT of no process: a ptrace call that attaches to nothing */
static int do_ptrace_cont(int argc, char **argv)
{
	ptrace(PTRACE_CONT, getpid(), NULL, NULL);
	return 0;
}

/* A TCP connection to a listener of our own on 127.0.0.1 */
static int loopback_connection(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(server, (void *)&address, size) || listen(server, 1) ||
	    getsockname(server, (void *)&address, &size) || connect(client, (void *)&address, size))
		return -1;
	return client;
}

/* dup CALL NEWFD KIND: duplicates onto NEWFD a TCP socket that is connected (KIND inet) or listens (listening), or a
 * pipe's end (pipe) */
static int do_dup(int argc, char **argv)
{
	int new = atoi(argv[2]), ends[2], fd;

	if (!strcmp(argv[3], "inet"))
		fd = loopback_connection();
	else if (!strcmp(argv[3], "listening"))
		fd = listen(ends[0] = socket(AF_INET, SOCK_STREAM, 0), 1) ? -1 : ends[0];
	else
		fd = pipe(ends) ? -1 : ends[0];
	if (fd < 0)
		return result(-1);
	if (!strcmp(argv[1], "dup3"))
		return result(syscall(SYS_dup3, fd, new, 0));
	if (!strcmp(argv[1], "fcntl"))
		return close(new), result(fcntl(fd, F_DUPFD, new));
	return result(syscall(SYS_dup2, fd, new));
}

/* connected ACTION: goes on with a TCP connection as input and output */
static int do_connected(int argc, char **argv)
{
	int fd = loopback_connection();

	if (fd < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0)
		return result(-1);
	return dispatch(argc - 1, argv + 1);
}

/* socket DOMAIN TYPE: numbers */
static int do_socket(int argc, char **argv)
{
	return result(socket(atoi(argv[1]), atoi(argv[2]), 0));
}

/* connect PROTOCOL ADDRESS PORT: tcp never waits for the answer; udp connects, sendto sends without connecting */
static int do_connect(int argc, char **argv)
{
	int udp = strcmp(argv[1], "tcp"), colon = strchr(argv[2], ':') != NULL;
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[3]))};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(atoi(argv[3]))};
	void *address = colon ? (void *)&v6 : (void *)&v4;
	socklen_t size = colon ? sizeof(v6) : sizeof(v4);
	int fd = socket(colon ? AF_INET6 : AF_INET, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);

	if (colon)
		inet_pton(AF_INET6, argv[2], &v6.sin6_addr);
	else
		inet_pton(AF_INET, argv[2], &v4.sin_addr);
	if (!strcmp(argv[1], "sendto"))
		return result(sendto(fd, "x", 1, 0, address, size));
	if (connect(fd, address, size) < 0 && errno != EINPROGRESS)
		return result(-1);
	return 0;
}

/* listen ADDRESS PORT ACTION: a TCP listener there (IPv4), so that a connection of the action is taken */
static int do_listen(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
	int server = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	inet_pton(AF_INET, argv[1], &address.sin_addr);
	if (bind(server, (void *)&address, sizeof(address)) || listen(server, 8))
		return result(-1);
	return dispatch(argc - 3, argv + 3);
}

/* unix-connect PATH: listens on a socket of that path and connects to it */
static int do_unix_connect(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
	unlink(argv[1]);
	if (bind(server, (void *)&address, sizeof(address)) || listen(server, 1))
		return result(-1);
	return result(connect(client, (void *)&address, sizeof(address)));
}

static int bpf_call(int command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

/* bpf load|map: loads a program that returns 0, or makes a map */
static int do_bpf(int argc, char **argv)
{
	struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2};
	union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	load.insns = (unsigned long)code;
	load.license = (unsigned long)"GPL";
	return result(strcmp(argv[1], "map") ? bpf_call(BPF_PROG_LOAD, &load) : bpf_call(BPF_MAP_CREATE, &map));
}

/* module init|finit FILE: FILE is no module, so that no kernel loads it */
static int do_module(int argc, char **argv)
{
	if (!strcmp(argv[1], "init"))
		return result(syscall(SYS_init_module, "none", 4, ""));
	return result(syscall(SYS_finit_module, open(argv[2], O_RDONLY), "", 0));
}

/* setns NAMESPACE: joins its own, for instance mnt or net */
static int do_setns(int argc, char **argv)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", argv[1]);
	return result(setns(open(path, O_RDONLY), 0));
}

/* unshare FLAG: user, net, mnt, pid or files */
static int do_unshare(int argc, char **argv)
{
	int flag = !strcmp(argv[1], "user") ? CLONE_NEWUSER
		   : !strcmp(argv[1], "net") ? CLONE_NEWNET
		   : !strcmp(argv[1], "mnt") ? CLONE_NEWNS
		   : !strcmp(argv[1], "pid") ? CLONE_NEWPID
					     : CLONE_FILES;

	return result(unshare(flag));
}

/* mount TYPE SOURCE FOLDER: a mount of that type, or bind */
static int do_mount(int argc, char **argv)
{
	int bind = !strcmp(argv[1], "bind");

	return result(mount(argv[2], argv[3], bind ? NULL : argv[1], bind ? MS_BIND : 0, NULL));
}

/* setuid CALL UID */
static int do_setuid(int argc, char **argv)
{
	int uid = atoi(argv[2]);

	if (!strcmp(argv[1], "setresuid"))
		return result(setresuid(uid, uid, uid));
	return result(setuid(uid));
}

/* uid UID ACTION: goes on as that user, without groups */
static int do_uid(int argc, char **argv)
{
	if (setgroups(0, NULL) || setgid(atoi(argv[1])) || setuid(atoi(argv[1])))
		return result(-1);
	return dispatch(argc - 2, argv + 2);
}

/* name NAME ACTION: calls itself NAME (comm) and goes on */
static int do_name(int argc, char **argv)
{
	prctl(PR_SET_NAME, argv[1]);
	return dispatch(argc - 2, argv + 2);
}

/* fork ACTION: a child does it, its parent waits and keeps its own name */
static int do_fork(int argc, char **argv)
{
	int status;
	pid_t child = fork();

	if (!child)
		exit(dispatch(argc - 1, argv + 1));
	waitpid(child, &status, 0);
	return WEXITSTATUS(status);
}

/* after MILLISECONDS ACTION */
static int do_after(int argc, char **argv)
{
	long wait = atol(argv[1]);
	struct timespec time = {.tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000};

	nanosleep(&time, NULL);
	return dispatch(argc - 2, argv + 2);
}

/* times COUNT ACTION: again and again, closing what each opened */
static int do_times(int argc, char **argv)
{
	int code = 0;

	for (long i = atol(argv[1]); i > 0; i--) {
		code = dispatch(argc - 2, argv + 2);
		close_range(3, ~0U, 0);
	}
	return code;
}

/* cd FOLDER ACTION */
static int do_cd(int argc, char **argv)
{
	if (chdir(argv[1]))
		return result(-1);
	return dispatch(argc - 2, argv + 2);
}

/* exec FILE ARGV: the whole argument vector follows, argv[0] too */
static int do_exec(int argc, char **argv)
{
	return result(execv(argv[1], argv + 2));
}

/* title TEXT: overwrites its argument area at once, as programs with a process title do, then opens PATH */
static int do_title(int argc, char **argv)
{
	char *path = strdup(argv[2]);

	memset(argv[1], 'T', argv[2] + strlen(argv[2]) - argv[1]);
	return result(open(path, O_RDONLY));
}

static const struct {
	const char *name;
	int arguments;
	int (*run)(int argc, char **argv);
} actions[] = {
	{"open", 3, do_open},
	{"symlink", 2, do_symlink},
	{"symlinkat", 2, do_symlinkat},
	{"link", 2, do_link},
	{"linkat", 2, do_linkat},
	{"rename", 2, do_rename},
	{"unlink", 1, do_unlink},
	{"mkdir", 1, do_mkdir},
	{"mkdirat", 1, do_mkdirat},
	{"open-many", 2, do_open_many},
	{"chmod", 2, do_chmod},
	{"memfd-exec", 1, do_memfd_exec},
	{"fexec", 2, do_fexec},
	{"ptrace", 1, do_ptrace},
	{"ptrace-cont", 0, do_ptrace_cont},
	{"dup", 3, do_dup},
	{"connected", 1, do_connected},
	{"socket", 2, do_socket},
	{"connect", 3, do_connect},
	{"listen", 3, do_listen},
	{"unix-connect", 1, do_unix_connect},
	{"bpf", 1, do_bpf},
	{"module", 1, do_module},
	{"setns", 1, do_setns},
	{"unshare", 1, do_unshare},
	{"mount", 3, do_mount},
	{"setuid", 2, do_setuid},
	{"uid", 2, do_uid},
	{"name", 2, do_name},
	{"fork", 1, do_fork},
	{"after", 2, do_after},
	{"times", 2, do_times},
	{"cd", 2, do_cd},
	{"exec", 2, do_exec},
	{"title", 2, do_title},
};

/* argv[0] is the action; what follows are its arguments */
static int dispatch(int argc, char **argv)
{
	for (unsigned i = 0; argc > 0 && i < sizeof(actions) / sizeof(*actions); i++)
		if (!strcmp(actions[i].name, argv[0]) && argc > actions[i].arguments)
			return actions[i].run(argc, argv);
	fprintf(stderr, "no such action, or too few arguments: %s\n", argc > 0 ? argv[0] : "(none)");
	return 255;
}

int main(int argc, char **argv)
{
	return dispatch(argc - 1, argv + 1);
}
