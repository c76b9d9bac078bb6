/** Alerts to any URL, one a request. */
import { HttpClient, type HttpClientOptions } from "./http-client.ts";
import type { Sink } from "./sink.ts";

export interface WebhookOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Lines are JSON, not text. */
  readonly json: boolean;
  readonly http: HttpClientOptions;
}

/** @throws TypeError if the URL is none */
export function webhookSink({ url, headers, json, http }: WebhookOptions): Sink {
  const client = new HttpClient(new URL(url), http);
  const all = {
    "User-Agent": "tiercel",
    "Content-Type": json ? "application/json" : "text/plain; charset=utf-8",
    ...headers,
  };
  return {
    name: "webhook",
    batch: 1,
    open: () => client.open(),
    async send(batch, signal) {
      for (const { line } of batch) {
        const fault = client.faultOf(await client.post(Buffer.from(line), all, signal));
        if (fault !== undefined) throw fault;
      }
    },
    reopen: () => client.reopen(),
    close: async () => client.close(),
  };
}
