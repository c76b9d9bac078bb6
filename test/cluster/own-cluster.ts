/** A cluster of the user's, by TIERCEL_KUBECONFIG: kind, k3s, or any on which its administrator lets tests run. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Context } from "mocha";
import type { KubeAccess } from "../../agent/kube/access.ts";
import { kubeconfigAccess } from "../../agent/kube/kubeconfig.ts";
import { Cluster } from "./cluster.ts";
import { ControlPlane, type ControlPlaneOptions } from "./control-plane.ts";
import { userRequest, type KeyPair } from "./pki.ts";

/** How often, 50 ms apart, a signed certificate is looked for. */
const looks = 200;

class OwnCluster extends Cluster {
  readonly #access: KubeAccess;
  #requests = 0;

  constructor(file: string) {
    const inPath = join(process.env["TIERCEL_KUBE_BIN"] ?? "", "kubectl");
    super(mkdtempSync(join(tmpdir(), "tiercel-cluster-")), inPath);
    const path = resolve(file);
    this.#access = kubeconfigAccess([{ path, text: readFileSync(path, "utf8") }]);
  }

  protected override adminAccess(): KubeAccess {
    return this.#access;
  }

  /** Asks the cluster to sign one, as a new user of it would. */
  protected override certificateOf(user: string, groups: readonly string[]): KeyPair {
    this.#requests += 1;
    const name = `tiercel-test-${process.pid}-${this.#requests}`;
    const { key, request } = userRequest(this.folder, user, groups);
    this.kubectlNow(
      ["create", "-f", "-"],
      JSON.stringify({
        apiVersion: "certificates.k8s.io/v1",
        kind: "CertificateSigningRequest",
        metadata: { name },
        spec: {
          request: Buffer.from(request).toString("base64"),
          signerName: "kubernetes.io/kube-apiserver-client",
          usages: ["client auth"],
        },
      }),
    );
    this.made.push(`/apis/certificates.k8s.io/v1/certificatesigningrequests/${name}`);
    this.kubectlNow(["certificate", "approve", name]);
    for (let look = 0; look < looks; look += 1) {
      const certificate = this.kubectlNow(["get", "csr", name, "-o", "jsonpath={.status.certificate}"]);
      if (certificate !== "") return { key, certificate: Buffer.from(certificate, "base64").toString() };
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
    throw new Error(`the cluster signed no certificate for ${user}: look at kubectl describe csr ${name}`);
  }

  override async stop(): Promise<void> {
    const admin = this.as("admin");
    for (const path of this.made.reverse())
      await admin.ask({ method: "DELETE", path, query: { gracePeriodSeconds: "0" } }).catch(() => undefined);
    await super.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * The cluster that TIERCEL_KUBECONFIG names, else a private control plane: for tests that only add objects of names of
 * their own and remove them again. All others start a `ControlPlane`, whatever is named.
 */
export async function anyCluster(context: Context, options: ControlPlaneOptions = {}): Promise<Cluster> {
  const file = process.env["TIERCEL_KUBECONFIG"] ?? "";
  return file === "" ? ControlPlane.start(context, options) : new OwnCluster(file);
}
