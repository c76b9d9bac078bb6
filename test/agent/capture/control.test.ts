import assert from "node:assert/strict";
import { CONTROL, controlTables } from "../../../agent/capture/control.ts";
import { eventCode } from "../../../agent/events/table.ts";
import { unmet } from "../../support/requirements.ts";

const code = (name: string) => eventCode(name)!;
const at = (bytes: Buffer, table: number, number: number) => bytes.readUInt16LE(table + number * 2);

describe("the tables of wanted calls", () => {
  const cases = [
    { name: "a call by its native and 32-bit number", event: "openat", native: [257], compat: [295] },
    { name: "a 32-bit call's wide form too", event: "setuid", native: [105], compat: [23, 213] },
    { name: "a call by its number in the x32 ABI too", event: "ptrace", native: [101, 521], compat: [26] },
    { name: "fcntl64 as fcntl", event: "fcntl", native: [72], compat: [55, 221] },
  ];
  for (const { name, event, native, compat } of cases)
    it(`hold ${name}`, function () {
      if (process.arch !== "x64") unmet(this, "tool", `x86-64 and its 32-bit calls, not ${process.arch}`);
      const bytes = controlTables({ codes: [code(event)], environment: false, cwd: [] });
      const set = (table: number) =>
        Array.from({ length: CONTROL.numbers }, (_, i) => i).filter((i) => at(bytes, table, i) !== 0);
      assert.deepEqual(set(CONTROL.native), native);
      assert.deepEqual(set(CONTROL.compat), compat);
      for (const number of native) assert.equal(at(bytes, CONTROL.native, number), code(event) + 1);
    });

  it("hold socket calls behind socketcall, with its own number", () => {
    const bytes = controlTables({ codes: [code("accept")], environment: false, cwd: [] });
    assert.equal(at(bytes, CONTROL.socketcall, 5), code("accept") + 1);
    assert.notEqual(at(bytes, CONTROL.compat, 102), 0);
  });

  it("are empty where nothing is wanted", () => {
    const bytes = controlTables({ codes: [], environment: false, cwd: [] });
    assert.ok(bytes.subarray(CONTROL.native, CONTROL.want).every((byte) => byte === 0));
  });

  it("say what else each event wants", () => {
    const bytes = controlTables({
      codes: [code("execve"), code("procexit")],
      environment: true,
      cwd: [code("procexit")],
      paths: false,
    });
    assert.equal(bytes[CONTROL.want + code("execve")], 1 | 8);
    assert.equal(bytes[CONTROL.want + code("procexit")], 1 | 4);
    assert.equal(bytes[CONTROL.want + code("openat")], 0);
    assert.equal(controlTables({ codes: [], environment: true, cwd: [] })[CONTROL.want + code("openat")], 2);
  });
});
