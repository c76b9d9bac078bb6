import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { root } from "../../support/reference.ts";

const tiercel = (...args: string[]) =>
  spawnSync(process.execPath, [`${root}build/agent/main.js`, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 24,
  });

describe("tiercel fields", () => {
  it("prints a field a line, with its argument and what it is", () => {
    const { status, stdout } = tiercel("fields", "--source", "syscall");
    assert.equal(status, 0);
    assert.match(stdout, /^proc\.aname optional \[N\] +CHARBUF +Name of an ancestor/m);
    assert.match(stdout, /^evt\.arg \.NAME or \[N\] +CHARBUF/m);
    assert.match(stdout, /^fd\.types optional \[N\] +list of CHARBUF/m);
    assert.doesNotMatch(stdout, /^(evt\.dir|evt\.latency|util\.cnt|ka\.verb)/m);
  });
  it("prints JSON of all sources", () => {
    const { stdout } = tiercel("fields", "-o", "json");
    const sources = JSON.parse(stdout) as { source: string; fields: { name: string; argument: string }[] }[];
    assert.deepEqual(
      sources.map(({ source }) => source),
      ["syscall", "k8s_audit"],
    );
    assert.ok(
      sources[1]!.fields.some(({ name, argument }) => name === "jevt.value" && argument === "required"),
    );
  });
  it("prints the page of docs", () => {
    const { stdout } = tiercel("fields", "-o", "markdown");
    assert.match(stdout, /^# Fields/);
    assert.match(stdout, /## Source `k8s_audit`/);
  });
  it("refuses a source that it does not know", () => {
    const { status, stderr } = tiercel("fields", "--source", "syscal");
    assert.equal(status, 2);
    assert.match(
      stderr,
      /^tiercel fields: there is no source syscal, only syscall and k8s_audit, did you mean syscall\?/,
    );
  });
});

describe("tiercel events", () => {
  it("prints an event a line, and the names that have no parameters", () => {
    const { status, stdout } = tiercel("events");
    assert.equal(status, 0);
    assert.match(stdout, /^openat +yes {2}fd, dirfd, name, flags, mode, dev, ino$/m);
    assert.match(stdout, /^read +no {3}res, data, fd, size$/m);
    assert.match(stdout, /\breboot\b/);
    assert.doesNotMatch(stdout, /task_fork/);
  });
  it("prints JSON", () => {
    const all = JSON.parse(tiercel("events", "-o", "json").stdout) as {
      name: string;
      captured: boolean;
      parameters: unknown[];
    }[];
    const openat = all.find(({ name }) => name === "openat")!;
    assert.equal(openat.captured, true);
    assert.deepEqual(openat.parameters[3], {
      name: "flags",
      type: "FLAGS32",
      format: "hex",
      flags: "OPEN_FLAGS",
    });
    assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
  });
  it("takes no argument", () => assert.equal(tiercel("events", "open").status, 2));
});
