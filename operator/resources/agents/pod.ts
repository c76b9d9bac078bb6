/** What the pods of all agents have in common. */
import type {
  V1Container,
  V1EnvVar,
  V1PodTemplateSpec,
  V1Probe,
  V1ResourceRequirements,
  V1Volume,
  V1VolumeMount,
} from "@kubernetes/client-node";
import { labels, nameOf, type Component } from "./names.ts";
import type {
  AgentConfiguration,
  AgentOptions,
  Installation,
  Quantities,
  ResourceOptions,
  WebOptions,
} from "./options.ts";

/** Where an agent keeps its own state. */
export const stateFolder = "/var/lib/tiercel";

/** Where it finds its settings, further CAs, and the certificate of its web server. */
const folders = { settings: "/etc/tiercel", ca: "/etc/tiercel-ca", web: "/etc/tiercel-web" } as const;

/** Annotation of pods: a new value starts them anew. */
export const restartAnnotation = "tiercel.dev/settings";

/** A volume and where it is seen. */
export interface Files {
  readonly volume: V1Volume;
  readonly mountPath: string;
}

/** What differs between agents on nodes and those for audit events. */
export interface PodParts {
  readonly component: Component;
  /** Behind `tiercel agent`. */
  readonly args: readonly string[];
  readonly rights: NonNullable<V1Container["securityContext"]>;
  readonly resources: ResourceOptions;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  /** Where its state is kept. */
  readonly state: Omit<V1Volume, "name">;
  readonly files: readonly Files[];
  readonly spec: Partial<NonNullable<V1PodTemplateSpec["spec"]>>;
}

/** The pod of an agent. */
export function podTemplate(
  installation: Installation,
  options: AgentOptions,
  configuration: AgentConfiguration,
  parts: PodParts,
): V1PodTemplateSpec {
  const files = [...commonFiles(installation, options, parts), ...parts.files];
  return {
    metadata: {
      annotations: { ...options.annotations, [restartAnnotation]: configuration.restartKey },
      labels: labels(installation, parts.component, options),
    },
    spec: {
      containers: [container(installation, options, configuration, { ...parts, files })],
      ...(options.image_pull_secrets.length > 0 && {
        imagePullSecrets: options.image_pull_secrets.map((name) => ({ name })),
      }),
      ...(options.priority_class !== "" && { priorityClassName: options.priority_class }),
      serviceAccountName: nameOf(installation, "agent"),
      // An agent ends within two seconds; what it could not deliver by then is on the disk.
      terminationGracePeriodSeconds: 10,
      volumes: files.map(({ volume }) => volume),
      ...parts.spec,
    },
  };
}

function container(
  installation: Installation,
  options: AgentOptions,
  { web }: AgentConfiguration,
  { args, rights, resources, ports, files }: PodParts,
): V1Container {
  const served = [...(web === undefined ? [] : [{ name: "metrics", containerPort: web.port }]), ...ports].map(
    (port) => ({ ...port, protocol: "TCP" }),
  );
  return {
    name: "agent",
    image: options.image === "" ? installation.image : options.image,
    imagePullPolicy: options.image_pull_policy,
    args: [
      "agent",
      "--config",
      `${folders.settings}/tiercel.yaml`,
      ...args,
      ...(options.extra_ca === "" ? [] : ["--set", `network.extra_ca=${folders.ca}/ca.crt`]),
    ],
    env: environment(options),
    ...(options.environment_secret !== "" && {
      envFrom: [{ secretRef: { name: options.environment_secret, optional: true } }],
    }),
    ...(served.length > 0 && { ports: served }),
    ...(web !== undefined && probes(web)),
    resources: requirements(resources),
    securityContext: rights,
    volumeMounts: files.map(({ volume: { name, configMap, secret }, mountPath }): V1VolumeMount => ({
      name,
      mountPath,
      ...((configMap ?? secret) !== undefined && { readOnly: true }),
    })),
  };
}

function commonFiles(
  installation: Installation,
  { extra_ca, web_secret }: AgentOptions,
  { state }: PodParts,
): Files[] {
  const settings = { name: nameOf(installation, "agent") };
  return [
    // As a folder: single files (subPath) would never see a change.
    { volume: { name: "settings", configMap: settings }, mountPath: folders.settings },
    { volume: { name: "state", ...state }, mountPath: stateFolder },
    ...(extra_ca === ""
      ? []
      : [
          {
            // Where it is missing agents still watch: that matters more than one sink.
            volume: { name: "extra-ca", configMap: { name: extra_ca, optional: true } },
            mountPath: folders.ca,
          },
        ]),
    ...(web_secret === ""
      ? []
      : [{ volume: { name: "web", secret: { secretName: web_secret } }, mountPath: folders.web }]),
  ];
}

function environment({ env, proxy }: AgentOptions): V1EnvVar[] {
  const of = (name: string, fieldPath: string): V1EnvVar => ({
    name,
    valueFrom: { fieldRef: { apiVersion: "v1", fieldPath } },
  });
  const chosen = [
    ["HTTP_PROXY", proxy.http],
    ["HTTPS_PROXY", proxy.https],
    ["NO_PROXY", proxy.exceptions],
  ] as const;
  const own = [
    of("NODE_NAME", "spec.nodeName"),
    of("POD_NAME", "metadata.name"),
    of("POD_NAMESPACE", "metadata.namespace"),
    ...chosen.filter(([, value]) => value !== "").map(([name, value]) => ({ name, value })),
  ];
  // The API server refuses a name that is there twice.
  const taken = new Set(own.map(({ name }) => name));
  const further = new Map(env.filter(({ name }) => !taken.has(name)).map((one) => [one.name, one]));
  return [...own, ...further.values()];
}

/** A hung agent is started anew after half a minute; ready is one whose programs and rules are loaded. */
function probes({ healthPath, https }: WebOptions): Pick<V1Container, "livenessProbe" | "readinessProbe"> {
  const probe = (path: string, more: V1Probe): V1Probe => ({
    httpGet: { path, port: "metrics", ...(https && { scheme: "HTTPS" }) },
    timeoutSeconds: 5,
    ...more,
  });
  return {
    livenessProbe: probe(healthPath, { initialDelaySeconds: 30, periodSeconds: 15, failureThreshold: 3 }),
    readinessProbe: probe("/readyz", { periodSeconds: 5 }),
  };
}

function requirements({ requests, limits }: ResourceOptions): V1ResourceRequirements {
  const quantities = ({ cpu, memory }: Quantities) => ({
    ...(cpu !== "" && { cpu }),
    ...(memory !== "" && { memory }),
  });
  const part = (name: "requests" | "limits", values: Record<string, string>) =>
    Object.keys(values).length > 0 && { [name]: values };
  return { ...part("requests", quantities(requests)), ...part("limits", quantities(limits)) };
}
