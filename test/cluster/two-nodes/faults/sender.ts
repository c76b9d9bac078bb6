/**
 * Makes known numbers of matches: a pod on each node reads orders from a folder that the test writes to from outside, so it
 * obeys while the API server, containerd or the node's network is away. Each match opens a file under a path that carries its
 * number: `/marked/17/../NAME-3` is the 17th match of the run NAME, and of its matter 3.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "../../../system/support/commands.ts";
import { imageName } from "../../../system/support/image.ts";
import { mustKubectl } from "../cluster.ts";
import { at, nodeName, nodeNumbers, type NodeNumber } from "../layout.ts";

/** Namespace of the senders. */
export const sendersHome = "faults";

/** Numbers that matches may have. */
const most = 2000;

// Each order is a script; its name comes through the pipe and DONE is written when it has ended.
const loop = `mkdir -p /marked && cd /marked && mkdir $(seq ${most}) && mkfifo /orders/in
while :; do read -r order </orders/in && sh /orders/$order && : >/orders/$order.done; done`;

const senders = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "sender", namespace: sendersHome },
  spec: {
    selector: { matchLabels: { app: "sender" } },
    template: {
      metadata: { labels: { app: "sender" } },
      spec: {
        terminationGracePeriodSeconds: 0,
        tolerations: [{ operator: "Exists" }],
        containers: [
          {
            name: "sender",
            image: imageName,
            imagePullPolicy: "Never",
            command: ["sh", "-c", loop],
            volumeMounts: [
              { name: "orders", mountPath: "/orders" },
              { name: "marked", mountPath: "/marked" },
            ],
          },
        ],
        volumes: [
          { name: "orders", emptyDir: {} },
          { name: "marked", emptyDir: {} },
        ],
      },
    },
  },
};

export interface Run {
  readonly node: NodeNumber;
  /** Of this run; letters and digits. */
  readonly name: string;
  readonly matches: number;
  /** Matters among them: files that are opened one after the other, each so many times in a row. */
  readonly matters: number;
  /** Milliseconds between two matches. */
  readonly pause: number;
}

export interface Sending {
  /** Fulfilled when all matches were made, with how many those are. */
  readonly done: Promise<number>;
  /** Makes no more than are made by now. */
  stop(): void;
}

export class Senders {
  readonly #folders: ReadonlyMap<NodeNumber, string>;

  private constructor(folders: ReadonlyMap<NodeNumber, string>) {
    this.#folders = folders;
  }

  /** Fulfilled when a sender runs on each node. */
  static async start(): Promise<Senders> {
    const home = { apiVersion: "v1", kind: "Namespace", metadata: { name: sendersHome } };
    await mustKubectl(
      ["apply", "-f", "-"],
      JSON.stringify({ apiVersion: "v1", kind: "List", items: [home, senders] }),
    );
    await mustKubectl(["rollout", "status", "daemonset/sender", "-n", sendersHome, "--timeout=120s"]);
    const path = '{range .items[*]}{.spec.nodeName} {.metadata.uid}{"\\n"}{end}';
    const lines = await mustKubectl([
      "get",
      "pods",
      "-n",
      sendersHome,
      "-l",
      "app=sender",
      "-o",
      `jsonpath=${path}`,
    ]);
    const uids = new Map(
      lines
        .trim()
        .split("\n")
        .map((line) => line.split(" ") as [string, string]),
    );
    const folders = nodeNumbers.map((node) => {
      const pod = join("kubelet", "pods", uids.get(nodeName(node))!);
      return [node, at(nodeName(node), pod, "volumes", "kubernetes.io~empty-dir", "orders")] as const;
    });
    for (const [, folder] of folders)
      await eventually("the sender waits for orders", () => existsSync(join(folder, "in")) || undefined);
    return new Senders(new Map(folders));
  }

  /** Takes them away with all that was told of them. */
  async stop(): Promise<void> {
    await mustKubectl(["delete", "namespace", sendersHome, "--ignore-not-found", "--timeout=120s"]);
  }

  /** Begins to make matches. */
  send({ node, name, matches, matters, pause }: Run): Sending {
    if (matches > most) throw new Error(`a run has at most ${most} matches`);
    const script = `i=1
while [ $i -le ${matches} ] && [ ! -e /orders/${name}.stop ]; do
  : >/marked/$i/../${name}-$(((i - 1) / ${Math.ceil(matches / matters)}))
  i=$((i + 1))
  ${pause === 0 ? "" : `usleep ${pause * 1000}`}
done
echo $((i - 1)) >/orders/${name}.made`;
    const folder = this.#folders.get(node)!;
    const path = join(folder, name);
    writeFileSync(`${path}.new`, script);
    renameSync(`${path}.new`, path);
    const done = appendFile(join(folder, "in"), `${name}\n`).then(async () => {
      const bound = 60_000 + matches * (10 * pause + 200);
      await eventually(`${name} is sent`, () => existsSync(`${path}.done`) || undefined, bound);
      return Number(readFileSync(`${path}.made`, "utf8"));
    });
    return { done, stop: () => writeFileSync(`${path}.stop`, "") };
  }
}
