/** What an event of a test is made of before it becomes a record: plain, and changed while the test is read. */
import type {
  ExeFacts,
  FileFacts,
  PartContent,
  RecordFacts,
  SocketFacts,
  TaskFacts,
} from "../../events/encode.ts";
import type { Json } from "../../events/json-value.ts";
import type { Process } from "../../state/types.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type Header = Mutable<NonNullable<RecordFacts["header"]>>;
export type Overrides = Map<string, string | number | bigint | boolean | readonly string[] | null>;

/** A process of a test; fields are as in agent/state. */
export type MadeProcess = Mutable<Process>;

/** Facts of the record that is being made. */
export interface Draft {
  readonly header: Header;
  readonly parts: Map<number, PartContent>;
  file: Mutable<FileFacts> | undefined;
  socket: Mutable<SocketFacts> | undefined;
  exe: Mutable<ExeFacts> | undefined;
  task: Mutable<TaskFacts> | undefined;
  process: MadeProcess;
}

/** Names of the users and groups that a test knows. */
export interface MadeUsers {
  readonly users: Map<number, { name: string; home: string; shell: string }>;
  readonly groups: Map<number, { name: string }>;
}

/** What events of every source have. */
interface Common {
  /** ns since the epoch. */
  readonly time: bigint;
  readonly number: number;
  readonly overrides: Overrides;
}

export interface SyscallFixture extends Common {
  readonly source: "syscall";
  readonly record: Buffer;
  readonly process: Process;
  readonly users: MadeUsers;
}

export interface AuditFixture extends Common {
  readonly source: "k8s_audit";
  readonly audit: Json;
}

/** An event ready to be shown to the engine. */
export type Fixture = SyscallFixture | AuditFixture;
