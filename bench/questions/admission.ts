/** How long `kubectl apply` waits for the admission webhook: over TLS, with others who ask at the same time. */
import { readFileSync } from "node:fs";
import https from "node:https";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { convertFile } from "../../agent/cli/convert/convert-file.ts";
import { buildCatalogue } from "../../agent/fields/index.ts";
import { systemClock } from "../../agent/kube/clock.ts";
import { setObjectOf } from "../../agent/rules/set/set-object.ts";
import { makeAuthority, makeLeaf } from "../../operator/admission/certificates/x509.ts";
import { judge } from "../../operator/admission/judge.ts";
import { ReviewClient } from "../../operator/admission/review-client.ts";
import { serveWebhook } from "../../operator/admission/server.ts";
import { quantile } from "../numbers.ts";
import type { Figure, Question, QuestionContext } from "../question.ts";

const namespace = "tiercel-system";
const host = "webhook.test";
/** Others, and milliseconds between two small rules of each. */
const others = 4;
const pause = 100;

const small = (n: number) => ({
  metadata: { name: `small-${n}`, namespace: "shop" },
  spec: {
    rules: [
      {
        rule: `Small ${n}`,
        desc: "d",
        condition: `spawned_process and proc.name = x${n}`,
        output: "%proc.name",
        priority: "NOTICE",
      },
    ],
  },
});

async function ask({ publicRules, defaultRules, seconds, print }: QuestionContext): Promise<Figure[]> {
  const name = publicRules ?? defaultRules;
  const { documents } = convertFile(name, readFileSync(name, "utf8"), buildCatalogue(), { namespace });
  const large = parse(documents[0]!) as { metadata: { name: string }; spec: { rules: { desc: string }[] } };
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
  const post = (object: object, where: string) =>
    new Promise<{ milliseconds: number; text: string }>((resolve, reject) => {
      const body = JSON.stringify({
        request: { uid: "1", kind: { kind: "FalcoRule" }, operation: "CREATE", namespace: where, object },
      });
      const began = performance.now();
      const options = { host: "127.0.0.1", port: server.port, path: "/validate", method: "POST", agent };
      const request = https.request(options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () => resolve({ milliseconds: performance.now() - began, text }));
      });
      request.on("error", reject);
      request.end(body);
    });
  let edits = 0;
  /** Each is another edit, as from one apply to the next. */
  const largeEdit = () => {
    edits += 1;
    const rules = large.spec.rules.map((rule, index) =>
      index === 0
        ? { ...rule, desc: `Edit ${edits}`, condition: `(${conditionOf(rule)}) and proc.pid != ${edits}` }
        : rule,
    );
    return post({ ...large, spec: { ...large.spec, rules } }, namespace);
  };
  for (let n = 0; n < 10; n++) await largeEdit();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const end = Date.now() + seconds * 1000;
  const times: { large: number[]; small: number[] } = { large: [], small: [] };
  let unchecked = 0;
  const keep = (into: number[], { milliseconds, text }: { milliseconds: number; text: string }) => {
    into.push(milliseconds);
    if (text.includes("not checked")) unchecked += 1;
  };
  await Promise.all([
    (async () => {
      while (Date.now() < end) {
        keep(times.large, await largeEdit());
        await sleep(pause);
      }
    })(),
    ...Array.from({ length: others }, async (_, n) => {
      await sleep((n * pause) / others);
      while (Date.now() < end) {
        keep(times.small, await post(small(n), "shop"));
        await sleep(pause);
      }
    }),
  ]);
  delay.disable();
  agent.destroy();
  await server.close();
  await reviews.stop();
  const ms = (values: readonly number[], share: number) => quantile(values, share);
  const p99 = ms(times.large, 0.99);
  print(
    `  ${times.large.length} edits of ${large.spec.rules.length} rules: p50 ${ms(times.large, 0.5).toFixed(1)} p99 ${p99.toFixed(1)} max ${Math.max(...times.large).toFixed(1)} ms; ` +
      `${times.small.length} small rules: p50 ${ms(times.small, 0.5).toFixed(1)} p99 ${ms(times.small, 0.99).toFixed(1)} ms; ` +
      `unchecked ${unchecked}; the operator's thread was held ${(delay.max / 1e6).toFixed(1)} ms at most`,
  );
  return [
    { name: "largest rules file, p99", value: `${p99.toFixed(1)} ms`, aim: "50 ms", met: p99 <= 50 },
    { name: "largest rules file, p50", value: `${ms(times.large, 0.5).toFixed(1)} ms`, aim: "" },
    { name: "a small rule beside it, p99", value: `${ms(times.small, 0.99).toFixed(1)} ms`, aim: "" },
    { name: "reviews that were given up", value: String(unchecked), aim: "0", met: unchecked === 0 },
  ];
}

const conditionOf = (rule: object) => (rule as { readonly condition: string }).condition;

export const admission: Question = {
  name: "admission",
  asks: "How long does kubectl apply of the largest rules file wait for the webhook, while others apply too?",
  ask,
};
