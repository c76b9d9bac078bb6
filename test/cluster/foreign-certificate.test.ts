/** The webhook with a certificate that somebody else keeps, as cert-manager does. */
import assert from "node:assert/strict";
import { connect } from "node:tls";
import { X509Certificate } from "node:crypto";
import { makeAuthority, makeLeaf } from "../../operator/admission/certificates/make.ts";
import type { KeyPair } from "../../operator/admission/certificates/x509.ts";
import { freePort } from "../support/free-port.ts";
import { root } from "../support/reference.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";
import { OperatorProcess } from "./operator-process.ts";

const encode = (text: string) => Buffer.from(text, "utf8").toString("base64");

/** Serial number of the certificate that is served there; undefined where none is. */
function served(port: number, ca: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, ca, servername: "tiercel-webhook.default.svc" }, () => {
      resolve(socket.authorized ? socket.getPeerCertificate().serialNumber : undefined);
      socket.destroy();
    });
    socket.on("error", () => resolve(undefined));
  });
}

describe("the webhook with another's certificate", function () {
  this.timeout(240_000);
  let plane: ControlPlane;
  let operator: OperatorProcess;
  let port: number;
  let authority: KeyPair;
  const configuration = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "tiercel" },
  };

  const keep = ({ certificate, key }: KeyPair) =>
    plane.apply({
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/tls",
      metadata: { name: "theirs", namespace: "default" },
      data: {
        "tls.crt": encode(certificate),
        "tls.key": encode(key),
        "ca.crt": encode(authority.certificate),
      },
    });
  const leaf = () => makeLeaf(authority, ["tiercel-webhook.default.svc"], Date.now());
  const isServed = (pair: KeyPair) => {
    const { serialNumber } = new X509Certificate(pair.certificate);
    return eventually(
      "the certificate is served",
      async () => ((await served(port, authority.certificate)) === serialNumber ? true : undefined),
      60_000,
    ).catch((error: unknown) => assert.fail(`${String(error)}\n${operator.log}`));
  };
  const kubectl = async (...args: string[]) => {
    const { code, stdout, stderr } = await plane.kubectl(args);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  before(async function () {
    plane = await ControlPlane.start(this);
    await kubectl("apply", "-f", `${root}crds/`);
    authority = await makeAuthority("theirs", Date.now());
    port = await freePort();
    const webhook = {
      name: "objects.tiercel.dev",
      admissionReviewVersions: ["v1"],
      clientConfig: { url: `https://127.0.0.1:${port}/validate`, caBundle: encode(authority.certificate) },
      failurePolicy: "Ignore",
      rules: [
        {
          apiGroups: ["tiercel.dev"],
          apiVersions: ["v1alpha1"],
          operations: ["CREATE"],
          resources: ["falcorules"],
        },
      ],
      sideEffects: "None",
    };
    await plane.apply({ ...configuration, webhooks: [webhook] });
    operator = await OperatorProcess.start({
      kubeconfig: plane.kubeconfig("admin"),
      settings: {
        webhook_listen: `127.0.0.1:${port}`,
        webhook_tls_secret: "theirs",
        "default_rules.enabled": "false",
      },
    });
    await operator.untilLeads();
  });
  after(async () => {
    await operator?.end();
    await plane?.stop();
  });

  it("waits for the Secret, and serves what is in it", async () => {
    assert.equal(await served(port, authority.certificate), undefined);
    const pair = await leaf();
    await keep(pair);
    await isServed(pair);
  });

  it("takes a renewed one over, and no broken one", async () => {
    const before = await leaf();
    await keep(before);
    await isServed(before);
    const other = await leaf();
    await keep({ certificate: before.certificate, key: other.key });
    await eventually(
      "it says so",
      () =>
        /Secret theirs holds no certificate with its key; the one before stays/.test(operator.log)
          ? true
          : undefined,
      60_000,
    );
    await isServed(before);
    await keep(other);
    await isServed(other);
  });

  it("leaves the authority in the configuration as it is, and makes no certificate", async () => {
    const bundle = "jsonpath={.webhooks[0].clientConfig.caBundle}";
    assert.equal(
      await kubectl("get", configuration.kind, "tiercel", "-o", bundle),
      encode(authority.certificate),
    );
    const certificates = ["get", "secrets", "-n", "default", "--field-selector=type=kubernetes.io/tls"];
    assert.equal(await kubectl(...certificates, "-o", "jsonpath={.items[*].metadata.name}"), "theirs");
    assert.doesNotMatch(operator.log, /made a certificate/);
  });
});
