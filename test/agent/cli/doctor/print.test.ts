import assert from "node:assert/strict";
import { failure, ok, warning } from "../../../../agent/cli/doctor/finding.ts";
import { cgroupFacts, memoryLockOf } from "../../../../agent/cli/doctor/gather-machine.ts";
import { findingsJson, findingsText } from "../../../../agent/cli/doctor/print.ts";

const findings = [
  ok("kernel", "kernel 6.8"),
  warning("runtime", "/run/\u001b[2J\u202e.sock is\u009bsilent", "a\nb", "do"),
  failure("settings", 'it is "so"', "much", "this"),
];

describe("findings", () => {
  it("are printed one after the other, with nothing a terminal obeys", () => {
    assert.equal(
      findingsText(findings, false),
      `ok       kernel            kernel 6.8
warning  runtime           /run/\\u001b[2J\\u202e.sock is\\u009bsilent
                           costs: a
                           b
                           do:    do
failure  settings          it is "so"
                           costs: much
                           do:    this
3 findings: 1 failure, 1 warning
`,
    );
  });

  it("have colours where these are wanted", () => {
    const text = findingsText(findings, true);
    for (const [colour, word] of [
      ["32", "ok       "],
      ["33", "warning  "],
      ["31", "failure  "],
    ])
      assert.ok(text.includes(`\u001b[${colour}m${word}\u001b[0m`), word);
  });

  it("are one JSON object with the worst level and counts", () => {
    const text = findingsJson(findings);
    assert.deepEqual(JSON.parse(text), {
      level: "failure",
      counts: { ok: 1, warning: 1, failure: 1 },
      findings,
    });
    assert.doesNotMatch(text, /[\u001b\u009b\u202e]/);
  });
});

describe("facts about cgroups and limits", () => {
  const v1 = "30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory";
  const cpu = "31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct";
  const v2 = "32 24 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";
  const known = (memory: number) =>
    `#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t3\t1\t1\ncpuacct\t3\t1\t1\nmemory\t${memory}\t1\t1\n`;
  const folder = (version: 1 | 2, path: string) => ({ version, path });

  for (const [name, mounts, memory, want] of [
    [
      "v1",
      [v1, cpu],
      4,
      {
        v1: ["cpu", "cpuacct", "memory"],
        v2: undefined,
        records: 1,
        folder: folder(1, "/sys/fs/cgroup/memory"),
      },
    ],
    [
      "hybrid",
      [v1, v2],
      4,
      {
        v1: ["memory"],
        v2: "/sys/fs/cgroup/unified",
        records: 1,
        folder: folder(1, "/sys/fs/cgroup/memory"),
      },
    ],
    [
      "v2 with controllers of v1",
      [cpu, v2],
      0,
      {
        v1: ["cpu", "cpuacct"],
        v2: "/sys/fs/cgroup/unified",
        records: 2,
        folder: folder(2, "/sys/fs/cgroup/unified"),
      },
    ],
    [
      "v2",
      [v2],
      0,
      { v1: [], v2: "/sys/fs/cgroup/unified", records: 2, folder: folder(2, "/sys/fs/cgroup/unified") },
    ],
    ["none", [], 0, { v1: [], v2: undefined, records: 2, folder: undefined }],
  ] as const)
    it(`tell layout ${name}`, () =>
      assert.deepEqual(cgroupFacts({ mountinfo: mounts.join("\n"), root: "" }, known(memory)), want));

  it("tell how much memory may be locked", () => {
    assert.equal(
      memoryLockOf("Max locked memory         8388608              8388608              bytes\n"),
      8_388_608,
    );
    assert.equal(
      memoryLockOf("Max locked memory         unlimited            unlimited            bytes\n"),
      undefined,
    );
    assert.equal(memoryLockOf(""), undefined);
  });
});
