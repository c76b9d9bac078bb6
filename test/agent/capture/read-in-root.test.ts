import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readInRoot } from "../../../agent/capture/read-in-root.ts";

describe("a file in a process's root", () => {
  let root: string;
  const passwd = () => join(root, "etc/passwd");
  const read = (path = "/etc/passwd") => {
    const file = readInRoot(0, path, root);
    return file && Buffer.from(file.bytes).toString("latin1");
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "root-"));
    mkdirSync(join(root, "etc"));
    writeFileSync(join(root, "etc/real"), "inside:x:1:1::/:\n");
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("is read whole", () => {
    writeFileSync(passwd(), "root:x:0:0::/root:/bin/sh\n");
    assert.equal(read(), "root:x:0:0::/root:/bin/sh\n");
  });

  it("of this process is the host's", () => {
    const file = readInRoot(process.pid, "/etc/passwd");
    assert.ok(file && Buffer.from(file.bytes).toString().includes("root:"));
  });

  it("is looked for inside when links are absolute, climb, or go through /proc", () => {
    symlinkSync("/etc/real", passwd());
    assert.equal(read(), "inside:x:1:1::/:\n");
    symlinkSync("../../../../../../../etc/real", join(root, "etc/up"));
    assert.equal(read("/etc/up"), "inside:x:1:1::/:\n");
    symlinkSync("/proc/self/root/etc/passwd", join(root, "etc/out"));
    assert.equal(read("/etc/out"), undefined);
    symlinkSync("/etc/loop", join(root, "etc/loop"));
    assert.equal(read("/etc/loop"), undefined);
  });

  it("is not reached through a link of procfs that leads out", () => {
    assert.equal(readInRoot(0, "/proc/1/root/etc/passwd", "/"), undefined);
    assert.ok(readInRoot(0, "/etc/passwd", "/"));
  });

  it("is nothing where there is a FIFO, and nobody waits for it", () => {
    execFileSync("mkfifo", [passwd()]);
    const begin = process.hrtime.bigint();
    assert.equal(read(), undefined);
    assert.ok(process.hrtime.bigint() - begin < 1_000_000_000n);
  });

  it("is nothing where there is a folder, a device, nothing, or no process", () => {
    mkdirSync(passwd());
    assert.equal(read(), undefined);
    assert.equal(read("/etc/none"), undefined);
    assert.equal(readInRoot(0, "/dev/zero", "/"), undefined);
    assert.equal(readInRoot(4_194_305, "/etc/passwd"), undefined);
  });

  it("is nothing above 1 MiB, and whole at 1 MiB", () => {
    writeFileSync(passwd(), "x".repeat(1_048_576));
    assert.equal(read()?.length, 1_048_576);
    appendFileSync(passwd(), "y");
    assert.equal(read(), undefined);
    writeFileSync(passwd(), "x".repeat(10_485_760));
    assert.equal(read(), undefined);
  });

  it("of procfs reads as empty", () => assert.equal(readInRoot(0, "/proc/version", "/")?.bytes.length, 0));

  it("has another stamp after a change, the same without", () => {
    writeFileSync(passwd(), "a");
    const stamp = () => readInRoot(0, "/etc/passwd", root)?.stamp;
    const before = stamp();
    assert.ok(before !== undefined && before.includes(String(statSync(passwd()).ino)));
    assert.equal(stamp(), before);
    appendFileSync(passwd(), "b");
    assert.notEqual(stamp(), before);
  });

  it("leaves no descriptor open", () => {
    // Others of this process come and go; those below the root are this test's.
    const count = () =>
      readdirSync("/proc/self/fd").filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(root);
        } catch {
          return false;
        }
      }).length;
    writeFileSync(passwd(), "a");
    const before = count();
    for (let i = 0; i < 50; i++) for (const path of ["/etc/passwd", "/etc", "/none", "/etc/real"]) read(path);
    assert.equal(before, 0);
    assert.equal(count(), 0);
  });
});
