/** An agent that looks at audit events alone, and a client that posts them: neither root nor BPF nor a cluster is needed. */
import http from "node:http";
import { startAgent, type AgentOptions, type RunningAgent } from "./agent.ts";

export interface AuditAgent extends RunningAgent {
  /** Posts a body as an API server does; gives the status. */
  post(body: string | Buffer, headers?: http.OutgoingHttpHeaders): Promise<number>;
}

/** Starts it on a port that the system chooses. */
export async function startAuditAgent(options: AgentOptions): Promise<AuditAgent> {
  const agent = await startAgent({
    ...options,
    settings: {
      "sources.syscall.enabled": "false",
      "sources.k8s_audit.listen": "127.0.0.1:0",
      ...options.settings,
    },
  });
  const url = /k8s_audit listens on (\S+)/.exec(agent.log())![1]!;
  const connections = new http.Agent({ keepAlive: true, maxSockets: 4 });
  const post = (body: string | Buffer, headers: http.OutgoingHttpHeaders = {}) =>
    new Promise<number>((resolve, reject) => {
      const options = {
        method: "POST",
        agent: connections,
        headers: {
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(body),
          ...headers,
        },
      };
      const request = http.request(`${url}?timeout=30s`, options, (response) => {
        response.resume().on("end", () => resolve(response.statusCode!));
      });
      request.on("error", reject).end(body);
    });
  return {
    ...agent,
    post,
    async stop() {
      connections.destroy();
      return agent.stop();
    },
  };
}
