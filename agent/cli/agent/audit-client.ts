/** The audit thread, seen from the main thread. */
import { Worker } from "node:worker_threads";
import type { Alert } from "../../engine/alert.ts";
import type { Log } from "../log.ts";
import type { AuditThreadData, FromAudit, ToAudit } from "./audit-messages.ts";
import { SourceClient } from "./source-client.ts";

export interface AuditClientOptions {
  readonly onAlerts: (alerts: readonly Alert[]) => void;
  readonly log: Log;
  /** Where its port is taken the agent runs without this source: nobody chose the port, and there are other sources. */
  readonly optional: boolean;
}

export class AuditClient extends SourceClient<ToAudit, FromAudit> {
  private readonly data: AuditThreadData;
  private readonly options: AuditClientOptions;
  /** It does without: its port is taken. */
  private off = false;

  constructor(data: AuditThreadData, options: AuditClientOptions) {
    super({
      name: "k8s_audit",
      worker: new Worker(new URL("./audit-thread.js", import.meta.url), { workerData: data }),
      taken: data.taken,
      onAlerts: options.onAlerts,
    });
    this.data = data;
    this.options = options;
  }

  protected override get isOff(): boolean {
    return this.off;
  }

  protected override take(message: FromAudit): void {
    switch (message.kind) {
      case "listening":
        this.listening(message.url);
        return;
      case "refused":
        this.refused(message.code, message.message);
        return;
      case "log":
        this.options.log(message.level, `k8s_audit: ${message.message}`, `k8s_audit ${message.cause}`);
        return;
      case "rules":
      case "rulesFailed":
      case "alerts":
      case "counters":
      case "stopped":
        this.takeCommon(message);
    }
  }

  private listening(url: string): void {
    const { log } = this.options;
    const { clientCa, tokens } = this.data.files;
    log("notice", `k8s_audit listens on ${url}/k8s-audit`);
    const open = clientCa === undefined && tokens === undefined && !/\/\/(127\.|\[::1\])/.test(url);
    if (open)
      log(
        "warning",
        `whoever reaches ${url} can post events; set sources.k8s_audit.token_file or sources.k8s_audit.tls.client_ca`,
      );
    this.start.resolve();
  }

  private refused(code: string | undefined, message: string): void {
    const { address, port } = this.data;
    const taken = code === "EADDRINUSE";
    const listening = code !== undefined && /^E[A-Z]+$/.test(code);
    const reason = taken ? "something else does (EADDRINUSE)" : message;
    const sentence = listening ? `k8s_audit cannot listen on ${address} port ${port}: ${reason}` : message;
    if (!taken || !this.options.optional) {
      this.start.reject(new Error(sentence));
      return;
    }
    this.off = true;
    this.options.log(
      "warning",
      `${sentence}; the agent runs without this source; choose another port by sources.k8s_audit.listen`,
    );
    this.start.resolve();
  }
}
