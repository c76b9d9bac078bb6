/** The only file that knows koffi, libbpf and libc by name. Above it there are only our types and errors. */
import { closeSync } from "node:fs";
import koffi from "koffi";

/** A C pointer; null is NULL. */
export type Pointer = bigint | null;

/** A call into libbpf or libc that failed. */
export class LibbpfError extends Error {
  override readonly name = "LibbpfError";
  /** Name of the call. */
  readonly call: string;
  /** Positive errno. */
  readonly errno: number;
  /** What the kernel or the verifier said, where it said anything. */
  readonly log: string;
  constructor(call: string, errno: number, log = "") {
    super(`${call}: ${errnoName(errno)}`);
    this.call = call;
    this.errno = errno;
    this.log = log;
  }
}

const names = new Map<number, string>(
  Object.entries(koffi.os.errno).map(([name, value]): [number, string] => [value, name]),
);

/** Symbol of a positive errno, or the number where it has none. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`;
}

/** Returns `result`, or throws the error that a negative libbpf return value means. */
export function check(call: string, result: number): number {
  if (result < 0) throw new LibbpfError(call, -result);
  return result;
}

/** The same for libc: -1 and errno. */
function checkErrno(call: string, result: number | bigint): number {
  if (Number(result) < 0) throw new LibbpfError(call, koffi.errno());
  return Number(result);
}

/** Returns the pointer, or throws: libbpf 1.x gives NULL and errno. */
export function checkPointer(call: string, pointer: Pointer): bigint {
  if (pointer === null || pointer === 0n) throw new LibbpfError(call, koffi.errno());
  return pointer;
}

interface Libbpf {
  bpf_object__open_file(path: string, options: Buffer | null): Pointer;
  bpf_object__load(object: bigint): number;
  bpf_object__close(object: bigint): void;
  bpf_object__next_program(object: bigint, previous: Pointer): Pointer;
  bpf_object__find_map_by_name(object: bigint, name: string): Pointer;
  bpf_program__name(program: bigint): string;
  bpf_program__fd(program: bigint): number;
  bpf_program__set_autoload(program: bigint, load: boolean): number;
  bpf_program__attach_raw_tracepoint(program: bigint, name: string): Pointer;
  bpf_link__destroy(link: bigint): number;
  bpf_map__fd(map: bigint): number;
  bpf_map__set_max_entries(map: bigint, entries: number): number;
  bpf_map__initial_value(map: bigint, size: [number]): Pointer;
  bpf_map_update_elem(fd: number, key: Buffer, value: Buffer, flags: number): number;
  bpf_map_lookup_elem(fd: number, key: Buffer, value: Buffer): number;
  bpf_map_lookup_batch(
    fd: number,
    from: null,
    next: Buffer,
    keys: Buffer,
    values: Buffer,
    count: [number],
    options: null,
  ): number;
  bpf_prog_test_run_opts(fd: number, options: Buffer): number;
  bpf_obj_get_info_by_fd(fd: number, info: Buffer, length: [number]): number;
  libbpf_set_print(callback: null): Pointer;
  libbpf_num_possible_cpus(): number;
  libbpf_probe_bpf_prog_type(type: number, options: null): number;
  libbpf_version_string(): string;
  libbpf_find_vmlinux_btf_id(name: string, attachType: number): number;
}

const declarations: Record<keyof Libbpf, string> = {
  bpf_object__open_file: "void *bpf_object__open_file(const char *path, const void *opts)",
  bpf_object__load: "int bpf_object__load(void *object)",
  bpf_object__close: "void bpf_object__close(void *object)",
  bpf_object__next_program: "void *bpf_object__next_program(void *object, void *previous)",
  bpf_object__find_map_by_name: "void *bpf_object__find_map_by_name(void *object, const char *name)",
  bpf_program__name: "const char *bpf_program__name(void *program)",
  bpf_program__fd: "int bpf_program__fd(void *program)",
  bpf_program__set_autoload: "int bpf_program__set_autoload(void *program, bool load)",
  bpf_program__attach_raw_tracepoint:
    "void *bpf_program__attach_raw_tracepoint(void *program, const char *name)",
  bpf_link__destroy: "int bpf_link__destroy(void *link)",
  bpf_map__fd: "int bpf_map__fd(void *map)",
  bpf_map__set_max_entries: "int bpf_map__set_max_entries(void *map, uint32_t entries)",
  bpf_map__initial_value: "void *bpf_map__initial_value(void *map, _Out_ size_t *size)",
  bpf_map_update_elem: "int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)",
  bpf_map_lookup_elem: "int bpf_map_lookup_elem(int fd, const void *key, void *value)",
  bpf_map_lookup_batch:
    "int bpf_map_lookup_batch(int fd, void *from, void *next, void *keys, void *values, _Inout_ uint32_t *count, const void *opts)",
  bpf_prog_test_run_opts: "int bpf_prog_test_run_opts(int fd, void *opts)",
  bpf_obj_get_info_by_fd: "int bpf_obj_get_info_by_fd(int fd, void *info, _Inout_ uint32_t *length)",
  libbpf_set_print: "void *libbpf_set_print(void *callback)",
  libbpf_num_possible_cpus: "int libbpf_num_possible_cpus(void)",
  libbpf_probe_bpf_prog_type: "int libbpf_probe_bpf_prog_type(int type, const void *opts)",
  libbpf_version_string: "const char *libbpf_version_string(void)",
  libbpf_find_vmlinux_btf_id: "int libbpf_find_vmlinux_btf_id(const char *name, int attach_type)",
};

let loaded: Libbpf | undefined;

/**
 * libbpf, opened on first use and kept.
 * @throws Error of the dynamic loader where libbpf.so.1 (or libelf, libz below it) is not installed.
 */
export function libbpf(): Libbpf {
  if (loaded !== undefined) return loaded;
  const library = koffi.load("libbpf.so.1");
  const functions = Object.fromEntries(
    Object.entries(declarations).map(([name, declaration]) => [name, library.func(declaration)]),
  ) as unknown as Libbpf;
  // Its own messages would go to stderr; what the verifier says is asked for with a log buffer.
  functions.libbpf_set_print(null);
  loaded = functions;
  return functions;
}

const libc = koffi.load(null);
const mmap = libc.func("void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)");
const munmap = libc.func("int munmap(void *addr, size_t length)");
const sysconf = libc.func("long sysconf(int name)");
const clockGettime = libc.func("int clock_gettime(int clock, void *time)");
const getrlimit = libc.func("int getrlimit(int resource, void *limit)");
const setrlimit = libc.func("int setrlimit(int resource, const void *limit)");
const adjtimex = libc.func("int adjtimex(void *state)");

const syscall = libc.func(
  "long syscall(long number, long directory, const char *path, const void *how, size_t size)",
);
const openByHandleAt = libc.func("int open_by_handle_at(int mount, void *handle, int flags)");

const SYS_OPENAT2 = 437;
const SC_PAGESIZE = 30;
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const RLIMIT_MEMLOCK = 8;

/** Bytes of a memory page. */
export function pageSize(): number {
  return Number(sysconf(SC_PAGESIZE));
}

/** Memory shared with the kernel. `bytes` must not be touched after `unmap`: the process would crash. */
export interface Mapping {
  readonly bytes: ArrayBuffer;
  unmap(): void;
}

/** Maps `length` bytes at `offset` of the file or BPF map `fd`. @throws LibbpfError */
export function mapMemory(fd: number, length: number, offset: number, writable: boolean): Mapping {
  const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  const address = mmap(null, length, protection, MAP_SHARED, fd, offset) as Pointer;
  if (address === null || BigInt.asIntN(64, address) === -1n) throw new LibbpfError("mmap", koffi.errno());
  return {
    bytes: koffi.view(address, length),
    unmap: () => {
      munmap(address, length);
    },
  };
}

/** The bytes at a pointer; valid as long as what they belong to. */
export function bytesAt(pointer: bigint, length: number): ArrayBuffer {
  return koffi.view(pointer, length);
}

/** Address of a buffer's memory, for structures that hold pointers. The caller keeps the buffer alive. */
export function addressOf(buffer: Buffer): bigint {
  return koffi.address(buffer);
}

/**
 * openat2(2): `how` is struct open_how. Returns the descriptor, or a negative errno. glibc has no name for the call; its
 * number is the same on both architectures.
 */
export function openat2(directory: number, path: string, how: Buffer): number {
  const fd = Number(syscall(SYS_OPENAT2, directory, path, how, how.length));
  return fd < 0 ? -koffi.errno() : fd;
}

/** open_by_handle_at(2): `handle` is struct file_handle. Returns the descriptor, or a negative errno. */
export function openByHandle(mount: number, handle: Buffer, flags: number): number {
  const fd = openByHandleAt(mount, handle, flags) as number;
  return fd < 0 ? -koffi.errno() : fd;
}

const CLOCK_BOOTTIME = 7;

/** Nanoseconds since boot, the clock that records carry. */
export function bootTimeNow(): bigint {
  const time = Buffer.alloc(16);
  checkErrno("clock_gettime", clockGettime(CLOCK_BOOTTIME, time) as number);
  return time.readBigInt64LE(0) * 1_000_000_000n + time.readBigInt64LE(8);
}

/** Bytes of struct timex, with room to spare. */
const TIMEX_SIZE = 256;
const TIME_ERROR = 5;

/** Whether something keeps the wall clock right (adjtimex(2)); undefined where the kernel does not say. */
export function clockIsKept(): boolean | undefined {
  const state = adjtimex(Buffer.alloc(TIMEX_SIZE)) as number;
  return state < 0 ? undefined : state !== TIME_ERROR;
}

/** Lifts the limit of locked memory, which counts for BPF maps before 5.11. Without the right to it nothing changes. */
export function liftMemoryLock(): void {
  const limit = Buffer.alloc(16);
  if (getrlimit(RLIMIT_MEMLOCK, limit) !== 0) return;
  limit.fill(0xff);
  setrlimit(RLIMIT_MEMLOCK, limit);
}

const M_ARENA_MAX = -8;

/** Calls a function of glibc's allocator; another C library does not have it, and then nothing happens. */
function tune(declaration: string, ...values: number[]): void {
  try {
    libc.func(declaration)(...values);
  } catch {
    return;
  }
}

/** All threads share one arena (mallopt(3)): each of its own would keep megabytes that nobody uses any more. */
export function shareMemoryArena(): void {
  tune("int mallopt(int parameter, int value)", M_ARENA_MAX, 1);
}

/** Gives freed memory back to the kernel (malloc_trim(3)): loading programs takes much for a moment. */
export function trimMemory(): void {
  tune("int malloc_trim(size_t pad)", 0);
}

const exit = libc.func("void _exit(int status)");

/** Ends this process without a word to its threads (_exit(2)). */
export function exitNow(code: number): never {
  exit(code);
  throw new Error("_exit returned");
}

/** A watch on a file descriptor by this thread's event loop. */
export interface Poll {
  start(): void;
  stop(): void;
  close(): void;
}

/** Calls `onReadable` whenever `fd` is readable, between `start` and `stop`. Works in workers. */
export function poll(fd: number, onReadable: () => void): Poll {
  const handle = koffi.node.poll(fd, { readable: true }, onReadable);
  handle.stop();
  return {
    start: () => handle.start({ readable: true }, onReadable),
    stop: () => handle.stop(),
    close: () => handle.close(),
  };
}

const socket = libc.func("int socket(int domain, int type, int protocol)");
const connect = libc.func("int connect(int fd, const void *address, uint32_t length)");
const send = libc.func("int64_t send(int fd, const void *bytes, size_t length, int flags)");

const AF_UNIX = 1;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;
const MSG_NOSIGNAL = 0x4000;

/**
 * A non-blocking unix datagram socket connected to `address` (a whole struct sockaddr_un); the caller closes it.
 * @throws LibbpfError
 */
export function connectUnixDatagram(address: Buffer): number {
  const fd = checkErrno("socket", socket(AF_UNIX, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0) as number);
  if ((connect(fd, address, address.length) as number) === 0) return fd;
  const errno = koffi.errno();
  closeSync(fd);
  throw new LibbpfError("connect", errno);
}

/** Sends one datagram. @throws LibbpfError, EAGAIN where the receiver's queue is full */
export function sendDatagram(fd: number, bytes: Buffer): void {
  checkErrno("send", send(fd, bytes, bytes.length, MSG_NOSIGNAL) as number | bigint);
}
