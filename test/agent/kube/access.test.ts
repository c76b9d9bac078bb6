import assert from "node:assert/strict";
import { podAccess } from "../../../agent/kube/access.ts";
import { kubeconfigAccess } from "../../../agent/kube/kubeconfig.ts";

const user = "users: [{name: me, user: {token: abc}}]";
const config = (users = user, cluster = "server: https://10.0.0.1:6443") => `
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: blue, user: me}}]
clusters: [{name: blue, cluster: {${cluster}}}]
${users}
`;
const read = (...texts: string[]) =>
  kubeconfigAccess(texts.map((text, i) => ({ path: `/etc/kube/config${i}`, text })));

describe("access to the API server in a pod", () => {
  it("follows from variables and mounted files", () => {
    const access = podAccess(
      { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "6443" },
      "/s",
    )!;
    assert.equal(access.server.href, "https://10.96.0.1:6443/");
    assert.deepEqual([access.ca, access.token], [{ file: "/s/ca.crt" }, { file: "/s/token" }]);
    assert.equal(access.insecure, false);
    assert.equal(podAccess({ KUBERNETES_SERVICE_HOST: "fd00::1" })!.server.href, "https://[fd00::1]/");
    assert.equal(podAccess({}), undefined);
  });
});

describe("access to the API server by a kubeconfig", () => {
  it("takes server, CA and token of the current context; paths count from the file's folder", () => {
    const access = read(config(user, "server: https://10.0.0.1:6443/k8s, certificate-authority: pki/ca.crt"));
    assert.equal(access.server.href, "https://10.0.0.1:6443/k8s");
    assert.deepEqual(access.ca, { file: "/etc/kube/pki/ca.crt" });
    assert.deepEqual(access.token, { text: "abc" });
    assert.deepEqual([access.insecure, access.client], [false, undefined]);
  });

  it("takes data before files, tokenFile before token, client certificates, and insecure only where it says so", () => {
    const data = Buffer.from("PEM").toString("base64");
    const access = read(
      config(
        `users: [{name: me, user: {token: abc, tokenFile: t, client-certificate-data: ${data}, client-certificate: x, client-key: k}}]`,
        "server: https://h, insecure-skip-tls-verify: true, tls-server-name: kubernetes",
      ),
    );
    assert.deepEqual(access.token, { file: "/etc/kube/t" });
    assert.deepEqual(access.client, { certificate: { text: "PEM" }, key: { file: "/etc/kube/k" } });
    assert.deepEqual([access.insecure, access.serverName], [true, "kubernetes"]);
  });

  it("takes several files as one, the first that says something counting", () => {
    const other = config("users: [{name: me, user: {token: second}}]", "server: https://second");
    assert.equal(read("{}", config(), other).server.host, "10.0.0.1:6443");
    assert.deepEqual(read("current-context: here", other).token, { text: "second" });
  });

  const mistakes: readonly (readonly [string, string, RegExp])[] = [
    ["no current context", "{}", /config0: current-context is not set/],
    ["a context that is not there", "current-context: x", /there is no context `x` in contexts/],
    ["a user that is not there", config("users: []"), /there is no user `me` in users/],
    [
      "a server without https",
      config(user, "server: http://h"),
      /must begin with https:\/\/; it is http:\/\/h/,
    ],
    ["no server", config(user, ""), /is no URL of an API server/],
    ["a proxy", config(user, "server: https://h, proxy-url: http://p"), /proxy-url is not supported/],
    [
      "a plugin",
      config("users: [{name: me, user: {exec: {command: aws}}}]"),
      /plugins \(exec, auth-provider\)/,
    ],
    [
      "data that is no base64",
      config(user, 'server: https://h, certificate-authority-data: "?"'),
      /no base64/,
    ],
    ["no YAML", "users: [{", /config0: /],
    ["a list", "- a", /current-context is not set/],
  ];
  for (const [what, text, message] of mistakes)
    it(`says what is wrong with ${what}`, () => {
      assert.throws(() => read(text), { name: "AccessError", message });
    });

  it("never shows a token in a message", () => {
    assert.throws(
      () => read("users: [{name: me, user: {token: geheim}\nx: [}"),
      (error: Error) => !error.message.includes("geheim"),
    );
  });
});
