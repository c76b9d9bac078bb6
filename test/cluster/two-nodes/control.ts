/** etcd, API server, controller manager and scheduler in a network namespace of their own. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { eventually, mustRun } from "../../system/support/commands.ts";
import {
  at,
  controlAddress,
  controlNamespace,
  kubeconfig,
  nodeName,
  nodeNumbers,
  services,
  type BinaryPath,
} from "./layout.ts";
import { inControl, killProcess, logTail, pidOf, startIn, tryIn } from "./processes.ts";

/** Who asks the API server: name of the kubeconfig, user, group. */
const users: readonly (readonly [who: string, user: string, group: string])[] = [
  ["admin", "admin", "system:masters"],
  ["controllers", "system:kube-controller-manager", "system:authenticated"],
  ["scheduler", "system:kube-scheduler", "system:authenticated"],
  ["proxy", "system:kube-proxy", "system:authenticated"],
  ...nodeNumbers.map((node) => [nodeName(node), `system:node:${nodeName(node)}`, "system:nodes"] as const),
];

export const server = `https://${controlAddress}:6443`;

function writeUsers(): void {
  const lines = users.map(([who, user, group]) => {
    const token = randomBytes(16).toString("hex");
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster: { server, "certificate-authority": at("pki/apiserver.crt") } }],
      users: [{ name: who, user: { token } }],
      contexts: [{ name: "test", context: { cluster: "test", user: who } }],
      "current-context": "test",
    };
    writeFileSync(kubeconfig(who), JSON.stringify(config), { mode: 0o600 });
    return `${token},${user},${user},"${group}"`;
  });
  writeFileSync(at("tokens.csv"), `${lines.join("\n")}\n`, { mode: 0o600 });
}

async function makeNetwork(): Promise<void> {
  await mustRun("ip", ["netns", "add", controlNamespace]);
  await inControl("ip", "link", "set", "lo", "up");
  await inControl("ip", "link", "add", "br0", "type", "bridge");
  await inControl("ip", "address", "add", `${controlAddress}/24`, "dev", "br0");
  await inControl("ip", "link", "set", "br0", "up");
  await inControl("sysctl", "-qw", "net.ipv4.ip_forward=1");
}

/**
 * Starts the API server and waits until it is ready. Without a certificate of ours it makes one that names its address and
 * the service's, and keeps it.
 */
export async function startApi(binary: BinaryPath, flags: readonly string[] = []): Promise<void> {
  // prettier-ignore
  startIn(controlNamespace, "apiserver", [
    binary("kube-apiserver"), "--etcd-servers=http://127.0.0.1:2379", `--bind-address=${controlAddress}`,
    `--advertise-address=${controlAddress}`, "--secure-port=6443", `--cert-dir=${at("pki")}`,
    `--token-auth-file=${at("tokens.csv")}`, "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
    `--service-account-key-file=${at("pki/sa.pub")}`, `--service-account-signing-key-file=${at("pki/sa.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc", `--service-cluster-ip-range=${services}`,
    "--allow-privileged", "--kubelet-preferred-address-types=InternalIP",
    "--shutdown-watch-termination-grace-period=2s", ...flags,
  ]);
  await eventually(
    "the API server is ready",
    async () => {
      if (pidOf("apiserver") === undefined) throw new Error(`the API server ended: ${logTail("apiserver")}`);
      if (!existsSync(at("pki/apiserver.crt"))) return undefined;
      return answers(binary, "get", "--raw", "/readyz");
    },
    120_000,
  );
}

/**
 * Starts the API server anew with these flags beside its own, and waits until it is ready. It is ended by SIGKILL: with
 * watches open it takes a minute to end by itself. Nodes and controllers go on once it answers again.
 */
export async function restartApi(binary: BinaryPath, flags: readonly string[] = []): Promise<void> {
  await killProcess("apiserver");
  await startApi(binary, flags);
}

async function answers(binary: BinaryPath, ...args: readonly string[]): Promise<true | undefined> {
  const kubectl = [binary("kubectl"), "--kubeconfig", kubeconfig("admin")];
  return (await tryIn(controlNamespace, ...kubectl, ...args)).code === 0 ? true : undefined;
}

/** Makes the control plane; the API server answers when it is fulfilled. */
export async function startControlPlane(binary: BinaryPath): Promise<void> {
  for (const folder of ["etcd", "pki"]) mkdirSync(at(folder), { recursive: true });
  await makeNetwork();
  await mustRun("openssl", ["genrsa", "-out", at("pki/sa.key"), "2048"]);
  await mustRun("openssl", ["rsa", "-in", at("pki/sa.key"), "-pubout", "-out", at("pki/sa.pub")]);
  writeUsers();
  // prettier-ignore
  startIn(controlNamespace, "etcd", [
    "etcd", "--data-dir", at("etcd"), "--unsafe-no-fsync", "--listen-client-urls", "http://127.0.0.1:2379",
    "--advertise-client-urls", "http://127.0.0.1:2379", "--listen-peer-urls", "http://127.0.0.1:2380",
  ]);
  await startApi(binary);
  // prettier-ignore
  startIn(controlNamespace, "controllers", [
    binary("kube-controller-manager"), `--kubeconfig=${kubeconfig("controllers")}`,
    `--service-account-private-key-file=${at("pki/sa.key")}`, `--root-ca-file=${at("pki/apiserver.crt")}`,
    "--use-service-account-credentials", "--leader-elect=false",
  ]);
  const scheduler = binary("kube-scheduler");
  const config = `--kubeconfig=${kubeconfig("scheduler")}`;
  startIn(controlNamespace, "scheduler", [scheduler, config, "--leader-elect=false"]);
}
