import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import type { Capture } from "../../agent/capture/index.ts";
import { anonKinds, fileFact, fileFactFlags, offsets, parts } from "../../agent/events/record.ts";
import { commandOf, type Call } from "./calls.ts";
import { unmet } from "../support/requirements.ts";
import { openCapture, record, text, type Captured } from "./capturing.ts";

const at = offsets(fileFact);
const fact = (event: Captured, field: "mode" | "fs_magic" | "flags" | "anon" | "open_flags") =>
  event.parts.get(parts.FILE)!.readUInt32LE(at[field]);

describe("the file behind a descriptor", () => {
  let capture: Capture;
  before(function () {
    capture = openCapture(this);
  });
  after(() => capture?.close());

  /** The last record of `event` that these calls made. */
  function last(event: string, calls: readonly Call[], setUp?: string): Captured {
    const command = commandOf(calls);
    const words =
      setUp === undefined
        ? command
        : ["unshare", "-m", "sh", "-c", `${setUp} && exec "$@"`, "sh", ...command];
    const all = record(capture, [event], () => {
      const run = spawnSync(words[0]!, words.slice(1), { timeout: 10_000 });
      assert.equal(run.status, 0, run.stderr.toString());
    });
    return all.filter((each) => each.comm.startsWith("calls")).at(-1)!;
  }

  const kinds: readonly { name: string; call: Call; want: number }[] = [
    { name: "an eventfd", call: ["eventfd2", 0, 0], want: anonKinds.EVENTFD },
    { name: "an epoll", call: ["epoll_create1", 0], want: anonKinds.EVENTPOLL },
    { name: "an inotify", call: ["inotify_init1", 0], want: anonKinds.INOTIFY },
    { name: "a timerfd", call: ["timerfd_create", 0, 0], want: anonKinds.TIMERFD },
    { name: "a signalfd", call: ["signalfd4", -1, "b:0000000000000000", 8, 0], want: anonKinds.SIGNALFD },
    { name: "a pidfd", call: ["pidfd_open", 1, 0], want: anonKinds.PIDFD },
    { name: "a userfaultfd", call: ["userfaultfd", 1], want: anonKinds.USERFAULTFD },
    { name: "an io_uring", call: ["io_uring_setup", 4, `b:${"00".repeat(120)}`], want: anonKinds.IO_URING },
    {
      name: "a BPF map",
      call: ["bpf", 0, `b:02000000040000000400000001000000${"00".repeat(56)}`, 72],
      want: anonKinds.BPF,
    },
    {
      name: "a performance counter",
      call: ["perf_event_open", `b:0100000080000000${"00".repeat(120)}`, 0, -1, -1, 0],
      want: anonKinds.PERF_EVENT,
    },
    { name: "a fanotify group", call: ["fanotify_init", 0, 0], want: anonKinds.OTHER },
  ];
  for (const { name, call, want } of kinds)
    it(`is known as ${name}`, function () {
      const event = last("dup", [call, ["dup", "@0"]]);
      if (Number(event.header.ret) < 0)
        unmet(this, "tool", `a kernel that makes one (${String(event.header.ret)})`);
      assert.equal(fact(event, "anon"), want);
      assert.equal(text(event, parts.REALPATH), undefined);
    });

  it("is known as a pipe, without a path", () => {
    const event = last("dup", [
      ["pipe2", "b:0000000000000000", 0],
      ["dup", 3],
    ]);
    assert.equal(fact(event, "mode") & 0o170000, 0o010000);
    assert.equal(fact(event, "fs_magic"), 0x50495045);
    assert.equal(text(event, parts.REALPATH), undefined);
    assert.equal(fact(event, "flags"), 0);
  });

  it("is known as an memfd, by its name", () => {
    const event = last("memfd_create", [["memfd_create", "s:x y", 0]]);
    assert.equal(fact(event, "flags") & fileFactFlags.MEMFD, fileFactFlags.MEMFD);
    assert.equal(text(event, parts.REALPATH), "/memfd:x y");
  });

  it("tells how it was opened", () => {
    const event = last("open", [["open", "s:/dev/null", 0o2002, 0]]);
    assert.equal(fact(event, "open_flags") & 0o2003, 0o2002);
    assert.equal(fact(event, "mode") & 0o170000, 0o020000);
  });

  it("tells the layer of an overlay, also after the copy that a write makes", () => {
    const folder = mkdtempSync("/tmp/tiercel-file-");
    try {
      for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(`${folder}/${name}`);
      writeFileSync(`${folder}/lower/file`, "x");
      const overlay = `mount -t overlay overlay -o lowerdir=${folder}/lower,upperdir=${folder}/upper,workdir=${folder}/work ${folder}/merged`;
      const path = `${folder}/merged/file`;
      const layers = fileFactFlags.OVERLAY_UPPER | fileFactFlags.OVERLAY_LOWER;
      const read = last("open", [["open", `s:${path}`, 0, 0]], overlay);
      assert.equal(text(read, parts.REALPATH), path);
      assert.equal(fact(read, "flags") & layers, fileFactFlags.OVERLAY_LOWER);
      const written = last("open", [["open", `s:${path}`, 1, 0]], overlay);
      assert.equal(fact(written, "flags") & layers, fileFactFlags.OVERLAY_UPPER);
    } finally {
      spawnSync("rm", ["-rf", folder]);
    }
  });
});
