/** Objects of agents from a settings text, as the operator makes them. */
import { readSettings } from "../../agent/cli/settings/read.ts";
import { agentObjects, type AgentObject } from "../../operator/resources/agents/agents.ts";
import { configurationOf } from "../../operator/agent-configuration.ts";
import type { AgentsSettings } from "../../operator/controllers/agents/controller.ts";
import type { Installation } from "../../operator/resources/agents/options.ts";

export const installation: Installation = {
  name: "tiercel",
  namespace: "tiercel-system",
  owner: {
    apiVersion: "apps/v1",
    kind: "Deployment",
    name: "tiercel-operator",
    uid: "6f6e6c79-6120-4e61-8d65-00000000000f",
  },
  image: "registry.example.com/tiercel:0.1.0",
};

/** What the operator gives its controller for a settings text. @throws where the settings are wrong */
export function settingsOf(text: string, { namespace, name } = installation): AgentsSettings {
  const input = { main: { name: "test", text, isFile: true }, included: [], overrides: [] };
  const { settings, mistakes } = readSettings({
    ...input,
    environment: { SLACK: "https://slack.example.com/a" },
  });
  if (settings === undefined) throw new Error(mistakes.map(({ message }) => message).join("\n"));
  return {
    ...settings.operator,
    configuration: (owner) => configurationOf(input, settings, { namespace, name, ...owner }),
  };
}

/** @throws where the settings are wrong */
export function objectsOf(text: string): AgentObject[] {
  const { agent, audit, configuration } = settingsOf(text);
  return agentObjects(installation, agent, audit, configuration({}));
}

/** Settings that between them use every part of the objects. */
export const manySettings: Readonly<Record<string, string>> = {
  default: "",
  privileged:
    "operator: {agent: {privileged: true, selinux_type: spc_t, tolerations: [], priority_class: ''}}",
  everything: `
webserver: {listen_port: 9000, k8s_healthz_endpoint: /health, ssl_enabled: true}
json_output: true
slack_output: {enabled: true, webhook_url: "\${SLACK}"}
operator:
  agent:
    image: registry.example.com/tiercel@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    image_pull_policy: Always
    image_pull_secrets: [registry, other]
    sys_resource: true
    selinux_type: spc_t
    tolerations:
    - {key: dedicated, operator: Equal, value: db, effect: NoExecute, tolerationSeconds: 60}
    - {operator: Exists, effect: NoSchedule}
    node_selector: {disk: fast, kubernetes.io/os: windows}
    priority_class: system-cluster-critical
    resources: {requests: {cpu: 250m, memory: ''}, limits: {cpu: '2', memory: 1Gi}}
    max_unavailable: 3
    state_folder: /srv/tiercel
    log_folder: /var/log/tiercel
    labels: {team: security, app.kubernetes.io/name: mine}
    annotations: {example.com/note: "yes"}
    env: [{name: NODE_NAME, value: mine}, {name: TZ, value: A}, {name: TZ, value: UTC}]
    environment_secret: credentials
    web_secret: web
    extra_ca: our-ca
    proxy: {http: "http://proxy:3128", https: "http://proxy:3128", exceptions: .svc}
  audit: {enabled: true, replicas: 2, cluster_ip: 10.96.0.40, client_ca: api-ca, token_secret: audit-token}
`,
  audit:
    "webserver: {enabled: false}\noperator: {agent: {enabled: false}, audit: {enabled: true, tls_secret: made}}",
  nothing: "operator: {agent: {enabled: false}}",
};
