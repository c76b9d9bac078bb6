/** Audit events through HTTP and rules: how many a second, and what one costs. */
import { existsSync } from "node:fs";
import http from "node:http";
import { dirname, join } from "node:path";
import { auditEvent, eventList, type RequestFacts } from "../../test/support/audit-events.ts";
import { auditRuleCases } from "../../test/support/audit-rule-cases.ts";
import { AgentProcess } from "../agent-process.ts";
import { quantile, thousands } from "../numbers.ts";
import type { Figure, Question, QuestionContext } from "../question.ts";

/** Events of a body, as of an API server's default batch or less, and bodies that are sent in turn. */
const BATCH = 100;
const BODIES = 20;
/** Requests under way at a time. */
const CONNECTIONS = 4;
/** One event in so many raises alerts. */
const ALERTING_EVERY = 100;
/** Events a second on one core that are the aim. */
const AIM = 10_000;

const controller = {
  username: "system:kube-controller-manager",
  groups: ["system:authenticated"],
};

/** What clusters are full of: controllers and nodes that read and write, with and without their objects. */
function quiet(number: number): RequestFacts {
  const name = `web-7d4b9c6f5d-${number}`;
  const objectRef = { resource: "pods", namespace: "default", name, apiVersion: "v1" };
  const uri = `/api/v1/namespaces/default/pods/${name}`;
  if (number % 4 !== 0)
    return { verb: "get", uri, objectRef, user: controller, level: "Metadata", code: 200, number };
  const conditions = ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
    type,
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: "2026-11-25T09:10:11Z",
  }));
  const object = {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { name, labels: { app: "web" } },
    status: { conditions },
  };
  return {
    verb: "patch",
    uri: `${uri}/status`,
    objectRef: { ...objectRef, subresource: "status" },
    user: controller,
    code: 200,
    requestObject: object,
    responseObject: object,
    number,
  };
}

const cases = auditRuleCases.filter(({ macros }) => macros === undefined);

function body(index: number): string {
  const items = Array.from({ length: BATCH }, (_, position) => {
    const number = index * BATCH + position;
    const alerting = number % ALERTING_EVERY === 0;
    return auditEvent(alerting ? { ...cases[number % cases.length]!.event, number } : quiet(number));
  });
  return eventList(items);
}

/** Posts one body; gives how long the answer took, ms. */
function post(url: URL, agent: http.Agent, text: string): Promise<number> {
  const begin = performance.now();
  const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: "POST", agent, headers }, (response) => {
      response.resume().on("end", () => {
        if (response.statusCode === 200) resolve(performance.now() - begin);
        else reject(new Error(`the agent answered ${response.statusCode}`));
      });
    });
    request.on("error", reject).end(text);
  });
}

async function ask({ seconds, node, publicRules, print }: QuestionContext): Promise<Figure[]> {
  const rules = publicRules === undefined ? "" : join(dirname(publicRules), "k8s_audit_rules.yaml");
  if (!existsSync(rules)) {
    print("  there are no public audit rules on this machine");
    return [];
  }
  const sets = [
    "sources.syscall.enabled=false",
    "sources.k8s_audit.listen=127.0.0.1:0",
    "webserver.enabled=false",
  ];
  const agent = await AgentProcess.start(
    ["--rules", rules, "-o", "json", ...sets.flatMap((set) => ["--set", set])],
    node,
  );
  const url = new URL(agent.said(/k8s_audit listens on (\S+)/)![1]!);
  const connections = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const bodies = Array.from({ length: BODIES }, (_, index) => body(index));
  const answers: number[] = [];
  const run = async (until: number) => {
    for (let sent = 0; performance.now() < until; sent++)
      answers.push(await post(url, connections, bodies[sent % BODIES]!));
  };
  const all = (milliseconds: number) => {
    const until = performance.now() + milliseconds;
    return Promise.all(Array.from({ length: CONNECTIONS }, () => run(until)));
  };
  // Until the code that runs most is compiled.
  await all(2000);
  answers.length = 0;
  const before = agent.cost();
  const begin = performance.now();
  await all(seconds * 1000);
  const elapsed = (performance.now() - begin) / 1000;
  const after = agent.cost();
  connections.destroy();
  const events = answers.length * BATCH;
  const summary = await agent.stop();
  const micros = ((after.cpu - before.cpu) * 1e6) / events;
  const bytes = bodies.reduce((sum, text) => sum + text.length, 0) / (BODIES * BATCH);
  print(
    `  ${thousands(events)} events of ${bytes.toFixed(0)} bytes in ${elapsed.toFixed(1)} s; answers p50 ${quantile(answers, 0.5).toFixed(1)}, ` +
      `p99 ${quantile(answers, 0.99).toFixed(1)} ms; ${agent.alerts.length} alerts; ${summary.dropped} events left out; RSS ${after.rss.toFixed(0)} MiB`,
  );
  return [
    {
      name: "events a second of one core",
      value: thousands(1e6 / micros),
      aim: `${thousands(AIM)} or more`,
      met: 1e6 / micros >= AIM,
    },
    { name: "agent's processor time an event", value: `${micros.toFixed(1)} µs`, aim: "" },
    { name: "events a second, taken", value: thousands(events / elapsed), aim: "" },
    { name: "RSS", value: `${after.rss.toFixed(0)} MiB`, aim: "" },
  ];
}

export const audit: Question = {
  name: "audit",
  asks: "How many audit events a second pass through HTTP and the public audit rules on one core?",
  ask,
};
