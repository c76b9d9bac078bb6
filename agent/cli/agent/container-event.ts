/** The event `container` of old rules: a container became known, with its first process and its facts as JSON. */
import { encodeRecord } from "../../events/encode.ts";
import { DATA_AT, RECORD_MAX, recordFlags } from "../../events/record.ts";
import { eventCode } from "../../events/table.ts";
import type { ContainerFacts } from "../../state/container-facts.ts";
import type { Container, Process } from "../../state/types.ts";

/** Its code. */
export const CONTAINER = eventCode("container")!;
/** The part `json` (table.ts). */
const JSON_PART = 0;

/**
 * The record of a container whose facts are known.
 *
 * @param time ns since boot.
 */
export function containerRecord({ facts, pod }: Container, process: Process, time: bigint): Buffer {
  const { pid, startTime, cgroup, ppid, vpid, pgid, vpgid, sid, vsid, tty, uid, gid, loginuid, comm } =
    process;
  return encodeRecord({
    type: CONTAINER,
    header: {
      time,
      ...{ pid, tid: pid, ppid, vpid, vtid: vpid, pgid, vpgid, sid, vsid, tty, uid, gid, loginuid, comm },
      start_time: startTime,
      cgroup,
      ...capabilities(process),
      flags: recordFlags.LEADER,
      syscall: 0xffffffff,
    },
    parts: new Map([[JSON_PART, facts === undefined ? "" : containerJson(facts, pod?.ip)]]),
  });
}

function capabilities({ capabilities: words = [] }: Process) {
  const set = (word: number) => (BigInt(words[word + 1] ?? 0) << 32n) | BigInt(words[word] ?? 0);
  return { cap_inheritable: set(0), cap_permitted: set(2), cap_effective: set(4) };
}

/** Bytes that a record has for it. */
const MAX_JSON = RECORD_MAX - DATA_AT;

/** Keys as Falco has them. What does not fit into a record is left out: environment, labels, mounts, in this order. */
function containerJson(facts: ContainerFacts, podAddress: string | undefined): string {
  const left = new Set<string>();
  for (const part of ["", "env", "labels", "pod_sandbox_labels", "cni_json", "Mounts", "port_mappings"]) {
    left.add(part);
    const entries = Object.entries(members(facts, podAddress)).filter(([key]) => !left.has(key));
    const text = JSON.stringify({ container: Object.fromEntries(entries) });
    if (text.length <= MAX_JSON) return text;
  }
  return JSON.stringify({ container: { full_id: facts.id.slice(0, 64) } });
}

function members(facts: ContainerFacts, podAddress: string | undefined): Readonly<Record<string, unknown>> {
  const { id, type, name, image, imageId, imageRepository, imageTag, imageDigest, privileged, pod } = facts;
  const command = ([exe, ...args]: readonly string[]) => (exe === undefined ? undefined : { exe, args });
  return {
    id: id.slice(0, 12),
    full_id: id,
    type,
    name,
    image,
    imageid: imageId,
    imagerepo: imageRepository,
    imagetag: imageTag,
    imagedigest: imageDigest,
    privileged,
    is_pod_sandbox: facts.sandbox,
    created_time: Number(facts.createdAt / 1_000_000_000n),
    ip: facts.ip || podAddress || "",
    host_pid: facts.hostPid,
    host_network: facts.hostNetwork,
    host_ipc: facts.hostIpc,
    Mounts: facts.mounts.map(({ source, destination, mode, writable, propagation }) => ({
      Source: source,
      Destination: destination,
      Mode: mode,
      RW: writable,
      Propagation: propagation,
    })),
    port_mappings: facts.ports.map(({ hostAddress, hostPort, containerPort }) => ({
      HostIp: hostAddress,
      HostPort: hostPort,
      ContainerPort: containerPort,
    })),
    labels: Object.fromEntries(facts.labels),
    env: facts.env,
    Healthcheck: command(facts.healthcheck),
    LivenessProbe: command(facts.livenessProbe),
    ReadinessProbe: command(facts.readinessProbe),
    pod_sandbox_id: pod?.sandboxId,
    pod_sandbox_labels: pod && Object.fromEntries(pod.labels),
    cni_json: pod?.cniJson,
  };
}
