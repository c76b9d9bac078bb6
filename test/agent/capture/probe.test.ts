import assert from "node:assert/strict";
import { missing, missingText, type Machine } from "../../../agent/capture/probe.ts";
import { LibbpfError } from "../../../agent/capture/native.ts";

const good: Machine = {
  kernel: "5.10.0",
  hasObject: true,
  hasBtf: true,
  capabilities: (1n << 38n) | (1n << 39n),
  pid: 4711,
  initCgroup: "0::/init.scope\n",
  ownCgroup: "0::/pod\n",
  openLibbpf: () => undefined,
  loadSmallProgram: () => ({ level: 0 }),
};

const fail = (error: Error) => () => {
  throw error;
};

describe("what is missing for capture", () => {
  const cases: { name: string; machine: Partial<Machine>; want: readonly [string, RegExp][] }[] = [
    { name: "is nothing with CAP_BPF and CAP_PERFMON", machine: {}, want: [] },
    { name: "is nothing with CAP_SYS_ADMIN", machine: { capabilities: 1n << 21n }, want: [] },
    {
      name: "is the object before make build",
      machine: { hasObject: false },
      want: [["object", /make build/]],
    },
    {
      name: "is libbpf where it cannot be opened",
      machine: { openLibbpf: fail(new Error("no such file")) },
      want: [["libbpf", /libbpf1/]],
    },
    {
      name: "is a newer kernel",
      machine: { kernel: "5.4.0-1" },
      want: [["kernel", /5\.4\.0-1 is older than 5\.10/]],
    },
    { name: "is BTF", machine: { hasBtf: false }, want: [["btf", /CONFIG_DEBUG_INFO_BTF/]] },
    { name: "is the right to use BPF", machine: { capabilities: 1n << 39n }, want: [["rights", /root/]] },
    {
      name: "is all at once, not the first alone",
      machine: { hasBtf: false, capabilities: 0n },
      want: [
        ["btf", /BTF/],
        ["rights", /root/],
      ],
    },
    {
      name: "is what the kernel refuses though rights are there",
      machine: { loadSmallProgram: fail(new LibbpfError("bpf_object__load", 1)) },
      want: [["refused", /bpf_object__load: EPERM.*lockdown/]],
    },
    {
      name: "is the node's PID namespace for process 1 of another",
      machine: { pid: 1, loadSmallProgram: () => ({ level: 1 }) },
      want: [["pid-namespace", /hostPID/]],
    },
    {
      name: "is the node's PID namespace where process 1 is of the same pod",
      machine: { initCgroup: "0::/pod\n", loadSmallProgram: () => ({ level: 1 }) },
      want: [["pid-namespace", /hostPID/]],
    },
    {
      name: "is nothing below another node's namespace",
      machine: { loadSmallProgram: () => ({ level: 1 }) },
      want: [],
    },
    { name: "is nothing as process 1 of the kernel's first namespace", machine: { pid: 1 }, want: [] },
  ];
  for (const { name, machine, want } of cases)
    it(name, () => {
      const got = missing({ ...good, ...machine });
      assert.deepEqual(
        got.map(({ what }) => what),
        want.map(([what]) => what),
      );
      got.forEach((each, index) => assert.match(missingText(each), want[index]![1]));
    });
});
