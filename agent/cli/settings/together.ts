/** What must hold between settings, beyond the type of each. */
import { isIP } from "node:net";
import { readListen } from "./listen.ts";
import type { Mistake } from "./mistake.ts";
import type { Settings } from "./schema.ts";

/** `path` is the setting the mistake is shown at; `wrong` the message where it does not hold. */
interface Rule {
  readonly path: string;
  readonly wrong: (settings: Settings) => string | false;
}

const rules: readonly Rule[] = [
  ...(["metrics_listen", "health_listen", "webhook_listen"] as const).map((key) => ({
    path: `operator.${key}`,
    wrong: ({ operator }: Settings) =>
      operator[key] !== "" &&
      readListen(operator[key]) === undefined &&
      `operator.${key} must be HOST:PORT, such as 0.0.0.0:8080, :8080 or [::1]:8080`,
  })),
  {
    path: "operator.leader_election.renew_deadline",
    wrong: ({ operator: { leader_election } }) =>
      leader_election.renew_deadline >= leader_election.lease_duration &&
      "operator.leader_election.renew_deadline must be below lease_duration: the one that acts stops before another one begins",
  },
  {
    path: "operator.leader_election.retry_period",
    wrong: ({ operator: { leader_election } }) =>
      leader_election.retry_period * 2 > leader_election.renew_deadline &&
      "operator.leader_election.retry_period must be half of renew_deadline at most: one lost try must not end the lease",
  },
  {
    path: "operator.name",
    wrong: ({ operator }) =>
      !/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(operator.name) &&
      "operator.name must be a name as Kubernetes takes it, of at most 40 characters: a-z, 0-9 and -",
  },
  {
    path: "operator.namespace",
    wrong: ({ operator }) =>
      operator.namespace !== "" &&
      !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(operator.namespace) &&
      "operator.namespace must be the name of a namespace: a-z, 0-9 and -",
  },
  {
    path: "sources.syscall.enabled",
    wrong: ({ sources }) =>
      !sources.syscall.enabled &&
      !hasAudit(sources) &&
      "no source is enabled, so there is nothing to watch; enable sources.syscall or set sources.k8s_audit.listen",
  },
  {
    path: "sources.k8s_audit.listen",
    wrong: ({ sources: { k8s_audit } }) =>
      k8s_audit.listen !== "" &&
      readListen(k8s_audit.listen) === undefined &&
      "sources.k8s_audit.listen must be HOST:PORT, such as 0.0.0.0:8765 or [::1]:8765",
  },
  {
    path: "sources.k8s_audit.tls",
    wrong: ({
      sources: {
        k8s_audit: { tls },
      },
    }) =>
      tls.certificate === "" &&
      (tls.key !== "" || tls.client_ca !== "") &&
      "sources.k8s_audit.tls.key and client_ca make no sense without sources.k8s_audit.tls.certificate",
  },
  {
    path: "file_output.enabled",
    wrong: ({ file_output: { enabled, filename } }) =>
      enabled && filename === "" && "file_output is enabled, but file_output.filename is empty",
  },
  {
    path: "program_output.enabled",
    wrong: ({ program_output: { enabled, program } }) =>
      enabled && program === "" && "program_output is enabled, but program_output.program is empty",
  },
  {
    path: "http_output.enabled",
    wrong: ({ http_output: { enabled, url } }) =>
      enabled && url === "" && "http_output is enabled, but http_output.url is empty",
  },
  {
    path: "http_output.url",
    wrong: ({ http_output: { enabled, url } }) =>
      enabled &&
      url !== "" &&
      !isHttpUrl(url) &&
      "http_output.url must begin with http:// or https:// and name a host",
  },
  {
    path: "slack_output.enabled",
    wrong: ({ slack_output: { enabled, webhook_url } }) =>
      enabled && webhook_url === "" && "slack_output is enabled, but slack_output.webhook_url is empty",
  },
  {
    path: "slack_output.webhook_url",
    wrong: ({ slack_output: { enabled, webhook_url } }) =>
      enabled &&
      webhook_url !== "" &&
      !isHttpUrl(webhook_url) &&
      "slack_output.webhook_url must begin with http:// or https:// and name a host",
  },
  {
    path: "syslog_output.address",
    wrong: ({ syslog_output: { address } }) =>
      address !== "" &&
      !address.startsWith("/") &&
      !isSyslogUrl(address) &&
      "syslog_output.address must be a path, udp://HOST:PORT or tcp://HOST:PORT",
  },
  {
    path: "stdout_output.enabled",
    wrong: (s) =>
      ![
        s.stdout_output,
        s.file_output,
        s.syslog_output,
        s.program_output,
        s.http_output,
        s.slack_output,
      ].some(({ enabled }) => enabled) &&
      "no output is enabled, so no alert would go anywhere; enable at least one",
  },
  {
    path: "syscall_event_drops.actions",
    wrong: ({ syscall_event_drops: { actions } }) => {
      const other = actions.find((action) => action === "log" || action === "alert");
      return (
        actions.includes("ignore") &&
        other !== undefined &&
        `syscall_event_drops.actions: ${other} makes no sense with ignore`
      );
    },
  },
  {
    path: "cluster.name",
    wrong: ({ cluster: { enabled, name } }) =>
      enabled &&
      !objectName.test(name) &&
      "cluster.name must be a name as Kubernetes allows it, such as tiercel",
  },
  {
    path: "cluster.namespace",
    wrong: ({ cluster: { enabled, namespace } }) =>
      enabled &&
      namespace !== "" &&
      !objectName.test(namespace) &&
      "cluster.namespace must be a name as Kubernetes allows it, such as tiercel-system",
  },
  {
    path: "cluster.state_folder",
    wrong: ({ cluster: { enabled, state_folder } }) =>
      enabled && !state_folder.startsWith("/") && "cluster.state_folder must be an absolute path",
  },
  {
    path: "webserver.listen_address",
    wrong: ({ webserver: { listen_address } }) =>
      listen_address !== "" && isIP(listen_address) === 0 && "webserver.listen_address must be an IP address",
  },
  {
    path: "webserver.k8s_healthz_endpoint",
    wrong: ({ webserver: { k8s_healthz_endpoint: path } }) =>
      (!path.startsWith("/") || ["/metrics", "/readyz", "/versions"].includes(path)) &&
      "webserver.k8s_healthz_endpoint must begin with / and be none of /metrics, /readyz, /versions",
  },
];

/** Name of a namespace or of an installation. */
const objectName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Whether audit events are received. */
export function hasAudit({ k8s_audit: { enabled, listen } }: Settings["sources"]): boolean {
  return enabled === "true" || (enabled === "auto" && listen !== "");
}

/** Mistakes between settings; `placeOf` says where a dotted path was written, if it was. */
export function checkTogether(
  settings: Settings,
  placeOf: (path: string) => Mistake["place"],
): readonly Mistake[] {
  return rules.flatMap(({ path, wrong }): Mistake[] => {
    const message = wrong(settings);
    if (message === false) return [];
    const place = placeOf(path);
    const secret = path.endsWith("url");
    return [
      {
        code: "SETTINGS_TOGETHER",
        message,
        ...(place === undefined ? {} : { place }),
        ...(secret ? { secret } : {}),
      },
    ];
  });
}

function isHttpUrl(text: string): boolean {
  const url = parseUrl(text);
  return url !== null && (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "";
}

function isSyslogUrl(text: string): boolean {
  const url = parseUrl(text);
  return (
    url !== null &&
    (url.protocol === "udp:" || url.protocol === "tcp:") &&
    url.hostname !== "" &&
    url.port !== ""
  );
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
