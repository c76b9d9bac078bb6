import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pace } from "../../../../agent/cli/recording/pace.ts";
import { recordedFacts, recordedSettings } from "../../../../agent/cli/recording/recorded.ts";
import { recordedInput } from "../../../../agent/cli/recording/recorded-inputs.ts";
import type { Settings } from "../../../../agent/cli/settings/schema.ts";
import { eventCode } from "../../../../agent/events/table.ts";
import { parts } from "../../../../agent/events/record.ts";
import type { Chunks } from "../../../../agent/sources/recording/chunks.ts";
import { itemKinds } from "../../../../agent/sources/recording/format.ts";
import { RecordingError } from "../../../../agent/sources/recording/read-blocks.ts";
import type { ProcessFacts } from "../../../../agent/state/facts.ts";
import type { NodeInput } from "../../../../agent/state/node-input.ts";
import { madeFacts, writeRecording } from "../../../support/recordings.ts";
import { root } from "../../../support/reference.ts";
import { record } from "../../state/records.ts";

const rules = `- rule: Opened
  desc: d
  condition: evt.type = openat
  output: "%evt.num %evt.datetime %fd.name by %proc.cmdline of %proc.pname as %user.name in %container.id flags=%evt.arg.flags %static.where"
  priority: WARNING
`;

const daemon: ProcessFacts = {
  pid: 50,
  startTicks: 5n,
  readAt: 100_000_000n,
  ppid: 0,
  pgid: 50,
  sid: 50,
  tty: 0,
  vpid: 50,
  vpgid: 50,
  vsid: 50,
  uid: 0,
  gid: 0,
  loginuid: 4294967295,
  capabilities: [],
  threads: 1,
  threadName: "daemon",
  comm: "daemon",
  args: "daemon\0--quiet\0",
  env: undefined,
  exePath: "/usr/sbin/daemon",
  exeFlags: 0,
  exeInode: 1,
  exeChangeTime: 0n,
  exeModifyTime: 0n,
  cwd: "/",
  pidns: 1,
  cgroupPath: "/",
};

/** Files and rules of a machine that is not this one, a program that opens a file twice, and the end of a second. */
function fill(chunks: Chunks): void {
  const input = (value: NodeInput) => chunks.value(itemKinds.INPUT, value);
  input({ kind: "scan", processes: [daemon], cgroups: [[7n, "/"]] });
  input({
    kind: "users",
    containerId: "host",
    files: { passwd: "ada:x:1815:1815::/home/ada:/bin/sh\n", group: undefined, stamp: "1" },
  });
  const open = (time: bigint, path: string) =>
    chunks.record(
      record(
        "openat",
        { pid: 50, ppid: 0, start_time: 50_000_000n, cgroup: 7n, uid: 1815, time, ret: 3, comm: "daemon" },
        { 0: -100, 1: path, 2: 0o40000, [parts.CWD]: "/" },
      ),
    );
  open(3_600_000_000_123n, "/etc/one");
  open(3_600_500_000_456n, "/etc/two");
  const drops = [{ cause: "ring_full", event: "openat", count: 3 }];
  chunks.value(itemKinds.COUNTERS, {
    time: 1_767_229_200_000_000_000n,
    last: true,
    drops,
    losses: { owners: [], others: 3 },
  });
}

describe("tiercel replay", () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-replay-"));
    file = join(folder, "made.trec");
    writeFileSync(join(folder, "rules.yaml"), rules);
  });
  after(() => rmSync(folder, { recursive: true }));

  const settings = { static_fields: { where: "rack ü" } } as unknown as Partial<Settings>;
  const tiercel = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, [`${root}build/agent/main.js`, "replay", ...args], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], ...env },
    });
  const replay = (...args: string[]) => tiercel([file, "-r", "rules.yaml", ...args]);

  it("takes names, times, settings and architecture from the recording, whatever this machine has", () => {
    const facts = { ...madeFacts(settings), timeZone: "Asia/Kolkata", architecture: "arm64" };
    writeRecording(file, facts, fill);
    for (const TZ of ["America/New_York", "UTC"]) {
      const { stdout, stderr, status } = tiercel([file, "-r", "rules.yaml"], { TZ, FALCO_HOSTNAME: "other" });
      assert.equal(status, 0, stderr);
      const line = (time: string, number: number, name: string) =>
        `${time}: Warning ${number} 2026-01-01 ${time} /etc/${name} by daemon --quiet of <NA> as ada in host flags=O_DIRECTORY|O_RDONLY rack ü container_id=host container_name=host container_image_repository= container_image_tag= k8s_pod_name=<NA> k8s_ns_name=<NA>\n`;
      assert.equal(stdout, line("06:30:00.000000123", 1, "one") + line("06:30:00.500000456", 2, "two"));
      assert.match(stderr, /Events seen: 2\nEvents matched: 2\nEvents dropped: 3 \(ring_full of openat 3\)/);
      assert.match(stderr, / {3}Opened: 2/);
    }
    writeRecording(file, { ...facts, architecture: "x64" }, fill);
    assert.match(replay().stdout, /flags=O_DIRECT\|O_RDONLY /);
  });

  it("prints as the recording agent did, or as -o says", () => {
    writeRecording(file, madeFacts({ ...settings, json_output: true }), fill);
    const first = JSON.parse(replay().stdout.split("\n")[0]!) as { hostname: string; time: string };
    assert.deepEqual([first.hostname, first.time], ["made-node", "2026-01-01T01:00:00.000000123Z"]);
    assert.match(replay("-o", "text").stdout, /^01:00:00\.000000123: Warning 1 /);
  });

  it("holds to the recorded rate of alerts, and says what it held back", () => {
    writeRecording(file, madeFacts({ ...settings, alerts: { rate: 1, burst: 1 } }), fill);
    const { stdout, stderr } = replay();
    assert.match(
      stdout,
      /^\S+: Warning 1 .*\n01:00:00.500000456: Warning 1 alerts were over the rate of their rule/,
    );
    assert.match(stderr, /suppressed by the rate of their rule: 1/);
  });

  it("goes up to where a recording is torn, and says so", () => {
    writeRecording(file, madeFacts(settings), fill);
    truncateSync(file, readFileSync(file).length - 3);
    const torn = replay();
    assert.equal(torn.status, 0);
    assert.match(
      torn.stderr,
      /made\.trec is torn at offset \d+: 3 bytes of a block are missing; everything before was replayed/,
    );
    assert.equal(torn.stdout.split("\n").length, 3);
  });

  it("says where a recording is damaged, and fails", () => {
    writeRecording(file, madeFacts(settings), fill);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    const { stderr, status } = replay();
    assert.equal(status, 1);
    assert.match(stderr, /made\.trec is damaged at offset \d+: the checksum of a block is wrong/);
  });

  it("says what is missing in a recording and what it does not know", () => {
    writeRecording(file, madeFacts(settings), (chunks) => {
      fill(chunks);
      chunks.value(itemKinds.LOST, { records: 5, inputs: 1 });
      const unknown = record("openat", { pid: 1 });
      unknown.bytes.writeUInt16LE(60_000, 4);
      unknown.attach(unknown.bytes, new DataView(unknown.bytes.buffer), 0, unknown.length);
      chunks.record(unknown);
      chunks.value(itemKinds.INPUT, { kind: "scan", processes: [{ ...daemon, pid: "50" }], cgroups: [] });
      chunks.value(itemKinds.INPUT, { kind: "weather" });
      chunks.value(itemKinds.COUNTERS, 7);
    });
    assert.ok(eventCode("openat") !== 60_000);
    const { stderr, status, stdout } = replay();
    assert.equal(status, 1);
    assert.equal(stdout.split("\n").length, 3);
    assert.match(stderr, /1 records are of events that this version does not know/);
    assert.match(stderr, /5 records and 1 facts of the node are missing/);
    assert.match(stderr, /cannot be taken in: scan\.processes\[0\]\.pid is no number/);
    assert.match(stderr, /Events dropped: 6 \(ring_full of openat 3, undecodable 3\)/);
  });

  it("refuses what it cannot go by, in one sentence", () => {
    const refused = (facts: unknown, message: RegExp) =>
      assert.throws(
        () => recordedSettings(recordedFacts(facts, "made.trec"), "made.trec"),
        (error) => error instanceof RecordingError && message.test(error.message),
      );
    const facts = madeFacts();
    refused({}, /the facts of its machine are wrong: facts\.tiercel is no text/);
    refused({ ...facts, timeZone: ":/etc/shadow" }, /":\/etc\/shadow" is no time zone/);
    refused({ ...facts, timeZone: "No/Where" }, /is no time zone/);
    refused({ ...facts, architecture: "vax" }, /architecture is none of x64, arm64/);
    refused({ ...facts, settings: '{"alert": {"rate": 1}}' }, /settings cannot be used here[^]*alert/);
    refused({ ...facts, settings: "[" }, /settings cannot be used here/);
    refused({ ...facts, events: { ...facts.events, header: 8 } }, /layout that this Tiercel does not know/);
    writeFileSync(file, "no recording");
    const none = replay();
    assert.deepEqual([none.status, none.stdout], [1, ""]);
    assert.match(none.stderr, /critical: \S+made\.trec is no recording of tiercel record\n/);
    assert.doesNotMatch(none.stderr, /\n +at /);
    appendFileSync(join(folder, "bad.yaml"), "- rule: x\n");
    writeRecording(file, facts, fill);
    assert.equal(tiercel([file, "-r", "bad.yaml"]).status, 1);
    for (const words of [[], [file], [file, "-r", "x", "--speed", "warp"]])
      assert.equal(tiercel(words).status, 2, words.join(" "));
  });

  it("does not expand environment variables in recorded settings", () => {
    writeRecording(file, madeFacts({ static_fields: { where: "${HOME}" } }), fill);
    assert.match(replay().stdout, /O_DIRECT\|O_RDONLY \$\{HOME\} /);
  });
});

describe("the pace of a recording", () => {
  it("waits for what came later, and not for processors whose clocks differ", () => {
    let now = 1000;
    const pace = new Pace(() => now);
    const at = (time: bigint) => pace.before({ kind: "record", record: record("openat", { pid: 1, time }) });
    assert.equal(pace.before({ kind: "input", input: undefined }), 0);
    assert.equal(at(5_000_000_000n), 0);
    assert.equal(at(5_250_000_000n), 250);
    now += 250;
    assert.equal(at(5_250_000_000n), 0);
    assert.equal(at(4_000_000_000n), 0);
    assert.equal(at(5_260_000_000n), 10);
  });
});

describe("an input of a recording", () => {
  it("is judged down to its last key", () => {
    const good: NodeInput = { kind: "process", pid: 50, facts: daemon };
    assert.equal(recordedInput(good), good);
    assert.equal(recordedInput({ kind: "cgroup", id: 1n }) instanceof Object, true);
    for (const [value, wrong] of [
      [{ ...good, facts: { ...daemon, args: ["x"] } }, "process.facts.args is no text"],
      [{ kind: "names", names: [["a"]] }, "names.names is no map"],
      [{ kind: "names", names: new Map([["a", [1]]]) }, "names.names[0] is no text"],
      [{ kind: "scan", processes: [], cgroups: [[1, "/"]] }, "scan.cgroups[0][0] is no big integer"],
      [{ kind: "container", facts: null }, "container.facts is no mapping"],
      [{ kind: "toString" }, "unknown kind toString"],
      [7, "unknown kind undefined"],
      [null, "unknown kind undefined"],
    ] as const)
      assert.equal(recordedInput(value), wrong);
  });
});
