/** Our operator: the base with our controllers. */
import { ResourceEventType, type ResourceEvent } from "@dot-i/k8s-operator";
import type { Settings } from "../agent/cli/settings/schema.ts";
import { asFault } from "../agent/kube/fault.ts";
import { readListen } from "../agent/cli/settings/listen.ts";
import { Admission } from "./admission/admission.ts";
import { webhookSecret } from "./admission/certificates/controller.ts";
import type { MakeController } from "./controllers.ts";
import { credentialWarnings } from "./controllers/alert-sinks/credential-warnings.ts";
import { projectRule, projectSink } from "./controllers/falco-rules/view.ts";
import type { Context } from "./kube/context.ts";
import { KubeOperator, type KubeOperatorOptions } from "./kube/kube-operator.ts";
import type { OwnerReference } from "./api/object-meta.ts";
import { ownedBy } from "./kube/object.ts";
import { resources } from "./kube/resources.ts";

export interface TiercelOperatorOptions extends KubeOperatorOptions {
  readonly settings: Settings;
  /** The operator's namespace. */
  readonly namespace: string;
  readonly controllers: readonly MakeController[];
}

/** The oldest minor version of Kubernetes 1 that we are made for. */
const oldestMinor = 30;

/** What an API server says of itself; `minor` may end in "+". */
interface Version {
  readonly gitVersion: string;
  readonly major: string;
  readonly minor: string;
}

export class TiercelOperator extends KubeOperator {
  readonly #own: TiercelOperatorOptions;
  #owner: OwnerReference | undefined;
  #admission: Admission | undefined;

  /** @throws AccessError where there is no cluster to be found */
  constructor(options: TiercelOperatorOptions) {
    super(options);
    this.#own = options;
  }

  protected override async init(): Promise<void> {
    const { namespace, settings, clock, random, log, metrics } = this.#own;
    // Controllers begin when each informer has listed, this one too: so the owner is known by then.
    await this.watchResource("apps", "v1", "deployments", (event) => this.#ownerSeen(event), namespace);
    const context: Context = {
      client: this.cluster,
      informers: this.informers,
      clock,
      random,
      log,
      metrics,
      namespace,
      name: settings.operator.name,
      owner: () => this.#owner,
    };
    for (const make of this.#own.controllers) {
      const controller = make(context, settings);
      for (const each of [controller ?? []].flat()) this.add(each);
    }
    this.#admission = this.#openAdmission(context);
    void this.#sayVersion();
  }

  /** A pod that is ready gets reviews: none must be sent where nobody listens yet. */
  override get lacks(): string | undefined {
    if (this.#admission === undefined || this.#admission.port !== undefined) return undefined;
    return "the admission webhook does not listen yet: its certificate is missing, or its port is taken";
  }

  /** Every operator answers, whether or not it leads. */
  #openAdmission(context: Context): Admission | undefined {
    const { webhook_listen, webhook_tls_secret, team_secrets: teamSecrets } = this.#own.settings.operator;
    const listen = readListen(webhook_listen);
    if (listen === undefined) return undefined;
    const { informers } = this;
    const { client, namespace } = context;
    return new Admission(context, {
      ...listen,
      credentials: (home, spec) =>
        credentialWarnings(home, spec, { client, operatorNamespace: namespace, teamSecrets }),
      secret: webhook_tls_secret === "" ? webhookSecret(context.name) : webhook_tls_secret,
      rules: informers.open({ resource: resources.falcoRules, project: projectRule, limit: 10 }),
      sinks: informers.open({ resource: resources.alertSinks, project: projectSink, limit: 10 }),
    });
  }

  override async end(): Promise<void> {
    await this.#admission?.stop();
    await super.end();
  }

  async #ownerSeen({ type, meta, object }: ResourceEvent): Promise<void> {
    const { deployment, name } = this.#own.settings.operator;
    if (meta.name !== (deployment === "" ? `${name}-operator` : deployment)) return;
    const uid = object.metadata?.uid;
    this.#owner =
      type === ResourceEventType.Deleted || uid === undefined
        ? undefined
        : ownedBy(resources.deployments, { name: meta.name, uid });
  }

  async #sayVersion(): Promise<void> {
    const { log } = this.#own;
    try {
      const { gitVersion, major, minor } = (await this.client.ask({ path: "/version" })) as Version;
      const old = major === "1" && Number.parseInt(minor, 10) < oldestMinor;
      const advice = `; Tiercel is made for 1.${oldestMinor} and later`;
      log(old ? "warning" : "info", `the API server is Kubernetes ${gitVersion}${old ? advice : ""}`);
    } catch (error) {
      log("debug", `the API server does not say its version: ${asFault(error).message}`);
    }
  }
}
