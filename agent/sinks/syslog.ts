/** Alerts to syslog: facility user, ident tiercel, the alert's priority as level. */
import { localMessage, remoteMessage } from "./syslog-message.ts";
import type { SyslogTransport } from "./syslog-transport.ts";
import { DeliveryError, type Sink } from "./sink.ts";

/** A sink over one transport, which it closes. */
export function syslogSink(transport: SyslogTransport): Sink {
  return {
    name: "syslog_output",
    batch: 50,
    open: async () => transport.open?.(),
    async send(batch, signal) {
      for (const [sent, { alert, line }] of batch.entries()) {
        const { priority: severity, hostname } = alert;
        const entry = { severity, hostname, text: line, time: Number(alert.time / 1_000_000n) };
        const message = transport.form === "local" ? localMessage(entry) : remoteMessage(entry, process.pid);
        try {
          await transport.send(message, signal);
        } catch (error) {
          const { fault, message: reason } = error as DeliveryError;
          throw new DeliveryError(fault, reason, { delivered: sent });
        }
      }
    },
    close: async () => transport.close(),
  };
}
