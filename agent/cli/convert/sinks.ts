/** The outputs of falcosidekick as AlertSinks. Credentials become references to a Secret that the user makes. */
import { toPriority } from "../../rules/files/priority.ts";
import { priorityNames } from "../../rules/plan.ts";
import { get, isNull, mappingAt, type YamlMapping, type YamlNode } from "../../rules/files/yaml-tree.ts";
import { objectName } from "./objects.ts";
import { plain, type Plain, type PlainObject } from "./values.ts";

/** One key of an output: its name in the sink, and whether it is a credential. */
interface KeyRow {
  readonly to: string;
  readonly secret?: boolean;
  readonly list?: boolean;
}

interface OutputRow {
  readonly sink: string;
  /** Without one of these the output is off. */
  readonly needs: string;
  readonly keys: Readonly<Record<string, KeyRow>>;
}

/** Outputs of falcosidekick (lower case, as its keys are) and what their keys are called in an AlertSink. */
const outputs: Readonly<Record<string, OutputRow>> = {
  slack: {
    sink: "slack",
    needs: "webhookurl",
    keys: {
      webhookurl: { to: "webhookURL", secret: true },
      channel: { to: "channel" },
      username: { to: "username" },
      icon: { to: "icon" },
      footer: { to: "footer" },
    },
  },
  rocketchat: {
    sink: "slack",
    needs: "webhookurl",
    keys: {
      webhookurl: { to: "webhookURL", secret: true },
      username: { to: "username" },
      icon: { to: "icon" },
    },
  },
  mattermost: {
    sink: "slack",
    needs: "webhookurl",
    keys: {
      webhookurl: { to: "webhookURL", secret: true },
      username: { to: "username" },
      icon: { to: "icon" },
      footer: { to: "footer" },
    },
  },
  teams: { sink: "teams", needs: "webhookurl", keys: { webhookurl: { to: "webhookURL", secret: true } } },
  discord: { sink: "discord", needs: "webhookurl", keys: { webhookurl: { to: "webhookURL", secret: true } } },
  webhook: {
    sink: "webhook",
    needs: "address",
    keys: {
      address: { to: "url", secret: true },
      method: { to: "method" },
      customheaders: { to: "headers" },
    },
  },
  syslog: {
    sink: "syslog",
    needs: "host",
    keys: { host: { to: "host" }, port: { to: "port" }, protocol: { to: "protocol" } },
  },
  alertmanager: {
    sink: "alertmanager",
    needs: "hostport",
    keys: { hostport: { to: "urls", list: true }, endpoint: { to: "path" } },
  },
  elasticsearch: {
    sink: "elasticsearch",
    needs: "hostport",
    keys: {
      hostport: { to: "url" },
      index: { to: "index" },
      username: { to: "username", secret: true },
      password: { to: "password", secret: true },
    },
  },
  loki: {
    sink: "loki",
    needs: "hostport",
    keys: {
      hostport: { to: "url" },
      tenant: { to: "tenant" },
      user: { to: "username", secret: true },
      apikey: { to: "password", secret: true },
    },
  },
  kafka: {
    sink: "kafka",
    needs: "hostport",
    keys: {
      hostport: { to: "brokers", list: true },
      topic: { to: "topic" },
      username: { to: "username", secret: true },
      password: { to: "password", secret: true },
    },
  },
  nats: {
    sink: "nats",
    needs: "hostport",
    keys: { hostport: { to: "url" }, subjecttemplate: { to: "subject" } },
  },
  smtp: {
    sink: "smtp",
    needs: "hostport",
    keys: {
      hostport: { to: "server" },
      from: { to: "from" },
      to: { to: "to", list: true },
      user: { to: "username", secret: true },
      password: { to: "password", secret: true },
    },
  },
  pagerduty: {
    sink: "pagerduty",
    needs: "routingkey",
    keys: { routingkey: { to: "routingKey", secret: true } },
  },
  opsgenie: {
    sink: "opsgenie",
    needs: "apikey",
    keys: { apikey: { to: "apiKey", secret: true }, region: { to: "region" } },
  },
  splunk: {
    sink: "splunk",
    needs: "host",
    keys: { host: { to: "url" }, token: { to: "token", secret: true } },
  },
  datadog: {
    sink: "datadog",
    needs: "apikey",
    keys: { apikey: { to: "apiKey", secret: true }, host: { to: "url" } },
  },
  otlp: { sink: "otlp", needs: "endpoint", keys: { endpoint: { to: "endpoint" } } },
};

/** Keys of every output that say nothing worth a remark while they are empty or have their default. */
const common: ReadonlySet<string> = new Set(["minimumpriority", "enabled"]);

/** Keys of falcosidekick that are no outputs. */
const general: ReadonlySet<string> = new Set([
  "listenaddress",
  "listenport",
  "debug",
  "customfields",
  "templatedfields",
  "bracketreplacer",
  "outputfieldformat",
  "mutualtlsfilespath",
  "mutualtlsclient",
  "tlsclient",
  "tlsserver",
  "existingsecret",
  "extraenv",
  "extraargs",
]);

export interface ConvertedSinks {
  readonly objects: readonly PlainObject[];
  readonly remarks: readonly string[];
}

/** The mapping that holds falcosidekick's outputs: its own file, its chart's values, or those of the chart around it. */
export function sidekickConfiguration(root: YamlMapping): YamlMapping | undefined {
  const candidates = [mappingAt(root, "falcosidekick", "config"), mappingAt(root, "config"), root];
  return candidates.find((each) =>
    each?.entries.some(({ key, value }) => isOutput(key.text) && value.kind === "mapping"),
  );
}

const isOutput = (key: string) => Object.hasOwn(outputs, key.toLowerCase());

const isSet = (node: YamlNode | undefined) =>
  node !== undefined &&
  !isNull(node) &&
  !(node.kind === "scalar" && node.text === "") &&
  !(node.kind !== "scalar" && plainIsEmpty(node));

const plainIsEmpty = (node: YamlNode) =>
  node.kind === "sequence" ? node.items.length === 0 : node.kind === "mapping" && node.entries.length === 0;

class SinkConverter {
  readonly objects: PlainObject[] = [];
  readonly remarks: string[] = [];
  readonly #file: string;
  readonly #namespace: string | undefined;

  constructor(file: string, namespace: string | undefined) {
    this.#file = file;
    this.#namespace = namespace;
  }

  output(name: string, value: YamlMapping): void {
    const row = outputs[name.toLowerCase()]!;
    if (!isSet(get(value, row.needs))) {
      if (
        value.entries.some(
          ({ key, value: each }) => !common.has(key.text) && isSet(each) && Object.hasOwn(row.keys, key.text),
        )
      )
        this.#remark(`${name} has no ${row.needs}, so it is off; it was left out`);
      return;
    }
    const settings: Record<string, Plain> = {};
    const secretName = `falcosidekick-${objectName(name)}`;
    for (const { key, value: each } of value.entries) {
      if (!isSet(each) || common.has(key.text)) continue;
      const known = Object.hasOwn(row.keys, key.text) ? row.keys[key.text] : undefined;
      if (known === undefined) this.#remark(`${name}.${key.text} has no counterpart and was left out`);
      else if (known.secret === true) {
        settings[known.to] = { secretKeyRef: { name: secretName, key: known.to } };
        this.#remark(
          `${name}.${key.text} is a credential: put it into Secret ${secretName} under key ${known.to}`,
        );
      } else settings[known.to] = known.list === true ? listOf(each) : plain(each);
    }
    this.objects.push({
      apiVersion: "tiercel.dev/v1alpha1",
      kind: "AlertSink",
      metadata: { name: `falcosidekick-${objectName(name)}`, namespace: this.#namespace },
      spec: { [row.sink]: settings, filter: this.#filter(name, get(value, "minimumpriority")) },
    });
  }

  #filter(name: string, node: YamlNode | undefined): PlainObject | undefined {
    if (node?.kind !== "scalar" || node.isNull || node.text === "") return undefined;
    const priority = toPriority(node.text);
    if (priority !== undefined) return { minPriority: priorityNames[priority].toUpperCase() };
    this.#remark(`${name}.minimumpriority: ${node.text} is no priority; it was left out`);
    return undefined;
  }

  other(name: string, value: YamlNode): void {
    if (!isSet(value)) return;
    const isUsed =
      value.kind !== "mapping" ||
      value.entries.some(
        ({ key, value: each }) => !common.has(key.text) && isSet(each) && secretive(key.text),
      );
    if (general.has(name.toLowerCase())) this.#remark(`${name} has no counterpart`);
    else if (isUsed) this.#remark(`${name}: there is no such sink; it was left out`);
  }

  #remark(text: string): void {
    this.remarks.push(`${this.#file}: falcosidekick: ${text}`);
  }
}

/** A key whose being set shows that an output is in use. */
const secretive = (key: string) =>
  /url|host|address|key|token|arn|endpoint|topic|bucket|webhook|project|queue|region/i.test(key);

/** A comma-separated text, or a sequence, as a list. */
function listOf(node: YamlNode): Plain {
  if (node.kind !== "scalar") return plain(node);
  return node.text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

/** Converts falcosidekick's settings; `file` is for remarks. */
export function convertSinks(
  configuration: YamlMapping,
  file: string,
  namespace: string | undefined,
): ConvertedSinks {
  const converter = new SinkConverter(file, namespace);
  for (const { key, value } of configuration.entries)
    if (isOutput(key.text) && value.kind === "mapping") converter.output(key.text, value);
    else converter.other(key.text, value);
  return { objects: converter.objects, remarks: converter.remarks };
}
