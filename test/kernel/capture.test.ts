import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, readlinkSync } from "node:fs";
import type { Capture } from "../../agent/capture/index.ts";
import { bootTimeNow, everything, type CgroupDrops, type Variant } from "../../agent/capture/index.ts";
import koffi from "koffi";
import { slots } from "../../agent/capture/object.ts";
import { libbpf } from "../../agent/capture/native.ts";
import { programInfo } from "../../agent/capture/program-info.ts";
import { testRun } from "../../agent/capture/test-run.ts";
import { events } from "../../agent/events/table.ts";
import { RECORD_MAX } from "../../agent/events/record.ts";
import { commandOf, makeCalls } from "./calls.ts";
import { codes, copy, number, openCapture, record, text, type Captured } from "./capturing.ts";

const nothing = { codes: [], environment: false, cwd: [] };
const openOnce = () => closeSync(openSync("/etc/passwd", "r"));
const own = (all: readonly Captured[]) => all.filter((each) => each.header.pid === process.pid);

/** Waits for a condition, looked at by the event loop; fails after five seconds. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, "it did not happen within five seconds");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("capture", () => {
  let capture: Capture | undefined;
  afterEach(() => {
    capture?.close();
    capture = undefined;
  });

  it("begins every record anew, whatever the last one left", function () {
    const opened = (capture = openCapture(this, { hideSelf: false }));
    const [before] = own(record(opened, ["openat"], openOnce));
    const poison = Buffer.alloc(RECORD_MAX * libbpf().libbpf_num_possible_cpus(), 0xa5);
    for (const map of ["records", "scratches"])
      assert.equal(libbpf().bpf_map_update_elem(opened.object.map(map), Buffer.alloc(4), poison, 0), 0);
    const [after] = own(record(opened, ["openat"], openOnce));
    assert.ok(before && after);
    const steady = (event: Captured) => ({
      ...event,
      header: { ...event.header, time: 0, cpu: 0 },
      view: undefined,
    });
    assert.deepEqual(steady(after), steady(before));
    assert.ok(Number(after.header.cpu) < libbpf().libbpf_num_possible_cpus());
    const age = bootTimeNow() - BigInt(after.header.time);
    assert.ok(age > 0n && age < 5_000_000_000n, `${age} ns old`);
  });

  it("does not see itself, but its children", function () {
    const opened = (capture = openCapture(this));
    let child = 0;
    const all = record(opened, ["openat", "execve", "procexit"], () => {
      openOnce();
      child = spawnSync("/bin/true").pid;
    });
    assert.deepEqual(own(all), []);
    assert.ok(all.some((each) => each.header.pid === child && each.event === "procexit"));
  });

  it("delivers only what is wanted", function () {
    const opened = (capture = openCapture(this));
    const seen = new Set(record(opened, ["unlink"], () => spawnSync("/bin/true")).map((each) => each.event));
    assert.deepEqual(
      [...seen].filter((name) => name !== "unlink"),
      [],
    );
    const all = record(opened, ["procexit"], () => spawnSync("/bin/true"));
    assert.deepEqual([...new Set(all.map((each) => each.event))], ["procexit"]);
  });

  it("adds the working folder and leaves paths out where that is wanted", function () {
    const opened = (capture = openCapture(this));
    const act = () => makeCalls([["openat", -100, "s:x", 0, 0]], { cwd: "/tmp" });
    const last = (all: readonly Captured[]) => all.filter((each) => each.comm.startsWith("calls")).at(-1)!;
    const withFolder = last(record(opened, ["openat"], act, { cwd: ["openat"] }));
    assert.equal(text(withFolder, 23), "/tmp");
    const without = last(record(opened, ["openat"], act, { paths: false }));
    assert.deepEqual([...without.parts.keys()], [0, 1, 2, 3]);
  });

  it("tells a call by socketcall as the call it is", function () {
    const opened = (capture = openCapture(this));
    for (const door of ["gate", "32-bit"] as const) {
      const all = record(opened, ["socket", "bind", "listen"], () =>
        makeCalls(
          [
            ["socketcall", 1, "w:2,1,0"],
            ["socketcall", 2, "w:@0,#02000000000000000000000000000000,16"],
            ["socketcall", 4, "w:@0,3"],
          ],
          { door },
        ),
      ).filter((each) => each.comm.startsWith("calls"));
      assert.deepEqual(
        all.map((each) => [each.event, each.header.ret, each.header.syscall]),
        [
          ["socket", 3, 102],
          ["bind", 0, 102],
          ["listen", 0, 102],
        ],
      );
      assert.equal(number(all[2]!, 1), 3);
    }
  });

  it("keeps to its node: a PID namespace and what is below it", async function () {
    const holder = spawn("unshare", ["-p", "--fork", "sleep", "20"]);
    try {
      const inner = () =>
        readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8").trim().split(" ")[0]!;
      await until(
        () =>
          holder.pid !== undefined &&
          inner() !== "" &&
          readFileSync(`/proc/${inner()}/comm`, "utf8") === "sleep\n",
      );
      const target = inner();
      const pidns = Number(/\d+/.exec(readlinkSync(`/proc/${target}/ns/pid`))![0]);
      const opened = (capture = openCapture(this, { scope: { tgid: 0, level: 1, pidns } }));
      const all = record(opened, ["execve", "procexit", "task_fork"], () => {
        spawnSync("/bin/true");
        spawnSync("unshare", ["-p", "--fork", "/bin/true"]);
        spawnSync("nsenter", ["-t", target, "-p", "/bin/sh", "-c", "/bin/true; exit 9"]);
      });
      assert.ok(all.every((each) => each.header.pidns === pidns));
      const [shell] = all.filter((each) => each.comm === "sh" && each.event === "execve");
      assert.equal(shell!.header.pid, shell!.header.vpid, "numbers are the node's");
      assert.equal(shell!.header.ppid, 0, "its parent is outside");
      assert.ok(all.some((each) => each.comm === "true"));
    } finally {
      holder.kill("SIGKILL");
      spawnSync("pkill", ["-9", "-P", String(holder.pid)]);
    }
  });

  const dropsOf = (opened: Capture, cause: string) =>
    opened.counters().dropped.find((each) => each.cause === cause && each.event === "openat")?.count ?? 0;

  it("counts what does not fit into the ring, by event, cause and cgroup", function () {
    const opened = (capture = openCapture(this, { hideSelf: false, ringBytes: 4096, ringReserve: 0 }));
    opened.setWanted({ ...nothing, codes: codes(["openat"]) });
    for (let i = 0; i < 100; i++) openOnce();
    opened.setWanted(nothing);
    let read = 0;
    while (opened.drain((view) => (read += view.pid === process.pid ? 1 : 0), 100) > 0);
    const lost: CgroupDrops[] = opened.dropsByCgroup();
    const total = dropsOf(opened, "ring_full") + dropsOf(opened, "ring_share");
    assert.ok(read > 0 && read < 100);
    assert.equal(
      lost.reduce((sum, each) => sum + each.count, 0),
      total,
    );
    const cgroup = record(opened, ["openat"], openOnce)[0]!.header.cgroup;
    const ours = lost.filter((each) => each.cgroup === cgroup).reduce((sum, each) => sum + each.count, 0);
    assert.ok(ours >= 100 - read, `${ours} of ${total}`);
    assert.ok(lost.every((each) => each.type === codes(["openat"])[0]));
  });

  it("counts a record that found no program to go on to", function () {
    const opened = (capture = openCapture(this, { hideSelf: false }));
    const remove = koffi.load("libbpf.so.1").func("int bpf_map_delete_elem(int fd, const void *key)");
    const slot = Buffer.alloc(4);
    for (const each of [slots.filter, slots.walk, slots.file, slots.events + codes(["openat"])[0]!]) {
      slot.writeUInt32LE(each);
      assert.equal(remove(opened.object.map("programs"), slot), 0);
      const before = dropsOf(opened, "tail_call");
      assert.deepEqual(record(opened, ["openat"], openOnce), []);
      assert.ok(dropsOf(opened, "tail_call") > before, `slot ${each}`);
    }
    assert.ok(opened.dropsByCgroup().every((each) => each.cause === "tail_call"));
  });

  it("keeps a reserve for exec, fork and exit", function () {
    const opened = (capture = openCapture(this, {
      hideSelf: false,
      ringBytes: 1 << 20,
      ringReserve: 1 << 19,
    }));
    opened.setWanted({ ...nothing, codes: codes(["openat", "execve", "task_fork", "procexit"]) });
    for (let i = 0; i < 3000; i++) openOnce();
    const child = spawnSync("/bin/true").pid;
    opened.setWanted(nothing);
    const all: Captured[] = [];
    while (opened.drain((view) => all.push(copy(view)), 100) > 0);
    assert.ok(dropsOf(opened, "ring_reserved") > 0);
    assert.equal(dropsOf(opened, "ring_full"), 0);
    const events = all.filter((each) => each.header.pid === child).map((each) => each.event);
    assert.deepEqual(events.filter((name) => name !== "openat").slice(-2), ["execve", "procexit"]);
  });

  it("sends what stands in the record", function () {
    const opened = (capture = openCapture(this, { hideSelf: false }));
    record(opened, ["openat"], openOnce);
    const before = opened.counters().submitted["openat"] ?? 0;
    testRun(opened.object.program("submit"));
    assert.equal(opened.counters().submitted["openat"], before + 1);
  });

  it("takes another filter, and passes everything again without one", function () {
    const opened = (capture = openCapture(this, { hideSelf: false }));
    // A hook whose event nobody wants hands nothing on.
    opened.setFilter(opened.object.program("sched_process_exit"));
    assert.deepEqual(own(record(opened, ["openat"], openOnce)), []);
    opened.setFilter(undefined);
    assert.equal(own(record(opened, ["openat"], openOnce)).length, 1);
  });

  it("wakes the reader for a record, and leaves it alone in a storm", async function () {
    const opened = (capture = openCapture(this, { ringBytes: 32 << 20 }));
    let count = 0;
    let last = 0n;
    let delay = 0n;
    opened.setWanted({ ...nothing, codes: codes(["openat"]) });
    opened.start((view) => {
      if (view.comm !== "calls64") return;
      count++;
      last = view.time;
      delay = bootTimeNow() - last;
    });
    const one = commandOf([["openat", -100, "s:/etc/passwd", 0, 0]]);
    const child = spawn(one[0]!, one.slice(1));
    const closed = new Promise((resolve) => child.once("close", resolve));
    await until(() => count === 1);
    await closed;
    assert.ok(delay < 1_000_000_000n, `${delay} ns`);
    assert.ok(opened.counters().wakeUps >= 1);

    const before = opened.counters();
    const many = commandOf(
      Array.from({ length: 60 }, () => ["openat", -100, "s:/etc/passwd", 0, 0] as const),
    );
    const runs = 20;
    for (let i = 0; i < runs; i++) spawnSync(many[0]!, many.slice(1));
    await until(() => count === 1 + runs * 60);
    const woken = opened.counters().wakeUps - before.wakeUps;
    assert.ok(woken < 100, `${woken} wake-ups for ${runs * 60} records`);
  });

  it("hands over what is left in the ring when it closes, and nothing afterwards", function () {
    const opened = openCapture(this, { hideSelf: false });
    opened.setWanted({ ...nothing, codes: codes(["openat"]) });
    openOnce();
    const left: Captured[] = [];
    opened.close((view) => left.push(copy(view)));
    assert.equal(own(left).length, 1);
    openOnce();
    assert.equal(
      opened.drain(() => assert.fail("a record after close"), 10),
      0,
    );
    opened.close();
  });

  it("takes every captured event at once", function () {
    const opened = (capture = openCapture(this));
    opened.setWanted(everything);
    spawnSync("/bin/sh", ["-c", "/bin/true"]);
    const events = new Set<string>();
    while (opened.drain((view) => events.add(copy(view).event), 1000) > 0);
    for (const name of ["execve", "openat", "procexit", "task_fork"]) assert.ok(events.has(name), name);
    const drops = opened
      .counters()
      .dropped.filter((each) => each.cause !== "ring_full" && each.cause !== "ring_reserved");
    assert.deepEqual(drops, []);
  });
});

describe("the programs", () => {
  const variants: readonly Variant[] = [
    { cast: true, walker: "walk_loop" },
    { cast: true, walker: "walk_steps" },
    { cast: false, walker: "walk_loop" },
    { cast: false, walker: "walk_steps" },
  ];
  for (const variant of variants) {
    const name = `${variant.cast ? "loads" : "probe reads"}, ${variant.walker}`;
    it(`are cheap to verify (${name})`, function () {
      const capture = openCapture(this, { variant });
      try {
        const counts = [...capture.object.programs.keys()].flatMap((program) => {
          try {
            return [{ program, count: programInfo(capture.object.program(program)).verifiedInstructions }];
          } catch {
            return [];
          }
        });
        counts.sort((a, b) => b.count - a.count);
        const total = counts.reduce((sum, each) => sum + each.count, 0);
        const largest = counts.slice(0, 5).map((each) => `${each.program} ${each.count}`);
        console.log(`      ${counts.length} programs, ${total} instructions verified; ${largest.join(", ")}`);
        assert.ok(total > 0 && total < 500_000);
      } finally {
        capture.close();
      }
    });
  }

  it("are there for every event that the table calls captured", function () {
    const capture = openCapture(this);
    try {
      const missing = events
        .filter((event) => "captured" in event && event.name !== "procexit")
        .filter(({ name }) => !capture.object.programs.has(`on_${name}`));
      assert.deepEqual(missing, []);
    } finally {
      capture.close();
    }
  });
});
