/** A private etcd and Kubernetes API server on loopback, for one test file: real ones, started and ended by it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import type { KubeAccess } from "../../agent/kube/access.ts";
import { freePort } from "../support/free-port.ts";
import { eventually } from "../system/support/commands.ts";
import { clusterBinary, etcdBinary } from "./binaries.ts";
import { killChild, mustLive, startChild, type Child } from "./children.ts";
import { Cluster, readText } from "./cluster.ts";
import { CertificateAuthority, type KeyPair } from "./pki.ts";

export interface ControlPlaneOptions {
  /**
   * Runs the controller manager: aggregated roles, garbage collection, default service accounts, type checking of
   * policies, ReplicaSets and DaemonSets. Without it namespaces that were deleted stay, and pods need no service account.
   */
  readonly controllerManager?: boolean;
  /** Runs the scheduler. */
  readonly scheduler?: boolean;
  /** Users that are known by a token of this text, beside those that `access` makes. */
  readonly tokens?: Readonly<Record<string, { readonly user: string; readonly groups?: readonly string[] }>>;
  /** More flags of the API server. */
  readonly apiserverFlags?: readonly string[];
}

/** Token of the administrator, who is in system:masters. */
const adminToken = "admin-token";

export class ControlPlane extends Cluster {
  readonly #context: Context;
  readonly #options: ControlPlaneOptions;
  readonly #authority: CertificateAuthority;
  readonly #children = new Set<Child>();
  readonly #removeFolder: () => void;
  #apiserver: Child | undefined;
  #port = 0;
  #etcdPort = 0;

  private constructor(context: Context, options: ControlPlaneOptions, folder: string) {
    super(folder, clusterBinary(context, "kubectl"));
    this.#context = context;
    this.#options = options;
    this.#authority = new CertificateAuthority(join(folder, "pki"));
    this.#removeFolder = () => rmSync(folder, { recursive: true, force: true });
    process.once("exit", this.#removeFolder);
  }

  /** Starts it and waits until it is ready; a few seconds. Skips (or fails) the test where there is no Kubernetes to run. */
  static async start(context: Context, options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    // Asked first, so that nothing is left where one is missing.
    clusterBinary(context, "kube-apiserver");
    clusterBinary(context, "kubectl");
    if (options.controllerManager === true) clusterBinary(context, "kube-controller-manager");
    if (options.scheduler === true) clusterBinary(context, "kube-scheduler");
    etcdBinary(context);
    const plane = new ControlPlane(context, options, mkdtempSync(join(tmpdir(), "tiercel-cluster-")));
    try {
      await plane.#begin();
    } catch (error) {
      await plane.stop();
      throw error;
    }
    return plane;
  }

  protected override adminAccess(): KubeAccess {
    return {
      server: new URL(`https://127.0.0.1:${this.#port}`),
      serverName: undefined,
      ca: { text: this.#authority.certificate },
      insecure: false,
      token: { text: adminToken },
      client: undefined,
      origin: "test",
    };
  }

  protected override certificateOf(user: string, groups: readonly string[]): KeyPair {
    return this.#authority.user(user, groups);
  }

  #reads(path: string): Promise<string | undefined> {
    return readText(this.adminAccess(), path);
  }

  #start(name: string, program: string, args: readonly string[]): Child {
    const child = startChild(name, program, args, join(this.folder, `${name}.log`));
    this.#children.add(child);
    return child;
  }

  async #begin(): Promise<void> {
    this.#authority.server("apiserver", ["kubernetes", "kubernetes.default", "kubernetes.default.svc"]);
    const tokens = { [adminToken]: { user: "admin", groups: ["system:masters"] }, ...this.#options.tokens };
    writeFileSync(
      join(this.folder, "tokens.csv"),
      Object.entries(tokens)
        .map(([token, { user, groups = [] }]) => `${token},${user},${user},"${groups.join(",")}"\n`)
        .join(""),
    );
    await this.#startEtcd();
    this.#port = await freePort();
    await this.startApi();
    await this.#startOthers();
  }

  async #startEtcd(): Promise<void> {
    this.#etcdPort = await freePort();
    const client = `http://127.0.0.1:${this.#etcdPort}`;
    const peer = `http://127.0.0.1:${await freePort()}`;
    // prettier-ignore
    const etcd = this.#start("etcd", etcdBinary(this.#context), [
      "--data-dir", join(this.folder, "etcd"), "--unsafe-no-fsync", "--listen-client-urls", client,
      "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
      "--initial-cluster", `default=${peer}`,
    ]);
    await eventually(
      "etcd is healthy",
      async () => {
        mustLive(etcd);
        const answer = await fetch(`${client}/health`).catch(() => undefined);
        return answer?.ok === true ? true : undefined;
      },
      60_000,
    );
  }

  /** Starts the API server: at the same port, with the same certificates and data as before. */
  async startApi(): Promise<void> {
    const pki = this.#authority.folder;
    const key = join(pki, "sa.key");
    const admission =
      this.#options.controllerManager === true ? [] : ["--disable-admission-plugins=ServiceAccount"];
    // prettier-ignore
    const child = this.#start("kube-apiserver", clusterBinary(this.#context, "kube-apiserver"), [
      `--etcd-servers=http://127.0.0.1:${this.#etcdPort}`, "--bind-address=127.0.0.1", `--secure-port=${this.#port}`,
      `--tls-cert-file=${join(pki, "apiserver.crt")}`, `--tls-private-key-file=${join(pki, "apiserver.key")}`,
      `--client-ca-file=${join(pki, "ca.crt")}`, `--token-auth-file=${join(this.folder, "tokens.csv")}`,
      `--service-account-key-file=${key}`, `--service-account-signing-key-file=${key}`,
      "--service-account-issuer=https://kubernetes.default.svc", "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction", ...admission, "--service-cluster-ip-range=10.96.0.0/16",
      "--allow-privileged", "--endpoint-reconciler-type=none", "--shutdown-watch-termination-grace-period=2s",
      // Webhooks and aggregated APIs that name a Service are asked at its endpoints: there is no kube-proxy.
      "--enable-aggregator-routing", ...(this.#options.apiserverFlags ?? []),
    ]);
    this.#apiserver = child;
    await eventually(
      "the API server is ready",
      async () => {
        mustLive(child);
        return (await this.#reads("/readyz")) === undefined ? undefined : true;
      },
      120_000,
    );
  }

  async #startOthers(): Promise<void> {
    const { controllerManager, scheduler } = this.#options;
    if (controllerManager === true) await this.#startControllerManager();
    if (scheduler === true)
      this.#start("kube-scheduler", clusterBinary(this.#context, "kube-scheduler"), [
        `--kubeconfig=${this.kubeconfig({ user: "system:kube-scheduler" })}`,
        "--leader-elect=false",
        "--secure-port=0",
      ]);
  }

  async #startControllerManager(): Promise<void> {
    const pki = this.#authority.folder;
    // prettier-ignore
    const child = this.#start("kube-controller-manager", clusterBinary(this.#context, "kube-controller-manager"), [
      `--kubeconfig=${this.kubeconfig({ user: "system:kube-controller-manager" })}`,
      `--service-account-private-key-file=${join(pki, "sa.key")}`, `--root-ca-file=${join(pki, "ca.crt")}`,
      `--cluster-signing-cert-file=${join(pki, "ca.crt")}`, `--cluster-signing-key-file=${join(pki, "ca.key")}`,
      "--use-service-account-credentials", "--leader-elect=false", "--secure-port=0",
      // Nodes of a test have no kubelet that would renew their leases: after a minute all their pods would be evicted.
      "--controllers=*,-node-lifecycle-controller",
    ]);
    await eventually(
      "the controller manager works: roles are aggregated, namespaces have their service account",
      async () => {
        mustLive(child);
        const role = await this.#reads("/apis/rbac.authorization.k8s.io/v1/clusterroles/view");
        const account = await this.#reads("/api/v1/namespaces/default/serviceaccounts/default");
        return account !== undefined && role?.includes('"rules":[') === true ? true : undefined;
      },
      60_000,
    );
  }

  /** Ends the API server as a crash does: watches are cut, and nothing answers. */
  async killApi(): Promise<void> {
    await killChild(this.#apiserver!);
    this.#children.delete(this.#apiserver!);
  }

  /** Makes etcd forget all versions before now, as the API server has it do every five minutes. */
  async compact(): Promise<void> {
    const post = async (path: string, body: object) => {
      const answer = await fetch(`http://127.0.0.1:${this.#etcdPort}/v3/kv/${path}`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      return (await answer.json()) as { header: { revision: string } };
    };
    const { header } = await post("range", { key: "AA==" });
    await post("compaction", { revision: header.revision, physical: true });
  }

  /** A certificate for a server of the test on loopback, and the authority's own: what a webhook's caBundle holds. */
  serverCertificate(name: string, names: readonly string[] = []): KeyPair & { readonly ca: string } {
    return { ...this.#authority.server(name, names), ca: this.#authority.certificate };
  }

  /** Sends it SIGKILL, all of it, and removes its folder. */
  override async stop(): Promise<void> {
    await super.stop();
    await Promise.all([...this.#children].map(killChild));
    this.#children.clear();
    this.#removeFolder();
    process.removeListener("exit", this.#removeFolder);
  }
}
