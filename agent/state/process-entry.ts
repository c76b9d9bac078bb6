/** One process of the table. What other rooms see of it is the interface Process. */
import { firstOf, splitAtNul } from "./byte-lists.ts";
import { unknownContainer } from "./container-id.ts";
import type { ByteString, Container, ContainerProbe, Process } from "./types.ts";

export class ProcessEntry implements Process {
  readonly pid: number;
  startTime: bigint;
  /** The halves of startTime and cgroup: records are compared with these, so that an event makes no bigint. */
  startLow = 0;
  startHigh = 0;
  cgroupLow = -1;
  cgroupHigh = -1;
  /** Whether startTime is known to 10 ms only (from /proc). */
  coarse = false;

  parent: ProcessEntry | undefined;
  /** Live processes whose parent this is. */
  children: Set<ProcessEntry> | undefined;
  ppid = 0;
  vpid = 0;
  pgid = 0;
  vpgid = 0;
  sid = 0;
  vsid = 0;
  tty = 0;
  comm: ByteString = "";
  /** comm of the main thread as last seen; `comm` follows its changes only (design.md 3.1). */
  seenComm: ByteString = "";
  exe: ByteString = "";
  exePath: ByteString = "";
  exeFlags = 0;
  exeInode: number | bigint = 0;
  exeChangeTime = 0n;
  exeModifyTime = 0n;
  cwd: ByteString = "";
  uid = 0;
  gid = 0;
  loginuid = 4294967295;
  readonly capabilities: number[] = [];
  cloneTime = 0n;
  pidns = 0;
  pidnsStart = 0n;
  cgroup = 0n;
  container: Container = unknownContainer;
  threadNames: Map<number, ByteString> | undefined;
  threads = 1;
  exited = false;
  probe: ContainerProbe | undefined = undefined;
  /** Whether it stands in the table: not after exit, pid reuse or eviction. */
  listed = false;
  /** Whether only a record's header is known of it: program and arguments are not. */
  minimal = false;
  /** ns since boot of the last record or reading that settled program and arguments. */
  settledAt = 0n;

  /** What the last record's header said (RecordView.keepTask): the next one most often says the same. */
  readonly task: number[] = [];

  private argsArea: ByteString = "";
  private argsList: readonly ByteString[] | undefined;
  private envArea: ByteString | undefined;
  private envList: readonly ByteString[] | undefined;

  constructor(pid: number, startTime: bigint) {
    this.pid = pid;
    this.startTime = startTime;
    this.setStart(startTime);
  }

  setStart(startTime: bigint): void {
    this.startTime = startTime;
    this.startLow = Number(startTime & 0xffffffffn);
    this.startHigh = Number(startTime >> 32n);
  }

  setCgroup(cgroup: bigint): void {
    this.cgroup = cgroup;
    this.cgroupLow = Number(cgroup & 0xffffffffn);
    this.cgroupHigh = Number(cgroup >> 32n);
  }

  /** Bytes of arguments and environment that are this process's own, not shared with who forked it. */
  text = 0;

  /** Sets argv from its memory area. It is split when first asked for. */
  setArgs(area: ByteString): void {
    this.exe = firstOf(area);
    this.argsArea = area;
    this.argsList = undefined;
    this.text = area.length + (this.envArea?.length ?? 0);
  }
  get args(): readonly ByteString[] {
    return (this.argsList ??= splitAtNul(this.argsArea, 1));
  }

  /** Sets the environment from its memory area; undefined: nobody asked for it. */
  setEnv(area: ByteString | undefined): void {
    this.envArea = area;
    this.envList = undefined;
    this.text = this.argsArea.length + (area?.length ?? 0);
  }
  get env(): readonly ByteString[] | undefined {
    if (this.envArea === undefined) return undefined;
    return (this.envList ??= splitAtNul(this.envArea));
  }

  /** Makes `parent` the parent, in both directions. */
  adopt(parent: ProcessEntry | undefined): void {
    if (this.parent === parent) return;
    this.parent?.children?.delete(this);
    this.parent = parent;
    if (parent !== undefined) (parent.children ??= new Set()).add(this);
  }

  setCapabilities(words: readonly number[]): void {
    for (let i = 0; i < words.length; i++) this.capabilities[i] = words[i]!;
  }

  /** What a child has from the process that forked it (fork(2)). */
  inherit(from: ProcessEntry): void {
    this.ppid = from.pid;
    this.pgid = from.pgid;
    this.vpgid = from.vpgid;
    this.sid = from.sid;
    this.vsid = from.vsid;
    this.tty = from.tty;
    this.comm = from.comm;
    this.seenComm = from.seenComm;
    this.exe = from.exe;
    this.argsArea = from.argsArea;
    this.argsList = from.argsList;
    this.envArea = from.envArea;
    this.envList = from.envList;
    this.exePath = from.exePath;
    this.exeFlags = from.exeFlags;
    this.exeInode = from.exeInode;
    this.exeChangeTime = from.exeChangeTime;
    this.exeModifyTime = from.exeModifyTime;
    this.cwd = from.cwd;
    this.uid = from.uid;
    this.gid = from.gid;
    this.loginuid = from.loginuid;
    this.setCapabilities(from.capabilities);
    this.pidns = from.pidns;
    this.pidnsStart = from.pidnsStart;
    this.minimal = from.minimal;
    this.probe = from.probe;
  }
}
