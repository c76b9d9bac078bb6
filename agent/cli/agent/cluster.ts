/** What the agent has of a cluster, over one client of its API: rules, sinks, the node's labels, data of pods. */
import { readFileSync } from "node:fs";
import { ClusterRules } from "../cluster/cluster-rules.ts";
import type { AlertSinks } from "../../sinks/objects/alert-sinks.ts";
import { ClusterSinks } from "../cluster/cluster-sinks.ts";
import { NodeLabels } from "../cluster/node-labels.ts";
import { SetStore } from "../cluster/set-store.ts";
import { SinksStore } from "../cluster/sinks-store.ts";
import type { PodInput } from "../../state/pods/pod-join.ts";
import type { Settings } from "../settings/schema.ts";
import { openKube, openPodMetadata, type Kube, type OpenOptions } from "./kubernetes.ts";
import { openAlertSinks } from "./open-alert-sinks.ts";
import type { PodMetadata } from "./pod-metadata.ts";

export interface Cluster {
  /** Undefined where the API is not asked. */
  readonly kube: Kube | undefined;
  /** The operator's namespace. */
  readonly namespace: string;
  /** Undefined where rules come from files. */
  readonly rules: ClusterRules | undefined;
  /** Undefined where the API is not asked. */
  readonly labels: NodeLabels | undefined;
  readonly pods: PodMetadata | undefined;
  /** The AlertSinks; undefined where rules come from files. */
  readonly alertSinks: AlertSinks | undefined;
  /** Takes up what is on the disk. */
  open(): Promise<void>;
  /** Begins to ask the API. */
  start(): void;
  /** Resolves when nothing more will be told; all connections are closed. */
  stop(): Promise<void>;
}

export interface ClusterOptions extends Omit<OpenOptions, "neededBy"> {
  /** Takes data of pods; undefined: nobody does. */
  readonly tell: ((input: PodInput) => void) | undefined;
  /** Rules or the node's labels are others now: the rules are to be loaded anew. */
  readonly onChange: () => void;
}

/** The namespace a pod runs in, as the kubelet writes it; undefined outside pods. */
function podNamespace(): string | undefined {
  try {
    return readFileSync("/var/run/secrets/kubernetes.io/serviceaccount/namespace", "utf8").trim();
  } catch {
    return undefined;
  }
}

/** The namespace in which the operator keeps what is for agents. */
export function operatorNamespace({ namespace }: Settings["cluster"]): string {
  return namespace || (podNamespace() ?? "tiercel-system");
}

/** Puts together what the settings want. @throws AccessError where they cannot do without the API */
export function openCluster(settings: Settings, options: ClusterOptions): Cluster {
  const { enabled, name, state_folder } = settings.cluster;
  const { clock, log, tell, onChange } = options;
  const kube = openKube(settings, { ...options, neededBy: enabled ? "cluster.enabled" : undefined });
  const namespace = operatorNamespace(settings.cluster);
  const common = { clock, log, random: Math.random };
  const labels =
    kube && new NodeLabels({ ...common, ...kube, folder: enabled ? state_folder : undefined, onChange });
  const rules =
    enabled && kube !== undefined
      ? new ClusterRules({
          ...common,
          ...{ client: kube.client, namespace, name },
          store: new SetStore(state_folder),
          onSet: onChange,
        })
      : undefined;
  const alertSinks =
    kube && enabled ? openAlertSinks(settings, { namespace, node: kube.node, log }) : undefined;
  const sinks =
    kube &&
    alertSinks &&
    new ClusterSinks({
      ...common,
      ...{ client: kube.client, namespace, name },
      store: new SinksStore(state_folder),
      apply: (entries, secrets, how) => alertSinks.apply(entries, secrets, how),
    });
  const pods = tell && openPodMetadata(kube, { clock, log, tell });
  return {
    ...{ kube, namespace, rules, labels, pods, alertSinks },
    async open() {
      await Promise.all([rules?.open(), rules && labels?.open(), sinks?.open()]);
    },
    start() {
      pods?.start();
      rules?.start();
      sinks?.start();
    },
    async stop() {
      await Promise.all([pods?.stop(), rules?.stop(), labels?.stop(), sinks?.stop()]);
      kube?.client.close();
    },
  };
}
