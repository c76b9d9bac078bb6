/** The admission webhook before a real API server: what kubectl shows of it, and what happens without it. */
import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import type { Clock } from "../../agent/kube/clock.ts";
import { Admission } from "../../operator/admission/admission.ts";
import {
  authoritySecret,
  certificateController,
  webhookName,
  webhookSecret,
} from "../../operator/admission/certificates/controller.ts";
import { ClusterClient, isConflict } from "../../operator/kube/cluster-client.ts";
import type { Context } from "../../operator/kube/context.ts";
import type { Controller } from "../../operator/kube/controller.ts";
import { credentialWarnings } from "../../operator/controllers/alert-sinks/credential-warnings.ts";
import { projectRule, projectSink } from "../../operator/controllers/falco-rules/view.ts";
import { resources } from "../../operator/kube/resources.ts";
import { Informers } from "../../operator/kube/informers.ts";
import { Metrics } from "../../operator/kube/metrics.ts";
import { realClock } from "../agent/kube/clock.ts";
import { freePort } from "../support/free-port.ts";
import { golden } from "../support/golden.ts";
import { root } from "../support/reference.ts";
import { eventually } from "../system/support/commands.ts";
import { ControlPlane } from "./control-plane.ts";

const namespace = "tiercel-system";
const name = "tiercel";
const day = 86_400_000;

const rule = (condition: string, more: object = {}) => ({
  rule: "Shell",
  desc: "A shell.",
  condition,
  output: "shell %proc.name",
  priority: "NOTICE",
  ...more,
});
const falcoRule = (objectName: string, spec: object, where = "shop") => ({
  apiVersion: "tiercel.dev/v1alpha1",
  kind: "FalcoRule",
  metadata: { name: objectName, namespace: where },
  spec,
});

/** A team's sink that names a key of a Secret. */
const alertSink = (secret: string, key: string) => ({
  apiVersion: "tiercel.dev/v1alpha1",
  kind: "AlertSink",
  metadata: { name: "a", namespace: "shop" },
  spec: { slack: { webhookURL: { secretKeyRef: { name: secret, key } } } },
});

/** One operator as far as admission needs it. */
class Replica {
  readonly context: Context;
  readonly certificates: Controller;
  readonly admission: Admission;
  readonly log: string[] = [];
  readonly #informers: Informers;

  constructor(
    plane: ControlPlane,
    clock: Clock,
    listen: { readonly address: string; readonly port: number },
  ) {
    const client = plane.as("admin");
    const log: Context["log"] = (level, message) => this.log.push(`${level}: ${message}`);
    this.#informers = new Informers({ client, clock: realClock, random: Math.random, log });
    this.context = {
      client: new ClusterClient(client),
      informers: this.#informers,
      clock,
      random: Math.random,
      log,
      metrics: new Metrics(),
      namespace,
      name,
      owner: () => undefined,
    };
    this.certificates = certificateController(this.context, {
      leaves: [{ secret: webhookSecret(name), names: [`${name}-webhook.${namespace}.svc`, "127.0.0.1"] }],
      configuration: name,
    });
    this.admission = new Admission(this.context, {
      ...listen,
      secret: webhookSecret(name),
      credentials: (home, spec) =>
        credentialWarnings(home, spec, {
          client: this.context.client,
          operatorNamespace: namespace,
          teamSecrets: true,
        }),
      rules: this.#informers.open({ resource: resources.falcoRules, project: projectRule }),
      sinks: this.#informers.open({ resource: resources.alertSinks, project: projectSink }),
    });
    this.#informers.start();
  }

  ready(): Promise<void> {
    return this.#informers.whenSynced();
  }

  /** One reconcile; true where another replica was faster. */
  async lost(): Promise<boolean> {
    try {
      await this.certificates.reconcile("certificates", new AbortController().signal);
      return false;
    } catch (error) {
      if (!isConflict(error)) throw error;
      return true;
    }
  }

  async stop(): Promise<void> {
    await this.admission.stop();
    await this.#informers.stop();
  }
}

describe("the admission webhook before a real API server", function () {
  this.timeout(300_000);
  let plane: ControlPlane;
  let first: Replica;
  let second: Replica;
  let port: number;
  // The API server goes by the machine's clock, so certificates are made in the past: here the authority's time begins.
  let offset = -(9 * 365 + 10) * day;
  const clock: Clock = { now: () => Date.now() + offset, after: (ms, run) => realClock.after(ms, run) };

  const apply = (object: object, ...more: readonly string[]) =>
    plane.kubectl(["apply", ...more, "-f", "-"], { input: object });
  const secret = async (secretName: string) => {
    const { stdout } = await plane.kubectl(["get", "secret", secretName, "-n", namespace, "-o", "json"]);
    return JSON.parse(stdout) as { metadata: { resourceVersion: string }; data: Record<string, string> };
  };
  const caBundle = async () => {
    const path = `jsonpath={.webhooks[0].clientConfig.caBundle}`;
    const { stdout } = await plane.kubectl(["get", "validatingwebhookconfiguration", name, "-o", path]);
    return stdout;
  };
  const broken = rule("evt.type = execve and proc.nmae = bash");
  /** Until the API server asks the webhook again: it finds a configuration, or a server, with a delay. */
  const asks = () =>
    eventually(
      "the webhook is asked",
      async () =>
        (await apply(falcoRule("probe", { rules: [broken] }), "--dry-run=server")).code === 1
          ? true
          : undefined,
      60_000,
    );

  before(async function () {
    plane = await ControlPlane.start(this);
    await plane.kubectl(["apply", "-f", `${root}crds/`]);
    await plane.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "-f", `${root}crds/`]);
    for (const each of [namespace, "shop"]) await plane.kubectl(["create", "namespace", each]);
    port = await freePort();
    // As the chart's, but for the address: there is no network of Services here.
    await plane.apply({
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name },
      webhooks: [
        {
          name: webhookName,
          admissionReviewVersions: ["v1"],
          clientConfig: { url: `https://127.0.0.1:${port}/validate` },
          failurePolicy: "Ignore",
          rules: [
            {
              apiGroups: ["tiercel.dev"],
              apiVersions: ["v1alpha1"],
              operations: ["CREATE", "UPDATE"],
              resources: ["falcorules", "alertsinks"],
              scope: "Namespaced",
            },
          ],
          sideEffects: "None",
          timeoutSeconds: 2,
        },
      ],
    });
    first = new Replica(plane, clock, { address: "127.0.0.1", port });
    second = new Replica(plane, clock, { address: "127.0.0.1", port: 0 });
    await Promise.all([first.ready(), second.ready()]);
  });
  after(async () => {
    await first?.stop();
    await second?.stop();
    await plane?.stop();
  });

  it("makes its certificates once, however many operators there are", async () => {
    const lost = await Promise.all([first.lost(), second.lost()]);
    assert.ok(lost.includes(true), "neither met a conflict");
    await eventually(
      "both have the certificate",
      async () => {
        await first.lost();
        await second.lost();
        return (first.admission.port !== undefined && second.admission.port !== undefined) || undefined;
      },
      30_000,
    );
    const { data } = await secret(webhookSecret(name));
    const authority = await secret(authoritySecret(name));
    assert.equal(data["ca.crt"], authority.data["ca.crt"]);
    offset = -80 * day;
    await eventually(
      "there is a certificate that is good today",
      async () => {
        await first.lost();
        return (await secret(webhookSecret(name))).data["tls.crt"] !== data["tls.crt"] || undefined;
      },
      30_000,
    );
    await eventually(
      "the authority is in the configuration",
      async () => {
        await first.lost();
        return (await caBundle()) === authority.data["ca.crt"] || undefined;
      },
      30_000,
    );
    // Once all is there nothing is written any more.
    const { metadata } = await secret(webhookSecret(name));
    for (const replica of [first, second]) await replica.lost();
    assert.equal((await secret(webhookSecret(name))).metadata.resourceVersion, metadata.resourceVersion);
    await asks();
  });

  it("tries a port that is taken until it is free", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port: taken } = other.address() as AddressInfo;
    let tries = 0;
    const hasty: Clock = {
      now: () => clock.now(),
      after: (_, run) => realClock.after(10, () => (tries++, run())),
    };
    const third = new Replica(plane, hasty, { address: "127.0.0.1", port: taken });
    try {
      await eventually("it has tried again", async () => tries > 2 || undefined, 30_000);
      assert.equal(third.admission.port, undefined);
      await new Promise((resolve) => other.close(resolve));
      await eventually("it listens", async () => third.admission.port ?? undefined, 30_000);
      assert.equal(third.admission.port, taken);
      assert.match(
        third.log.join("\n"),
        new RegExp(`error: the admission webhook cannot listen on 127.0.0.1:${taken}: something else does`),
      );
      assert.ok(third.log.includes(`info: the admission webhook listens on port ${taken}`));
    } finally {
      other.close();
      await third.stop();
    }
  });

  it("leaves all of the configuration but the authority as the chart has it", async () => {
    const { stdout } = await plane.kubectl([
      ...["get", "validatingwebhookconfiguration", name, "-o", "json", "--show-managed-fields"],
    ]);
    const { metadata, webhooks } = JSON.parse(stdout) as {
      metadata: { managedFields: { manager: string; fieldsV1: object }[] };
      webhooks: { failurePolicy: string; timeoutSeconds: number }[];
    };
    const ours = metadata.managedFields.filter(({ manager }) => manager === "tiercel-operator");
    assert.deepEqual(
      ours.map(({ fieldsV1 }) => fieldsV1),
      [
        {
          "f:webhooks": {
            [`k:{"name":"${webhookName}"}`]: {
              ".": {},
              "f:clientConfig": { "f:caBundle": {} },
              "f:name": {},
            },
          },
        },
      ],
    );
    assert.deepEqual(
      [webhooks.length, webhooks[0]?.failurePolicy, webhooks[0]?.timeoutSeconds],
      [1, "Ignore", 2],
    );
  });

  it("tells kubectl place and reason of each mistake, and warnings, as a golden file shows", async () => {
    await plane.apply(
      falcoRule("base", { macros: [{ macro: "spawned", condition: "evt.type = execve" }] }, namespace),
    );
    await eventually(
      "the macro is known",
      async () => {
        const { stderr } = await apply(falcoRule("probe", { rules: [rule("spawned")] }), "--dry-run=server");
        return !stderr.includes("Warning") || undefined;
      },
      30_000,
    );
    const cases: readonly (readonly [what: string, object: object])[] = [
      [
        "a misspelt field behind a macro of the platform",
        falcoRule("a", { rules: [rule("spawned and proc.nmae = vi")] }),
      ],
      [
        "a mistake on the third line",
        falcoRule("a", { rules: [rule("spawned\n  and (proc.name = vi\n  or proc.pid = x)")] }),
      ],
      ["two mistakes", falcoRule("a", { rules: [broken, rule("spawned and", { rule: "Other" })] })],
      ["a macro that is not there yet", falcoRule("a", { rules: [rule("spawned and mine")] })],
      ["a sink that is not there yet", falcoRule("a", { rules: [rule("spawned")], sinks: ["slack"] })],
      [
        "a rule on audit events (R62)",
        falcoRule("a", {
          source: "k8s_audit",
          rules: [rule("ka.verb = create", { output: "%ka.user.name" })],
        }),
      ],
      [
        "a mistake in a rule on audit events (R62)",
        falcoRule("a", {
          source: "k8s_audit",
          rules: [rule("ka.verb = create and ka.target.nmae = x", { output: "o" })],
        }),
      ],
      [
        "rules on audit events with a selector that no audit event meets",
        falcoRule("a", {
          source: "k8s_audit",
          selector: { podSelector: { matchLabels: { app: "web" } } },
          rules: [rule("ka.verb = create", { output: "o" })],
        }),
      ],
      [
        "rules on audit events with a selector of namespaces",
        falcoRule("a", {
          source: "k8s_audit",
          selector: { namespaceSelector: { matchLabels: { app: "web" } } },
          rules: [rule("ka.verb = create", { output: "o" })],
        }),
      ],
      [
        "an idiom that misses a sister call",
        falcoRule("a", { rules: [rule("evt.type = open and fd.name = /etc/shadow")] }),
      ],
      [
        "a team's sink on standard output",
        {
          apiVersion: "tiercel.dev/v1alpha1",
          kind: "AlertSink",
          metadata: { name: "a", namespace: "shop" },
          spec: { stdout: {} },
        },
      ],
      [
        "a platform's sink on standard output",
        {
          apiVersion: "tiercel.dev/v1alpha1",
          kind: "AlertSink",
          metadata: { name: "a", namespace },
          spec: { stdout: {} },
        },
      ],
      ["a sink whose Secret is not there yet", alertSink("gone", "url")],
      ["a sink whose Secret has no such key", alertSink("hook", "other")],
      ["a sink whose credential is no URL", alertSink("hook", "wrong")],
      ["a sink whose credential is there", alertSink("hook", "url")],
    ];
    await plane.apply({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "hook", namespace: "shop" },
      stringData: { url: "https://hook.example.com/s3cr3t", wrong: "s3cr3t" },
    });
    const texts: string[] = [];
    for (const [what, object] of cases) {
      const { stdout, stderr } = await apply(object, "--dry-run=server");
      texts.push(`# ${what}\n${stderr}${stdout}`);
    }
    assert.ok(!texts.join("").includes("s3cr3t"), "a credential was shown");
    golden("cluster/admission.txt", texts.join("\n"));
    const { stdout } = await plane.kubectl(["get", "falcorules,alertsinks", "-n", "shop", "-o", "name"]);
    assert.equal(stdout, "", "a dry run stored something");
  });

  it("lets in what the operator makes of rules files, with its mistakes: people look at the object's status", async () => {
    await asks();
    const wrong = falcoRule("tiercel-custom-a", { rules: [broken] }, namespace);
    assert.match((await apply(wrong, "--server-side")).stderr, /denied the request/);
    const { metadata } = await first.context.client.apply(wrong);
    assert.equal(metadata.name, "tiercel-custom-a");
    await assert.rejects(
      first.context.client.apply(falcoRule("a", { rules: [broken] })),
      /denied the request/,
    );
  });

  it("lets a wrong object that is stored be labelled, moved on and deleted", async () => {
    await first.stop();
    const wrong = falcoRule("stored", { rules: [broken] });
    const { code, stderr } = await apply(wrong);
    assert.equal(code, 0, `with the webhook down: ${stderr}`);
    first = new Replica(plane, clock, { address: "127.0.0.1", port });
    await first.ready();
    await asks();
    const label = await plane.kubectl(["label", "falcorule", "stored", "-n", "shop", "a=b"]);
    assert.equal(label.code, 0, label.stderr);
    const edited = await apply(falcoRule("stored", { rules: [{ ...broken, desc: "Still wrong." }] }));
    assert.equal(edited.code, 1);
    const mended = await apply(falcoRule("stored", { rules: [rule("evt.type = execve")] }));
    assert.equal(mended.code, 0, mended.stderr);
    assert.equal((await plane.kubectl(["delete", "falcorule", "stored", "-n", "shop"])).code, 0);
  });

  it("rotates its certificate, and in its tenth year the authority, while it goes on answering", async () => {
    const certificates = async () => ({
      leaf: (await secret(webhookSecret(name))).data["tls.crt"],
      authority: (await secret(authoritySecret(name))).data,
    });
    const before = await certificates();
    offset = -15 * day;
    await first.lost();
    const rotated = await certificates();
    assert.notEqual(rotated.leaf, before.leaf);
    assert.deepEqual(rotated.authority, before.authority);
    await asks();
    offset = 0;
    await eventually(
      "the new leaf is seen, and another one made",
      async () => {
        await first.lost();
        return (await certificates()).leaf !== rotated.leaf || undefined;
      },
      30_000,
    );
    const renewed = await certificates();
    assert.notEqual(renewed.authority["tls.crt"], before.authority["tls.crt"]);
    const authorities = Buffer.from(renewed.authority["ca.crt"]!, "base64").toString();
    assert.equal(authorities.match(/BEGIN/g)?.length, 2, "the old authority is trusted no more");
    assert.equal(await caBundle(), renewed.authority["ca.crt"]);
    await eventually(
      "the second has it as well",
      async () => {
        await second.lost();
        return (await certificates()).leaf === renewed.leaf || undefined;
      },
      30_000,
    );
    await asks();
  });
});
