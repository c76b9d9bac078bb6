import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Capture, Variant } from "../../agent/capture/index.ts";
import { fileFact, fileFactFlags, offsets, parts } from "../../agent/events/record.ts";
import { commandOf, makeCalls, type Call, type MakeOptions } from "./calls.ts";
import { openCapture, record, text, type Captured } from "./capturing.ts";

const folder = mkdtempSync("/tmp/tiercel-paths-");
// Deeper than rmSync can go.
after(() => spawnSync("rm", ["-rf", folder]));

const at = offsets(fileFact);
const flagsOf = (event: Captured) => event.parts.get(parts.FILE)!.readUInt32LE(at.flags);

interface PathCase {
  readonly name: string;
  readonly calls: readonly Call[];
  readonly options?: MakeOptions;
  /** Shell words that prepare a mount namespace of the test's own, in which the calls are made. */
  readonly mounts?: string;
  readonly asked: string;
  readonly real: string;
  /** Only where a mount or a chroot stands between the file and the root of all. */
  readonly fs?: string;
  readonly base?: string;
  readonly flags?: number;
}

const open = (path: string, flags = 0): Call => ["openat", -100, `s:${path}`, flags, 0o600];

/** 4,000 bytes: 19 folders of 200 and a rest. */
const deep = Array.from({ length: 19 }, (_, i) => String.fromCharCode(97 + i).repeat(200));
const deepRest = "z".repeat(4000 - folder.length - deep.join("/").length - 2);
const deepPath = `${folder}/${deep.join("/")}/${deepRest}`;

before(() => {
  writeFileSync(`${folder}/secret`, "x");
  symlinkSync("secret", `${folder}/link`);
  linkSync(`${folder}/secret`, `${folder}/hard`);
  mkdirSync(`${folder}/sub/dir`, { recursive: true });
  mkdirSync(`${folder}/bound`);
  writeFileSync(`${folder}/boundfile`, "");
  mkdirSync(`${folder}/jail/etc`, { recursive: true });
  writeFileSync(`${folder}/jail/etc/passwd`, "x");
  mkdirSync(`${folder}/tree`);
  mkdirSync(`${folder}/${deep.join("/")}`, { recursive: true });
  writeFileSync(deepPath, "x");
});

const cases: readonly PathCase[] = [
  {
    name: "relative to the working folder",
    calls: [open("secret")],
    options: { cwd: folder },
    asked: "secret",
    real: `${folder}/secret`,
    base: folder,
  },
  {
    name: "of a symbolic link",
    calls: [open(`${folder}/link`)],
    asked: `${folder}/link`,
    real: `${folder}/secret`,
  },
  {
    name: "of a hard link is a name of its own",
    calls: [open(`${folder}/hard`)],
    asked: `${folder}/hard`,
    real: `${folder}/hard`,
  },
  {
    name: "with ..",
    calls: [open(`${folder}/sub/dir/../../secret`)],
    asked: `${folder}/sub/dir/../../secret`,
    real: `${folder}/secret`,
  },
  {
    name: "through /proc/self/root",
    calls: [open("/proc/self/root/etc/passwd")],
    asked: "/proc/self/root/etc/passwd",
    real: "/etc/passwd",
  },
  { name: "of the root itself", calls: [open("/")], asked: "/", real: "/" },
  {
    name: "in a chroot is below the chroot's root, and says where it really lies",
    calls: [["chroot", `s:${folder}/jail`], ["chdir", "s:/"], open("/etc/passwd")],
    asked: "/etc/passwd",
    real: "/etc/passwd",
    fs: `${folder}/jail/etc/passwd`,
  },
  {
    name: "outside a chroot says that its root was not met",
    calls: [
      ["openat", -100, "s:/etc", 0, 0],
      ["chroot", `s:${folder}/jail`],
      ["openat", "@0", "s:passwd", 0, 0],
    ],
    asked: "passwd",
    real: "/etc/passwd",
    base: "/etc",
    fs: "/etc/passwd",
    flags: fileFactFlags.ROOT_NOT_MET,
  },
  {
    name: "of a file in a bind-mounted folder, and where it really lies",
    mounts: `mount --bind /etc ${folder}/bound`,
    calls: [open(`${folder}/bound/passwd`)],
    asked: `${folder}/bound/passwd`,
    real: `${folder}/bound/passwd`,
    fs: "/etc/passwd",
    flags: fileFactFlags.PARTIAL_MOUNT,
  },
  {
    name: "below a second mount of the root, and where it really lies",
    mounts: `mount --bind / ${folder}/bound`,
    calls: [open(`${folder}/bound/etc/passwd`)],
    asked: `${folder}/bound/etc/passwd`,
    real: `${folder}/bound/etc/passwd`,
    fs: "/etc/passwd",
  },
  {
    name: "of a bind-mounted file",
    mounts: `mount --bind /etc/passwd ${folder}/boundfile`,
    calls: [open(`${folder}/boundfile`)],
    asked: `${folder}/boundfile`,
    real: `${folder}/boundfile`,
    fs: "/etc/passwd",
    flags: fileFactFlags.PARTIAL_MOUNT,
  },
  {
    name: "on a mounted file system",
    mounts: `mount -t tmpfs none ${folder}/tree && mkdir ${folder}/tree/a && echo > ${folder}/tree/a/b`,
    calls: [open(`${folder}/tree/a/b`)],
    asked: `${folder}/tree/a/b`,
    real: `${folder}/tree/a/b`,
    fs: "/a/b",
  },
  {
    name: "of a deleted file",
    calls: [
      ["creat", `s:${folder}/gone`, 0o600],
      ["unlink", `s:${folder}/gone`],
      ["openat", -100, "s:/proc/self/fd/3", 0, 0],
    ],
    asked: "/proc/self/fd/3",
    real: `${folder}/gone`,
    flags: fileFactFlags.DELETED,
  },
  { name: "of 4,000 bytes", calls: [open(deepPath)], asked: deepPath, real: deepPath },
  {
    name: "of a file without a name (O_TMPFILE)",
    calls: [open(folder, 0o20200002)],
    asked: folder,
    real: `${folder}/#`,
    flags: fileFactFlags.DELETED,
  },
];

/** A name in which no byte is like the ones near it. */
const distinct = (length: number): string =>
  Array.from({ length }, (_, i) => String.fromCharCode(97 + ((i * 7 + length) % 26))).join("");

const variants: readonly (Variant & { readonly name: string })[] = [
  { name: "loads and bpf_loop (kernel 6.2)", cast: true, walker: "walk_loop" },
  { name: "loads and bounded steps", cast: true, walker: "walk_steps" },
  { name: "probe reads and bpf_loop (kernel 5.17)", cast: false, walker: "walk_loop" },
  { name: "probe reads and bounded steps (kernel 5.10)", cast: false, walker: "walk_steps" },
];

for (const variant of variants)
  describe(`the path of a file, by ${variant.name}`, () => {
    let capture: Capture;
    before(function () {
      capture = openCapture(this, { variant });
    });
    after(() => capture?.close());

    /** The resolved path of each of the files, opened in this order. */
    const opened = (paths: readonly string[]): (string | undefined)[] =>
      record(capture, ["openat"], () => makeCalls(paths.map((path) => open(path))))
        .filter((one) => one.comm.startsWith("calls"))
        .slice(-paths.length)
        .map((event) => text(event, parts.REALPATH));

    for (const each of cases)
      it(each.name, () => {
        const command = commandOf(each.calls, each.options);
        const words =
          each.mounts === undefined
            ? command
            : ["unshare", "-m", "sh", "-c", `${each.mounts} && exec "$@"`, "sh", ...command];
        const all = record(capture, ["openat"], () => {
          const run = spawnSync(words[0]!, words.slice(1), {
            cwd: each.options?.cwd ?? "/",
            timeout: 10_000,
          });
          assert.equal(run.status, 0, run.stderr.toString());
        });
        const event = all.filter((one) => one.comm.startsWith("calls")).at(-1)!;
        assert.ok(Number(event.header.ret) >= 0, `errno ${event.header.ret}`);
        assert.equal(text(event, 1), each.asked);
        const real = text(event, parts.REALPATH)!;
        assert.equal(each.real.endsWith("#") ? real.replace(/#\d+$/, "#") : real, each.real);
        assert.equal(text(event, parts.FSPATH), each.fs);
        assert.equal(text(event, parts.BASE), each.base);
        assert.equal(flagsOf(event), each.flags ?? 0);
        assert.deepEqual(event.cut, []);
      });

    it("of 600 components", () => {
      const names = Array.from({ length: 600 }, () => "d");
      mkdirSync(`${folder}/many/${names.join("/")}`, { recursive: true });
      const path = `${folder}/many/${names.join("/")}`;
      const all = record(capture, ["openat"], () => {
        const command = commandOf([open(path)]);
        spawnSync(command[0]!, command.slice(1));
      });
      const event = all.filter((one) => one.comm.startsWith("calls")).at(-1)!;
      assert.equal(text(event, parts.REALPATH), path);
    });

    // Names and paths are copied by words where they are short: each length beside such a border, and depths beside that
    // of the components that are walked without bpf_loop.
    it("of names of each length up to 48 bytes, and the longest", () => {
      const lengths = [...Array.from({ length: 48 }, (_, i) => i + 1), 254, 255];
      const names = lengths.map((length) => distinct(length));
      mkdirSync(`${folder}/names`, { recursive: true });
      for (const name of names) {
        mkdirSync(`${folder}/names/${name}`, { recursive: true });
        writeFileSync(`${folder}/names/${name}/${name}`, "");
      }
      assert.deepEqual(
        opened(names.map((name) => `${folder}/names/${name}/${name}`)),
        names.map((name) => `${folder}/names/${name}/${name}`),
      );
    });

    it("of each length from 32 to 81 bytes, and of each depth up to 24", () => {
      const home = mkdtempSync("/tmp/p");
      try {
        const lengths = Array.from({ length: 50 }, (_, i) => `${home}/${distinct(31 + i - home.length)}`);
        const depths = Array.from({ length: 24 }, (_, i) => `${home}${"/x".repeat(i + 1)}/y`);
        for (const paths of [lengths, depths]) {
          for (const path of paths) {
            mkdirSync(dirname(path), { recursive: true });
            writeFileSync(path, "");
          }
          assert.deepEqual(opened(paths), paths);
        }
      } finally {
        rmSync(home, { recursive: true });
      }
    });

    it("longer than 4,096 bytes has its end, and says that it was cut", () => {
      const name = "n".repeat(250);
      const down = Array.from({ length: 20 }, (): Call[] => [
        ["mkdir", `s:${name}`, 0o700],
        ["chdir", `s:${name}`],
      ]);
      const calls: Call[] = [...down.flat(), ["openat", -100, "s:file", 0o101, 0o600]];
      const all = record(capture, ["openat"], () => makeCalls(calls, { cwd: folder }));
      const event = all.filter((one) => one.comm.startsWith("calls")).at(-1)!;
      assert.deepEqual(event.cut, [parts.REALPATH, parts.BASE]);
      assert.equal(flagsOf(event) & fileFactFlags.PATH_CUT, fileFactFlags.PATH_CUT);
      const real = text(event, parts.REALPATH)!;
      assert.ok(real.endsWith(`/${name}/file`) && real.length > 3800, String(real.length));
    });
  });

describe("a path text that another thread changes during the call", () => {
  it("never hides what was opened, in 10,000 tries", function () {
    this.timeout(60_000);
    const capture = openCapture(this, { ringBytes: 32 << 20 });
    try {
      writeFileSync(`${folder}/one`, "1");
      writeFileSync(`${folder}/two`, "2");
      const inodes = new Map<bigint, string>();
      const { compiled, run } = race();
      assert.equal(compiled, 0);
      const all = record(capture, ["openat"], () => run(`${folder}/one`, `${folder}/two`, 10_000));
      const tries = all.filter(
        (each) => each.comm === "race" && text(each, parts.REALPATH)?.startsWith(folder),
      );
      assert.equal(tries.length, 10_000);
      let different = 0;
      let unreadable = 0;
      for (const each of tries) {
        const inode = each.parts.get(parts.FILE)!.readBigUInt64LE(at.ino);
        const real = text(each, parts.REALPATH)!;
        assert.equal(inodes.get(inode) ?? real, real);
        inodes.set(inode, real);
        const asked = text(each, 1);
        if (asked === undefined) unreadable++;
        else if (asked !== real) different++;
      }
      assert.equal(inodes.size, 2);
      console.log(`      of 10,000 tries the text differed in ${different}, was unreadable in ${unreadable}`);
    } finally {
      capture.close();
    }
  });
});

/** The program of two threads: one opens, the other swaps the text. */
function race() {
  const source = new URL("../../../test/kernel/calls/race.c", import.meta.url).pathname;
  const program = `${folder}/race`;
  const compiled = spawnSync("gcc", ["-O1", "-static", "-pthread", "-o", program, source]).status;
  return {
    compiled,
    run: (one: string, two: string, tries: number) => {
      const result = spawnSync(program, [one, two, String(tries)], { timeout: 50_000 });
      assert.equal(result.status, 0, result.stderr.toString());
    },
  };
}
