/** What the node is like: cgroups, container runtimes, clock, the Kubernetes API. Pure. */
import type { CgroupFacts, ClockFacts, Facts, KubernetesFacts, RuntimesFacts } from "./facts.ts";
import { failure, ok, warning, type Finding } from "./finding.ts";

/** ms; smaller differences are how the clocks are read. */
const STEP = 50;
/** A wall clock before this never was right. */
const EARLIEST = Date.UTC(2025, 0, 1);

/** Everything about the node. */
export function judgeNode({ kernel, cgroups, runtimes, clock, kubernetes }: Facts): Finding[] {
  return [
    ...(kernel === undefined ? [] : [judgeCgroups(cgroups), ...judgeRuntimes(runtimes)]),
    ...judgeClock(clock),
    ...judgeKubernetes(kubernetes),
  ];
}

function layoutOf({ v1, v2 }: CgroupFacts): string {
  if (v1.length === 0) return "v2";
  return v2 === undefined ? "v1" : "hybrid (v1 and v2)";
}

function judgeCgroups(facts: CgroupFacts): Finding {
  const { v1, v2, records, folder } = facts;
  const costs =
    "no event can be told to belong to a container: rules about containers do not match, rules about the host match too often";
  if (v1.length === 0 && v2 === undefined)
    return failure(
      "cgroups",
      "no cgroup hierarchy is mounted",
      costs,
      "mount /sys/fs/cgroup into the container",
    );
  if (folder === undefined || folder.version !== records)
    return failure(
      "cgroups",
      `records carry cgroups of v${records}, but that hierarchy is not mounted${records === 1 ? " (v1, controller memory)" : ""}`,
      costs,
      "mount the node's /sys/fs/cgroup with all below it into the container",
    );
  const which = records === 1 ? "v1's of the memory controller" : "v2's";
  return ok("cgroups", `layout ${layoutOf(facts)}; containers are told by ${which} at ${folder.path}`);
}

function judgeRuntimes({ sockets, wrong, named }: RuntimesFacts): Finding[] {
  const costs = "containers have their ids alone: no name, image, mounts or pod";
  const findings = sockets.map(({ path, type, version, up, reason }) =>
    up
      ? ok("runtime", `${type} ${version} answers at ${path}`)
      : warning(
          "runtime",
          `the container runtime at ${path} does not answer: ${reason}`,
          `its ${costs}`,
          "start it, give access to its socket, or name the right one (container_runtime.sockets)",
        ),
  );
  for (const address of wrong)
    findings.push(
      warning(
        "runtime",
        `${address} is no unix socket`,
        `nobody is asked there; its ${costs}`,
        "name a path or unix:// address in container_runtime.sockets or CONTAINER_RUNTIME_ENDPOINT",
      ),
    );
  if (findings.length > 0) return findings;
  return [
    named
      ? warning(
          "runtime",
          "there is no container runtime at the sockets that were named",
          costs,
          "check container_runtime.sockets and CONTAINER_RUNTIME_ENDPOINT; in a pod mount the socket's folder",
        )
      : ok("runtime", "no container runtime was found; none is needed where no containers run"),
  ];
}

function judgeClock({ wall, stepped, kept }: ClockFacts): Finding[] {
  if (wall < EARLIEST)
    return [
      warning(
        "clock",
        `the wall clock says ${new Date(wall).toISOString()}`,
        "times of alerts are wrong, and certificates of outputs and of the Kubernetes API count as not yet valid",
        "set the clock, and keep it by NTP",
      ),
    ];
  if (Math.abs(stepped) >= STEP)
    return [
      warning(
        "clock",
        `the wall clock moved by ${Math.round(stepped)} ms while the doctor looked`,
        "times of alerts are off by as much: the agent reads the wall clock at its start and then counts from boot",
        "find out who sets the clock; let NTP slew it",
      ),
    ];
  if (kept === false)
    return [
      warning(
        "clock",
        "nothing keeps the wall clock (the kernel calls it unsynchronised)",
        "times of alerts drift away from those of other nodes",
        "run an NTP client (chrony, systemd-timesyncd), unless the hypervisor keeps the clock",
      ),
    ];
  return [ok("clock", kept === undefined ? "the clocks can be read" : "the wall clock is kept")];
}

function judgeKubernetes(facts: KubernetesFacts | undefined): Finding[] {
  if (facts === undefined) return [];
  const costs =
    "pods have what the container runtime says alone: no owners, services, probes or labels of namespaces";
  if ("missing" in facts)
    return [
      warning(
        "kubernetes",
        `the Kubernetes API cannot be asked: ${facts.missing}`,
        costs,
        "mend it, or switch it off (kubernetes.pod_metadata: cri)",
      ),
    ];
  const { server, node, error } = facts;
  if (error === undefined)
    return [ok("kubernetes", `the Kubernetes API at ${server} tells the pods of ${node}`)];
  return [
    warning(
      "kubernetes",
      `the Kubernetes API at ${server} does not tell the pods of ${node}: ${error}`,
      costs,
      "check network policies, the service account and its rights, or switch it off (kubernetes.pod_metadata: cri)",
    ),
  ];
}
