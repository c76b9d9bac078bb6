/** Settings of the operator's own process. */
import { flag, group, number, text } from "./setting.ts";

const listen = (description: string, value: string) =>
  text(`${description} HOST:PORT. Empty: nowhere.`, value);

export const leaderElectionSettings = group(
  "Of several operators one acts. Which one, a Lease says; another one takes over when it stops renewing it.",
  {
    enabled: flag("Take part. Without, the operator acts at once: there must never be two.", true),
    lease_duration: number("Seconds without a renewal after which another operator takes over.", 15, {
      minimum: 3,
      maximum: 600,
    }),
    renew_deadline: number(
      "Seconds without a renewal after which the operator stops acting. Below lease_duration.",
      10,
      { minimum: 2, maximum: 599 },
    ),
    retry_period: number("Seconds between two tries to renew it or to take over.", 2, {
      minimum: 1,
      maximum: 60,
    }),
  },
);

export const operatorProcessSettings = {
  namespace: text(
    "The operator's namespace: agents and what they need are made there, and FalcoRules there watch all nodes. Empty: POD_NAMESPACE, else that of the pod's service account, else tiercel-system.",
    "",
    { sample: "tiercel-system" },
  ),
  name: text("The chart's full name. What the operator makes is called so, or begins with it.", "tiercel"),
  deployment: text(
    "Name of the operator's Deployment, which owns what the operator makes, so that an uninstall takes it. Empty: `name` with `-operator`.",
    "",
    { sample: "tiercel-operator" },
  ),
  service_account: text(
    "Name of the operator's service account, whom default audit rules leave alone. Empty: `name` with `-operator`.",
    "",
    { sample: "tiercel-operator" },
  ),
  leader_election: leaderElectionSettings,
  team_secrets: flag(
    "Read Secrets of all namespaces, those that AlertSinks of teams name. Otherwise only sinks of the operator's namespace have credentials.",
    true,
  ),
  metrics_listen: listen("Where metrics are served (/metrics).", ":8080"),
  health_listen: listen("Where health is served (/healthz, /readyz).", ":8081"),
  webhook_listen: listen("Where the webhook that checks our objects is served, over HTTPS.", ":9443"),
  webhook_tls_secret: text(
    "Name of a Secret with tls.crt and tls.key for the webhook, kept by somebody else such as cert-manager, who puts its CA into the webhook's configuration as well. Empty: the operator does both.",
    "",
    { sample: "tiercel-webhook-certificate" },
  ),
};
