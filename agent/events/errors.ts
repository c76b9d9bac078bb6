/** Error numbers and signals of Linux by name. x86-64, i386 and arm64 share asm-generic's numbers. */

// prettier-ignore
const errorList = [
  "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EAGAIN", "ENOMEM",
  "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR", "EINVAL", "ENFILE",
  "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM", "ERANGE", "EDEADLK",
  "ENAMETOOLONG", "ENOLCK", "ENOSYS", "ENOTEMPTY", "ELOOP", "", "ENOMSG", "EIDRM", "ECHRNG", "EL2NSYNC", "EL3HLT",
  "EL3RST", "ELNRNG", "EUNATCH", "ENOCSI", "EL2HLT", "EBADE", "EBADR", "EXFULL", "ENOANO", "EBADRQC", "EBADSLT", "",
  "EBFONT", "ENOSTR", "ENODATA", "ETIME", "ENOSR", "ENONET", "ENOPKG", "EREMOTE", "ENOLINK", "EADV", "ESRMNT", "ECOMM",
  "EPROTO", "EMULTIHOP", "EDOTDOT", "EBADMSG", "EOVERFLOW", "ENOTUNIQ", "EBADFD", "EREMCHG", "ELIBACC", "ELIBBAD",
  "ELIBSCN", "ELIBMAX", "ELIBEXEC", "EILSEQ", "ERESTART", "ESTRPIPE", "EUSERS", "ENOTSOCK", "EDESTADDRREQ", "EMSGSIZE",
  "EPROTOTYPE", "ENOPROTOOPT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EOPNOTSUPP", "EPFNOSUPPORT", "EAFNOSUPPORT",
  "EADDRINUSE", "EADDRNOTAVAIL", "ENETDOWN", "ENETUNREACH", "ENETRESET", "ECONNABORTED", "ECONNRESET", "ENOBUFS",
  "EISCONN", "ENOTCONN", "ESHUTDOWN", "ETOOMANYREFS", "ETIMEDOUT", "ECONNREFUSED", "EHOSTDOWN", "EHOSTUNREACH",
  "EALREADY", "EINPROGRESS", "ESTALE", "EUCLEAN", "ENOTNAM", "ENAVAIL", "EISNAM", "EREMOTEIO", "EDQUOT", "ENOMEDIUM",
  "EMEDIUMTYPE", "ECANCELED", "ENOKEY", "EKEYEXPIRED", "EKEYREVOKED", "EKEYREJECTED", "EOWNERDEAD", "ENOTRECOVERABLE",
  "ERFKILL", "EHWPOISON",
] as const;

/** Numbers that the kernel keeps to itself but that its hooks see (linux/errno.h). */
// prettier-ignore
const kernelErrors = new Map([
  [512, "ERESTARTSYS"], [513, "ERESTARTNOINTR"], [514, "ERESTARTNOHAND"], [515, "ENOIOCTLCMD"],
  [516, "ERESTART_RESTARTBLOCK"], [517, "EPROBE_DEFER"], [521, "EBADHANDLE"], [524, "ENOTSUPP"],
]);

/** Symbol of an error number (positive): ENOENT for 2. Unknown ones are given as the number. */
export function errorName(number: number): string {
  const name = errorList[number - 1] ?? kernelErrors.get(number);
  return name === undefined || name === "" ? String(number) : name;
}

/** Number of an error's symbol; undefined for what is none. */
export function errorNumber(name: string): number | undefined {
  if (name === "") return undefined;
  const index = (errorList as readonly string[]).indexOf(name);
  if (index >= 0) return index + 1;
  for (const [number, other] of kernelErrors) if (other === name) return number;
  return undefined;
}

// prettier-ignore
const signals = [
  "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV",
  "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
  "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
] as const;

/** Name of a signal; undefined for 0 and for real-time ones. */
export function signalName(number: number): string | undefined {
  return signals[number - 1];
}

/** Number of a signal by its name; undefined for what is none. */
export function signalNumber(name: string): number | undefined {
  const index = (signals as readonly string[]).indexOf(name);
  return index < 0 ? undefined : index + 1;
}
