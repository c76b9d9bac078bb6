/** All controllers, one line each. */
import type { ownPlaces } from "../agent/cli/settings/places.ts";
import { readSources } from "../agent/cli/settings/load.ts";
import type { Settings } from "../agent/cli/settings/schema.ts";
import { readListen } from "../agent/cli/settings/listen.ts";
import { buildCatalogue } from "../agent/fields/index.ts";
import { configurationOf } from "./agent-configuration.ts";
import { agentsController } from "./controllers/agents/controller.ts";
import { alertSinksController } from "./controllers/alert-sinks/controller.ts";
import { defaultsController } from "./controllers/defaults/controller.ts";
import { falcoRuleControllers } from "./controllers/falco-rules/controller.ts";
import { ruleSetsOf } from "./controllers/falco-rules/rule-sets.ts";
import { goneAgentsController } from "./controllers/gone-agents/controller.ts";
import { retentionController } from "./controllers/retention/controller.ts";
import { rollUpController } from "./controllers/roll-up/controller.ts";
import { customRules } from "./custom-rules.ts";
import { defaultRules, exampleSinks } from "./default-objects.ts";
import { certificateController, serviceNames, webhookSecret } from "./admission/certificates/controller.ts";
import { auditCertificateName } from "./resources/agents/audit.ts";
import type { Context } from "./kube/context.ts";
import type { Controller } from "./kube/controller.ts";

/** Makes a controller, or several that belong together; undefined where the settings have it off. */
export type MakeController = (
  context: Context,
  settings: Settings,
) => Controller | readonly Controller[] | undefined;

/** Seconds of a day. */
const day = 86_400;

/**
 * The operator's controllers.
 * @param places where its settings were read from
 * @throws Error where the release's own files are missing
 */
export function allControllers(places: ReturnType<typeof ownPlaces>): readonly MakeController[] {
  const { main, included } = readSources(places);
  const { overrides, home } = places;
  return [
    (context, settings) => {
      const { agent, audit } = settings.operator;
      const { namespace, name } = context;
      const input = { main: main!, included, overrides };
      const configuration = (owner: Readonly<Record<string, string>>) =>
        configurationOf(input, settings, { namespace, name, ...owner });
      return agentsController(context, { agent, audit, configuration });
    },
    (context, { operator }) => {
      const { default_rules, example_sink, custom_rules_folder, audit, service_account } = operator;
      const account = service_account === "" ? `${context.name}-operator` : service_account;
      const user = `system:serviceaccount:${context.namespace}:${account}`;
      const catalogue = buildCatalogue();
      const { objects, refused, remarks } = customRules(custom_rules_folder, catalogue);
      for (const remark of remarks) context.log("warning", `customRules: ${remark}`);
      return defaultsController(context, {
        objects: [
          ...(default_rules.enabled ? defaultRules(home, catalogue, { audit: audit.enabled, user }) : []),
          ...(example_sink.enabled ? exampleSinks(home) : []),
          ...objects,
        ],
        refused,
      });
    },
    (context, { rules, priority }) => falcoRuleControllers(context, { choices: rules, priority }),
    (context, { operator }) => alertSinksController(context, { teamSecrets: operator.team_secrets }),
    (context) => rollUpController(context, { sets: ruleSetsOf(context) }),
    (context, { operator: { retention } }) =>
      retentionController(context, {
        age: retention.days * day * 1000,
        perNamespace: retention.per_namespace,
      }),
    goneAgentsController,
    certificates,
  ];
}

/** Certificates of the webhook and of audit agents, as far as there are such and nobody else makes them. */
function certificates(context: Context, { operator }: Settings): Controller | undefined {
  const { name, namespace } = context;
  const { audit, webhook_listen, webhook_tls_secret } = operator;
  const hasWebhook = readListen(webhook_listen) !== undefined && webhook_tls_secret === "";
  const address = audit.cluster_ip === "" ? [] : [audit.cluster_ip];
  const leaves = [
    ...(hasWebhook
      ? [{ secret: webhookSecret(name), names: serviceNames(`${name}-webhook`, namespace) }]
      : []),
    ...(audit.enabled && audit.tls_secret === ""
      ? [
          {
            secret: auditCertificateName({ name }),
            names: [...serviceNames(`${name}-audit`, namespace), ...address],
          },
        ]
      : []),
  ];
  if (leaves.length === 0) return undefined;
  return certificateController(context, { leaves, configuration: hasWebhook ? name : undefined });
}
