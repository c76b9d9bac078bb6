import assert from "node:assert/strict";
import { encodeRecord, viewOf } from "../../../agent/events/encode.ts";
import type { RecordView } from "../../../agent/events/record-view.ts";
import type { HeaderField } from "../../../agent/events/record.ts";

const header = { pid: 4_000_000_000, tid: 2, tty: 7, comm: "sh", cgroup: 0xffffffff00000001n };
const made = (
  change: Partial<Record<Exclude<HeaderField, "comm">, number | bigint>> & { comm?: string } = {},
): RecordView => viewOf(encodeRecord({ type: 1, header: { ...header, ...change } }));

describe("what a header says of a task", () => {
  const words: number[] = [];
  made().keepTask(words);

  it("is known again", () => assert.equal(made({ time: 5, ret: 3, syscall: 9, cpu: 1 }).taskIs(words), true));

  for (const field of [
    "pid",
    "tid",
    "ppid",
    "vpid",
    "vtid",
    "pgid",
    "sid",
    "vpgid",
    "vsid",
    "pidns",
  ] as const)
    it(`differs by ${field}`, () => assert.equal(made({ [field]: 99 }).taskIs(words), false));
  for (const field of ["mntns", "uid", "gid", "loginuid", "tty", "cgroup"] as const)
    it(`differs by ${field}`, () => assert.equal(made({ [field]: 99 }).taskIs(words), false));
  for (const comm of ["", "s", "shh", "sh-of-15-letter"])
    it(`differs by the name ${JSON.stringify(comm)}`, () =>
      assert.equal(made({ comm }).taskIs(words), false));
  it("differs by either half of the cgroup", () => {
    assert.equal(made({ cgroup: 1n }).taskIs(words), false);
    assert.equal(made({ cgroup: 0xffffffff00000002n }).taskIs(words), false);
  });
  it("is nothing before any was kept", () => assert.equal(made().taskIs([]), false));
});
