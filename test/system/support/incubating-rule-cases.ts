/**
 * The table rule → test for the public incubating rules (falco-incubating_rules.yaml): what is done for real, and
 * which rules alert under rule_matching `all`. Under `first` it is the first of them.
 */
import { type PublicCase, host, inside, privileged, program } from "./public-rules.ts";
import type { Stage } from "./stage.ts";

/** A public address that the container has itself, so that a connection to it needs no network. */
const publicAddress = "203.0.113.7";
/** The address at which clouds tell an instance about itself. */
const metadataAddress = "169.254.169.254";

const reads = ["open", "openat", "r"] as const;
const creates = ["open", "openat", "create"] as const;

/** A program of the image, by name, connects to an address that the container itself has. */
const connects =
  (name: string, protocol: "tcp" | "udp", address: string, port: number) => async (stage: Stage) => {
    await stage.privileged.exec(["ip", "addr", "add", `${address}/32`, "dev", "lo"]);
    return await stage.privileged.exec([name, "connect", protocol, address, String(port)]);
  };

/** A new container that runs one command to its end. */
const starts = (command: readonly string[], flags: readonly string[]) => async (stage: Stage) => {
  const ended = await stage.containers.runToEnd(command, { flags });
  stage.own(ended.id);
  return ended;
};

const ec2 = "Contact EC2 Instance Metadata Service From Container";
const cloud = "Contact cloud metadata service from container";
const capable = "Launch Excessively Capable Container";

export const incubatingCases: readonly PublicCase[] = [
  {
    rule: "Modify Shell Configuration File",
    does: "/root/.bashrc is created",
    act: inside(...creates, "/root/.bashrc"),
  },
  {
    rule: "Schedule Cron Jobs",
    does: "/etc/crontab is opened for writing",
    act: inside("open", "openat", "w", "/etc/crontab"),
  },
  {
    rule: "Read ssh information",
    does: "/root/.ssh/id_rsa is opened for reading",
    act: inside(...reads, "/root/.ssh/id_rsa"),
  },
  {
    rule: "DB program spawned process",
    does: "a program called mysqld starts another",
    act: program("mysqld", "fork", "exec", "/bin/true", "true"),
  },
  {
    rule: "Change thread namespace",
    does: "setns into its own network namespace in a container with all rights",
    act: privileged("setns", "net"),
  },
  {
    rule: "Change namespace privileges via unshare",
    does: "unshare(CLONE_NEWUSER) in a container with the usual rights",
    act: inside("unshare", "user"),
  },
  {
    rule: "Launch Privileged Container",
    does: "a container is started with all rights",
    act: starts(["/bin/true"], ["--privileged"]),
    all: ["Launch Privileged Container", capable],
  },
  {
    rule: capable,
    does: "a container is started with CAP_SYS_ADMIN beside the usual rights",
    act: starts(["/bin/true"], ["--cap-add", "CAP_SYS_ADMIN"]),
  },
  {
    rule: "System procs network activity",
    does: `a program called useradd connects to ${publicAddress}:443`,
    act: connects("useradd", "tcp", publicAddress, 443),
  },
  {
    rule: "Program run with disallowed http proxy env",
    does: "a program called curl is started with HTTP_PROXY set",
    act: program("env", "HTTP_PROXY=http://203.0.113.1", "curl", ...reads, "/dev/null"),
  },
  {
    rule: "Unexpected UDP Traffic",
    does: `a UDP socket is connected to ${publicAddress}:5555`,
    act: connects("trigger", "udp", publicAddress, 5555),
  },
  {
    rule: "Non sudo setuid",
    does: "setuid(1000), a user whom the container's passwd calls alice",
    act: inside("setuid", "setuid", "1000"),
  },
  {
    rule: "User mgmt binaries",
    does: "a program called useradd is started on the host",
    act: (stage) => stage.host("useradd", ...reads, "/dev/null"),
  },
  {
    rule: "Create files below dev",
    does: "/dev/new is created",
    act: inside(...creates, "/dev/new"),
  },
  {
    rule: ec2,
    does: `connect to ${metadataAddress}:80 from a container`,
    act: connects("trigger", "tcp", metadataAddress, 80),
    all: [ec2, cloud],
  },
  {
    rule: cloud,
    does: `a UDP socket is connected to ${metadataAddress}:53 from a container`,
    act: connects("trigger", "udp", metadataAddress, 53),
    all: [ec2, cloud],
  },
  {
    rule: "Launch Package Management Process in Container",
    does: "a program called dnf is started in a container",
    act: program("dnf", ...reads, "/dev/null"),
  },
  {
    rule: "Launch Suspicious Network Tool in Container",
    does: "a program called nmap is started in a container",
    act: program("nmap", ...reads, "/dev/null"),
  },
  {
    rule: "Launch Suspicious Network Tool on Host",
    does: "a program called nmap is started on the host",
    act: (stage) => stage.host("nmap", ...reads, "/dev/null"),
  },
  {
    rule: "Delete or rename shell history",
    does: "/root/.bash_history is renamed",
    act: program("sh", "-c", "touch /root/.zsh_history; exec mv /root/.zsh_history /root/other"),
  },
  {
    rule: "Set Setuid or Setgid bit",
    does: "chmod 4755",
    act: inside("chmod", "/home/alice", "4755"),
  },
  {
    rule: "Launch Remote File Copy Tools in Container",
    does: "a program called rsync is started in a container",
    act: program("rsync", ...reads, "/dev/null"),
  },
  {
    rule: "Network Connection outside Local Subnet",
    does: `connect to ${publicAddress}:443 from a pod whose namespace was added to the rule's list`,
    act: (stage) => stage.inPod(publicAddress, `trigger connect tcp ${publicAddress} 443`),
  },
  {
    rule: "Mount Launched in Privileged Container",
    does: "a program called mount is started in a container with all rights",
    act: (stage) => stage.privileged.exec(["mount", "-t", "tmpfs", "none", "/tmp"]),
  },
  {
    rule: "Launch Ingress Remote File Copy Tools in Container",
    does: "wget in a container",
    act: program("wget", "-q", "-O", "/dev/null", "http://127.0.0.1:1/"),
  },
  {
    rule: "Read environment variable from /proc files",
    does: "/proc/1/environ is opened in a container",
    act: inside(...reads, "/proc/1/environ"),
  },
  {
    rule: "Exfiltrating Artifacts via Kubernetes Control Plane",
    does: "tar of a folder in a container without a terminal, as kubectl cp does",
    act: async (stage) => {
      await stage.plain.exec(["touch", "/home/alice/notes"]);
      return await stage.plain.exec(["tar", "-cf", "-", "/home/alice"]);
    },
  },
  {
    rule: "Adding ssh keys to authorized_keys",
    does: "/root/.ssh/authorized_keys is created",
    act: inside(...creates, "/root/.ssh/authorized_keys"),
  },
  {
    rule: "Potential Local Privilege Escalation via Environment Variables Misuse",
    does: "a program is started with GLIBC_TUNABLES set",
    act: program("env", "GLIBC_TUNABLES=glibc.malloc.mxfast=x", "trigger", ...reads, "/dev/null"),
  },
  {
    rule: "Backdoored library loaded into SSHD (CVE-2024-3094)",
    does: "a program called sshd opens a file liblzma.so.5.6.1",
    act: async (stage) => {
      await stage.plain.exec(["touch", "/tmp/liblzma.so.5.6.1"]);
      return await stage.plain.exec(["sshd", ...reads, "/tmp/liblzma.so.5.6.1"]);
    },
  },
  { rule: "BPF Program Not Profiled", does: "bpf(BPF_PROG_LOAD)", act: host("bpf", "load") },
];
