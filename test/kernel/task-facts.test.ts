/** What a task uses and where its first three descriptors lead, against what /proc says of the same process. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync, mkdtempSync, mkdirSync } from "node:fs";
import type { Capture, Variant } from "../../agent/capture/index.ts";
import { parts } from "../../agent/events/record.ts";
import { taskCount, type TaskCount } from "../../agent/events/task-facts.ts";
import type { SyscallContext } from "../../agent/fields/context.ts";
import { streamName, streamType } from "../../agent/fields/streams.ts";
import { openCapture, record, text, type Captured } from "./capturing.ts";

const folder = mkdtempSync("/tmp/tiercel-task-");
after(() => rmSync(folder, { recursive: true }));
/** A program that nobody else on the machine starts meanwhile. */
const program = `end${process.pid}`;
copyFileSync("/bin/true", `${folder}/${program}`);

const variants: readonly (Variant & { readonly name: string })[] = [
  { name: "loads and bpf_loop", cast: true, walker: "walk_loop" },
  { name: "probe reads and bounded steps", cast: false, walker: "walk_steps" },
];

/** For bash: no descriptors but the first three. */
const closeOthers = 'for n in $(ls /proc/self/fd); do [ $n -le 2 ] || eval "exec $n<&-"; done';

const count = (event: Captured, name: TaskCount) => Number(taskCount(event.view, name));

/** Type and name of a stream as `type name`; undefined where it is closed. */
function stream(event: Captured, fd: number): string | undefined {
  const context = { record: event.view } as SyscallContext;
  const type = streamType(context, fd);
  return type === undefined ? undefined : `${type} ${streamName(context, fd)}`;
}

for (const variant of variants)
  describe(`what a task says of itself, by ${variant.name}`, () => {
    let capture: Capture;
    before(function () {
      capture = openCapture(this, { variant });
    });
    after(() => capture?.close());

    /** The last exec of the shell that runs a script; `$1` is our folder. */
    function lastExec(script: string, options: { streamPaths?: boolean } = {}): Captured {
      const all = record(
        capture,
        ["execve"],
        () => {
          const run = spawnSync("/bin/bash", ["-c", `PATH=$1:$PATH; ${script}`, "bash", folder], {
            encoding: "utf8",
          });
          assert.equal(run.stderr, "");
        },
        { task: ["execve"], ...options },
      );
      const event = all.filter((each) => each.comm === program).at(-1);
      assert.ok(event, `the exec of ${program}`);
      assert.deepEqual(event.cut, []);
      return event;
    }

    it("counts memory, faults, descriptors and time as /proc does", () => {
      let output = "";
      let pid = 0;
      const files = ["status", "stat", "limits"].map((name) => `/proc/self/${name}`);
      const all = record(
        capture,
        ["openat"],
        () => {
          const script = `${closeOthers}; ulimit -n 777; exec 5</dev/null 9</dev/null; exec /bin/busybox cat "$@"`;
          const run = spawnSync("/bin/bash", ["-c", script, "bash", ...files], { encoding: "utf8" });
          output = run.stdout;
          pid = run.pid;
        },
        { task: ["openat"] },
      );
      const [status, stat] = files.map((file) =>
        all.find((event) => event.header.pid === pid && text(event, 1) === file)!,
      );
      const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(output)![1]);
      const statFields = /^\d+ \(busybox\) (.*)$/m.exec(output)![1]!.split(" ");
      // The program may ask for a buffer between open and read.
      assert.ok(Math.abs(count(status!, "vm_size") - kilobytes("VmSize")) <= 256);
      assert.equal(count(status!, "vm_swap"), kilobytes("VmSwap"));
      // What a processor has counted and not added up yet: up to 64 pages each, of three kinds of memory.
      assert.ok(Math.abs(count(status!, "vm_rss") - kilobytes("VmRSS")) <= 3 * 2 * 64 * 4);
      const minor = Number(statFields[7]);
      assert.ok(count(stat!, "pgft_min") > 0 && minor - count(stat!, "pgft_min") < 50, `${minor}`);
      assert.ok(count(stat!, "pgft_maj") <= Number(statFields[9]));
      assert.equal(count(status!, "fdlimit"), 777);
      // 0, 1, 2, 5, 9 and the file that is being read
      assert.equal(count(status!, "fdopencount"), 6);
      assert.ok(count(stat!, "totexectime") > 0 && count(stat!, "totexectime") < 5e9);
      assert.ok(count(stat!, "exectime") <= count(stat!, "totexectime"));
    });

    it("counts descriptors of high numbers", () => {
      const event = lastExec(
        `${closeOthers}; ulimit -n 4000; for n in 1000 2000 3000; do eval "exec $n</dev/null"; done; exec ${program}`,
      );
      assert.equal(count(event, "fdopencount"), 6);
    });

    it("tells files, pipes and closed descriptors", () => {
      writeFileSync(`${folder}/in`, "");
      const event = lastExec(`exec ${program} <"$1/in" | : 2>&-`);
      assert.deepEqual(
        [0, 1].map((fd) => stream(event, fd)),
        [`file ${folder}/in`, "pipe "],
      );
      assert.equal(stream(lastExec(`exec ${program} 0<&-`), 0), undefined);
    });

    it("tells folders, devices and a file that was removed", () => {
      const event = lastExec(`exec ${program} <"$1" >/dev/null`);
      assert.deepEqual(
        [0, 1].map((fd) => stream(event, fd)),
        [`directory ${folder}`, "file /dev/null"],
      );
      const removed = lastExec(`exec 3>"$1/gone"; rm "$1/gone"; exec ${program} >&3`);
      assert.equal(stream(removed, 1), `file ${folder}/gone`);
    });

    it("tells connections, client first", () => {
      const script = `
        exec 4< <(exec /bin/nc.openbsd -l 127.0.0.1 0 -v 2>&1); read -r line <&4; port=\${line##* }
        exec 3<>/dev/tcp/127.0.0.1/$port; echo $port >"$1/port"; exec ${program} <&3 >&3`;
      const event = lastExec(script);
      const port = readFileSync(`${folder}/port`, "utf8").trim();
      assert.match(stream(event, 0)!, new RegExp(`^ipv4 127\\.0\\.0\\.1:\\d+->127\\.0\\.0\\.1:${port}$`));
      assert.equal(stream(event, 1), stream(event, 0));
    });

    it("tells where a unix socket leads", () => {
      const script = `
        const net = require("node:net");
        const path = process.argv[1] + "/" + process.argv[3] + ".sock";
        const server = net.createServer().listen(path, () => {
          const client = net.connect(path, () => {
            require("node:child_process")
              .spawn(process.argv[2], { stdio: [client, "inherit", "inherit"] })
              .on("exit", () => process.exit());
          });
        });`;
      const name = String(variant.cast);
      const all = record(
        capture,
        ["execve"],
        () => spawnSync(process.execPath, ["-e", script, folder, `${folder}/${program}`, name]),
        { task: ["execve"] },
      );
      const event = all.filter((each) => each.comm === program).at(-1)!;
      assert.equal(stream(event, 0), `unix ${folder}/${name}.sock`);
    });

    it("tells types without names where nobody asks for these", () => {
      const event = lastExec(`exec ${program} </dev/null`, { streamPaths: false });
      assert.equal(stream(event, 0), "file ");
    });

    it("keeps arguments and environment whole beside long names", () => {
      const deep = `${folder}/${Array.from({ length: 14 }, () => "d".repeat(250)).join("/")}`;
      mkdirSync(deep, { recursive: true });
      writeFileSync(`${deep}/file`, "");
      const argument = "a".repeat(16_000);
      const all = record(
        capture,
        ["execve"],
        () =>
          spawnSync("/bin/sh", ["-c", `exec ${folder}/${program} ${argument} <file >file 2>file`], {
            cwd: deep,
            env: { LONG: "e".repeat(8000) },
          }),
        { environment: true, task: ["execve"] },
      );
      const event = all.filter((each) => each.comm === program).at(-1)!;
      assert.equal(text(event, parts.ARGS)!.length, `${folder}/${program}`.length + argument.length + 2);
      assert.ok(text(event, parts.ENV)!.length > 8000);
      assert.match(stream(event, 0)!, /^file /);
      assert.ok(count(event, "fdlimit") > 0);
    });

    it("is silent where nobody asks", () => {
      const all = record(capture, ["execve"], () => spawnSync(`${folder}/${program}`));
      const event = all.filter((each) => each.comm === program).at(-1)!;
      assert.equal(taskCount(event.view, "vm_size"), undefined);
      assert.equal(stream(event, 0), undefined);
      assert.deepEqual(
        [...event.parts.keys()].filter((part) => part > parts.PEER_PATH),
        [],
      );
    });
  });
