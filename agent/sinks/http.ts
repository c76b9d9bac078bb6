/** Alerts posted to a URL, one a request. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { HttpClient, withoutSecrets } from "./http-client.ts";
import type { ProxySettings } from "./proxy.ts";
import type { Report } from "./queue.ts";
import type { Sink } from "./sink.ts";
import { Trust, type TlsOptions } from "./trust.ts";

/** Falco's options of the same names, in camel case. */
export interface HttpOptions {
  readonly url: string;
  readonly userAgent: string;
  readonly tls: TlsOptions;
  readonly proxy?: ProxySettings;
  /** Puts the answer's body into the log. */
  readonly echo: boolean;
  /** Unlike in Falco, the body is compressed. */
  readonly compressUploads: boolean;
  /** TCP keep-alive probes. */
  readonly keepAlive: boolean;
  /** Lines are JSON, not text. */
  readonly json: boolean;
}

const compress = promisify(gzip);

/** A sink for one URL. @throws TypeError if the URL is none (settings are checked before) */
export function httpSink(options: HttpOptions, report: Report): Sink {
  const url = new URL(options.url);
  const client = new HttpClient(url, {
    trust: new Trust(options.tls),
    keepAliveProbes: options.keepAlive,
    ...(options.proxy !== undefined && { proxy: options.proxy }),
  });
  const headers = {
    "User-Agent": options.userAgent,
    "Content-Type": options.json ? "application/json" : "text/plain",
    ...(options.compressUploads ? { "Content-Encoding": "gzip" } : {}),
  };
  return {
    name: "http_output",
    batch: 1,
    open: () => client.open(),
    async send(batch, signal) {
      for (const { line } of batch) {
        const plain = Buffer.from(line);
        const body = options.compressUploads ? await compress(plain) : plain;
        const answer = await client.post(body, headers, signal);
        if (options.echo) {
          const said = withoutSecrets(answer.body, url);
          report(
            "info",
            `http_output: ${said}`,
            `http_output: the server answered ${answer.status}: ${said}`,
          );
        }
        const fault = client.faultOf(answer);
        if (fault !== undefined) throw fault;
      }
    },
    reopen: () => client.reopen(),
    close: async () => client.close(),
  };
}
