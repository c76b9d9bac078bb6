import assert from "node:assert/strict";
import type { Abilities, Missing } from "../../../../agent/capture/index.ts";
import type { ClusterFacts, Facts, KernelFacts, PortFacts } from "../../../../agent/cli/doctor/facts.ts";
import type { Finding } from "../../../../agent/cli/doctor/finding.ts";
import { judge, worst } from "../../../../agent/cli/doctor/judge.ts";
import { good, kernel } from "./made-facts.ts";

type Case = readonly [
  name: string,
  facts: Facts,
  level: string,
  message: RegExp,
  costs: RegExp,
  advice: RegExp,
];

const withKernel = (change: Partial<KernelFacts>): Facts => ({ ...good, kernel: { ...kernel, ...change } });
const withAbilities = (change: Partial<Abilities>): Facts =>
  withKernel({ abilities: { ...kernel.abilities!, ...change } });
const lacking = (what: Missing["what"]): Facts =>
  withKernel({ missing: [{ what, problem: `${what} lacks`, advice: "get it" }], abilities: undefined });
const audit: PortFacts = {
  name: "sources.k8s_audit",
  setting: "sources.k8s_audit.listen",
  without: "audit events",
  address: "0.0.0.0",
  port: 8765,
  set: false,
  error: undefined,
};
const cluster: ClusterFacts = {
  place: "ns/tiercel-rules",
  index: { digest: "ab12cd34ef567890", shards: 2 },
  kept: "",
  folder: { path: "/var/lib/tiercel", error: undefined },
};
const nothing = /^$/;
/** All but CAP_SYS_RESOURCE. */
const noResource = ((1n << 41n) - 1n) & ~(1n << 24n);

/** By check: what is found when something differs from a machine where all is well. */
const cases: Readonly<Record<string, readonly Case[]>> = {
  "bpf-object": [["not built", lacking("object"), "failure", /^object lacks$/, /no system call/, /^get it$/]],
  libbpf: [
    ["not there", lacking("libbpf"), "failure", /^libbpf lacks$/, /no system call/, /^get it$/],
    ["there", good, "ok", /v1\.1/, nothing, nothing],
  ],
  kernel: [
    ["too old", lacking("kernel"), "failure", /^kernel lacks$/, /no system call/, /^get it$/],
    ["of no matter", { ...good, kernel: undefined }, "ok", /not captured/, nothing, nothing],
  ],
  btf: [["not there", lacking("btf"), "failure", /^btf lacks$/, /no system call/, /^get it$/]],
  "bpf-rights": [["missing", lacking("rights"), "failure", /^rights lacks$/, /no system call/, /^get it$/]],
  "bpf-load": [
    [
      "a small program refused",
      lacking("refused"),
      "failure",
      /^refused lacks$/,
      /no system call/,
      /^get it$/,
    ],
    [
      "all refused",
      withAbilities({ refused: "load: EINVAL" }),
      "failure",
      /load: EINVAL/,
      /no system call/,
      /lockdown/,
    ],
    ["loaded", good, "ok", /200 ms/, nothing, nothing],
  ],
  "pid-namespace": [
    [
      "not the node's",
      lacking("pid-namespace"),
      "failure",
      /^pid-namespace lacks$/,
      /no system call/,
      /^get it$/,
    ],
    ["the first", good, "ok", /kernel's first/, nothing, nothing],
    ["a node's own", withAbilities({ level: 1 }), "ok", /level 1; processes outside/, nothing, nothing],
  ],
  "bpf-reads": [
    [
      "by helpers",
      withAbilities({ variant: { cast: false, walker: "walk_loop" } }),
      "warning",
      /no bpf_rdonly_cast/,
      /processor time/,
      /6\.2/,
    ],
  ],
  "bpf-paths": [
    [
      "in steps",
      withAbilities({ variant: { cast: true, walker: "walk_steps" } }),
      "warning",
      /no bpf_loop/,
      /marked as cut/,
      /5\.17/,
    ],
  ],
  "true-paths": [
    ["by both hooks", good, "ok", /allows fentry and LSM programs.*does not use them/, nothing, nothing],
    ["by fentry alone", withAbilities({ lsm: false }), "ok", /allows fentry programs/, nothing, nothing],
    [
      "without bpf among the modules",
      withKernel({ securityModules: ["yama"] }),
      "ok",
      /allows fentry programs/,
      nothing,
      nothing,
    ],
    [
      "by neither",
      withAbilities({ lsm: false, fentry: false }),
      "ok",
      /neither fentry nor LSM/,
      nothing,
      nothing,
    ],
  ],
  lockdown: [
    ["integrity", withKernel({ lockdown: "integrity" }), "ok", /integrity/, nothing, nothing],
    [
      "confidentiality",
      withKernel({ lockdown: "confidentiality" }),
      "failure",
      /may not read/,
      /no system call/,
      /integrity/,
    ],
    ["unknown", withKernel({ lockdown: undefined }), "ok", /no lockdown/, nothing, nothing],
  ],
  "unprivileged-bpf": [
    ["allowed", withKernel({ unprivilegedBpfDisabled: 0 }), "warning", /any user/, /attack/, /sysctl .*=2/],
  ],
  node: [
    [
      "20.19",
      { ...good, process: { ...good.process, node: "20.19.0" } },
      "ok",
      /20\.19\.0/,
      nothing,
      nothing,
    ],
    [
      "20.18",
      { ...good, process: { ...good.process, node: "20.18.3" } },
      "failure",
      /older than 20\.19/,
      /not start/,
      /newer/,
    ],
  ],
  capabilities: [
    [
      "without CAP_SYS_PTRACE",
      { ...good, process: { ...good.process, capabilities: 1n << 2n } },
      "warning",
      /^CAP_SYS_PTRACE is missing$/,
      /working directory/,
      /add CAP_SYS_PTRACE/,
    ],
    [
      "without CAP_DAC_READ_SEARCH",
      { ...good, process: { ...good.process, capabilities: 1n << 19n } },
      "warning",
      /^CAP_DAC_READ_SEARCH is missing$/,
      /path of a cgroup/,
      /add CAP_DAC_READ_SEARCH/,
    ],
    [
      "without both",
      { ...good, process: { ...good.process, capabilities: 0n } },
      "warning",
      /^CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE are missing$/,
      /;/,
      /add/,
    ],
  ],
  "memory-lock": [
    [
      "too low on 5.10",
      { ...good, process: { ...good.process, kernel: "5.10.2", capabilities: noResource } },
      "failure",
      /^8 MiB .* 72 MiB are needed/,
      /do not load/,
      /LimitMEMLOCK/,
    ],
    [
      "high enough on 5.10",
      {
        ...good,
        process: { ...good.process, kernel: "5.10.2", capabilities: noResource, memoryLock: 1 << 30 },
      },
      "ok",
      /enough/,
      nothing,
      nothing,
    ],
    [
      "none on 5.10",
      {
        ...good,
        process: { ...good.process, kernel: "5.10.2", capabilities: noResource, memoryLock: undefined },
      },
      "ok",
      /enough/,
      nothing,
      nothing,
    ],
    [
      "to be lifted on 5.10",
      { ...good, process: { ...good.process, kernel: "5.10.2" } },
      "ok",
      /CAP_SYS_RESOURCE/,
      nothing,
      nothing,
    ],
  ],
  memory: [
    [
      "too low a limit",
      { ...good, memory: { ...good.memory, limit: 100 << 20 } },
      "warning",
      /may use 100 MiB/,
      /end the agent/,
      /buf_size_preset/,
    ],
    [
      "too little left",
      { ...good, memory: { ...good.memory, available: 50 << 20 } },
      "warning",
      /50 MiB are available/,
      /end the agent/,
      /buf_size_preset/,
    ],
    [
      "unknown",
      { ...good, memory: { ring: 1, available: undefined, limit: undefined } },
      "ok",
      /there is memory/,
      nothing,
      nothing,
    ],
  ],
  cgroups: [
    ["v2", good, "ok", /layout v2; .* v2's at \/sys\/fs\/cgroup$/, nothing, nothing],
    [
      "hybrid",
      {
        ...good,
        cgroups: { v1: ["cpu", "memory"], v2: "/u", records: 1, folder: { version: 1, path: "/m" } },
      },
      "ok",
      /hybrid.*v1's of the memory controller at \/m$/,
      nothing,
      nothing,
    ],
    [
      "v1",
      { ...good, cgroups: { v1: ["memory"], v2: undefined, records: 1, folder: { version: 1, path: "/m" } } },
      "ok",
      /layout v1;/,
      nothing,
      nothing,
    ],
    [
      "not mounted",
      { ...good, cgroups: { v1: [], v2: undefined, records: 2, folder: undefined } },
      "failure",
      /no cgroup hierarchy/,
      /belong to a container/,
      /mount/,
    ],
    [
      "another than the one of records",
      { ...good, cgroups: { v1: [], v2: "/u", records: 1, folder: { version: 2, path: "/u" } } },
      "failure",
      /records carry cgroups of v1, .*controller memory/,
      /belong to a container/,
      /mount/,
    ],
  ],
  runtime: [
    ["answering", good, "ok", /^containerd 1\.7\.2 answers at \/run/, nothing, nothing],
    [
      "hanging",
      {
        ...good,
        runtimes: {
          ...good.runtimes,
          sockets: [{ path: "/run/x.sock", type: "", version: "", up: false, reason: "no answer in time" }],
        },
      },
      "warning",
      /\/run\/x\.sock does not answer: no answer in time/,
      /ids alone/,
      /start it/,
    ],
    [
      "none",
      { ...good, runtimes: { sockets: [], wrong: [], named: false } },
      "ok",
      /none is needed/,
      nothing,
      nothing,
    ],
    [
      "none where one was named",
      { ...good, runtimes: { sockets: [], wrong: [], named: true } },
      "warning",
      /that were named/,
      /ids alone/,
      /CONTAINER_RUNTIME_ENDPOINT/,
    ],
    [
      "no unix socket",
      { ...good, runtimes: { sockets: [], wrong: ["tcp://x"], named: false } },
      "warning",
      /^tcp:\/\/x is no unix socket/,
      /nobody is asked/,
      /unix:/,
    ],
  ],
  clock: [
    ["kept", good, "ok", /is kept/, nothing, nothing],
    [
      "unknown",
      { ...good, clock: { ...good.clock, kept: undefined } },
      "ok",
      /can be read/,
      nothing,
      nothing,
    ],
    [
      "not kept",
      { ...good, clock: { ...good.clock, kept: false } },
      "warning",
      /unsynchronised/,
      /drift/,
      /NTP/,
    ],
    [
      "stepped",
      { ...good, clock: { ...good.clock, stepped: -1500 } },
      "warning",
      /moved by -1500 ms/,
      /off by as much/,
      /slew/,
    ],
    [
      "of long ago",
      { ...good, clock: { ...good.clock, wall: 0 } },
      "warning",
      /1970-01-01/,
      /certificates/,
      /set the clock/,
    ],
  ],
  settings: [
    ["valid", good, "ok", /\/etc\/tiercel\/tiercel\.yaml/, nothing, nothing],
    [
      "wrong",
      { ...good, settings: { files: [], mistakes: ["a: b [C]"], warnings: [] } },
      "failure",
      /^a: b \[C\]$/,
      /does not start/,
      /mend/,
    ],
    [
      "odd",
      { ...good, settings: { files: [], mistakes: [], warnings: ["w"] } },
      "warning",
      /^w$/,
      /seems/,
      /settings\.md/,
    ],
  ],
  rules: [
    ["fine", good, "ok", /^41 rules of 1 file load$/, nothing, nothing],
    [
      "wrong",
      { ...good, rules: { from: "1 file", rules: 0, mistakes: "x.yaml: Invalid", warnings: [] } },
      "failure",
      /Invalid/,
      /does not start/,
      /validate/,
    ],
    [
      "odd",
      { ...good, rules: { from: "1 file", rules: 1, mistakes: "", warnings: ["w"] } },
      "warning",
      /^w$/,
      /seems/,
      /validate/,
    ],
    [
      "none in force",
      { ...good, rules: { from: "2 files", rules: 0, mistakes: "", warnings: [] } },
      "warning",
      /^0 rules of 2 files/,
      /no alert/,
      /priority/,
    ],
    [
      "of a cluster",
      { ...good, rules: undefined, cluster },
      "ok",
      /^the rules of the cluster are in ns\/tiercel-rules: digest ab12cd34ef56, 2 parts$/,
      nothing,
      nothing,
    ],
    [
      "of a cluster that are not there",
      { ...good, rules: undefined, cluster: { ...cluster, index: { error: "HTTP 404" } } },
      "warning",
      /ns\/tiercel-rules cannot be read: HTTP 404$/,
      /without rules until it can/,
      /operator.*cluster\.namespace.*rights/,
    ],
    [
      "of a cluster that are on the disk alone",
      { ...good, rules: undefined, cluster: { ...cluster, index: { error: "e" }, kept: "0123456789abcdef" } },
      "warning",
      /cannot be read/,
      /those of its last run, digest 0123456789ab$/,
      /operator/,
    ],
    [
      "of a cluster that cannot be kept",
      { ...good, rules: undefined, cluster: { ...cluster, folder: { path: "/state", error: "EROFS" } } },
      "warning",
      /nothing can be kept in \/state: EROFS/,
      /starts without rules/,
      /cluster\.state_folder/,
    ],
  ],
  port: [
    ["free", good, "ok", /127\.0\.0\.1 port 8766/, nothing, nothing],
    [
      "taken",
      { ...good, ports: [{ ...good.ports[0]!, error: "EADDRINUSE" }] },
      "warning",
      /another agent/,
      /without health/,
      /listen_port/,
    ],
    [
      "taken though it was set",
      { ...good, ports: [{ ...good.ports[0]!, set: true, error: "EADDRINUSE" }] },
      "failure",
      /EADDRINUSE/,
      /does not start/,
      /listen_port/,
    ],
    [
      "of the only source, taken",
      { ...good, ports: [{ ...audit, without: undefined, error: "EADDRINUSE" }] },
      "failure",
      /sources\.k8s_audit cannot listen on 0\.0\.0\.0 port 8765: EADDRINUSE/,
      /does not start/,
      /sources\.k8s_audit\.listen/,
    ],
    [
      "of one of two sources, taken",
      { ...good, ports: [{ ...audit, error: "EADDRINUSE" }] },
      "warning",
      /another agent/,
      /without audit events/,
      /sources\.k8s_audit\.listen/,
    ],
    [
      "not to be had",
      { ...good, ports: [{ ...good.ports[0]!, error: "EADDRNOTAVAIL" }] },
      "failure",
      /EADDRNOTAVAIL/,
      /does not start/,
      /listen_address/,
    ],
  ],
  kubernetes: [
    [
      "answering",
      { ...good, kubernetes: { server: "10.0.0.1", node: "n", error: undefined } },
      "ok",
      /at 10\.0\.0\.1 tells the pods of n$/,
      nothing,
      nothing,
    ],
    [
      "silent",
      { ...good, kubernetes: { server: "s", node: "n", error: "timeout" } },
      "warning",
      /does not tell the pods of n: timeout/,
      /labels of namespaces/,
      /service account/,
    ],
    [
      "not to be asked",
      { ...good, kubernetes: { missing: "set NODE_NAME" } },
      "warning",
      /cannot be asked: set NODE_NAME$/,
      /labels of namespaces/,
      /pod_metadata: cri/,
    ],
  ],
};

describe("the doctor", () => {
  for (const [check, rows] of Object.entries(cases))
    describe(check, () => {
      for (const [name, facts, level, message, costs, advice] of rows)
        it(`${level === "ok" ? "is fine" : `is a ${level}`}: ${name}`, () => {
          const found = judge(facts).filter((finding) => finding.check === check);
          const finding = found.find((each) => each.level === level && message.test(each.message));
          assert.ok(finding, JSON.stringify(found));
          assert.match(finding.costs, costs);
          assert.match(finding.advice, advice);
          const others = judge(facts).filter((each) => each.check !== check && each.level !== "ok");
          assert.deepEqual(others, [], "nothing else is wrong");
        });
    });

  it("finds nothing where all is well, and looks at everything", () => {
    const findings = judge({ ...good, kubernetes: { server: "s", node: "n", error: undefined } });
    assert.deepEqual(
      findings.filter(({ level }) => level !== "ok"),
      [],
    );
    assert.deepEqual([...new Set(findings.map(({ check }) => check))].sort(), Object.keys(cases).sort());
  });

  it("leaves out what is of no matter without system calls", () => {
    const checks = judge({ ...good, kernel: undefined }).map(({ check }) => check);
    assert.deepEqual(checks, ["kernel", "node", "memory", "clock", "settings", "rules", "port"]);
  });

  it("does not try rules where the settings have mistakes", () => {
    const checks = judge({ ...good, rules: undefined }).map(({ check }) => check);
    assert.ok(!checks.includes("rules"));
  });

  it("is as bad as the worst finding", () => {
    const of = (...all: Finding["level"][]) =>
      worst(all.map((level) => ({ check: "", level, message: "", costs: "", advice: "" })));
    assert.deepEqual(
      [of(), of("ok"), of("ok", "warning"), of("failure", "ok", "warning")],
      ["ok", "ok", "warning", "failure"],
    );
  });
});
