/** The sinks that the settings ask for, each behind its queue. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Writable } from "node:stream";
import type { Alert } from "../engine/alert.ts";
import { priorityNames } from "../rules/plan.ts";
import type { Clock } from "../sinks/clock.ts";
import { descriptorSink, fileSink } from "../sinks/file.ts";
import { httpSink } from "../sinks/http.ts";
import { Outputs, type Output } from "../sinks/outputs.ts";
import { programSink } from "../sinks/program.ts";
import { proxyOf, type ProxySettings } from "../sinks/proxy.ts";
import { SinkQueue, type Report } from "../sinks/queue.ts";
import { noRetry, type RetryPolicy } from "../sinks/retry.ts";
import type { Sink } from "../sinks/sink.ts";
import { slackSink } from "../sinks/slack.ts";
import { stdoutSink } from "../sinks/stdout.ts";
import { syslogSink } from "../sinks/syslog.ts";
import { syslogTransport, type OpenDatagram } from "../sinks/syslog-transport.ts";
import { defaultTls, Trust, type TlsOptions } from "../sinks/trust.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./settings/schema.ts";

export interface OutputsContext {
  /** The line of an alert, text or JSON. */
  readonly render: (alert: Alert) => string;
  readonly log: Log;
  readonly clock: Clock;
  /** 0 up to 1. */
  readonly random: () => number;
  /** Absolute; relative file names count from it. */
  readonly workingFolder: string;
  /** Standard output; `regularFile` where it leads into one (then descriptor 1 is written to). */
  readonly stdout: { readonly stream: Writable; readonly regularFile: boolean };
  readonly openDatagram: OpenDatagram;
  /** For the proxy that the settings leave open. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How a sink is queued. */
interface Queued {
  readonly patient: boolean;
  readonly retry: RetryPolicy;
}

/** Waited for rather than given up: what is slow here is read by somebody on this machine. */
const local: Queued = { patient: true, retry: noRetry };

/** Given up after output_timeout; a fault is not tried again. */
const hasty: Queued = { patient: false, retry: noRetry };

/** Tried again for some minutes, half a second to half a minute apart. */
function remote(timeouts: number): Queued {
  return { patient: false, retry: { passing: 10, timeouts, base: 500, cap: 30_000 } };
}

/** Makes the queues of all enabled outputs; `open` of what it returns opens them. */
export function makeOutputs(settings: Settings, context: OutputsContext): Outputs {
  const { log, clock, random } = context;
  const report: Report = (level, cause, message) => log(level, message, cause);
  const queued = (sink: Sink, { patient, retry }: Queued, wants?: Output["wants"]): Output => {
    const capacity = settings.outputs_queue.capacity;
    const timeout = settings.output_timeout;
    const queue = new SinkQueue(sink, { capacity, timeout, patient, retry, clock, random, report });
    return wants === undefined ? { queue } : { queue, wants };
  };
  const outputs: Output[] = [];
  const extraCa = extraCaOf(settings, context.environment);
  const proxy = proxyOfSettings(settings, context.environment);
  const { file_output, stdout_output, syslog_output, program_output, http_output, slack_output } = settings;
  if (file_output.enabled) {
    const path = resolve(context.workingFolder, file_output.filename);
    outputs.push(queued(fileSink({ path, keepAlive: file_output.keep_alive }), local));
  }
  if (stdout_output.enabled) {
    const { stream, regularFile } = context.stdout;
    outputs.push(queued(regularFile ? descriptorSink("stdout_output", 1) : stdoutSink(stream), local));
  }
  if (syslog_output.enabled)
    outputs.push(queued(syslogSink(syslogTransport(syslog_output.address, context.openDatagram)), hasty));
  if (program_output.enabled) {
    const { program, keep_alive: keepAlive } = program_output;
    outputs.push(queued(programSink({ program, keepAlive }, report), hasty));
  }
  if (http_output.enabled)
    outputs.push(
      queued(
        makeHttpSink(settings, { proxy, extraCa }, report),
        remote(http_output.max_consecutive_timeouts),
      ),
    );
  if (slack_output.enabled) {
    const least = priorityNames.indexOf(slack_output.minimum_priority);
    const { webhook_url, channel, username, icon, footer } = slack_output;
    const sink = slackSink(
      webhook_url,
      { channel, username, icon, footer },
      { trust: new Trust({ ...defaultTls, extraCa }), proxy },
    );
    outputs.push(queued(sink, remote(5), ({ priority }) => priority <= least));
  }
  return new Outputs(outputs, context.render);
}

/** What the settings say; where one is empty, what the environment does. */
export function proxyOfSettings(
  { network }: Settings,
  environment: OutputsContext["environment"],
): ProxySettings {
  const fallback = proxyOf(environment);
  return {
    http: network.http_proxy || fallback.http,
    https: network.https_proxy || fallback.https,
    no: network.no_proxy || fallback.no,
  };
}

/**
 * The file of the settings; where there is none that of NODE_EXTRA_CA_CERTS, which Node forgets where a sink has a list of its
 * own, if it is there: the environment may name one that nobody mounted.
 */
export function extraCaOf({ network }: Settings, environment: OutputsContext["environment"]): string {
  const file = environment["NODE_EXTRA_CA_CERTS"] ?? "";
  return network.extra_ca !== "" || file === "" || !existsSync(file) ? network.extra_ca : file;
}

function makeHttpSink(
  { http_output: o, json_output: json }: Settings,
  { proxy, extraCa }: { readonly proxy: ProxySettings; readonly extraCa: string },
  report: Report,
): Sink {
  const tls: TlsOptions = {
    ...defaultTls,
    insecure: o.insecure,
    caCert: o.ca_cert,
    caBundle: o.ca_bundle,
    caPath: o.ca_path,
    extraCa,
    client: o.mtls ? { certificate: o.client_cert, key: o.client_key } : undefined,
  };
  return httpSink(
    {
      url: o.url,
      proxy,
      userAgent: o.user_agent,
      tls,
      echo: o.echo,
      compressUploads: o.compress_uploads,
      keepAlive: o.keep_alive,
      json,
    },
    report,
  );
}
