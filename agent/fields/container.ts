/**
 * container.* and what the container runtime says about processes. Ids and type come from the cgroup; the rest is
 * the runtime's and missing until it is known. On the host texts are "host" or empty, not missing.
 */
import type { FieldType, Scalar } from "../rules/catalogue.ts";
import type { SyscallContext } from "./context.ts";
import { narrow } from "../events/record-view.ts";
import { field, fieldOf, missing, type Field, type Read } from "./field.ts";

/** Length of the ids that people see. */
const shortId = 12;

/** Short id, as container.id shows it; "host" outside containers. */
export function containerId(c: SyscallContext): string | undefined {
  const id = c.process?.container.id;
  return id === undefined || id === "host" ? id : id.slice(0, shortId);
}

const suggested = { suggestedOutput: true } as const;

const onHost =
  (value: Scalar): Read =>
  (c) =>
    c.process?.container.id === "host" ? value : undefined;

const startTime = (c: SyscallContext) => {
  const start = c.process?.pidnsStart;
  return start === undefined || start === 0n ? undefined : c.host.bootTime + start;
};

const text = (
  name: string,
  help: string,
  example: string,
  host: Scalar = "",
  facts = {},
  type: FieldType = "CHARBUF",
) => field(name, type, help, example, onHost(host), facts);

// prettier-ignore
export const containerFields: readonly Field[] = [
  field("container.id", "CHARBUF", "First 12 characters of the container's id; host for processes of the node itself.", "container.id != host", containerId, suggested),
  field("container.full_id", "CHARBUF", "The container's whole id; host for processes of the node itself.", "container.full_id != host", (c) => c.process?.container.id),
  text("container.name", "Name that the runtime gave the container.", "container.name startswith web", "host", suggested),
  text("container.image", "Image with its tag.", 'container.image = "docker.io/library/nginx:latest"'),
  text("container.image.id", "Id of the image.", "container.image.id startswith 5d0da3dc"),
  field("container.type", "CHARBUF", "Runtime: docker, containerd, cri-o, podman and others; host for the node itself.", "container.type = containerd", (c) => c.process?.container.type),
  text("container.privileged", "Whether the container is privileged.", "container.privileged = true", false, {}, "BOOL"),
  text("container.mounts", "All mounts, each as source:dest:mode:rdwr:propagation, joined by commas.", 'container.mounts contains "/var/run/docker.sock:"'),
  ...[
    ["container.mount", "One mount as container.mounts shows it, by index or by a regular expression found in its source."],
    ["container.mount.source", "Source of a mount, by index or by a regular expression found in its destination."],
    ["container.mount.dest", "Destination of a mount, by index or by a regular expression found in its source."],
    ["container.mount.mode", "Mode of a mount, chosen as for container.mount."],
    ["container.mount.rdwr", "Whether a mount can be written, true or false, chosen as for container.mount."],
    ["container.mount.propagation", "Propagation of a mount, chosen as for container.mount."],
  ].map(([name, help]) => fieldOf(name!, "CHARBUF", ["required", "key"], help!, `${name}[/proc] contains /`, () => missing)),
  text("container.image.repository", "Image without tag and digest.", "container.image.repository = docker.io/library/nginx", "", suggested),
  text("container.image.tag", "Tag of the image.", "container.image.tag = latest", "", suggested),
  text("container.image.digest", "Digest of the image in its registry.", 'container.image.digest startswith "sha256:"'),
  field("container.healthcheck", "CHARBUF", "Command of the container's health check.", "container.healthcheck contains curl", missing),
  field("container.liveness_probe", "CHARBUF", "Command of the container's liveness probe.", "container.liveness_probe contains curl", missing),
  field("container.readiness_probe", "CHARBUF", "Command of the container's readiness probe.", "container.readiness_probe contains curl", missing),
  field("container.start_ts", "ABSTIME", "When the first process of the container's PID namespace began, ns since the epoch.", "container.start_ts > 1700000000000000000", (c) => { const start = startTime(c); return start === undefined ? undefined : narrow(start); }),
  field("container.duration", "RELTIME", "Nanoseconds since then.", "container.duration < 60000000000", (c) => { const start = startTime(c); return start === undefined ? undefined : narrow(c.time > start ? c.time - start : 0n); }),
  text("container.ip", "Address of the container.", "container.ip startswith 10."),
  text("container.cni.json", "Result of the network plugin for the container's pod, as JSON.", "container.cni.json contains eth0"),
  text("container.host_pid", "Whether the container shares the node's PID namespace.", "container.host_pid = true", false, {}, "BOOL"),
  text("container.host_network", "Whether the container shares the node's network.", "container.host_network = true", false, {}, "BOOL"),
  text("container.host_ipc", "Whether the container shares the node's IPC namespace.", "container.host_ipc = true", false, {}, "BOOL"),
  fieldOf("container.label", "CHARBUF", ["required", "key"], "Value of one label of the container.", "container.label[maintainer] = me", () => missing),
  text("container.labels", "All labels as key:value, joined by commas.", "container.labels contains maintainer"),
  field("proc.is_container_healthcheck", "BOOL", "Whether the process is a health check of its container.", "proc.is_container_healthcheck = true", missing),
  field("proc.is_container_liveness_probe", "BOOL", "Whether the process is a liveness probe of its container.", "proc.is_container_liveness_probe = true", missing),
  field("proc.is_container_readiness_probe", "BOOL", "Whether the process is a readiness probe of its container.", "proc.is_container_readiness_probe = true", missing),
];
