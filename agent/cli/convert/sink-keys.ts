/** What falcosidekick's outputs and their keys are called in an AlertSink, and how their values are read. */
import type { YamlNode } from "../../rules/files/yaml-tree.ts";
import { objectName } from "./objects.ts";
import { plain, type Plain, type PlainObject } from "./values.ts";

/** Where a value stands, for reading it. */
export interface KeyPlace {
  /** output.key, as the user wrote it. */
  readonly what: string;
  /** The Secret that the user makes for this output's credentials. */
  readonly secret: string;
  readonly remark: (text: string) => void;
}

interface KeyRow {
  readonly to: string;
  /** The value in an AlertSink's form; undefined (remarked) where there is none. */
  readonly read: (node: YamlNode, place: KeyPlace) => Plain | undefined;
}

export interface OutputRow {
  readonly sink: string;
  /** Without it the output is off. */
  readonly needs: string;
  /** By key, in lower case. */
  readonly keys: Readonly<Record<string, KeyRow>>;
}

const textOf = (node: YamlNode) => (node.kind === "scalar" ? node.text : JSON.stringify(plain(node)));

/** A text of at most so many characters. */
function text(to: string, most: number): KeyRow {
  const read = (node: YamlNode, { what, remark }: KeyPlace) => {
    const value = textOf(node);
    if (value.length <= most) return value;
    remark(`${what} has more than ${most} characters and was left out`);
    return undefined;
  };
  return { to, read };
}

/** One of some words, in any case. */
function oneOf(to: string, words: readonly string[]): KeyRow {
  const read = (node: YamlNode, { what, remark }: KeyPlace) => {
    const value = textOf(node);
    const found = words.find((word) => word.toLowerCase() === value.toLowerCase());
    if (found === undefined) remark(`${what}: ${value} has no counterpart and was left out`);
    return found;
  };
  return { to, read };
}

const wholeNumber = (node: YamlNode, most: number) => {
  const value = /^\d{1,10}$/.test(textOf(node)) ? Number(textOf(node)) : NaN;
  return value >= 1 && value <= most ? value : undefined;
};

const port: KeyRow = {
  to: "port",
  read(node, { what, remark }) {
    const value = wholeNumber(node, 65_535);
    if (value === undefined) remark(`${what}: ${textOf(node)} is no port; it was left out`);
    return value;
  },
};

/** Seconds as a duration; 0 means none. */
const seconds: KeyRow = {
  to: "expiresAfter",
  read(node, { what, remark }) {
    const value = wholeNumber(node, 1_000_000_000);
    if (value !== undefined) return `${value}s`;
    if (textOf(node) !== "0") remark(`${what}: ${textOf(node)} is no number of seconds; it was left out`);
    return undefined;
  },
};

function secretReference(place: KeyPlace, key: string, what = place.what): PlainObject {
  place.remark(`${what} is a credential: put it into Secret ${place.secret} under key ${key}`);
  return { secretKeyRef: { name: place.secret, key } };
}

const secret = (to: string, key = to): KeyRow => ({
  to,
  read: (_node, place) => secretReference(place, key),
});

/** A text separated by commas, or a sequence. */
function words(node: YamlNode): string[] {
  const texts = node.kind === "sequence" ? node.items.map(textOf) : textOf(node).split(",");
  return texts.map((each) => each.trim()).filter((each) => each !== "");
}

/** Pairs of a mapping, or of a text `name:value,name:value`. */
function pairs(node: YamlNode): [name: string, value: string][] {
  if (node.kind === "mapping") return node.entries.map(({ key, value }) => [key.text, textOf(value)]);
  return words(node).flatMap((each) => {
    const colon = each.indexOf(":");
    return colon < 1 ? [] : [[each.slice(0, colon).trim(), each.slice(colon + 1).trim()]];
  });
}

const plainUrl = /^https?:\/\/[^\s/@?#]+(?:\/[^\s?#]*)?$/;

const urls: KeyRow = {
  to: "urls",
  read(node, { what, remark }) {
    const fit = words(node).filter((each) => plainUrl.test(each));
    if (fit.length < words(node).length)
      remark(`${what}: what is no http:// or https:// URL, or holds a credential, was left out`);
    return fit.length === 0 ? undefined : fit.slice(0, 8);
  },
};

const path: KeyRow = {
  to: "path",
  read(node, { what, remark }) {
    const value = textOf(node);
    const whole = value.startsWith("/") ? value : `/${value}`;
    if (/^\/[^\s?#]{0,511}$/.test(whole)) return whole;
    remark(`${what}: ${value} is no path; it was left out`);
    return undefined;
  },
};

/** Headers often hold a token, so their values are taken for credentials. */
const headers: KeyRow = {
  to: "headers",
  read(node, place) {
    const list = pairs(node).map(([name]) => ({
      name,
      valueFrom: secretReference(place, `header-${objectName(name)}`, `${place.what}: ${name}`),
    }));
    return list.length === 0 ? undefined : list.slice(0, 32);
  },
};

const labels: KeyRow = {
  to: "labels",
  read(node, { what, remark }) {
    const all = pairs(node);
    const fit = all.filter(([name]) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name));
    if (fit.length < all.length) remark(`${what}: what is no name of a label was left out`);
    return fit.length === 0 ? undefined : Object.fromEntries(fit.slice(0, 32));
  },
};

const messageKeys = {
  webhookurl: secret("webhookURL"),
  channel: text("channel", 128),
  username: text("username", 128),
  icon: text("icon", 2048),
  footer: text("footer", 512),
};
const message: OutputRow = { sink: "slack", needs: "webhookurl", keys: messageKeys };

/** Outputs of falcosidekick for which there is a sink, by their names in lower case. */
export const outputs: Readonly<Record<string, OutputRow>> = {
  slack: message,
  rocketchat: message,
  mattermost: message,
  webhook: {
    sink: "webhook",
    needs: "address",
    keys: {
      address: secret("urlFrom", "url"),
      method: oneOf("method", ["POST", "PUT"]),
      customheaders: headers,
    },
  },
  syslog: {
    sink: "syslog",
    needs: "host",
    keys: {
      host: text("host", 253),
      port,
      protocol: oneOf("protocol", ["tcp", "udp"]),
      format: oneOf("format", ["json"]),
    },
  },
  alertmanager: {
    sink: "alertmanager",
    needs: "hostport",
    keys: {
      hostport: urls,
      endpoint: path,
      expiresafter: seconds,
      extralabels: labels,
      customheaders: headers,
    },
  },
};

/** Outputs of falcosidekick for which there is none yet, by which its settings are known all the same. */
export const otherOutputs: ReadonlySet<string> = new Set(
  "teams discord elasticsearch loki kafka nats smtp pagerduty opsgenie splunk datadog otlp telegram influxdb".split(
    " ",
  ),
);
