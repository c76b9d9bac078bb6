import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { confinedFileSink, isBareName } from "../../../agent/sinks/confined-file.ts";
import { everySink } from "./every-sink.ts";
import { numbered } from "./sample.ts";

const temporary = () => mkdtempSync(join(tmpdir(), "tiercel-confined-"));
const { signal } = new AbortController();

everySink("file sink of an AlertSink", async () => {
  const folder = join(temporary(), "logs");
  const path = join(folder, "alerts.log");
  return {
    sink: confinedFileSink(folder, "alerts.log"),
    received: () => (existsSync(path) ? readFileSync(path, "utf8") : ""),
    breakIt: () => {
      renameSync(folder, `${folder}.away`);
      writeFileSync(folder, "in the way");
    },
    mend: () => {
      rmSync(folder);
      renameSync(`${folder}.away`, folder);
    },
    close: () => rmSync(join(folder, ".."), { recursive: true }),
  };
});

describe("a file inside a folder", () => {
  let top: string;
  let folder: string;
  beforeEach(() => {
    top = temporary();
    folder = join(top, "logs");
    mkdirSync(folder);
    writeFileSync(join(top, "secret"), "untouched\n");
  });
  afterEach(() => rmSync(top, { recursive: true }));
  const untouched = () => assert.equal(readFileSync(join(top, "secret"), "utf8"), "untouched\n");
  const refuses = (name: string, why: RegExp) =>
    assert.rejects(confinedFileSink(folder, name).send([numbered(1)], signal), (error: Error) => {
      assert.ok(
        error.message.startsWith(`${folder}/${name} cannot be opened for appending: `),
        error.message,
      );
      assert.match(error.message, why);
      return true;
    });

  for (const name of [
    "",
    ".",
    "..",
    "../secret",
    "a/b",
    "/etc/passwd",
    ".hidden",
    "a\u0000b",
    "a\nb",
    "x".repeat(129),
  ])
    it(`takes no name like ${JSON.stringify(name.slice(0, 20))}`, () => {
      assert.equal(isBareName(name), false);
      assert.throws(() => confinedFileSink(folder, name), /is no bare file name/);
    });

  it("is not followed where it is a link", async () => {
    symlinkSync("../secret", join(folder, "a.log"));
    await refuses("a.log", /ELOOP/);
    untouched();
  });

  it("is not written where it is another name of a file elsewhere", async () => {
    linkSync(join(top, "secret"), join(folder, "a.log"));
    await refuses("a.log", /it has another name elsewhere/);
    untouched();
  });

  it("is not written where the folder itself is a link", async () => {
    rmSync(folder, { recursive: true });
    mkdirSync(join(top, "elsewhere"));
    symlinkSync("elsewhere", folder);
    await refuses("a.log", /ENOTDIR|ELOOP/);
    assert.equal(existsSync(join(top, "elsewhere", "a.log")), false);
  });

  it("is not waited for where it is a FIFO, and a folder is none", async () => {
    execFileSync("mkfifo", [join(folder, "a.log")]);
    await refuses("a.log", /ENXIO/);
    mkdirSync(join(folder, "b.log"));
    await refuses("b.log", /EISDIR/);
  });

  it("names path and errno at the start where the folder cannot be written (R56)", async () => {
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "");
    await assert.rejects(confinedFileSink(folder, "a.log").open!(), {
      message: /^\/.*\/logs\/a\.log cannot be opened for appending: (EEXIST|ENOTDIR): /,
    });
  });

  it("is made with its folder, for us and our group", async () => {
    rmSync(folder, { recursive: true });
    const before = process.umask(0);
    await confinedFileSink(folder, "a.log").send([numbered(1)], signal);
    process.umask(before);
    assert.equal(
      execFileSync("stat", ["-c", "%a", folder, join(folder, "a.log")], { encoding: "utf8" }),
      "750\n640\n",
    );
    chmodSync(folder, 0o700);
  });
});
