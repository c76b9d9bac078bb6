/** Alerts as messages in Slack, or in what understands its incoming webhooks. */
import { HttpClient, type HttpClientOptions } from "./http-client.ts";
import { slackMessage, type SlackLook } from "./slack-message.ts";
import type { Sink } from "./sink.ts";

/** A sink for one webhook; its URL is a credential and in no message. @throws TypeError if the URL is none */
export function slackSink(webhookUrl: string, look: SlackLook, options: HttpClientOptions): Sink {
  const url = new URL(webhookUrl);
  const client = new HttpClient(url, options);
  const headers = { "User-Agent": "tiercel", "Content-Type": "application/json; charset=utf-8" };
  return {
    name: "slack_output",
    batch: 1,
    open: () => client.open(),
    async send(batch, signal) {
      for (const { alert } of batch) {
        const body = Buffer.from(JSON.stringify(slackMessage(alert, look)));
        const fault = client.faultOf(await client.post(body, headers, signal));
        if (fault !== undefined) throw fault;
      }
    },
    reopen: () => client.reopen(),
    close: async () => client.close(),
  };
}
