/** Entry of the audit thread. */
import { parentPort, workerData } from "node:worker_threads";
import type { AuditThreadData, FromAudit, ToAudit } from "./audit-messages.ts";
import { AuditSession } from "./audit-session.ts";

const port = parentPort!;
const post = (message: FromAudit) => port.postMessage(message);

/** Opens the server; undefined where it cannot listen, which is said. */
async function open(): Promise<AuditSession | undefined> {
  try {
    const session = await AuditSession.open(workerData as AuditThreadData, post);
    post({ kind: "listening", url: session.url });
    return session;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    post({ kind: "refused", code, message });
    return undefined;
  }
}

const session = await open();
if (session === undefined) port.close();
else
  port.on("message", (message: ToAudit) => {
    if (message.kind === "rules") session.setRules(message.id, message.plan);
    else void session.stop().finally(() => port.close());
  });
