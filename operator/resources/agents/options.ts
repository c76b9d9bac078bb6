/** What the objects of agents are made of. */

/** Quantities of Kubernetes; "" asks for nothing. */
export interface Quantities {
  readonly cpu: string;
  readonly memory: string;
}

export interface ResourceOptions {
  readonly requests: Quantities;
  readonly limits: Quantities;
}

/** Settings `operator.agent`, whose help says what each means; "" is nothing everywhere. */
export interface AgentOptions {
  readonly enabled: boolean;
  readonly image: string;
  readonly image_pull_policy: string;
  readonly image_pull_secrets: readonly string[];
  readonly privileged: boolean;
  readonly sys_resource: boolean;
  readonly selinux_type: string;
  readonly tolerations: readonly TolerationOptions[];
  readonly node_selector: Readonly<Record<string, string>>;
  readonly priority_class: string;
  readonly resources: ResourceOptions;
  readonly max_unavailable: string;
  readonly state_folder: string;
  readonly log_folder: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly environment_secret: string;
  readonly web_secret: string;
  readonly extra_ca: string;
  readonly proxy: { readonly http: string; readonly https: string; readonly exceptions: string };
}

/** A toleration as Kubernetes writes it. */
export interface TolerationOptions {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}

/** Settings `operator.audit`. */
export interface AuditOptions {
  readonly enabled: boolean;
  readonly replicas: number;
  readonly cluster_ip: string;
  readonly tls_secret: string;
  readonly client_ca: string;
  readonly token_secret: string;
  readonly resources: ResourceOptions;
}

/** What agents are told, and how they answer. */
export interface AgentConfiguration {
  /** Their settings, YAML; names of environment variables stand in it as they were written. */
  readonly text: string;
  /** Changes whenever something changed that a running agent cannot take over. Fits into an annotation. */
  readonly restartKey: string;
  /** Where their web server answers; undefined where it is off. */
  readonly web: WebOptions | undefined;
}

export interface WebOptions {
  readonly port: number;
  readonly healthPath: string;
  readonly https: boolean;
}

/** Where Tiercel is installed. */
export interface Installation {
  /** Prefix of all names, F in the design: the chart's full name. */
  readonly name: string;
  readonly namespace: string;
  /** The operator's Deployment, with which all of this goes away; undefined where it does not run as one. */
  readonly owner: Owner | undefined;
  /** The operator's own image. */
  readonly image: string;
}

/** An owner reference. */
export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}
