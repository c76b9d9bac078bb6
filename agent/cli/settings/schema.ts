/**
 * Every setting of Tiercel: name, type, default and help. Names and defaults are those of the falco.yaml that Falco
 * ships where Falco has the thing; docs/settings.md and config/tiercel.yaml are made from this table.
 */
import { priorityNames } from "../../rules/plan.ts";
import { agentSettings, auditSettings, defaultObjectSettings } from "./operator-agents.ts";
import { operatorProcessSettings } from "./operator-process.ts";
import { choice, either, flag, group, item, list, number, text, texts, type ValueOf } from "./setting.ts";

/** Log levels, most urgent first. */
export const logLevels = [
  "emergency",
  "alert",
  "critical",
  "error",
  "warning",
  "notice",
  "info",
  "debug",
] as const;

const selection = item(
  "Which rules: by name or by tag.",
  {
    rule: text("Name of the rule; * stands for any text.", "", { sample: '"Terminal*"' }),
    tag: text("A tag, exactly.", "", { sample: "network" }),
  },
  { exactlyOne: true },
);

const sampleOfAppend = `
- match: {source: syscall}
  extra_output: "in %proc.cwd"
  extra_fields: [proc.aname[2], {where: "%proc.cwd"}]`;

/** All settings; the type `Settings` is the type of its checked value. */
export const settingsSchema = group("Settings of Tiercel.", {
  config_files: list(
    "More settings files, or folders of .yaml and .yml files, merged into this one in this order. What does not exist is skipped. An item with `strategy` says how: append (lists grow, all else is replaced), override (the key is replaced) or add-only (only keys that are not there yet).",
    either(
      "A path, or a path with its strategy.",
      text("", ""),
      item(
        "A path with its strategy.",
        {
          path: text("File or folder.", ""),
          strategy: choice(
            "How its top-level keys are merged.",
            ["append", "override", "add-only"],
            "append",
          ),
        },
        { required: ["path"] },
      ),
    ),
    ["/etc/tiercel/config.d"],
  ),
  watch_config_files: flag("Load settings and rules anew when one of their files changes.", true),
  rules_files: list(
    "Rules: files, or folders whose .yaml and .yml files are loaded by name. What does not exist is skipped. `config/rules` is the folder that comes with Tiercel; any other relative path counts from the working folder. `--rules` replaces the list.",
    text("", ""),
    ["config/rules"],
  ),
  rules: list(
    "Switches rules on and off after all files are loaded, in this order.",
    item("One step.", { disable: selection, enable: selection }, { exactlyOne: true }),
    [],
    { sample: '[{disable: {rule: "*"}}, {enable: {tag: network}}]' },
  ),
  priority: choice(
    "The least urgent priority that is loaded; rules below it are left out.",
    priorityNames,
    "Debug",
    { info: "Informational" },
  ),
  rule_matching: choice(
    "Whether an event is tried on all rules or only until the first match. With `first` one team's rule can hide another's.",
    ["all", "first"],
    "all",
  ),
  path_views: choice(
    "Which paths of a file are tried: as the program asked for it, as the kernel resolved it, or both.",
    ["both", "asked", "resolved"],
    "both",
  ),
  sources: group("Where events come from.", {
    syscall: group("System calls of this machine.", {
      enabled: flag("Watch system calls through eBPF.", true),
    }),
    k8s_audit: group("The audit log of Kubernetes' API servers, which post it (docs/k8s-audit.md).", {
      enabled: choice(
        "Receive audit events. `auto`: where `listen` is set.",
        ["auto", "true", "false"],
        "auto",
        { yes: "true", on: "true", no: "false", off: "false" },
      ),
      listen: text(
        "HOST:PORT. Empty: 127.0.0.1:8765, in a pod 0.0.0.0:8765; if this default port is taken that is a warning where there are other sources. A taken port that was set is an error.",
        "",
        { sample: "0.0.0.0:8765" },
      ),
      tls: group("HTTPS. All files are read again when they change.", {
        certificate: text(
          "The server's certificate, PEM, with those between it and its CA. Empty: plain HTTP.",
          "",
          {
            sample: "/etc/tiercel/audit/tls.crt",
          },
        ),
        key: text("Its key, PEM. Empty: it stands in the certificate's file.", "", {
          sample: "/etc/tiercel/audit/tls.key",
        }),
        client_ca: text(
          "Certificates of CAs, PEM: clients must show a certificate of one of them. Empty: none is asked for.",
          "",
          { sample: "/etc/tiercel/audit/client-ca.crt" },
        ),
      }),
      token_file: text(
        "File with bearer tokens of at least 16 characters, one a line: clients must show one of them. Read again when it changes. Empty: none is asked for.",
        "",
        { sample: "/etc/tiercel/audit/token" },
      ),
    }),
  }),
  kubernetes: group("What the Kubernetes API says about the pods of this node.", {
    pod_metadata: choice(
      "`api` asks the API server for labels of namespaces, services, owners and probes of pods. `cri` takes what the container runtime says alone (name, namespace, uid and labels of the pod) and needs no rights. `auto` asks the API server in a pod, and elsewhere where KUBECONFIG and NODE_NAME are set.",
      ["auto", "api", "cri"],
      "auto",
    ),
    kubeconfig: text("A kubeconfig file. Empty: KUBECONFIG, else the service account of the pod.", "", {
      sample: "/etc/tiercel/kubeconfig",
    }),
    node_name: text("Name of this node in the API. Empty: NODE_NAME, outside pods the host's name.", "", {
      sample: "node-1",
    }),
  }),
  report: group(
    "What the agent writes into the cluster it runs in, beside its own NodeAgent (docs/reports.md).",
    {
      alerts: group("SecurityAlerts.", {
        min_priority: choice(
          "The least urgent priority of a rule whose matches become SecurityAlerts.",
          priorityNames,
          "Informational",
          { info: "Informational" },
        ),
      }),
      events: group("Events, as kubectl describe shows them.", {
        min_priority: choice(
          "The least urgent priority of a rule whose matches become Events.",
          priorityNames,
          "Notice",
          { info: "Informational" },
        ),
      }),
      writes_per_minute: number(
        "Requests a minute, at most, with which one agent writes SecurityAlerts and Events. Beyond it matches are counted, and the objects show them later.",
        120,
        { minimum: 10, maximum: 10_000 },
      ),
      matters: number(
        "Matters of each kind (matches of one rule, pod, program and file or peer) that are kept at most. Where there are more, the least urgent of the pod that has most are counted as held back, the newest first.",
        2000,
        { minimum: 10, maximum: 20_000 },
      ),
      counts: number(
        "Rules whose numbers of matches are kept on the node's disk at most, so that an agent that is killed loses seconds of them. Those of further rules are lost with it, up to half a minute of them.",
        5000,
        { minimum: 10, maximum: 20_000 },
      ),
    },
  ),
  cluster: group(
    "Rules from a cluster in place of rules_files, and what the agent gives back to it. Needs access to the Kubernetes API (`kubernetes.kubeconfig`, KUBECONFIG, or a pod's service account) and the node's name.",
    {
      enabled: flag("Take the rules that the operator keeps in ConfigMaps.", false),
      namespace: text(
        "The operator's namespace. Empty: the namespace of the agent's pod, outside pods tiercel-system.",
        "",
        { sample: "tiercel-system" },
      ),
      name: text("Full name of the installation; the rules are in the ConfigMap NAME-rules.", "tiercel"),
      state_folder: text(
        "Folder for the last rules and AlertSinks, from which the agent starts while the API is away, and for alerts that wait.",
        "/var/lib/tiercel",
      ),
      owner_name: text(
        "The ClusterRole that owns the agent's NodeAgent, so that uninstalling takes it along. The operator sets it.",
        "",
      ),
      owner_uid: text("Uid of that ClusterRole. Empty: the NodeAgent has no owner.", ""),
    },
  ),
  container_runtime: group("Who says what containers are: containerd, CRI-O, Docker, Podman.", {
    sockets: list(
      "Their unix sockets, as paths on the node. Empty: CONTAINER_RUNTIME_ENDPOINT where it is set, else all known places are looked at, again and again.",
      text("", ""),
      [],
      { sample: "[/run/containerd/containerd.sock]" },
    ),
  }),
  engine: group("How system calls are captured.", {
    modern_ebpf: group("The eBPF programs.", {
      buf_size_preset: number(
        "Size of the ring between kernel and agent: 1 is 1 MiB, each step doubles it, 4 is 8 MiB.",
        4,
        { minimum: 1, maximum: 10 },
      ),
    }),
  }),
  falco_libs: group("State that is kept between events.", {
    thread_table_size: number(
      "The most processes that are remembered; beyond it the one unused for longest is forgotten and counted.",
      262_144,
      { minimum: 1024 },
    ),
  }),
  syscall_event_drops: group("What happens when events are lost because the ring is full.", {
    threshold: number("Share of events lost within a second from which on it counts.", 0.1, {
      minimum: 0,
      maximum: 1,
      fraction: true,
    }),
    actions: list(
      "ignore (only count), log, alert (an internal alert), exit. `ignore` stands alone.",
      choice("", ["ignore", "log", "alert", "exit"], "log"),
      ["log", "alert"],
    ),
    rate: number("How often the actions may be taken, times per second, on average.", 0.03333, {
      minimum: 0,
      fraction: true,
    }),
    max_burst: number("How often they may be taken at once.", 1, { minimum: 0, fraction: true }),
  }),
  alerts: group("A bound on alerts, for each rule. What lies beyond is counted and said once a second.", {
    rate: number("Alerts of one rule per second, on average.", 100, { minimum: 0, fraction: true }),
    burst: number("Alerts of one rule at once.", 1000, { minimum: 1 }),
  }),
  static_fields: texts("Texts of your own that outputs can print as %static.NAME.", {
    sample: "{cluster: blue}",
  }),
  append_output: list(
    "What is added to the output of rules: `suggested_output` adds container and pod, `extra_output` a text after the rule's own, `extra_fields` entries in output_fields. `match` limits it to a source, to rules with all of some tags, or to one rule.",
    item("One addition.", {
      match: item("Which rules; without it all.", {
        source: text("", ""),
        tags: list("", text("", ""), []),
        rule: text("", ""),
      }),
      suggested_output: flag("", true),
      extra_output: text("", ""),
      extra_fields: list("", either("", text("", ""), texts("")), []),
    }),
    [{ suggested_output: true }],
    { sample: sampleOfAppend },
  ),
  time_format_iso_8601: flag(
    "Print the time of an alert's text in UTC and ISO 8601, not as local time of day.",
    false,
  ),
  buffer_format_base64: flag("Print buffers of bytes as base64.", false),
  json_output: flag("Print alerts as JSON, one a line, not as text.", false),
  json_include_output_property: flag("Put `output`, the text, into JSON alerts.", true),
  json_include_message_property: flag(
    "Put `message`, the text without time and priority, into JSON alerts.",
    false,
  ),
  json_include_output_fields_property: flag("Put `output_fields` into JSON alerts.", true),
  json_include_tags_property: flag("Put `tags` into JSON alerts.", true),
  output_timeout: number(
    "How long one delivery to one output may take, in milliseconds. Others do not wait for it.",
    2000,
    { minimum: 1, maximum: 600_000 },
  ),
  outputs_queue: group("Each output has a queue of its own.", {
    capacity: number("Alerts a queue holds; what comes when it is full is dropped and counted.", 10_000, {
      minimum: 1,
      maximum: 1_000_000,
    }),
  }),
  alert_sinks: group("AlertSinks, where `cluster.enabled` is on (docs/alert-sinks.md).", {
    log_folder: text("Folder of the sinks of kind file.", "/var/log/tiercel"),
    spool: number(
      "MiB on disk, below cluster.state_folder, that one sink of the operator's namespace may fill with alerts that wait. 0: none waits on disk, teams' neither.",
      64,
      { minimum: 0, maximum: 10_240 },
    ),
    team: group("Bounds on sinks of other namespaces than the operator's.", {
      rate: number("Alerts per second for all sinks of one namespace, on average.", 50, {
        minimum: 0,
        fraction: true,
      }),
      burst: number("Alerts for all sinks of one namespace at once.", 500, { minimum: 1 }),
      queue: number("Alerts that one sink holds in memory.", 200, { minimum: 1, maximum: 1_000_000 }),
      spool: number("MiB on disk of one sink.", 16, { minimum: 1, maximum: 10_240 }),
    }),
  }),
  stdout_output: group("Alerts on standard output.", { enabled: flag("Switch it on.", true) }),
  file_output: group("Alerts appended to a file.", {
    enabled: flag("Switch it on.", false),
    filename: text("The file. A relative path counts from the working folder.", "./events.txt"),
    keep_alive: flag(
      "Keep the file open; SIGUSR1 opens it anew. Otherwise it is opened for each batch, so it may be rotated at any time.",
      false,
    ),
  }),
  syslog_output: group("Alerts to syslog, facility user, ident tiercel.", {
    enabled: flag("Switch it on.", false),
    address: text(
      "Where to: a socket of this machine (empty: /dev/log), or udp://HOST:PORT, tcp://HOST:PORT (RFC 5424).",
      "",
      { sample: "udp://logs.example.com:514" },
    ),
  }),
  program_output: group("Alerts to the standard input of a program.", {
    enabled: flag("Switch it on.", false),
    program: text("A command line for sh.", "", {
      sample: '"jq -c .output_fields >> /var/log/fields.json"',
    }),
    keep_alive: flag(
      "Start it once and write all alerts to it (started anew when it ends, and on SIGUSR1). Otherwise it is started for each alert.",
      false,
    ),
  }),
  http_output: group("Alerts posted to a URL.", {
    enabled: flag("Switch it on.", false),
    url: text("Where to; may hold user and password.", "", {
      secret: true,
      sample: "https://alerts.example.com/in",
    }),
    user_agent: text("The User-Agent header.", "tiercel"),
    insecure: flag("Accept any certificate of the server.", false),
    ca_cert: text("File with the CA certificates that are trusted. Empty: ca_bundle.", ""),
    ca_bundle: text("File with the CA certificates that are trusted. Empty: ca_path.", ""),
    ca_path: text("Folder with the CA certificates that are trusted.", "/etc/ssl/certs"),
    mtls: flag("Show the server a certificate of ours.", false),
    client_cert: text("That certificate, PEM.", "/etc/ssl/certs/client.crt"),
    client_key: text("Its key, PEM.", "/etc/ssl/certs/client.key"),
    echo: flag("Put what the server answers into the log.", false),
    compress_uploads: flag(
      "Send the body compressed (Content-Encoding: gzip); the server must understand it.",
      false,
    ),
    keep_alive: flag("TCP keep-alive probes on the connection.", false),
    max_consecutive_timeouts: number("How often an alert is sent again after a timeout.", 5, {
      minimum: 0,
      maximum: 255,
    }),
  }),
  slack_output: group("Alerts as messages in Slack, or in what understands its incoming webhooks.", {
    enabled: flag("Switch it on.", false),
    webhook_url: text("The incoming webhook. It is a credential: better ${NAME} than the text.", "", {
      secret: true,
      sample: "${SLACK_WEBHOOK_URL}",
    }),
    channel: text("Channel, where the webhook lets it be chosen.", "", { sample: '"#security"' }),
    username: text("Name that the messages come from.", "Tiercel"),
    icon: text("Its picture: a URL, or an emoji as :name:.", "", { sample: ":bird:" }),
    footer: text("A line below each message.", ""),
    minimum_priority: choice("The least urgent priority that is sent.", priorityNames, "Debug", {
      info: "Informational",
    }),
  }),
  network: group("How http_output, slack_output and AlertSinks reach their servers.", {
    http_proxy: text("Proxy for http URLs; may hold user and password. Empty: HTTP_PROXY.", "", {
      secret: true,
      sample: "http://proxy.example.com:3128",
    }),
    https_proxy: text("Proxy for https URLs; may hold user and password. Empty: HTTPS_PROXY.", "", {
      secret: true,
      sample: "http://proxy.example.com:3128",
    }),
    no_proxy: text(
      "What is reached without a proxy, by commas: names (those below them too), addresses, ADDRESS/BITS, each with :PORT or without. Empty: NO_PROXY.",
      "",
      { sample: ".svc,10.0.0.0/8" },
    ),
    extra_ca: text("File with certificates of CAs that are trusted beside the others, PEM.", "", {
      sample: "/etc/tiercel/ca.crt",
    }),
  }),
  log_stderr: flag("Write Tiercel's own log to standard error.", true),
  log_syslog: flag("Write Tiercel's own log to syslog as well.", false),
  log_level: choice("The least urgent level that is logged.", logLevels, "info", {
    informational: "info",
  }),
  webserver: group("Health and metrics over HTTP.", {
    enabled: flag("Switch it on.", true),
    listen_address: text("An IP address. Empty: 127.0.0.1, in a pod 0.0.0.0.", "", { sample: "127.0.0.1" }),
    listen_port: number(
      "The port. A taken default port is a warning, a taken one that was set an error.",
      8766,
      {
        minimum: 0,
        maximum: 65_535,
      },
    ),
    k8s_healthz_endpoint: text("Path of the health check; /readyz is there as well.", "/healthz"),
    prometheus_metrics_enabled: flag("Serve /metrics, where `metrics.enabled` is on.", true),
    ssl_enabled: flag("Serve HTTPS.", false),
    ssl_certificate: text("Certificate and key in one PEM file.", "/etc/tiercel/tiercel.pem"),
  }),
  metrics: group("What is measured about the agent itself.", {
    enabled: flag("Switch them on.", true),
    rules_counters_enabled: flag("Matches, by rule.", true),
    resource_utilization_enabled: flag("CPU and memory of the agent.", true),
    state_counters_enabled: flag("Processes that are remembered, and what was forgotten.", true),
    kernel_event_counters_enabled: flag("Events, and what was lost, by cause.", true),
    include_empty_values: flag("Rules without a match are in the metrics too.", false),
  }),
  operator: group("The operator, `tiercel operator`. Agents do not read this.", {
    ...operatorProcessSettings,
    agent: agentSettings,
    audit: auditSettings,
    ...defaultObjectSettings,
    retention: group("Which SecurityAlerts are kept. Those that people closed go first.", {
      days: number("Days since an alert was last seen; 0: for ever.", 30, { minimum: 0, maximum: 3650 }),
      per_namespace: number("The most in one namespace; 0: any number.", 1000, { minimum: 0 }),
    }),
  }),
});

/** All settings, checked and complete; deeply read-only. */
export type Settings = ValueOf<typeof settingsSchema>;
