/** What a test does with a cluster, be it a private control plane or one that the user named. */
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import https from "node:https";
import { join } from "node:path";
import type { KubeAccess, Source } from "../../agent/kube/access.ts";
import { KubeClient } from "../../agent/kube/client.ts";
import { ApiFault } from "../../agent/kube/fault.ts";
import { realClock } from "../agent/kube/clock.ts";
import type { Outcome } from "../system/support/commands.ts";
import type { KeyPair } from "./pki.ts";

/**
 * Who asks: "admin", who may do everything; another user by name, with groups or without, who is known by a client
 * certificate that is made when first asked for; or whoever has a token.
 */
export type Who =
  string | { readonly user: string; readonly groups?: readonly string[] } | { readonly token: string };

/** A pod whose service account's token is wanted. What does not exist is made. */
export interface TokenPod {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: string;
  /** Name of the node that the pod is bound to: the token's node claim. */
  readonly node: string;
  /** Labels of the pod. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Seconds; the API server gives no less than 600. */
  readonly seconds?: number;
}

interface Made {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec?: { readonly nodeName?: string };
}

const textOf = (source: Source): string =>
  "text" in source ? source.text : readFileSync(source.file, "utf8");
const inBase64 = (source: Source): string => Buffer.from(textOf(source)).toString("base64");

/** The same access as a kubeconfig, which is JSON: YAML has that in it. */
export function kubeconfigText({ server, serverName, ca, insecure, token, client }: KubeAccess): string {
  const cluster = {
    server: server.href.replace(/\/$/, ""),
    ...(serverName !== undefined && { "tls-server-name": serverName }),
    ...(insecure && { "insecure-skip-tls-verify": true }),
    ...(ca !== undefined && !insecure && { "certificate-authority-data": inBase64(ca) }),
  };
  const user = {
    ...(token !== undefined && { token: textOf(token) }),
    ...(client !== undefined && {
      "client-certificate-data": inBase64(client.certificate),
      "client-key-data": inBase64(client.key),
    }),
  };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster }],
    users: [{ name: "test", user }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  });
}

/** Text of an answer with status 200; undefined for any other, or none. */
export function readText(access: KubeAccess, path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = https.get(
      new URL(path, access.server),
      {
        ca: access.ca && textOf(access.ca),
        headers: access.token && { authorization: `Bearer ${textOf(access.token)}` },
        cert: access.client && textOf(access.client.certificate),
        key: access.client && textOf(access.client.key),
        timeout: 5000,
        agent: false,
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (more: string) => (text += more));
        answer.once("end", () => resolve(answer.statusCode === 200 ? text : undefined));
        answer.once("error", () => resolve(undefined));
      },
    );
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(undefined));
  });
}

export abstract class Cluster {
  /** For files of this test alone; removed at the end. */
  protected readonly folder: string;
  readonly #kubectl: string;
  /** Paths of what was made for the test without being named by it. */
  protected readonly made: string[] = [];
  readonly #clients: KubeClient[] = [];
  readonly #certificates = new Map<string, KeyPair>();
  #kubeconfigs = 0;

  protected constructor(folder: string, kubectl: string) {
    this.folder = folder;
    this.#kubectl = kubectl;
  }

  /** The administrator's. */
  protected abstract adminAccess(): KubeAccess;

  /** A certificate by which the cluster knows this user. */
  protected abstract certificateOf(user: string, groups: readonly string[]): KeyPair;

  /** How to reach the API server as this one. */
  access(who: Who): KubeAccess {
    const admin = this.adminAccess();
    if (who === "admin") return admin;
    const nobody = { ...admin, token: undefined, client: undefined, origin: "test" };
    if (typeof who === "object" && "token" in who) return { ...nobody, token: { text: who.token } };
    const { user, groups = [] } = typeof who === "object" ? who : { user: who };
    const id = JSON.stringify([user, groups]);
    const pair = this.#certificates.get(id) ?? this.certificateOf(user, groups);
    this.#certificates.set(id, pair);
    return { ...nobody, client: { certificate: { text: pair.certificate }, key: { text: pair.key } } };
  }

  /** A client of ours; closed with the cluster. */
  readonly as = (who: Who): KubeClient => {
    const client = new KubeClient({ access: this.access(who), clock: realClock, userAgent: "test" });
    this.#clients.push(client);
    return client;
  };

  /** Path of a new kubeconfig with certificates and token in it, removed with the cluster. */
  kubeconfig(who: Who | { readonly access: KubeAccess }): string {
    const access = typeof who === "object" && "access" in who ? who.access : this.access(who);
    this.#kubeconfigs += 1;
    const path = join(this.folder, `kubeconfig-${this.#kubeconfigs}`);
    writeFileSync(path, kubeconfigText(access), { mode: 0o600 });
    return path;
  }

  /** Environment of a program that is to work with this cluster, as this one: kubectl, helm, ours. */
  environment(who: Who = "admin"): NodeJS.ProcessEnv {
    return {
      ...process.env,
      KUBECONFIG: this.kubeconfig(who),
      HOME: this.folder,
      KUBECACHEDIR: join(this.folder, "kubectl"),
    };
  }

  /** Runs kubectl to its end as the administrator or another; never rejects for an exit code. `input` is its stdin. */
  kubectl(args: readonly string[], options: { input?: string | object; as?: Who } = {}): Promise<Outcome> {
    const input = typeof options.input === "object" ? JSON.stringify(options.input) : options.input;
    return new Promise((resolve, reject) => {
      const child = spawn(this.#kubectl, args, { env: this.environment(options.as) });
      let stdout = "";
      let stderr = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      child.once("error", reject);
      child.once("close", (code) => resolve({ code: code ?? undefined, stdout, stderr }));
      // It may end before it has read everything.
      child.stdin.on("error", () => {});
      child.stdin.end(input ?? "");
    });
  }

  /** The same for what must be over at once; its stdout. @throws Error where it fails */
  protected kubectlNow(args: readonly string[], input = ""): string {
    return execFileSync(this.#kubectl, args, {
      env: this.environment(),
      input,
      encoding: "utf8",
      stdio: "pipe",
    });
  }

  /** Applies manifests as the administrator: YAML, one object or several. @throws Error with kubectl's words */
  async apply(manifests: string | object | readonly object[]): Promise<void> {
    const input = Array.isArray(manifests)
      ? { apiVersion: "v1", kind: "List", items: manifests as readonly object[] }
      : manifests;
    const { code, stderr } = await this.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], {
      input,
    });
    if (code !== 0) throw new Error(`kubectl apply: ${stderr}`);
  }

  /** The object at a path, made by `make` where there is none. */
  async #ensure(path: string, collection: string, object: object): Promise<Made> {
    const admin = this.#administrator;
    try {
      return (await admin.ask({ path })) as Made;
    } catch (error) {
      if (!(error instanceof ApiFault) || error.status !== 404) throw error;
    }
    const body = { type: "application/json", text: JSON.stringify(object) };
    const made = (await admin.ask({ method: "POST", path: collection, body })) as Made;
    this.made.push(path);
    return made;
  }

  #admin: KubeClient | undefined;
  get #administrator(): KubeClient {
    return (this.#admin ??= this.as("admin"));
  }

  /** Makes a node that is ready and has room for pods, if there is none of this name; nothing runs on it. */
  async node(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const allocatable = { cpu: "8", memory: "16Gi", pods: "110" };
    await this.#ensure(`/api/v1/nodes/${name}`, "/api/v1/nodes", {
      metadata: { name, labels: { "kubernetes.io/os": "linux", "kubernetes.io/hostname": name, ...labels } },
      status: { capacity: allocatable, allocatable, conditions: [{ type: "Ready", status: "True" }] },
    });
  }

  /** A token of a service account, bound to a pod on a node: the API server then knows which node asks. */
  async podToken({
    namespace,
    serviceAccount,
    pod,
    node,
    labels = {},
    seconds = 3600,
  }: TokenPod): Promise<string> {
    const core = `/api/v1/namespaces/${namespace}`;
    await this.node(node);
    await this.#ensure(core, "/api/v1/namespaces", { metadata: { name: namespace } });
    const accounts = `${core}/serviceaccounts`;
    await this.#ensure(`${accounts}/${serviceAccount}`, accounts, { metadata: { name: serviceAccount } });
    const { metadata } = await this.#ensure(`${core}/pods/${pod}`, `${core}/pods`, {
      metadata: { name: pod, labels },
      spec: {
        nodeName: node,
        serviceAccountName: serviceAccount,
        containers: [{ name: "main", image: "none" }],
      },
    });
    const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: pod, uid: metadata.uid };
    const { status } = (await this.#administrator.ask({
      method: "POST",
      path: `${accounts}/${serviceAccount}/token`,
      body: {
        type: "application/json",
        text: JSON.stringify({ spec: { boundObjectRef, expirationSeconds: seconds } }),
      },
    })) as { status: { token: string } };
    return status.token;
  }

  /** Ends what this test started and removes what it made. */
  stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    return Promise.resolve();
  }
}
