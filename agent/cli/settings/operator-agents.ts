/** Settings of what the operator runs: agents on all nodes, agents for audit events. */
import { choice, flag, group, item, list, number, text, texts } from "./setting.ts";

/** Resources of one container; a text that is empty asks for nothing. */
function resources(requests: { cpu: string; memory: string }, limits: { cpu: string; memory: string }) {
  const quantities = (description: string, values: { cpu: string; memory: string }) =>
    group(description, {
      cpu: text("As Kubernetes writes it: 100m is a tenth of a core. Empty: none.", values.cpu),
      memory: text("As Kubernetes writes it: 128Mi. Empty: none.", values.memory),
    });
  return group("What one agent may use.", {
    requests: quantities("What is set aside for it.", requests),
    limits: quantities(
      "The most it gets. Without a limit of cpu a storm of events is not slowed down into losses.",
      limits,
    ),
  });
}

const toleration = item("One toleration, as in a pod.", {
  key: text("", ""),
  operator: choice("", ["Exists", "Equal"], "Equal"),
  value: text("", ""),
  effect: choice("", ["NoSchedule", "PreferNoSchedule", "NoExecute"], "NoSchedule"),
  tolerationSeconds: number("", 0),
});

/** `operator.agent`: what all agents share, and the DaemonSet. */
export const agentSettings = group("The agents that the operator runs, one on every node.", {
  enabled: flag("Run them.", true),
  image: text(
    "Their image, with a tag or a digest. Empty: that of the operator, so that one value of the chart names both.",
    "",
    { sample: "registry.example.com/tiercel@sha256:…" },
  ),
  image_pull_policy: choice("When nodes fetch it.", ["IfNotPresent", "Always", "Never"], "IfNotPresent"),
  image_pull_secrets: list("Names of Secrets with credentials of its registry.", text("", ""), []),
  privileged: flag(
    "Run them with all rights. Otherwise with four capabilities: BPF and PERFMON to load programs, SYS_PTRACE and DAC_READ_SEARCH to read /proc of other users' processes.",
    false,
  ),
  sys_resource: flag(
    "Give them the capability SYS_RESOURCE as well: kernels before 5.11 count memory of BPF programs against a limit.",
    false,
  ),
  selinux_type: text("Their SELinux type. Empty: what the runtime chooses.", "", { sample: "spc_t" }),
  tolerations: list("Which taints of nodes they tolerate.", toleration, [{ operator: "Exists" }], {
    sample: "[{key: dedicated, operator: Exists, effect: NoSchedule}]",
  }),
  node_selector: texts("Labels that a node must have, beside kubernetes.io/os: linux.", {
    sample: "{disk: fast}",
  }),
  priority_class: text("Their priority class. Empty: none.", "system-node-critical"),
  resources: resources({ cpu: "100m", memory: "128Mi" }, { cpu: "", memory: "512Mi" }),
  max_unavailable: text(
    "How many are started anew at once when something changes: a number, or a share as in 10%.",
    "10%",
  ),
  state_folder: text(
    "Folder on the node where they keep the last rules and what could not be delivered yet. It is the only one that they get.",
    "/var/lib/tiercel",
  ),
  log_folder: text(
    "Folder on the node for AlertSinks of kind file; in the agent it is /var/log/tiercel. Empty: none.",
    "",
    { sample: "/var/log/tiercel" },
  ),
  labels: texts("Labels for all objects that belong to agents, and for their pods.", {
    sample: "{team: security}",
  }),
  annotations: texts("Annotations for their pods.", { sample: "{example.com/scrape: 'no'}" }),
  env: list(
    "Further environment variables. NODE_NAME, POD_NAME, POD_NAMESPACE and those of proxy are not to be had so; credentials belong into environment_secret.",
    item("", { name: text("", ""), value: text("", "") }, { required: ["name", "value"] }),
    [],
    { sample: "[{name: NODE_OPTIONS, value: --max-old-space-size=300}]" },
  ),
  environment_secret: text(
    "Name of a Secret whose keys become environment variables, for ${NAME} in settings. It may be missing.",
    "",
    { sample: "tiercel-credentials" },
  ),
  web_secret: text(
    "Name of a Secret that is put into /etc/tiercel-web of agents; webserver.ssl_certificate names a file there. Empty: none.",
    "",
    { sample: "tiercel-web" },
  ),
  extra_ca: text(
    "Name of a ConfigMap whose key ca.crt holds certificates of further CAs, PEM, that outputs and sinks trust (network.extra_ca of agents). It may be missing. Empty: none.",
    "",
  ),
  proxy: group("The way out for what agents send.", {
    http: text("HTTP_PROXY.", "", { sample: "http://proxy.example.com:3128" }),
    https: text("HTTPS_PROXY.", "", { sample: "http://proxy.example.com:3128" }),
    exceptions: text("NO_PROXY: hosts and domains that need none, with commas.", "", {
      sample: ".svc,.cluster.local",
    }),
  }),
});

/** `operator.audit`: agents that API servers post their audit log to. */
export const auditSettings = group(
  "Agents that receive the audit log of API servers (docs/k8s-audit.md), behind one Service, port 8765.",
  {
    enabled: flag("Run them.", false),
    replicas: number("How many.", 1, { minimum: 1, maximum: 10 }),
    cluster_ip: text(
      "Fixed address of the Service, out of the cluster's range: API servers are told it when they start and cannot look up names. Empty: any.",
      "",
      { sample: "10.96.0.40" },
    ),
    tls_secret: text(
      "Name of a Secret with tls.crt and tls.key for that address, and the CA in ca.crt. Empty: the operator makes one.",
      "",
    ),
    client_ca: text(
      "Name of a ConfigMap whose key ca.crt holds CA certificates, PEM: API servers must show a certificate of one of them. Empty: none is asked for.",
      "",
    ),
    token_secret: text(
      "Name of a Secret whose key token holds bearer tokens, one a line: API servers must show one. Empty: none is asked for.",
      "",
    ),
    resources: resources({ cpu: "100m", memory: "128Mi" }, { cpu: "", memory: "512Mi" }),
  },
);

/** `operator.default_rules` and `operator.example_sink`: what comes with Tiercel, as objects of the operator's namespace. */
export const defaultObjectSettings = {
  default_rules: group("The rules that come with Tiercel, as FalcoRules of the operator's namespace.", {
    enabled: flag(
      "Apply them, and put them back where they are deleted. Fields that somebody else has set stay. Off: they are deleted.",
      true,
    ),
  }),
  custom_rules_folder: text(
    "Folder with Falco rules files (.yaml, .yml), by name; the operator makes FalcoRules of its namespace of them when it starts, and deletes those whose file is gone. Empty: none.",
    "",
    { sample: "/etc/tiercel-custom-rules" },
  ),
  example_sink: group("An example of an AlertSink, in the operator's namespace.", {
    enabled: flag(
      "Apply it. It posts to Slack, once there is a Secret tiercel-slack with the webhook in its key url.",
      false,
    ),
  }),
} as const;
