/** The agent's log as the settings want it: to standard error, to syslog, or both. */
import { openUnixDatagram } from "../../capture/unix-datagram.ts";
import { localMessage } from "../../sinks/syslog-message.ts";
import { createLog, streamTarget, type Logger, type LogTarget } from "../log.ts";
import { logLevels, type Settings } from "../settings/schema.ts";

/** Where local syslog daemons listen. */
const DEV_LOG = "/dev/log";

/** Lines to the local syslog; what it does not take is lost, and opened anew for the next line. */
function syslogTarget(hostname: string): LogTarget {
  let socket: ReturnType<typeof openUnixDatagram> | undefined;
  return {
    write(_, level, message) {
      if (socket === undefined || typeof socket === "string") socket = openUnixDatagram(DEV_LOG);
      if (typeof socket === "string") return;
      const severity = logLevels.indexOf(level) as Parameters<typeof localMessage>[0]["severity"];
      const failure = socket.send(localMessage({ severity, time: Date.now(), hostname, text: message }));
      if (failure === undefined || failure === "EAGAIN") return;
      socket.close();
      socket = undefined;
    },
  };
}

/** Opens it; `pod` makes its lines JSON. */
export function openLog(settings: Settings, hostname: string, pod: boolean): Logger {
  const targets: LogTarget[] = [];
  if (settings.log_stderr) targets.push(streamTarget(process.stderr));
  if (settings.log_syslog) targets.push(syslogTarget(hostname));
  return createLog({ level: settings.log_level, json: pod, targets, now: Date.now });
}
