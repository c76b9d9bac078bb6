/**
 * Cuts a recording of a whole machine down to what some programs and containers did: nothing of the machine's other
 * processes, users, mounts and names is left in it, so that it may be published.
 */
import { basename } from "node:path";
import { Recording } from "../../agent/sources/recording/read.ts";
import { itemKinds } from "../../agent/sources/recording/format.ts";
import { recordedCounters, recordedFacts } from "../../agent/cli/recording/recorded.ts";
import { recordedInput } from "../../agent/cli/recording/recorded-inputs.ts";
import { HEADER, parts } from "../../agent/events/record.ts";
import type { RecordView } from "../../agent/events/record-view.ts";
import { eventCode } from "../../agent/events/table.ts";
import type { NodeInput } from "../../agent/state/node-input.ts";
import { writeRecording } from "../support/recordings.ts";

/** What is kept: programs that were started under these names (argv[0]) with all below them, and containers by id. */
export interface Cut {
  readonly programs: ReadonlySet<string>;
  readonly containers: readonly string[];
}

const FORK = eventCode("task_fork")!;
const EXECVE = eventCode("execve")!;
const EXIT = eventCode("procexit")!;
const CGROUP = eventCode("cgroup_mkdir")!;

/** Users, mounts and addresses of no machine in particular. */
const passwd = "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n";
const group = "root:x:0:\nshadow:x:42:\nwww-data:x:33:\n";
const hostUsers: NodeInput = {
  kind: "users",
  containerId: "host",
  files: { passwd, group, stamp: "made" },
};

/** Mount points that are kept of the node's. */
const mounts = new Set(["/", "/dev/shm", "/tmp"]);

class Trimmer {
  private readonly cut: Cut;
  private readonly pids = new Set<number>();
  private readonly cgroups = new Set<bigint>();

  constructor(cut: Cut) {
    this.cut = cut;
  }

  private ofContainer(text: string): boolean {
    return this.cut.containers.some((id) => text.includes(id));
  }

  record(record: RecordView): boolean {
    const { type, pid } = record;
    if (type === CGROUP && this.ofContainer(record.text(1) ?? "")) {
      this.cgroups.add(BigInt(record.number(0) ?? 0));
      return true;
    }
    if (type === EXECVE && record.ret === 0) {
      const [first = ""] = (record.text(parts.ARGS) ?? "").split("\0");
      if (this.cut.programs.has(basename(first))) this.pids.add(pid);
    }
    if (this.cgroups.has(record.u64(HEADER.cgroup))) this.pids.add(pid);
    if (!this.pids.has(pid)) return false;
    if (type === FORK && record.number(7) !== 1) this.pids.add(Number(record.number(0)));
    if (type === EXIT && record.number(1) === 0) this.pids.delete(pid);
    return true;
  }

  input(input: NodeInput): NodeInput | undefined {
    switch (input.kind) {
      case "scan":
        return {
          ...input,
          processes: [],
          // That a cgroup is the host's must stay known, and what it is called must not.
          cgroups: input.cgroups.map(([id, path]) => [id, this.ofContainer(path) ? path : "/"] as const),
        };
      case "host": {
        const lines = input.mountinfo.split("\n").filter((line) => mounts.has(line.split(" ")[4] ?? ""));
        const mountinfo = lines.map((line) => `${line}\n`).join("");
        return { kind: "host", mountinfo, addresses: ["\x7f\0\0\x01"], services: "" };
      }
      case "users":
        if (input.containerId === "host") return hostUsers;
        return this.ofContainer(input.containerId) ? input : undefined;
      case "process":
        return this.pids.has(input.pid) ? { ...input, facts: undefined } : undefined;
      case "cgroup":
        return input.path === undefined || this.ofContainer(input.path) ? input : { ...input, path: "/" };
      case "container":
        return this.ofContainer(input.facts.id) ? input : undefined;
      case "containerUnknown":
      case "containerGone":
        return this.ofContainer(input.id) ? input : undefined;
      case "time":
        return input;
      case "names":
      case "pod":
      case "podGone":
        return undefined;
    }
  }
}

/** Writes the part of recording `from` that `cut` keeps to `to`. */
export function trim(from: string, to: string, cut: Cut): void {
  const recording = Recording.open(from);
  const facts = {
    ...recordedFacts(recording.facts, from),
    hostname: "node-1",
    timeZone: "UTC",
    nodeRoot: "",
  };
  const trimmer = new Trimmer(cut);
  let last = "";
  writeRecording(to, facts, (chunks) => {
    for (const item of recording.items()) {
      if (item.kind === "record" && trimmer.record(item.record)) chunks.record(item.record);
      if (item.kind === "input") {
        const input = recordedInput(item.input);
        const kept = typeof input === "string" ? undefined : trimmer.input(input);
        const text = JSON.stringify(kept, (_, value: unknown) =>
          typeof value === "bigint" ? `${value}` : value,
        );
        // The node's facts are told again and again, and in here they never change.
        if (kept !== undefined && (kept.kind !== "host" || text !== last))
          chunks.value(itemKinds.INPUT, kept);
        if (kept?.kind === "host") last = text;
      }
      if (item.kind === "counters") {
        const counted = recordedCounters(item.counters);
        if (typeof counted === "string") continue;
        const losses = { owners: [], others: 0 };
        if (counted.last) chunks.value(itemKinds.COUNTERS, { ...counted, drops: [], losses });
      }
    }
  });
  recording.close();
}
