/**
 * container.* and what the container runtime says about processes. Ids and type come from the cgroup; the rest is
 * the runtime's and missing until it is known. On the host texts are "host" or empty, not missing.
 */
import { narrow } from "../events/record-view.ts";
import type { FieldType, Scalar } from "../rules/catalogue.ts";
import type { ContainerFacts } from "../state/container-facts.ts";
import { probesOf } from "../state/container-probes.ts";
import type { ContainerProbe } from "../state/types.ts";
import { mountOf, mountText } from "./container-mounts.ts";
import type { SyscallContext } from "./context.ts";
import { field, fieldOf, type Field, type Read } from "./field.ts";
import { labelsText, labelValue } from "./labels.ts";

/** Length of the ids that people see. */
const shortId = 12;

/** Short id, as container.id shows it; "host" outside containers. */
export function containerId(c: SyscallContext): string | undefined {
  const id = c.process?.container.id;
  return id === undefined || id === "host" ? id : id.slice(0, shortId);
}

const suggested = { suggestedOutput: true } as const;

/** What the runtime says, or `host` for the node's own processes; undefined there: missing. */
const fact =
  (host: Scalar | undefined, read: (facts: ContainerFacts) => Scalar | undefined): Read =>
  (c) => {
    const container = c.process?.container;
    if (container === undefined) return undefined;
    if (container.id === "host") return host;
    return container.facts === undefined ? undefined : read(container.facts);
  };

const startTime = (c: SyscallContext) => {
  const start = c.process?.pidnsStart;
  return start === undefined || start === 0n ? undefined : c.host.bootTime + start;
};

const text = (
  name: string,
  help: string,
  example: string,
  read: (facts: ContainerFacts) => Scalar | undefined,
  host: Scalar = "",
  facts = {},
  type: FieldType = "CHARBUF",
) => field(name, type, help, example, fact(host, read), facts);

const flag = (name: string, help: string, read: (facts: ContainerFacts) => boolean) =>
  text(name, help, `${name} = true`, read, false, {}, "BOOL");

/** A command that checks the container: its words joined by blanks; missing where there is none. */
const probe = (name: string, help: string, which: ContainerProbe) =>
  field(name, "CHARBUF", help, `${name} contains curl`, (c) => {
    const container = c.process?.container;
    const words = container === undefined ? [] : probesOf(container)[which];
    return words.length === 0 ? undefined : words.join(" ");
  });

const isProbe = (name: string, help: string, which: ContainerProbe) =>
  field(name, "BOOL", help, `${name} = true`, (c) =>
    c.process === undefined ? undefined : c.process.probe === which,
  );

type Part = Parameters<typeof mountOf>[1];
const mount = (name: string, help: string, by: Part, show: Parameters<typeof mountOf>[2]) =>
  fieldOf(name, "CHARBUF", ["required", "key"], help, `${name}[/proc] contains /`, (argument) =>
    fact(undefined, mountOf(argument ?? "", by, show)),
  );

// prettier-ignore
export const containerFields: readonly Field[] = [
  field("container.id", "CHARBUF", "First 12 characters of the container's id; host for processes of the node itself.", "container.id != host", containerId, suggested),
  field("container.full_id", "CHARBUF", "The container's whole id; host for processes of the node itself.", "container.full_id != host", (c) => c.process?.container.id),
  text("container.name", "Name that the runtime gave the container.", "container.name startswith web", ({ name }) => name, "host", suggested),
  text("container.image", "Image with its tag.", 'container.image = "docker.io/library/nginx:latest"', ({ image }) => image),
  text("container.image.id", "Id of the image.", "container.image.id startswith 5d0da3dc", ({ imageId }) => imageId),
  field("container.type", "CHARBUF", "Runtime: docker, containerd, cri-o, podman and others; host for the node itself.", "container.type = containerd", (c) => c.process?.container.facts?.type ?? c.process?.container.type),
  flag("container.privileged", "Whether the container is privileged.", ({ privileged }) => privileged),
  text("container.mounts", "All mounts, each as source:dest:mode:rdwr:propagation, joined by commas.", 'container.mounts contains "/var/run/docker.sock:"', ({ mounts }) => mounts.map(mountText).join(",")),
  mount("container.mount", "One mount as container.mounts shows it, by index or by a regular expression found in its source.", "source", mountText),
  mount("container.mount.source", "Source of a mount, by index or by a regular expression found in its destination.", "destination", ({ source }) => source),
  mount("container.mount.dest", "Destination of a mount, by index or by a regular expression found in its source.", "source", ({ destination }) => destination),
  mount("container.mount.mode", "Mode of a mount, chosen as for container.mount.", "source", ({ mode }) => mode),
  mount("container.mount.rdwr", "Whether a mount can be written, true or false, chosen as for container.mount.", "source", ({ writable }) => String(writable)),
  mount("container.mount.propagation", "Propagation of a mount, chosen as for container.mount.", "source", ({ propagation }) => propagation),
  text("container.image.repository", "Image without tag and digest.", "container.image.repository = docker.io/library/nginx", ({ imageRepository }) => imageRepository, "", suggested),
  text("container.image.tag", "Tag of the image.", "container.image.tag = latest", ({ imageTag }) => imageTag, "", suggested),
  text("container.image.digest", "Digest of the image in its registry.", 'container.image.digest startswith "sha256:"', ({ imageDigest }) => imageDigest),
  probe("container.healthcheck", "Command of the container's health check.", "healthcheck"),
  probe("container.liveness_probe", "Command of the container's liveness probe.", "liveness"),
  probe("container.readiness_probe", "Command of the container's readiness probe.", "readiness"),
  field("container.start_ts", "ABSTIME", "When the first process of the container's PID namespace began, ns since the epoch.", "container.start_ts > 1700000000000000000", (c) => { const start = startTime(c); return start === undefined ? undefined : narrow(start); }),
  field("container.duration", "RELTIME", "Nanoseconds since then.", "container.duration < 60000000000", (c) => { const start = startTime(c); return start === undefined ? undefined : narrow(c.time > start ? c.time - start : 0n); }),
  text("container.ip", "Address of the container.", "container.ip startswith 10.", ({ ip }) => ip),
  text("container.cni.json", "Result of the network plugin for the container's pod, as JSON.", "container.cni.json contains eth0", ({ pod }) => pod?.cniJson ?? ""),
  flag("container.host_pid", "Whether the container shares the node's PID namespace.", ({ hostPid }) => hostPid),
  flag("container.host_network", "Whether the container shares the node's network.", ({ hostNetwork }) => hostNetwork),
  flag("container.host_ipc", "Whether the container shares the node's IPC namespace.", ({ hostIpc }) => hostIpc),
  fieldOf("container.label", "CHARBUF", ["required", "key"], "Value of one label of the container.", "container.label[maintainer] = me", (name) => fact(undefined, ({ labels }) => labelValue(labels, name ?? ""))),
  text("container.labels", "All labels as key:value, joined by commas; without annotation.* and io.kubernetes.*.", "container.labels contains maintainer", ({ labels }) => labelsText(labels)),
  isProbe("proc.is_container_healthcheck", "Whether the process is a health check of its container.", "healthcheck"),
  isProbe("proc.is_container_liveness_probe", "Whether the process is a liveness probe of its container.", "liveness"),
  isProbe("proc.is_container_readiness_probe", "Whether the process is a readiness probe of its container.", "readiness"),
];
