/** Made by scripts/generate/resources.ts from crds/alertsinks.yaml. Do not edit. */
import type { Condition, ObjectMeta, SecretSource } from "../object-meta.ts";

/**
 * A place alerts go to. In the operator's namespace it gets all alerts that its filter lets through; in any other namespace those about that namespace's pods, whoever's rule it was. The annotation tiercel.dev/test: ID sends one test message for each new ID.
 */
export interface AlertSink {
  /**
   * The version of this form: tiercel.dev/v1alpha1.
   */
  readonly apiVersion: "tiercel.dev/v1alpha1";
  /**
   * AlertSink.
   */
  readonly kind: "AlertSink";
  readonly metadata: ObjectMeta;
  readonly spec: AlertSinkSpec;
  readonly status?: AlertSinkStatus;
}
/**
 * Where alerts go, exactly one place, and which.
 */
export interface AlertSinkSpec {
  readonly stdout?: AlertSinkSpecStdout;
  readonly file?: AlertSinkSpecFile;
  readonly syslog?: AlertSinkSpecSyslog;
  readonly webhook?: AlertSinkSpecWebhook;
  readonly slack?: AlertSinkSpecSlack;
  readonly alertmanager?: AlertSinkSpecAlertmanager;
  readonly filter?: AlertSinkSpecFilter;
  readonly group?: AlertSinkSpecGroup;
}
/**
 * Standard output of the agents. Only in the operator's namespace.
 */
export interface AlertSinkSpecStdout {
  /**
   * A line of json (as Falco prints it) or of text. Left out, as the agents' own settings say.
   */
  readonly format?: "json" | "text";
}
/**
 * A file on each node, below /var/log/tiercel. Only in the operator's namespace.
 */
export interface AlertSinkSpecFile {
  /**
   * The file's name, without a folder, e.g. alerts.jsonl.
   */
  readonly name: string;
  /**
   * A line of json (as Falco prints it) or of text. Left out, as the agents' own settings say.
   */
  readonly format?: "json" | "text";
}
/**
 * A syslog server, or the node's own. Only in the operator's namespace.
 */
export interface AlertSinkSpecSyslog {
  /**
   * The server's name or address. Left out, the node's own syslog.
   */
  readonly host?: string;
  /**
   * Its port. Left out, 514.
   */
  readonly port?: number;
  /**
   * udp (left out) or tcp; messages have the form of RFC 5424.
   */
  readonly protocol?: "udp" | "tcp";
  /**
   * A line of json (as Falco prints it) or of text. Left out, as the agents' own settings say.
   */
  readonly format?: "json" | "text";
}
/**
 * A URL that each alert is sent to.
 */
export interface AlertSinkSpecWebhook {
  /**
   * The URL, where it holds no credential.
   */
  readonly url?: string;
  /**
   * A key of a Secret of this namespace that holds it.
   */
  readonly urlFrom?: SecretSource;
  /**
   * POST (left out) or PUT.
   */
  readonly method?: "POST" | "PUT";
  /**
   * Headers of each request, e.g. for a token.
   *
   * @maxItems 32
   */
  readonly headers?: readonly AlertSinkSpecWebhookHeader[];
  /**
   * A line of json (as Falco prints it) or of text. Left out, as the agents' own settings say.
   */
  readonly format?: "json" | "text";
}
/**
 * A header.
 */
export interface AlertSinkSpecWebhookHeader {
  /**
   * Its name.
   */
  readonly name: string;
  /**
   * Its value, where it is no credential.
   */
  readonly value?: string;
  /**
   * A key of a Secret of this namespace that holds it.
   */
  readonly valueFrom?: SecretSource;
}
/**
 * A channel of Slack, or of what understands its incoming webhooks (Mattermost, Rocket.Chat).
 */
export interface AlertSinkSpecSlack {
  /**
   * A key of a Secret of this namespace that holds it.
   */
  readonly webhookURL: SecretSource;
  /**
   * The channel, where the webhook lets it be chosen, e.g. "#security".
   */
  readonly channel?: string;
  /**
   * The name that messages come from. Left out, Tiercel.
   */
  readonly username?: string;
  /**
   * Its picture: a URL, or an emoji as :name:.
   */
  readonly icon?: string;
  /**
   * A line below each message.
   */
  readonly footer?: string;
}
/**
 * Prometheus Alertmanager, version 2 of its API.
 */
export interface AlertSinkSpecAlertmanager {
  /**
   * Its replicas, e.g. [http://alertmanager.monitoring:9093]; each alert is sent to all, and is delivered when one took it.
   *
   * @minItems 1
   * @maxItems 8
   *
   * Items: A replica.
   */
  readonly urls: readonly string[];
  /**
   * Path of its API. Left out, /api/v2/alerts.
   */
  readonly path?: string;
  /**
   * Headers of each request, e.g. for a token.
   *
   * @maxItems 32
   */
  readonly headers?: readonly AlertSinkSpecAlertmanagerHeader[];
  /**
   * Labels that each alert gets beside its own, for routing.
   */
  readonly labels?: {
    /**
     * The label's value.
     */
    readonly [k: string]: string;
  };
  /**
   * How long an alert counts as firing, e.g. 30m. Left out, as Alertmanager's own settings say.
   */
  readonly expiresAfter?: string;
}
/**
 * A header.
 */
export interface AlertSinkSpecAlertmanagerHeader {
  /**
   * Its name.
   */
  readonly name: string;
  /**
   * Its value, where it is no credential.
   */
  readonly value?: string;
  /**
   * A key of a Secret of this namespace that holds it.
   */
  readonly valueFrom?: SecretSource;
}
/**
 * Which alerts go there. All of what is given must hold; left out, all do.
 */
export interface AlertSinkSpecFilter {
  /**
   * The least urgent priority, e.g. WARNING: EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFORMATIONAL (or INFO) or DEBUG, in upper or lower case.
   */
  readonly minPriority?: string;
  /**
   * Names of rules, * standing for anything; one must fit.
   *
   * @maxItems 64
   *
   * Items: A name, or a part of one with *.
   */
  readonly rules?: readonly string[];
  /**
   * Tags; the rule must have one of them.
   *
   * @maxItems 64
   *
   * Items: A tag.
   */
  readonly tags?: readonly string[];
  /**
   * Sources, e.g. syscall or k8s_audit; the alert must be from one of them.
   *
   * @maxItems 16
   *
   * Items: A source.
   */
  readonly sources?: readonly string[];
  /**
   * Namespaces of the alert's pod, * standing for anything; one must fit.
   *
   * @maxItems 64
   *
   * Items: A namespace, or a part of one with *.
   */
  readonly namespaces?: readonly string[];
}
/**
 * Alerts alike become one message, and one more at the window's end that says how many there were. Left out, each alert is a message.
 */
export interface AlertSinkSpecGroup {
  /**
   * How long alerts alike are held together, from 1s to 24h, e.g. 30s.
   */
  readonly window: string;
  /**
   * What makes alerts alike: rule, or names of fields, e.g. [rule, k8s.pod.name]. Left out, the rule, pod, container, executable, and file or peer.
   *
   * @minItems 1
   * @maxItems 8
   *
   * Items: rule, priority, source, or a field's name.
   */
  readonly by?: readonly string[];
}
/**
 * What became of the alerts. Written by the operator.
 */
export interface AlertSinkStatus {
  /**
   * The generation of the object that this status is about.
   */
  readonly observedGeneration?: number;
  /**
   * Accepted: agents have it. Ready: and the last delivery worked, on every node that made one.
   */
  readonly conditions?: readonly Condition[];
  /**
   * Alerts delivered.
   */
  readonly delivered?: number;
  /**
   * Alerts the receiver refused, or that were given up.
   */
  readonly failed?: number;
  /**
   * Alerts that a full queue or spool had no room for.
   */
  readonly dropped?: number;
  /**
   * Alerts that wait on the nodes' disks now.
   */
  readonly spooled?: number;
  readonly running?: AlertSinkStatusRunning;
  /**
   * When an alert was last delivered.
   */
  readonly lastDelivery?: string;
  /**
   * What went wrong last, and where.
   */
  readonly lastError?: string;
  readonly test?: AlertSinkStatusTest;
}
/**
 * Of these, what agents that run now counted since they started. By it an operator that starts anew knows what it has added up already.
 */
export interface AlertSinkStatusRunning {
  /**
   * Alerts delivered.
   */
  readonly delivered?: number;
  /**
   * Alerts the receiver refused, or that were given up.
   */
  readonly failed?: number;
  /**
   * Alerts that a full queue or spool had no room for.
   */
  readonly dropped?: number;
}
/**
 * The test message that the annotation tiercel.dev/test asked for.
 */
export interface AlertSinkStatusTest {
  /**
   * The annotation's value.
   */
  readonly id: string;
  /**
   * The node whose agent sends it.
   */
  readonly node?: string;
  /**
   * When that was asked of it.
   */
  readonly time?: string;
}
