/** Pods that are in the API and run as well: an object on a node, and a sandbox with its uid in a real containerd. */
import type { KubeClient } from "../../agent/kube/client.ts";
import type { Containers } from "../system/support/containers.ts";
import { imageName } from "../system/support/image.ts";
import { Pods } from "../system/support/pods.ts";

export interface LivePod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Runs a program in its container, as `kubectl exec` does: one execve with exactly these arguments. */
  exec(...command: readonly string[]): Promise<void>;
}

export interface LivePodsOptions {
  readonly admin: KubeClient;
  readonly containers: Containers;
  readonly node: string;
}

export class LivePods {
  readonly #options: LivePodsOptions;
  readonly #pods: Pods;

  constructor(options: LivePodsOptions) {
    this.#options = options;
    this.#pods = new Pods(options.containers.socket);
  }

  /** Makes and starts one, whose namespace is there. */
  async start(
    namespace: string,
    name: string,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<LivePod> {
    const { admin, containers, node } = this.#options;
    await this.#pods.image(imageName);
    const object = {
      metadata: { name, labels },
      spec: {
        nodeName: node,
        automountServiceAccountToken: false,
        containers: [{ name: "main", image: imageName }],
      },
    };
    const { metadata } = (await admin.ask({
      method: "POST",
      path: `/api/v1/namespaces/${namespace}/pods`,
      body: { type: "application/json", text: JSON.stringify(object) },
    })) as { readonly metadata: { readonly uid: string } };
    const { uid } = metadata;
    const sandbox = await this.#pods.pod({ namespace, name, uid, labels });
    const id = await sandbox.run({ name: "main", image: imageName });
    return {
      ...{ namespace, name, uid },
      async exec(...command) {
        const { code, stderr } = await containers.exec(id, command);
        if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${stderr}`);
      },
    };
  }

  close(): Promise<void> {
    return this.#pods.close();
  }
}
