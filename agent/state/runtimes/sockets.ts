/** Where container runtimes listen. The table holds the places; what is found is looked for again and again. */
import { lstat, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** What is spoken at a socket; undefined: to be found out. */
export type Language = "cri" | "docker";

interface Place {
  /** Below the node's root. `*` stands for each user's folder, named by the user's id. */
  readonly path: string;
  readonly language: Language;
}

/**
 * Known places. /run, never /var/run: that is a link, often an absolute one, which would lead out of a root that is not
 * our own.
 */
const places: readonly Place[] = [
  { path: "/run/containerd/containerd.sock", language: "cri" },
  { path: "/run/crio/crio.sock", language: "cri" },
  // k3s and RKE2 bring a containerd of their own
  { path: "/run/k3s/containerd/containerd.sock", language: "cri" },
  { path: "/run/k0s/containerd.sock", language: "cri" },
  { path: "/var/snap/microk8s/common/run/containerd.sock", language: "cri" },
  // Bottlerocket: the containers of Kubernetes, and those that manage the node
  { path: "/run/dockershim.sock", language: "cri" },
  { path: "/run/host-containerd/containerd.sock", language: "cri" },
  { path: "/run/host-containerd/host-containerd.sock", language: "cri" },
  { path: "/run/cri-dockerd.sock", language: "cri" },
  { path: "/run/docker.sock", language: "docker" },
  { path: "/run/podman/podman.sock", language: "docker" },
  { path: "/run/user/*/docker.sock", language: "docker" },
  { path: "/run/user/*/podman/podman.sock", language: "docker" },
];

/** Users' folders that are looked into. */
const MAX_USERS = 256;

/** One socket. */
export interface Found {
  readonly path: string;
  readonly language: Language | undefined;
  /**
   * The user it belongs to, for a runtime without root. What it says is believed of that user's containers alone:
   * whoever owns the socket may answer anything.
   */
  readonly user: number | undefined;
}

export interface SocketPlaces {
  /** Setting container_runtime.sockets; paths or unix:// addresses. Where it is not empty, nothing else is looked for. */
  readonly sockets: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Where the node's root is seen: "" on the node itself, /proc/1/root in a pod that shares the node's processes. */
  readonly root: string;
}

/** Path of an address as settings and crictl have it; undefined where it is none of a unix socket. */
function pathOf(address: string): string | undefined {
  const path = address.replace(/^unix:\/\//, "");
  return path.startsWith("/") ? path.replace(/^\/var\/run\//, "/run/") : undefined;
}

/** The sockets that somebody named, and what was named that is none. */
export function namedSockets({ sockets, environment }: SocketPlaces): { paths: string[]; wrong: string[] } {
  const endpoint = environment["CONTAINER_RUNTIME_ENDPOINT"] ?? "";
  const named = sockets.length > 0 ? sockets : endpoint === "" ? [] : [endpoint];
  const paths = named.map(pathOf).filter((path) => path !== undefined);
  return { paths, wrong: named.filter((address) => pathOf(address) === undefined) };
}

/** Sockets that are there now, each once even where two paths lead to it. Never throws. */
export async function findSockets(where: SocketPlaces): Promise<Found[]> {
  const { paths } = namedSockets(where);
  const candidates: Found[] =
    paths.length > 0
      ? paths.map((path) => ({ path: join(where.root, path), language: languageOf(path), user: undefined }))
      : await known(where.root);
  const found = new Map<string, Found>();
  for (const candidate of candidates) {
    const identity = await identityOf(candidate);
    if (identity !== undefined && !found.has(identity)) found.set(identity, candidate);
  }
  return [...found.values()];
}

function languageOf(path: string): Language | undefined {
  return places.find((place) => place.path === path)?.language;
}

async function known(root: string): Promise<Found[]> {
  const users = (await readdir(join(root, "/run/user")).catch(() => []))
    .filter((name) => /^\d{1,10}$/.test(name))
    .slice(0, MAX_USERS);
  return places.flatMap(({ path, language }): Found[] =>
    path.includes("*")
      ? users.map((user) => ({ path: join(root, path.replace("*", user)), language, user: Number(user) }))
      : [{ path: join(root, path), language, user: undefined }],
  );
}

/** Device and inode of a socket; undefined where there is none. A user's must be no link and the user's own. */
async function identityOf({ path, user }: Found): Promise<string | undefined> {
  try {
    const entry = await (user === undefined ? stat(path) : lstat(path));
    return entry.isSocket() && (user === undefined || entry.uid === user)
      ? `${entry.dev}:${entry.ino}`
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether what a socket says may be believed of a container with this cgroup path. */
export function mayTell({ user }: Found, cgroupPath: string): boolean {
  return user === undefined || cgroupPath.includes(`/user-${user}.slice/`);
}
