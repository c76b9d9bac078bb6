/**
 * Pods as the kubelet makes them, through the Container Runtime Interface of a test's own containerd, from sandbox
 * configurations written by hand.
 */
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { GrpcClient } from "../../../agent/state/runtimes/grpc.ts";
import { type Field, Message, message } from "../../../agent/state/runtimes/protobuf.ts";
import { eventually } from "./commands.ts";
import { logOf } from "./containers.ts";

const NODE = 2;

export interface PodOptions {
  readonly name: string;
  /** Default: shop. */
  readonly namespace?: string;
  /** That of an object in an API; default: any. */
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** In the node's network; else in one of its own, made by the network plugin. */
  readonly hostNetwork?: boolean;
  /** Whether its containers may be privileged. */
  readonly privileged?: boolean;
}

export interface PodContainerOptions {
  readonly name: string;
  /** As the kubelet gives it: an image's name or id. */
  readonly image: string;
  /** Default: one that waits for its end. */
  readonly command?: readonly string[];
  readonly env?: readonly (readonly [name: string, value: string])[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly mounts?: readonly {
    readonly source: string;
    readonly destination: string;
    readonly readonly: boolean;
  }[];
  readonly privileged?: boolean;
  readonly hostPid?: boolean;
}

export interface Pod {
  /** Id of its sandbox, 64 hexadecimal digits. */
  readonly id: string;
  readonly uid: string;
  /** Starts a container in it and gives its id. */
  run(options: PodContainerOptions): Promise<string>;
  /** Ends and removes the pod with its containers. */
  remove(): Promise<void>;
}

const clock = {
  now: () => performance.now(),
  after(milliseconds: number, run: () => void) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

const latin1 = (text: string) => Buffer.from(text).toString("latin1");
const pairs = (field: number, values: Readonly<Record<string, string>> = {}): Field[] =>
  Object.entries(values).map(
    ([name, value]) => [field, message([1, latin1(name)], [2, latin1(value)])] as const,
  );

export class Pods {
  readonly #client: GrpcClient;
  readonly #pods = new Map<string, Pod>();
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
    this.#client = new GrpcClient({ socket, clock, largest: 64 * 1024 * 1024 });
  }

  async #call(service: string, method: string, request: Uint8Array): Promise<Message> {
    const until = clock.now() + 30_000;
    try {
      return new Message(await this.#client.call(`/runtime.v1.${service}/${method}`, request, { until }));
    } catch (error) {
      // The agent's client keeps no words of a refusal: they may hold secrets. Here none are.
      const log = readFileSync(logOf(this.#socket), "utf8");
      throw new Error(`${method}: ${(error as Error).message}; containerd's log ends: ${log.slice(-2000)}`);
    }
  }

  /** Waits until the Container Runtime Interface sees an image that was imported, and gives its id. */
  async image(name: string): Promise<string> {
    return await eventually(`image ${name} is there`, async () => {
      const answer = await this.#call("ImageService", "ImageStatus", message([1, message([1, name])]));
      return answer.message(1).text(1) || undefined;
    });
  }

  async pod(options: PodOptions): Promise<Pod> {
    const { name, namespace = "shop", uid = randomUUID(), labels, annotations } = options;
    const { hostNetwork = false, privileged = false } = options;
    const kubernetes = {
      "io.kubernetes.pod.name": name,
      "io.kubernetes.pod.namespace": namespace,
      "io.kubernetes.pod.uid": uid,
    };
    const security = message([1, message([1, hostNetwork ? NODE : 0])], [6, privileged]);
    const config = message(
      [1, message([1, name], [2, uid], [3, namespace])],
      ...pairs(6, { ...labels, ...kubernetes }),
      ...pairs(7, annotations),
      [8, message([1, `/kubepods/besteffort/pod${uid}`], [2, security])],
    );
    const id = (await this.#call("RuntimeService", "RunPodSandbox", message([1, config]))).text(1);
    const pod: Pod = {
      id,
      uid,
      run: (container) => this.#run(id, config, kubernetes, container),
      remove: () => this.#remove(id, uid),
    };
    this.#pods.set(id, pod);
    return pod;
  }

  async #run(
    pod: string,
    podConfig: Uint8Array,
    kubernetes: Readonly<Record<string, string>>,
    options: PodContainerOptions,
  ): Promise<string> {
    const {
      name,
      image,
      command = ["/bin/sleep", "1000000"],
      env = [],
      labels,
      annotations,
      mounts = [],
    } = options;
    const security = message(
      [2, options.privileged === true],
      [3, message([2, options.hostPid === true ? NODE : 1])],
    );
    const config = message(
      [1, message([1, name])],
      [2, message([1, image])],
      ...command.map((word): Field => [3, word]),
      ...env.map(([key, value]): Field => [6, message([1, latin1(key)], [2, latin1(value)])]),
      ...mounts.map((mount): Field => [
        7,
        message([1, mount.destination], [2, mount.source], [3, mount.readonly]),
      ]),
      ...pairs(9, { ...labels, ...kubernetes, "io.kubernetes.container.name": name }),
      ...pairs(10, annotations),
      [15, message([2, security])],
    );
    const request = message([1, pod], [2, config], [3, podConfig]);
    const id = (await this.#call("RuntimeService", "CreateContainer", request)).text(1);
    await this.#call("RuntimeService", "StartContainer", message([1, id]));
    return id;
  }

  async #remove(id: string, uid: string): Promise<void> {
    await this.#call("RuntimeService", "StopPodSandbox", message([1, id]));
    await this.#call("RuntimeService", "RemovePodSandbox", message([1, id]));
    this.#pods.delete(id);
    removeCgroups([`kubepods/besteffort/pod${uid}`]);
  }

  async close(): Promise<void> {
    for (const pod of [...this.#pods.values()]) await pod.remove();
    // Only now: where one of them goes while containerd makes the next pod below it, that pod fails.
    removeCgroups(["kubepods/besteffort", "kubepods"]);
    this.#client.close();
  }
}

/** Removes those that are there and empty. */
function removeCgroups(paths: readonly string[]): void {
  for (const hierarchy of readdirSync("/sys/fs/cgroup"))
    for (const path of paths)
      try {
        rmdirSync(join("/sys/fs/cgroup", hierarchy, path));
      } catch {
        // not there, or others are in it
      }
}
