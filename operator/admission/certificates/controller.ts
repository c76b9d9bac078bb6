/**
 * Keeps the certificates of our servers: an authority, a leaf for each server, and the authority in the webhook's
 * configuration. The operator that leads makes them; all others read what it made.
 */
import { X509Certificate } from "node:crypto";
import type { Context } from "../../kube/context.ts";
import type { Controller } from "../../kube/controller.ts";
import { watch } from "../../kube/controller.ts";
import type { Informer } from "../../kube/informer.ts";
import { keyOf, type KubeObject } from "../../kube/object.ts";
import { resources } from "../../kube/resources.ts";
import { bundle, planCertificates, type WantedLeaf } from "./plan.ts";
import type { KeyPair } from "./x509.ts";

/** Name of the webhook in the chart's configuration. */
export const webhookName = "objects.tiercel.dev";

export interface SecretObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig?: { readonly caBundle?: string };
  }[];
}

/** A Secret with a certificate, as it is kept. */
export interface StoredPair extends KeyPair {
  /** Certificates of authorities, newest first. */
  readonly authorities: string;
  readonly resourceVersion: string;
}

const decode = (text: string | undefined) => Buffer.from(text ?? "", "base64").toString("utf8");
const encode = (text: string) => Buffer.from(text, "utf8").toString("base64");

/** The pair in a Secret; parts that are missing are empty. */
export function storedPair(object: KubeObject): StoredPair {
  const { data, metadata } = object as SecretObject;
  return {
    certificate: decode(data?.["tls.crt"]),
    key: decode(data?.["tls.key"]),
    authorities: decode(data?.["ca.crt"]),
    resourceVersion: metadata.resourceVersion ?? "",
  };
}

export const authoritySecret = (name: string) => `${name}-ca`;
export const webhookSecret = (name: string) => `${name}-webhook-tls`;

/** Names by which pods and API servers reach a Service. */
export const serviceNames = (service: string, namespace: string): string[] => [
  `${service}.${namespace}.svc`,
  `${service}.${namespace}.svc.cluster.local`,
  `${service}.${namespace}`,
];

/** The informer of one Secret of the operator's namespace; the same for whoever asks. */
export function secretInformer({ informers, namespace }: Context, name: string): Informer<StoredPair> {
  const resource = resources.secrets;
  return informers.open({ resource, namespace, fieldSelector: `metadata.name=${name}`, project: storedPair });
}

const caBundleOf = (object: KubeObject): string => {
  const webhook = (object as WebhookConfiguration).webhooks?.find(({ name }) => name === webhookName);
  return webhook === undefined ? "none" : decode(webhook.clientConfig?.caBundle);
};

export interface CertificateOptions {
  /** Certificates of servers; the webhook's is among them. */
  readonly leaves: readonly WantedLeaf[];
  /** Name of the ValidatingWebhookConfiguration; undefined where the chart made none. */
  readonly configuration: string | undefined;
}

const key = "certificates";

class Certificates {
  readonly #context: Context;
  readonly #options: CertificateOptions;
  readonly authority: Informer<StoredPair>;
  readonly leaves: ReadonlyMap<string, Informer<StoredPair>>;
  readonly configuration: Informer<string> | undefined;

  constructor(context: Context, options: CertificateOptions) {
    this.#context = context;
    this.#options = options;
    this.authority = secretInformer(context, authoritySecret(context.name));
    this.leaves = new Map(options.leaves.map(({ secret }) => [secret, secretInformer(context, secret)]));
    this.configuration =
      options.configuration === undefined
        ? undefined
        : context.informers.open({
            resource: resources.validatingWebhookConfigurations,
            fieldSelector: `metadata.name=${options.configuration}`,
            project: caBundleOf,
          });
  }

  #stored(informer: Informer<StoredPair>, name: string): StoredPair | undefined {
    return informer.get(keyOf({ namespace: this.#context.namespace, name }));
  }

  async reconcile(_: string, signal: AbortSignal): Promise<{ after: number }> {
    const { clock, name, log } = this.#context;
    const now = clock.now();
    const caName = authoritySecret(name);
    const stored = this.#stored(this.authority, caName);
    const leaves = new Map<string, StoredPair>();
    for (const [secret, informer] of this.leaves) {
      const pair = this.#stored(informer, secret);
      if (pair !== undefined) leaves.set(secret, pair);
    }
    const plan = planCertificates(this.#options.leaves, { authority: stored, leaves, now });
    let authority: KeyPair = stored ?? { certificate: "", key: "" };
    let authorities = stored?.authorities ?? "";
    if (plan.makeAuthority) {
      const { makeAuthority } = await import("./make.ts");
      authority = await makeAuthority(`${name} CA`, now);
      authorities = bundle(authority.certificate, authorities, (text) => isValid(text, now));
      // First it is trusted, then used: whoever gets the new certificate must know its authority.
      await this.#trust(authorities, signal);
      await this.#write(caName, { ...authority, authorities }, stored, signal);
      log("info", `made a certificate authority, Secret ${caName}`);
    }
    await this.#trust(authorities, signal);
    for (const { secret, names } of plan.make) {
      const { makeLeaf } = await import("./make.ts");
      const leaf = await makeLeaf(authority, names, now);
      await this.#write(secret, { ...leaf, authorities }, leaves.get(secret), signal);
      log("info", `made a certificate for ${names[0]}, Secret ${secret}`);
    }
    return { after: plan.after };
  }

  /** Writes a Secret as we saw it, or makes it; rejects with a conflict where another operator was faster. */
  async #write(
    name: string,
    pair: KeyPair & { readonly authorities: string },
    before: StoredPair | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, namespace, name: instance, owner } = this.#context;
    const reference = owner();
    const object: SecretObject & { readonly type: string } = {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/tls",
      metadata: {
        name,
        namespace,
        labels: {
          "app.kubernetes.io/name": "tiercel",
          "app.kubernetes.io/instance": instance,
          "app.kubernetes.io/component": "operator",
          "app.kubernetes.io/managed-by": "tiercel-operator",
        },
        ...(reference === undefined ? {} : { ownerReferences: [reference] }),
        ...(before === undefined ? {} : { resourceVersion: before.resourceVersion }),
      },
      data: {
        "tls.crt": encode(pair.certificate),
        "tls.key": encode(pair.key),
        "ca.crt": encode(pair.authorities),
      },
    };
    if (before === undefined) await client.create(object, signal);
    else await client.apply(object, signal);
  }

  /** Puts the authorities into the webhook's configuration, and nothing else of it. */
  async #trust(authorities: string, signal: AbortSignal): Promise<void> {
    const name = this.#options.configuration;
    const now = name === undefined ? undefined : this.configuration?.get(name);
    if (name === undefined || now === undefined || now === "none" || now === authorities) return;
    const configuration: WebhookConfiguration = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name },
      webhooks: [{ name: webhookName, clientConfig: { caBundle: encode(authorities) } }],
    };
    await this.#context.client.apply(configuration, signal);
  }
}

function isValid(certificate: string, now: number): boolean {
  try {
    return Date.parse(new X509Certificate(certificate).validTo) > now;
  } catch {
    return false;
  }
}

/** The controller; its one key stands for all certificates together. */
export function certificateController(context: Context, options: CertificateOptions): Controller {
  const certificates = new Certificates(context, options);
  const all = () => [key];
  const informers = [certificates.authority, ...certificates.leaves.values()];
  return {
    name: "certificates",
    keys: [key],
    watches: [
      ...informers.map((informer) => watch(informer, all)),
      ...(certificates.configuration === undefined ? [] : [watch(certificates.configuration, all)]),
    ],
    reconcile: (name, signal) => certificates.reconcile(name, signal),
  };
}
