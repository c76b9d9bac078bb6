/** Kinds of AlertSinks and how each is opened. A new kind is one more row here and a file beside the other sinks. */
import type { Writable } from "node:stream";
import { alertmanagerSink } from "../alertmanager.ts";
import type { Clock } from "../clock.ts";
import { confinedFileSink } from "../confined-file.ts";
import { descriptorSink } from "../file.ts";
import type { HttpClientOptions } from "../http-client.ts";
import { noRetry } from "../retry.ts";
import type { Handling } from "../queue.ts";
import type { Sink } from "../sink.ts";
import { slackSink } from "../slack.ts";
import { stdoutSink } from "../stdout.ts";
import { syslogTransport, type OpenDatagram } from "../syslog-transport.ts";
import { syslogSink } from "../syslog.ts";
import { webhookSink } from "../webhook.ts";
import type { Credentials } from "./credentials.ts";
import {
  milliseconds,
  type AlertmanagerSpec,
  type FileSpec,
  type Form,
  type HeaderSpec,
  type SlackSpec,
  type StdoutSpec,
  type SyslogSpec,
  type WebhookSpec,
} from "./spec.ts";

/** What the machine gives to sinks. */
export interface Surroundings {
  /** Standard output; `regularFile` where it leads into one (then descriptor 1 is written to). */
  readonly stdout: { readonly stream: Writable; readonly regularFile: boolean };
  readonly openDatagram: OpenDatagram;
  /** Folder of the sinks of kind file. */
  readonly logFolder: string;
  readonly http: Pick<HttpClientOptions, "trust" | "proxy">;
  readonly clock: Clock;
  /** Where a spec does not say. */
  readonly form: Form;
}

interface Parts extends Surroundings {
  readonly credentials: Credentials;
  /** Whether it is of another namespace than the operator's. */
  readonly team: boolean;
}

interface Kind {
  readonly open: (spec: never, parts: Parts) => Sink;
  readonly handling: Handling;
  /** On the node itself, so nothing for a team. */
  readonly local?: true;
}

/** Waited for: whoever is slow here is on this machine. */
const onNode: Handling = { patient: true, timeout: 2000, retry: noRetry };

/** Tried again for half an hour or so, at most a minute apart. */
const remote: Handling = {
  patient: false,
  timeout: 10_000,
  retry: { passing: 60, timeouts: 30, base: 500, cap: 60_000 },
};

/** Port of syslog (RFC 5426, RFC 6587). */
const syslogPort = 514;

const kinds: Readonly<Record<string, Kind>> = {
  stdout: {
    handling: onNode,
    local: true,
    open: (_: StdoutSpec, { stdout: { stream, regularFile } }) =>
      regularFile ? descriptorSink("stdout", 1) : stdoutSink(stream),
  },
  file: {
    handling: onNode,
    local: true,
    open: ({ name }: FileSpec, { logFolder }) => confinedFileSink(logFolder, name),
  },
  syslog: {
    handling: remote,
    local: true,
    open: ({ host, port = syslogPort, protocol = "udp" }: SyslogSpec, { openDatagram }) => {
      const named = host?.includes(":") === true ? `[${host}]` : host;
      const address = named === undefined ? "" : `${protocol}://${named}:${port}`;
      return syslogSink(syslogTransport(address, openDatagram));
    },
  },
  webhook: {
    handling: remote,
    open: ({ url = "", urlFrom, method = "POST", headers, format }: WebhookSpec, parts) =>
      webhookSink({
        url: urlFrom === undefined ? url : parts.credentials.text(urlFrom),
        headers: headersOf(headers, parts.credentials),
        json: (format ?? parts.form) === "json",
        http: { ...httpOf(parts), method },
      }),
  },
  slack: {
    handling: remote,
    open: (spec: SlackSpec, parts) => {
      const { channel = "", username = "Tiercel", icon = "", footer = "" } = spec;
      const url = parts.credentials.text(spec.webhookURL);
      return slackSink(url, { channel, username, icon, footer }, httpOf(parts));
    },
  },
  alertmanager: {
    handling: remote,
    open: (spec: AlertmanagerSpec, parts) => {
      const { urls, path = "/api/v2/alerts", labels = {}, expiresAfter, headers } = spec;
      return alertmanagerSink({
        urls: urls.map((url) => url.replace(/\/+$/, "") + path),
        headers: headersOf(headers, parts.credentials),
        labels,
        expiresAfter: expiresAfter === undefined ? undefined : milliseconds(expiresAfter),
        clock: parts.clock,
        http: httpOf(parts),
      });
    },
  },
};

/** Of credentials it says what was asked for up to now, so it comes after them. */
function httpOf({ http, credentials, team }: Parts): HttpClientOptions {
  return { ...http, guarded: team, secrets: credentials.secrets };
}

function headersOf(
  headers: readonly HeaderSpec[] = [],
  credentials: Credentials,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    headers.map(({ name, value = "", valueFrom }) => [
      name,
      valueFrom === undefined ? value : credentials.text(valueFrom),
    ]),
  );
}

export interface OpenedSink {
  readonly sink: Sink;
  readonly handling: Handling;
}

/** Whether a team may have a sink of that kind. */
export const isLocal = (kind: string): boolean => Object.hasOwn(kinds, kind) && kinds[kind]!.local === true;

/**
 * Makes a sink of a kind from the member of the spec under its name.
 * @throws MissingCredential, and Error where the kind is unknown or the spec makes no sense
 */
export function openSink(kind: string, spec: unknown, parts: Parts): OpenedSink {
  if (!Object.hasOwn(kinds, kind)) throw new Error(`this agent knows no sink of kind ${kind}: update it`);
  const { open, handling } = kinds[kind]!;
  return { sink: open(spec as never, parts), handling };
}
