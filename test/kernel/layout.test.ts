import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { CONTROL } from "../../agent/capture/control.ts";
import { settingNames } from "../../agent/capture/object.ts";
import { headerFields, offsets } from "../../agent/events/record.ts";
import { root } from "../support/reference.ts";

interface Type {
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly members?: readonly { readonly name: string; readonly bits_offset: number }[];
}

describe("the layout of what both sides share, by the object's own BTF", () => {
  for (const variant of ["x86.cast", "x86.probe", "arm64.cast", "arm64.probe"])
    describe(variant, () => {
      let types: readonly Type[];
      before(() => {
        const object = `${root}build/bpf/tiercel.${variant}.bpf.o`;
        const text = execFileSync("/usr/sbin/bpftool", ["-j", "btf", "dump", "file", object], {
          encoding: "utf8",
          maxBuffer: 64 << 20,
        });
        types = (JSON.parse(text) as { types: Type[] }).types;
      });
      const struct = (name: string) => {
        const found = types.find((type) => type.kind === "STRUCT" && type.name === name);
        assert.ok(found, name);
        return {
          size: found.size,
          members: Object.fromEntries(found.members!.map((each) => [each.name, each.bits_offset / 8])),
        };
      };

      // The facts are local to programs and so not in the BTF: gen/record.h has the compiler check their offsets.
      it("struct record_header is where record.ts reads it", () => {
        const { size, ...members } = offsets(headerFields) as Record<string, number>;
        assert.deepEqual(struct("record_header"), { size, members });
      });

      it("struct control is where control.ts writes it", () => {
        const { size, members } = struct("control");
        const { sleeping, native, compat, socketcall, want } = CONTROL;
        assert.equal(size, CONTROL.size);
        assert.deepEqual(
          { ...members, unused: 0 },
          { sleeping, unused: 0, native, compat, socketcall, want },
        );
      });

      it("struct settings has the constants in the order of object.ts", () => {
        assert.deepEqual(
          struct("settings").members,
          Object.fromEntries(settingNames.map((name, i) => [name, i * 4])),
        );
      });

      it("counts are where drops.ts reads them", () => {
        assert.deepEqual(struct("counts").members, { submitted: 0, dropped: 8 });
        assert.equal(struct("counts").size, 40);
        assert.deepEqual(struct("totals").members, { bytes: 0, wakeups: 8, contested: 16, room: 24 });
        assert.deepEqual(struct("drop_key").members, { cgroup: 0, type: 8, cause: 12 });
        assert.deepEqual(struct("share_key").members, { cgroup: 0, process: 8, unused: 12 });
        assert.deepEqual(struct("share").members, { bytes: 0, wanted: 8, consumed: 16, fill: 24 });
      });
    });
});
