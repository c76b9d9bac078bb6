/**
 * The table rule → test for the public stable rules (falco_rules.yaml, read where it lies and never copied): what
 * is done for real, and which rules alert under rule_matching `all`. Under `first` the one that stands first in the
 * file wins: it is the first of `all`.
 */
import { type PublicCase, host, inside, privileged, program } from "./public-rules.ts";

/** A public address that the container has itself, so that a connection to it needs no network. */
const publicAddress = "203.0.113.5";
/** The address under which the agent's /etc/hosts knows the API server. */
export const apiServerAddress = "203.0.113.6";

const reads = ["open", "openat", "r"] as const;

export const publicCases: readonly PublicCase[] = [
  {
    rule: "Directory traversal monitored file read",
    does: "/etc/hostname is opened as /tmp/../tmp/../etc/hostname",
    act: host(...reads, "/tmp/../tmp/../etc/hostname"),
  },
  {
    rule: "Read sensitive file trusted after startup",
    does: "a program called nginx opens /etc/shadow 5.2 seconds after its start",
    act: (stage) => stage.host("nginx", "after", "5200", ...reads, "/etc/shadow"),
    all: ["Read sensitive file trusted after startup", "Read sensitive file untrusted"],
  },
  {
    rule: "Read sensitive file untrusted",
    does: "/etc/shadow is opened for reading",
    act: host(...reads, "/etc/shadow"),
  },
  {
    rule: "Run shell untrusted",
    does: "a program called nginx starts sh in a container",
    act: program("nginx", "fork", "exec", "/bin/sh", "sh", "-c", "true"),
  },
  {
    rule: "System user interactive",
    does: "a child of a program called sshd becomes www-data and starts a program",
    act: program("sshd", "fork", "uid", "33", "exec", "/bin/true", "true"),
  },
  {
    rule: "Terminal shell in container",
    does: "exec -it sh",
    act: (stage) => stage.plain.exec(["sh", "-c", "true"], { terminal: true }),
  },
  {
    rule: "Contact K8S API Server From Container",
    does: `connect to ${apiServerAddress}, which the agent's /etc/hosts calls kubernetes.default.svc.cluster.local`,
    act: async (stage) => {
      await stage.privileged.exec(["ip", "addr", "add", `${apiServerAddress}/32`, "dev", "lo"]);
      const to = [apiServerAddress, "6443"] as const;
      return await stage.privileged.exec(["trigger", "listen", ...to, "connect", "tcp", ...to]);
    },
  },
  {
    rule: "Netcat Remote Code Execution in Container",
    does: "nc -e",
    act: program("nc", "-w", "1", "127.0.0.1", "1", "-e", "/bin/true"),
  },
  {
    rule: "Search Private Keys or Passwords",
    does: "grep for the first line of an RSA key",
    act: program("grep", "-r", "BEGIN RSA PRIVATE", "/home/alice"),
  },
  {
    rule: "Clear Log Activities",
    does: "/var/log/syslog is opened with O_TRUNC",
    act: inside("open", "openat", "trunc", "/var/log/syslog"),
  },
  { rule: "Remove Bulk Data from Disk", does: "shred of nothing", act: program("shred", "/nothing") },
  {
    rule: "Create Symlink Over Sensitive Files",
    does: "symlink to /etc/shadow",
    act: inside("symlink", "/etc/shadow", "/home/public-link"),
  },
  {
    rule: "Create Hardlink Over Sensitive Files",
    does: "link of /etc/shadow",
    act: inside("link", "/etc/shadow", "/home/public-shadow"),
  },
  {
    rule: "Packet socket created in container",
    does: "socket(AF_PACKET)",
    act: inside("socket", "17", "3"),
  },
  {
    rule: "Redirect STDOUT/STDIN to Network Connection in Container",
    does: "dup2 of a TCP connection to stdin",
    act: inside("dup", "dup2", "0", "inet"),
  },
  {
    rule: "Linux Kernel Module Injection Detected",
    does: "init_module with all capabilities; a kernel without modules answers ENOSYS, the rule asks for no result",
    act: privileged("module", "init"),
  },
  {
    rule: "Debugfs Launched in Privileged Container",
    does: "a program called debugfs in a container with all rights",
    act: (stage) => stage.privileged.exec(["debugfs", ...reads, "/etc/hosts"]),
  },
  {
    rule: "Detect release_agent File Container Escapes",
    does: "a file release_agent is created with all capabilities",
    act: privileged("open", "openat", "create", "/release_agent"),
  },
  { rule: "PTRACE attached to process", does: "PTRACE_ATTACH to a child", act: host("ptrace", "attach") },
  { rule: "PTRACE anti-debug attempt", does: "PTRACE_TRACEME", act: host("ptrace", "traceme") },
  {
    rule: "Find AWS Credentials",
    does: "grep for aws_access_key_id",
    act: program("grep", "-r", "aws_access_key_id", "/home/alice"),
  },
  {
    rule: "Execution from /dev/shm",
    does: "a program in /dev/shm is run on the host",
    act: (stage) => stage.copied("/dev/shm", (copy) => stage.runs(copy, ...reads, "/dev/null")),
  },
  {
    rule: "Drop and execute new binary in container",
    does: "a copy of a program is made and run",
    act: program("sh", "-c", "cp /bin/trigger /dropped && /dropped open openat r /etc/hosts"),
  },
  {
    rule: "Disallowed SSH Connection Non Standard Port",
    does: `a program called ssh connects to ${publicAddress}:443`,
    act: async (stage) => {
      await stage.privileged.exec(["ip", "addr", "add", `${publicAddress}/32`, "dev", "lo"]);
      const to = [publicAddress, "443"] as const;
      return await stage.privileged.exec(["ssh", "listen", ...to, "connect", "tcp", ...to]);
    },
  },
  {
    rule: "Fileless execution via memfd_create",
    does: "a copy of a program in a memfd is run on the host",
    act: (stage) => stage.host("trigger", "memfd-exec", stage.program, ...reads, "/dev/null", stage.folder),
  },
];
