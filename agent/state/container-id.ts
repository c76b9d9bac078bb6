/**
 * Which container a cgroup path belongs to. Pure: a table of the forms in which runtimes name their cgroups.
 *
 * Only the forms below count, never "some hex in the path": hosts have cgroups of their own with hashes in them.
 * The outermost match wins, so what runs in cgroups made below a container's (systemd or docker inside it, podman's
 * `container` child) belongs to that container.
 */
import type { Container, ContainerPlace } from "./types.ts";

/** The container of everything that runs outside one. */
export const hostContainer: Container = { id: "host", type: "host", cgroupPath: "/" };

/** Stands for a cgroup whose path nobody could tell: host or container. */
export const unknownContainer: Container = { id: "", type: "", cgroupPath: "" };

interface Form {
  /** Matches one component of the path; group 1 is the container's id. */
  readonly component: RegExp;
  /** Matches what stands before the component, without it; absent: anywhere. */
  readonly below?: RegExp;
  readonly type: string;
}

const hex64 = "[0-9a-f]{64}";
/** What containerd accepts as an id (its identifiers package): words joined by single `.`, `_` or `-`. */
const identifier = "[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*";

/** Podman's pods have a cgroup of their own, called by the pod's id, above those of their containers. */
function notOfPodman(below: RegExp): RegExp {
  return new RegExp(`^(?!.*/libpod_parent$)(?:${below.source})`);
}

/** Tried in order for each component, from the root of the hierarchy on. */
const forms: readonly Form[] = [
  // systemd driver: a scope, in whatever slice
  { component: new RegExp(`^cri-containerd-(${hex64})\\.scope$`), type: "containerd" },
  { component: new RegExp(`^nerdctl-(${hex64})\\.scope$`), type: "containerd" },
  { component: new RegExp(`^crio-(${hex64})(?:\\.scope)?$`), type: "cri-o" },
  { component: new RegExp(`^docker-(${hex64})(?:\\.scope)?$`), type: "docker" },
  { component: new RegExp(`^libpod-(?:payload-)?(${hex64})(?:\\.scope)?$`), type: "podman" },
  // slice:prefix:name, taken literally by a runtime that has the cgroupfs driver while its caller means systemd
  { component: new RegExp(`^[^:]+:cri-containerd:(${hex64})$`), type: "containerd" },
  { component: new RegExp(`^[^:]+:crio:(${hex64})$`), type: "cri-o" },
  { component: new RegExp(`^[^:]+:docker:(${hex64})$`), type: "docker" },
  // cgroupfs driver: the bare id; what stands above tells whose
  { component: new RegExp(`^(${hex64})$`), below: /(?:^|\/)(?:docker|moby|ecs(?:\/.*)?)$/, type: "docker" },
  {
    component: new RegExp(`^(${hex64})$`),
    below: /(?:^|\/)kubepods(?:\/.*)?\/pod[^/]+$/,
    type: "containerd",
  },
  { component: new RegExp(`^(${hex64})$`), below: /(?:^|\/)kubepods[^/]*\.slice$/, type: "containerd" },
  { component: new RegExp(`^(${hex64})$`), below: notOfPodman(/^\/[^/]+$/), type: "containerd" },
  { component: new RegExp(`^(${hex64})$`), below: notOfPodman(/^/), type: "" },
  // ctr and other clients of containerd: /NAMESPACE/ID; only in its own two namespaces may the id be any word
  { component: new RegExp(`^(${identifier})$`), below: /^\/(?:k8s\.io|default)$/, type: "containerd" },
  { component: /^lxc\.payload\.(.+)$/, type: "lxc" },
  { component: /^(.+)$/, below: /(?:^|\/)lxc(?:\.payload)?$/, type: "lxc" },
  { component: /^machine-lxc\\x2d[0-9]+\\x2d(.+)\.scope$/, type: "libvirt-lxc" },
  { component: /^(.+)\.libvirt-lxc$/, type: "libvirt-lxc" },
];

/** As much of a path is looked at, characters: a container's own place always stands in front. */
const MAX_PATH = 4096;

/** The first component that is a runtime's, and the path down to it. */
function find(path: string): { container: ContainerPlace; at: string } | undefined {
  let above = "";
  for (const component of path.slice(0, MAX_PATH).split("/")) {
    if (component === "") continue;
    for (const form of forms) {
      if (form.below !== undefined && !form.below.test(above)) continue;
      const word = form.component.exec(component)?.[1];
      if (word === undefined) continue;
      // That word is the node's: a container of this name must not pass for it.
      const id = word === "host" ? `${above.slice(above.lastIndexOf("/") + 1)}/host` : word;
      return { container: { id, type: form.type, cgroupPath: path }, at: `${above}/${component}` };
    }
    above += `/${component}`;
  }
  return undefined;
}

/**
 * The container that a cgroup path (of the record's hierarchy, from that hierarchy's root) belongs to.
 *
 * @param nodeRoot where the node itself stands in the hierarchy, when it is a container of its own (nodeRootOf): what is
 *   at or above that is the host. "" or "/" for a node that is the machine.
 * @returns hostContainer where no component is a runtime's.
 */
export function containerOf(path: string, nodeRoot = ""): ContainerPlace {
  const root = nodeRoot.replace(/\/+$/, "");
  const inside =
    root !== "" && (path === root || path.startsWith(`${root}/`)) ? path.slice(root.length) : path;
  const found = find(inside);
  return found === undefined ? hostContainer : { ...found.container, cgroupPath: path };
}

/**
 * Where the node stands in the hierarchy, from the cgroup path of its process 1: "" on a machine, the container's cgroup
 * where the node is a container (kind, a cluster in docker).
 */
export function nodeRootOf(pathOfInit: string): string {
  return find(pathOfInit)?.at ?? "";
}
