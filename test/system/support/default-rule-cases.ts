/**
 * One row a default rule: what is done for real to raise it, and a twin that differs in one clause of its condition
 * alone and stays silent. `also` are further rules that the same deed raises.
 */
import type { Outcome } from "./commands.ts";
import type { Stage } from "./stage.ts";

type Deed = (stage: Stage) => Promise<Outcome>;

export interface Case {
  readonly rule: string;
  readonly does: string;
  readonly act: Deed;
  readonly also?: readonly string[];
  /** The deed need not work to be seen: the kernel may refuse it, or a tool find nothing. */
  readonly mayFail?: true;
  /** Other ways to the same end, each of which must raise the rule. */
  readonly ways?: readonly (readonly [does: string, act: Deed])[];
  /** How the twin differs. */
  readonly butNot: string;
  /** Text of the clause of the condition that the twin does not meet. Without that clause it would be told as well. */
  readonly clause: string;
  readonly twin: Deed;
}

/** The test program in the container with the usual rights. */
const inside =
  (...args: string[]) =>
  (stage: Stage) =>
    stage.inside(...args);
/** The test program in the container with all rights. */
const privileged =
  (...args: string[]) =>
  (stage: Stage) =>
    stage.privileged.exec(["trigger", ...args]);
/** Any program of the image, in the container with the usual rights. */
const program =
  (...args: string[]) =>
  (stage: Stage) =>
    stage.plain.exec(args);
/** The test program on the host. */
const host =
  (...args: string[]) =>
  (stage: Stage) =>
    stage.host("trigger", ...args);

/** A connection by UDP to an address that the container has itself, so that there is a way to it. */
const asksFor = (address: string) => async (stage: Stage) => {
  await stage.privileged.exec(["ip", "addr", "add", `${address}/32`, "dev", "lo"]);
  return await stage.privileged.exec(["trigger", "connect", "udp", address, "80"]);
};

const reads = ["open", "openat", "r"] as const;
const writes = ["open", "openat", "w"] as const;
const creates = ["open", "openat", "create"] as const;
const truncates = ["open", "openat", "trunc"] as const;
const toolInContainer = "Suspicious network tool in a container";

export const cases: readonly Case[] = [
  {
    rule: "Shell with a terminal in a container",
    does: "exec -it sh",
    act: (stage) => stage.plain.exec(["sh", "-c", "true"], { terminal: true }),
    butNot: "without a terminal",
    clause: "proc.tty != 0",
    twin: program("sh", "-c", "true"),
  },
  {
    rule: "Netcat that can run commands",
    does: "nc -e in a container",
    act: program("nc", "-w", "1", "127.0.0.1", "1", "-e", "/bin/true"),
    mayFail: true,
    also: [toolInContainer],
    ways: [
      [
        "nc -lp PORT -e on the host, among other options",
        (stage) => stage.host("nc", ...reads, "/dev/null", "-lp", "4444", "-ve", "/bin/sh"),
      ],
    ],
    butNot: "no option to run a program",
    clause: "--(sh-|lua-)?exec",
    twin: program("nc", "-w", "1", "127.0.0.1", "1"),
  },
  {
    rule: toolInContainer,
    does: "nmap in a container",
    act: program("nmap", ...reads, "/etc/hosts"),
    butNot: "on the host",
    clause: "in_container",
    twin: (stage) => stage.host("nmap", ...reads, "/etc/hosts"),
  },
  {
    rule: "Shell started by a server program",
    does: "nginx starts sh",
    act: program("nginx", "fork", "exec", "/bin/sh", "sh", "-c", "true"),
    butNot: "the parent is no server",
    clause: "proc.pname in (server_programs)",
    twin: program("trigger", "fork", "exec", "/bin/sh", "sh", "-c", "true"),
  },
  {
    rule: "New program run in a container",
    does: "a copy of a program is made and run",
    act: program("sh", "-c", "cp /bin/trigger /dropped && /dropped open openat r /etc/hosts"),
    butNot: "the program is of the image",
    clause: "proc.is_exe_upper_layer = true",
    twin: program("sh", "-c", "cp /bin/trigger /dropped && /bin/trigger open openat r /etc/hosts"),
  },
  {
    rule: "Program run from shared memory",
    does: "a program in /dev/shm is run on the host",
    act: (stage) => stage.copied("/dev/shm", (copy) => stage.runs(copy, ...reads, "/dev/null")),
    butNot: "it lies in /tmp",
    clause: "proc.exepath startswith /dev/shm/",
    twin: (stage) => stage.copied("/tmp", (copy) => stage.runs(copy, ...reads, "/dev/null")),
  },
  {
    rule: "Coin miner started",
    does: "a program with the address of a pool",
    act: host(...reads, "/dev/null", "-o", "stratum+tcp://pool.invalid:3333"),
    butNot: "another address",
    clause: "proc.name in (miner_programs)",
    twin: host(...reads, "/dev/null", "-o", "http://pool.invalid:3333"),
  },
  {
    rule: "Write below a binary folder",
    does: "a file is created in /usr/bin",
    act: inside(...creates, "/usr/bin/added"),
    ways: [
      ["creat", inside("open", "creat", "create", "/usr/sbin/created")],
      ["openat2", inside("open", "openat2", "create", "/usr/bin/added2")],
      ["by a path with ..", inside(...creates, "/etc/../usr/bin/added3")],
    ],
    butNot: "in /usr",
    clause: "fd.name pmatch (binary_folders)",
    twin: inside(...creates, "/usr/added"),
  },
  {
    rule: "File moved into a binary folder",
    does: "a file is renamed into /usr/sbin",
    act: program("sh", "-c", "echo > /usr/moved && trigger rename /usr/moved /usr/sbin/moved"),
    butNot: "into /usr",
    clause: "fs.path.target pmatch (binary_folders)",
    twin: program("sh", "-c", "echo > /usr/moved && trigger rename /usr/moved /usr/moved2"),
  },
  {
    rule: "Login keys of SSH changed",
    does: "authorized_keys of root is created",
    act: inside(...creates, "/root/.ssh/authorized_keys"),
    ways: [
      [
        "a file is renamed to authorized_keys",
        program("sh", "-c", "echo > /home/keys && trigger rename /home/keys /root/.ssh/authorized_keys"),
      ],
    ],
    butNot: "known_hosts is",
    clause: "fd.filename in (authorized_keys",
    twin: inside(...creates, "/root/.ssh/known_hosts"),
  },
  {
    rule: "Scheduled job changed",
    does: "/etc/crontab is opened for writing",
    act: inside(...writes, "/etc/crontab"),
    butNot: "for reading",
    clause: "writes_file",
    twin: inside(...reads, "/etc/crontab"),
  },
  {
    rule: "Library forced into all programs",
    does: "/etc/ld.so.preload is created",
    act: inside(...creates, "/etc/ld.so.preload"),
    ways: [
      [
        "a file is renamed to /etc/ld.so.preload",
        program("sh", "-c", "echo > /home/preload && trigger rename /home/preload /etc/ld.so.preload"),
      ],
    ],
    butNot: "/etc/ld.so.conf is",
    clause: "fd.name = /etc/ld.so.preload",
    twin: inside(...creates, "/etc/ld.so.conf"),
  },
  {
    rule: "Account file changed",
    does: "/etc/passwd is opened for writing",
    act: inside(...writes, "/etc/passwd"),
    ways: [
      [
        "a file in /etc/sudoers.d",
        program("sh", "-c", "mkdir -p /etc/sudoers.d && trigger open openat create /etc/sudoers.d/me"),
      ],
      [
        "by a symbolic link",
        program("sh", "-c", "ln -s /etc/passwd /home/harmless && trigger open openat w /home/harmless"),
      ],
    ],
    butNot: "/etc/hosts is",
    clause: "fd.name in (/etc/passwd",
    twin: inside(...writes, "/etc/hosts"),
  },
  {
    rule: "Process taken over by ptrace",
    does: "PTRACE_ATTACH to a child",
    act: host("ptrace", "attach"),
    ways: [["PTRACE_SEIZE", host("ptrace", "seize")]],
    butNot: "a request that attaches to nothing",
    clause: "PTRACE_SEIZE",
    twin: host("ptrace", "traceme"),
  },
  {
    rule: "Kernel module loaded from a container",
    does: "init_module in a container (this kernel may answer ENOSYS)",
    act: inside("module", "init"),
    mayFail: true,
    butNot: "on the host",
    clause: "in_container",
    twin: host("module", "init"),
  },
  {
    rule: "Kernel module loaded by an unexpected program",
    does: "finit_module on the host",
    act: host("module", "finit", "/dev/null"),
    mayFail: true,
    butNot: "in a container",
    clause: "on_host",
    twin: inside("module", "finit", "/dev/null"),
  },
  {
    rule: "Kernel helper changed from a container",
    does: "a release_agent is written",
    act: inside(...creates, "/release_agent"),
    ways: [["core_pattern is opened for writing", privileged(...writes, "/proc/sys/kernel/core_pattern")]],
    butNot: "another name",
    clause: "fd.name endswith /release_agent",
    twin: inside(...creates, "/release_agents"),
  },
  {
    rule: "Mount made in a container",
    does: "a tmpfs is mounted in a container with all rights",
    act: privileged("mount", "tmpfs", "none", "/home"),
    butNot: "refused for want of rights",
    clause: "evt.res = SUCCESS",
    twin: inside("mount", "tmpfs", "none", "/home"),
  },
  {
    rule: "Namespace entered from a container",
    does: "setns in a container with all rights",
    act: privileged("setns", "mnt"),
    butNot: "refused for want of rights",
    clause: "evt.res = SUCCESS",
    twin: inside("setns", "mnt"),
  },
  {
    rule: "Namespace made in a container",
    does: "unshare of the network in a container with all rights",
    act: privileged("unshare", "net"),
    butNot: "of the open files",
    clause: "evt.arg.flags contains CLONE_NEW",
    twin: privileged("unshare", "files"),
  },
  {
    rule: "User namespace made by an ordinary user",
    does: "uid 1000 makes a user namespace on the host",
    act: host("uid", "1000", "unshare", "user"),
    butNot: "root makes it",
    clause: "user.uid != 0",
    twin: host("unshare", "user"),
  },
  {
    rule: "Set-user-ID bit set",
    does: "chmod 4644",
    act: inside("chmod", "/etc/hosts", "4644"),
    butNot: "chmod 2644",
    clause: "evt.arg.mode contains S_ISUID",
    twin: inside("chmod", "/etc/hosts", "2644"),
  },
  {
    rule: "Change of user asked for in a container",
    does: "su in a container",
    act: program("su", "-c", "true"),
    butNot: "sh",
    clause: "proc.name in (sudo",
    twin: program("sh", "-c", "true"),
  },
  {
    rule: "Runtime socket reached from a container",
    does: "connect to a docker.sock",
    act: inside("unix-connect", "/run/docker.sock"),
    butNot: "to a socket of another name",
    clause: "fd.name endswith /docker.sock",
    twin: inside("unix-connect", "/run/own.sock"),
  },
  {
    rule: "Program run from memory",
    does: "a copy of a program in a memfd is run on the host",
    act: (stage) => stage.host("trigger", "memfd-exec", stage.program, ...reads, "/dev/null", stage.folder),
    butNot: "the file itself is, by its descriptor",
    clause: "proc.is_exe_from_memfd = true",
    twin: (stage) => stage.host("trigger", "fexec", "9", stage.program, ...reads, "/dev/null", stage.folder),
  },
  {
    rule: "Process guards itself against debuggers",
    does: "PTRACE_TRACEME",
    act: host("ptrace", "traceme"),
    butNot: "another request",
    clause: "PTRACE_TRACEME",
    twin: host("ptrace", "attach"),
  },
  {
    rule: "System log truncated",
    does: "/var/log/syslog is opened with O_TRUNC",
    act: inside(...truncates, "/var/log/syslog"),
    ways: [["creat of one that is there", inside("open", "creat", "create", "/var/log/syslog")]],
    butNot: "without O_TRUNC",
    clause: "truncates_file",
    twin: inside(...writes, "/var/log/syslog"),
  },
  {
    rule: "System log removed",
    does: "/var/log/auth.log is removed",
    act: inside("unlink", "/var/log/auth.log"),
    butNot: "another file is",
    clause: "fs.path.name in (system_logs)",
    twin: inside("unlink", "/var/log/own.log"),
  },
  {
    rule: "Shell history wiped",
    does: ".bash_history is opened with O_TRUNC",
    act: inside(...truncates, "/root/.bash_history"),
    ways: [["it is removed", inside("unlink", "/root/.bash_history")]],
    butNot: "without O_TRUNC",
    clause: "truncates_file",
    twin: inside(...writes, "/root/.bash_history"),
  },
  {
    rule: "Hidden file made in a shared folder",
    does: "/tmp/.hidden is created",
    act: inside(...creates, "/tmp/.hidden"),
    butNot: "the name has no dot",
    clause: 'fd.filename startswith "."',
    twin: inside(...creates, "/tmp/visible"),
  },
  {
    rule: "Program made in a container",
    does: "a file in /tmp is created with mode 755",
    act: inside("open", "openat", "creatx", "/tmp/made"),
    ways: [
      [
        "chmod 755 of a file in /tmp",
        program("sh", "-c", "echo > /tmp/later && trigger chmod /tmp/later 755"),
      ],
    ],
    butNot: "with mode 644",
    clause: "evt.is_open_exec = true",
    twin: inside(...creates, "/tmp/made-not"),
  },
  {
    rule: "BPF program loaded by an unexpected program",
    does: "BPF_PROG_LOAD on the host",
    act: host("bpf", "load"),
    butNot: "BPF_MAP_CREATE",
    clause: "evt.arg.cmd contains BPF_PROG_LOAD",
    twin: host("bpf", "map"),
  },
  {
    rule: "Sensitive file read on the host",
    does: "/etc/shadow is opened for reading",
    act: host(...reads, "/etc/shadow"),
    ways: [
      ["open", host("open", "open", "r", "/etc/shadow")],
      ["openat2", host("open", "openat2", "r", "/etc/shadow")],
      ["by a path with ..", host(...reads, "/etc/../etc/shadow")],
      ["by /proc/self/root", host(...reads, "/proc/self/root/etc/shadow")],
      ["by a program that calls itself dnf", (stage) => stage.host("dnf", ...reads, "/etc/shadow")],
      [
        "below a program that calls itself yum",
        (stage) => stage.host("yum", "fork", ...reads, "/etc/shadow"),
      ],
      [
        "below a program that calls itself cloud-init",
        (stage) => stage.host("cloud-init", "fork", ...reads, "/etc/shadow"),
      ],
    ],
    butNot: "/etc/passwd is",
    clause: "fd.name in (password_files)",
    twin: host(...reads, "/etc/passwd"),
  },
  {
    rule: "Sensitive file read in a container",
    does: "/etc/gshadow is opened for reading in a container",
    act: inside(...reads, "/etc/gshadow"),
    butNot: "/etc/group is",
    clause: "fd.name in (password_files)",
    twin: inside(...reads, "/etc/group"),
  },
  {
    rule: "Private SSH key read",
    does: "id_rsa of root is opened",
    act: inside(...reads, "/root/.ssh/id_rsa"),
    butNot: "its public half is",
    clause: "not fd.filename endswith .pub",
    twin: inside(...reads, "/root/.ssh/id_rsa.pub"),
  },
  {
    rule: "Private keys searched for",
    does: "grep for the first line of a private key",
    act: program("grep", "-r", "BEGIN OPENSSH PRIVATE KEY", "/home/alice"),
    mayFail: true,
    ways: [["find -name id_rsa", program("find", "/home/alice", "-name", "id_rsa")]],
    butNot: "for that of a certificate",
    clause: 'proc.args icontains "PRIVATE KEY"',
    twin: program("grep", "-r", "BEGIN CERTIFICATE", "/home/alice"),
  },
  {
    rule: "Symbolic link to a sensitive file",
    does: "symlink to /etc/shadow",
    act: inside("symlink", "/etc/shadow", "/home/link"),
    ways: [
      ["symlinkat", inside("symlinkat", "/etc/shadow", "/home/link3")],
      ["a relative target", inside("symlink", "../etc/shadow", "/home/link4")],
    ],
    butNot: "to /etc/hosts",
    clause: "fs.path.target in (password_files)",
    twin: inside("symlink", "/etc/hosts", "/home/link2"),
  },
  {
    rule: "Hard link to a sensitive file",
    does: "link of /etc/shadow",
    act: inside("link", "/etc/shadow", "/home/shadow"),
    ways: [["linkat", inside("linkat", "/etc/shadow", "/home/shadow2")]],
    butNot: "of /etc/hosts",
    clause: "fs.path.target in (password_files)",
    twin: inside("link", "/etc/hosts", "/home/hosts"),
  },
  {
    rule: "Shell input or output moved to a connection",
    does: "dup2 of a TCP connection to stdin",
    act: inside("dup", "dup2", "0", "inet"),
    ways: [
      ["dup3", inside("dup", "dup3", "1", "inet")],
      ["fcntl", inside("dup", "fcntl", "0", "inet")],
    ],
    butNot: "of a socket that listens",
    clause: "fd.connected = true",
    twin: inside("dup", "dup2", "0", "listening"),
  },
  {
    rule: "Cloud metadata asked from a container",
    does: "connect to 169.254.169.254",
    act: asksFor("169.254.169.254"),
    butNot: "to the address before it",
    clause: "fd.sip = 169.254.169.254",
    twin: asksFor("169.254.169.253"),
  },
  {
    rule: "Packet socket in a container",
    does: "socket(AF_PACKET)",
    act: inside("socket", "17", "3"),
    butNot: "socket(AF_INET)",
    clause: "evt.arg.domain contains AF_PACKET",
    twin: inside("socket", "2", "2"),
  },
];
