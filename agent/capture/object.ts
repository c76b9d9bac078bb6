/** The compiled programs: opened, given their constants, loaded, and the tables between them filled. */
import { fileURLToPath } from "node:url";
import {
  LibbpfError,
  addressOf,
  bytesAt,
  check,
  checkPointer,
  libbpf,
  liftMemoryLock,
  type Pointer,
} from "./native.ts";
import { events } from "../events/table.ts";

/** Constants of the programs, in the order of struct settings (agent/bpf/lib/maps.h), each 32 bits. */
export const settingNames = [
  "own_tgid",
  "node_level",
  "node_pidns",
  "cgroup_v1",
  "ring_bytes",
  "ring_reserve",
  "hierarchy",
  "ring_level",
  "ring_room",
  "page_size",
] as const;

export type ProgramSettings = Partial<Record<(typeof settingNames)[number], number>>;

/** Entries of the map `programs` (enum program_slot). */
export const slots = { walk: 0, filter: 1, submit: 2, exec: 3, file: 4, task: 5, events: 16 } as const;

/** How paths are walked: by bpf_loop or in bounded steps. */
export type Walker = "walk_loop" | "walk_steps";

export interface OpenOptions {
  /** Path of the object. */
  readonly path: string;
  readonly settings: ProgramSettings;
  /** Bytes of the ring: a power of two, at least a page. */
  readonly ringBytes: number;
  /** Only these programs are loaded; default: all but those marked optional (SEC("?…")), and the walker. */
  readonly only?: readonly string[];
  readonly walker?: Walker;
}

const architecture = process.arch === "arm64" ? "arm64" : "x86";

/** Where `make build` puts the object for this machine: the one that reads by loads (`cast`), or by helper calls. */
export function defaultObjectPath(cast: boolean): string {
  const reads = cast ? "cast" : "probe";
  return fileURLToPath(new URL(`../../bpf/tiercel.${architecture}.${reads}.bpf.o`, import.meta.url));
}

/** Programs and maps of one loaded object. */
export class BpfObject {
  readonly programs: ReadonlyMap<string, bigint>;
  private readonly object: bigint;
  private closed = false;

  private constructor(object: bigint, programs: ReadonlyMap<string, bigint>) {
    this.object = object;
    this.programs = programs;
  }

  /**
   * Opens the object, sets its constants and loads it.
   * @throws LibbpfError of the step that failed; its `log` holds what the verifier said.
   */
  static load(options: OpenOptions): BpfObject {
    const bpf = libbpf();
    liftMemoryLock();
    const log = Buffer.alloc(256 * 1024);
    const { path } = options;
    const object = checkPointer(`open ${path}`, bpf.bpf_object__open_file(path, openOptions(log)));
    try {
      const programs = listPrograms(object);
      choosePrograms(programs, options);
      const ring = checkPointer("map ring", bpf.bpf_object__find_map_by_name(object, "ring"));
      check("bpf_map__set_max_entries", bpf.bpf_map__set_max_entries(ring, options.ringBytes));
      writeSettings(object, { ...options.settings, ring_bytes: options.ringBytes });
      const result = bpf.bpf_object__load(object);
      if (result < 0) throw new LibbpfError("bpf_object__load", -result, textOf(log));
      return new BpfObject(object, programs);
    } catch (error) {
      bpf.bpf_object__close(object);
      throw error;
    }
  }

  /** Descriptor of a map. @throws LibbpfError where there is none by that name. */
  map(name: string): number {
    const map = checkPointer(`map ${name}`, libbpf().bpf_object__find_map_by_name(this.object, name));
    return check(`map ${name}`, libbpf().bpf_map__fd(map));
  }

  /** Descriptor of a loaded program. @throws LibbpfError where it is not there or was not loaded. */
  program(name: string): number {
    const program = this.programs.get(name);
    if (program === undefined) throw new LibbpfError(`program ${name}`, 2);
    return check(`program ${name}`, libbpf().bpf_program__fd(program));
  }

  /** Handle of a program, for attaching. */
  handle(name: string): bigint {
    const program = this.programs.get(name);
    if (program === undefined) throw new LibbpfError(`program ${name}`, 2);
    return program;
  }

  /** Connects the programs: each event's, and the stages behind them. */
  fillSlots(walker: Walker): void {
    this.setSlot(slots.walk, this.program(walker));
    this.setSlot(slots.filter, this.program("submit"));
    this.setSlot(slots.submit, this.program("submit"));
    this.setSlot(slots.exec, this.program("exec_args"));
    this.setSlot(slots.file, this.program("describe_file"));
    this.setSlot(slots.task, this.program("describe_task"));
    events.forEach((event, code) => {
      if (this.programs.has(`on_${event.name}`))
        this.setSlot(slots.events + code, this.program(`on_${event.name}`));
    });
  }

  /** Puts a program into the chain; the next event takes it. @throws LibbpfError */
  setSlot(slot: number, program: number): void {
    const key = Buffer.alloc(4);
    const value = Buffer.alloc(4);
    key.writeUInt32LE(slot);
    value.writeUInt32LE(program);
    check("programs", libbpf().bpf_map_update_elem(this.map("programs"), key, value, 0));
  }

  /** Frees programs and maps. Mappings of the maps must be gone. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    libbpf().bpf_object__close(this.object);
  }
}

/** struct bpf_object_open_opts up to kernel_log_level: the kernel writes its words on a refused program to `log`. */
function openOptions(log: Buffer): Buffer {
  const size = 80;
  const options = Buffer.alloc(size);
  options.writeBigUInt64LE(BigInt(size), 0);
  options.writeBigUInt64LE(addressOf(log), 56);
  options.writeBigUInt64LE(BigInt(log.length), 64);
  return options;
}

function textOf(log: Buffer): string {
  const end = log.indexOf(0);
  return log.toString("latin1", 0, end < 0 ? log.length : end);
}

function listPrograms(object: bigint): ReadonlyMap<string, bigint> {
  const programs = new Map<string, bigint>();
  let program: Pointer = null;
  while ((program = libbpf().bpf_object__next_program(object, program)) !== null)
    programs.set(libbpf().bpf_program__name(program), program);
  return programs;
}

function choosePrograms(programs: ReadonlyMap<string, bigint>, options: OpenOptions): void {
  for (const [name, program] of programs) {
    if (options.only !== undefined)
      check(name, libbpf().bpf_program__set_autoload(program, options.only.includes(name)));
    else if (name === options.walker) check(name, libbpf().bpf_program__set_autoload(program, true));
  }
}

function writeSettings(object: bigint, settings: ProgramSettings): void {
  const map = checkPointer(
    "map .rodata.settings",
    libbpf().bpf_object__find_map_by_name(object, ".rodata.settings"),
  );
  const size: [number] = [0];
  const value = checkPointer("settings", libbpf().bpf_map__initial_value(map, size));
  const view = new DataView(bytesAt(value, settingNames.length * 4));
  settingNames.forEach((name, index) => view.setUint32(index * 4, settings[name] ?? 0, true));
}
