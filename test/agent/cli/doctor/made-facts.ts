/** Facts of a machine where all is well, to be changed by tests. */
import type { Facts, KernelFacts } from "../../../../agent/cli/doctor/facts.ts";

export const kernel: KernelFacts = {
  release: "6.8.0",
  missing: [],
  abilities: {
    libbpf: "v1.1",
    level: 0,
    variant: { cast: true, walker: "walk_loop" },
    refused: undefined,
    milliseconds: 200,
    fentry: true,
    lsm: true,
  },
  lockdown: "none",
  securityModules: ["lockdown", "bpf"],
  unprivilegedBpfDisabled: 2,
};

export const good: Facts = {
  kernel,
  process: { node: "24.1.0", capabilities: (1n << 41n) - 1n, kernel: "6.8.0", memoryLock: 8 << 20 },
  memory: { ring: 8 << 20, available: 1 << 30, limit: 1 << 29 },
  cgroups: { v1: [], v2: "/sys/fs/cgroup", records: 2, folder: { version: 2, path: "/sys/fs/cgroup" } },
  runtimes: {
    sockets: [
      { path: "/run/containerd/containerd.sock", type: "containerd", version: "1.7.2", up: true, reason: "" },
    ],
    wrong: [],
    named: false,
  },
  clock: { wall: Date.UTC(2026, 1, 1), stepped: 0.4, kept: true },
  settings: { files: ["/etc/tiercel/tiercel.yaml"], mistakes: [], warnings: [] },
  rules: { from: "1 file", rules: 41, mistakes: "", warnings: [] },
  ports: [
    {
      name: "webserver",
      setting: "webserver.listen_port or listen_address",
      without: "health and metrics",
      address: "127.0.0.1",
      port: 8766,
      set: false,
      error: undefined,
    },
  ],
  kubernetes: undefined,
  cluster: undefined,
};
