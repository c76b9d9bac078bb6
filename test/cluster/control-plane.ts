/** A private etcd and Kubernetes API server on loopback, for one test file: real ones, started and ended by it. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import type { KubeAccess } from "../../agent/kube/access.ts";
import { KubeClient } from "../../agent/kube/client.ts";
import { realClock } from "../agent/kube/clock.ts";
import { root } from "../support/reference.ts";
import { unmet } from "../support/requirements.ts";
import { end, eventually } from "../system/support/commands.ts";

interface Binaries {
  readonly apiserver: string;
  readonly etcd: string;
}

/** Skips (or fails, see requirements.ts) where there is no Kubernetes to run. */
function needBinaries(context: Context): Binaries {
  const folder = spawnSync("scripts/cluster-binaries.sh", ["--where"], {
    cwd: root,
    encoding: "utf8",
  }).stdout.trim();
  const apiserver = join(folder, "kube-apiserver");
  if (!existsSync(apiserver)) unmet(context, "cluster", `no ${apiserver}; make cluster-binaries builds it`);
  const etcd = [process.env["TIERCEL_ETCD"] ?? "", "/usr/bin/etcd"].find((path) => existsSync(path));
  if (etcd === undefined)
    unmet(context, "cluster", "etcd is not installed; make cluster-binaries installs it");
  return { apiserver, etcd };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Who may ask: an administrator, and the agent with the rights that a test gives it. */
export type Who = "admin" | "agent";

export class ControlPlane {
  readonly #binaries: Binaries;
  readonly #folder = mkdtempSync(join(tmpdir(), "tiercel-cluster-"));
  readonly #clients: KubeClient[] = [];
  #etcd: ChildProcess | undefined;
  #apiserver: ChildProcess | undefined;
  #port = 0;
  #etcdPort = 0;

  private constructor(binaries: Binaries) {
    this.#binaries = binaries;
  }

  /** Starts both and waits until the API server is ready. */
  static async start(context: Context): Promise<ControlPlane> {
    const plane = new ControlPlane(needBinaries(context));
    try {
      await plane.#begin();
    } catch (error) {
      await plane.stop();
      throw error;
    }
    return plane;
  }

  async #begin(): Promise<void> {
    const folder = this.#folder;
    mkdirSync(join(folder, "pki"));
    spawnSync("openssl", ["genrsa", "-out", join(folder, "sa.key"), "2048"]);
    writeFileSync(join(folder, "tokens.csv"), 'admin-token,admin,1,"system:masters"\nagent-token,agent,2\n');
    this.#etcdPort = await freePort();
    this.#port = await freePort();
    const [client, peer] = [`http://127.0.0.1:${this.#etcdPort}`, `http://127.0.0.1:${await freePort()}`];
    // prettier-ignore
    this.#etcd = this.#spawn(this.#binaries.etcd, [
      "--data-dir", join(folder, "etcd"), "--unsafe-no-fsync", "--listen-client-urls", client,
      "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
      "--initial-cluster", `default=${peer}`,
    ]);
    await eventually("etcd is healthy", () => this.#etcdAnswers(), 30_000);
    await this.startApi();
  }

  async #etcdAnswers(): Promise<true | undefined> {
    const answer = await fetch(`http://127.0.0.1:${this.#etcdPort}/health`).catch(() => undefined);
    return answer?.ok === true ? true : undefined;
  }

  #spawn(program: string, args: readonly string[]): ChildProcess {
    return spawn(program, args, { stdio: "ignore" });
  }

  /** Starts the API server, the same one as before. */
  async startApi(): Promise<void> {
    const folder = this.#folder;
    const key = join(folder, "sa.key");
    // prettier-ignore
    this.#apiserver = this.#spawn(this.#binaries.apiserver, [
      `--etcd-servers=http://127.0.0.1:${this.#etcdPort}`, "--bind-address=127.0.0.1", `--secure-port=${this.#port}`,
      `--cert-dir=${join(folder, "pki")}`, `--token-auth-file=${join(folder, "tokens.csv")}`,
      "--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount", `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`, "--service-account-issuer=https://kubernetes.default.svc",
      "--service-cluster-ip-range=10.96.0.0/16", "--allow-privileged",
    ]);
    await eventually(
      "the API server is ready",
      async () => {
        if (this.#apiserver!.exitCode !== null) throw new Error(`it ended with ${this.#apiserver!.exitCode}`);
        if (!existsSync(join(folder, "pki", "apiserver.crt"))) return undefined;
        const { as } = this;
        return as("admin")
          .ask({ path: "/readyz", query: { verbose: "" } })
          .then(
            () => true as const,
            (error: unknown) => (String(error).includes("no JSON") ? (true as const) : undefined),
          );
      },
      120_000,
    );
  }

  /** Ends it as a crash does: watches are cut, and nothing answers. */
  async killApi(): Promise<void> {
    const gone = new Promise((resolve) => this.#apiserver!.once("close", resolve));
    this.#apiserver!.kill("SIGKILL");
    await gone;
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

  access(who: Who): KubeAccess {
    return {
      server: new URL(`https://127.0.0.1:${this.#port}`),
      serverName: undefined,
      // The server's own certificate, which it made itself, is its own CA.
      ca: { text: readFileSync(join(this.#folder, "pki", "apiserver.crt"), "utf8") },
      insecure: false,
      token: { text: `${who}-token` },
      client: undefined,
      origin: "test",
    };
  }

  readonly as = (who: Who): KubeClient => {
    const client = new KubeClient({ access: this.access(who), clock: realClock, userAgent: "test" });
    this.#clients.push(client);
    return client;
  };

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    this.#apiserver?.kill("SIGKILL");
    for (const child of [this.#apiserver, this.#etcd]) if (child !== undefined) await end(child);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
