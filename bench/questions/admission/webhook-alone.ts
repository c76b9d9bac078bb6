/** The webhook without an API server: at a client that asks over TLS with kept connections, as an API server does. */
import https from "node:https";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { systemClock } from "../../../agent/kube/clock.ts";
import { setObjectOf } from "../../../agent/rules/set/set-object.ts";
import { makeAuthority, makeLeaf } from "../../../operator/admission/certificates/make.ts";
import { judge } from "../../../operator/admission/judge.ts";
import { ReviewClient } from "../../../operator/admission/review-client.ts";
import { serveWebhook } from "../../../operator/admission/server.ts";
import { quantile } from "../../numbers.ts";
import type { Figure, QuestionContext } from "../../question.ts";
import { edited, largestFile, namespace, small, together, type FalcoRule } from "./edits.ts";

const host = "webhook.test";

/** How long reviews take. */
export async function webhookAlone(context: QuestionContext): Promise<Figure[]> {
  const { seconds, print } = context;
  const large = largestFile(context);
  const reviews = new ReviewClient({
    operatorNamespace: namespace,
    clock: systemClock,
    onEnd: (reason) => print(`  the thread ended: ${reason}`),
  });
  reviews.know(`${namespace}/${large.metadata.name}`, setObjectOf(large));
  const now = Date.now();
  const authority = await makeAuthority("bench", now);
  const parts = {
    operatorNamespace: namespace,
    review: (object: Parameters<ReviewClient["review"]>[0]) => reviews.review(object),
    credentials: () => Promise.resolve([]),
    hasSink: () => true,
  };
  const server = await serveWebhook({
    address: "127.0.0.1",
    port: 0,
    certificate: await makeLeaf(authority, [host], now),
    judge: (request) => judge(request, parts),
    onDone: () => {},
  });
  const agent = new https.Agent({ ca: authority.certificate, servername: host, keepAlive: true });
  let unchecked = 0;
  const review = (object: FalcoRule) =>
    new Promise<number>((resolve, reject) => {
      const kind = { kind: "FalcoRule" };
      const body = JSON.stringify({
        request: { uid: "1", kind, operation: "CREATE", namespace: object.metadata.namespace, object },
      });
      const began = performance.now();
      const options = { host: "127.0.0.1", port: server.port, path: "/validate", method: "POST", agent };
      const request = https.request(options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () => {
          if (text.includes("not checked")) unchecked += 1;
          resolve(performance.now() - began);
        });
      });
      request.on("error", reject);
      request.end(body);
    });
  for (let warm = 0; warm < 10; warm++) await review(edited(large, -warm));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const times = await together({
    seconds,
    pause: 100,
    large: (edit) => review(edited(large, edit)),
    small: (object, edit) => review(small(object, edit)),
  });
  delay.disable();
  agent.destroy();
  await server.close();
  await reviews.stop();
  const ms = (values: readonly number[], share: number) => quantile(values, share).toFixed(1);
  print(
    `  at a client: ${times.large.length} edits of ${large.spec.rules.length} rules: p50 ${ms(times.large, 0.5)} p99 ${ms(times.large, 0.99)} max ${ms(times.large, 1)} ms; ` +
      `${times.small.length} small rules: p50 ${ms(times.small, 0.5)} p99 ${ms(times.small, 0.99)} ms; ` +
      `unchecked ${unchecked}; the operator's thread was held ${(delay.max / 1e6).toFixed(1)} ms at most`,
  );
  return [
    {
      name: "at a client: largest rules file, p99",
      value: `${ms(times.large, 0.99)} ms`,
      aim: "50 ms",
      met: quantile(times.large, 0.99) <= 50,
    },
    { name: "at a client: largest rules file, p50", value: `${ms(times.large, 0.5)} ms`, aim: "" },
    { name: "at a client: a small rule beside it, p99", value: `${ms(times.small, 0.99)} ms`, aim: "" },
    { name: "reviews that were given up", value: String(unchecked), aim: "0", met: unchecked === 0 },
  ];
}
