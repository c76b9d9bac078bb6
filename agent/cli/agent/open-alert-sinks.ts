/** What runs the AlertSinks of a cluster, from the settings. */
import { fstatSync } from "node:fs";
import { join } from "node:path";
import { openUnixDatagram } from "../../capture/unix-datagram.ts";
import { alertJson, alertText } from "../../engine/render.ts";
import { systemClock } from "../../sinks/clock.ts";
import { AlertSinks } from "../../sinks/objects/alert-sinks.ts";
import { defaultTls, Trust } from "../../sinks/trust.ts";
import type { Log } from "../log.ts";
import { extraCaOf, proxyOfSettings } from "../outputs.ts";
import type { Settings } from "../settings/schema.ts";
import { alertFormat } from "./from-settings.ts";

const MiB = 1 << 20;

/** What one sink may keep: a team's less, so that teams do not fill each other's memory and disk. */
function limitsOf({ alert_sinks: { spool, team }, outputs_queue: { capacity } }: Settings) {
  return {
    operator: { capacity, characters: 32 * MiB, spool: spool * MiB },
    team: { capacity: team.queue, characters: MiB / 4, spool: team.spool * MiB },
  };
}

/** Makes what sinks are added to and removed from. `node`: this node's name in the API. */
export function openAlertSinks(
  settings: Settings,
  { namespace, node, log }: { readonly namespace: string; readonly node: string; readonly log: Log },
): AlertSinks {
  const format = alertFormat(settings);
  return new AlertSinks({
    operatorNamespace: namespace,
    // Of two agents of one node, one for audit events, only the node's own sends test messages.
    node: settings.sources.syscall.enabled ? node : "",
    surroundings: {
      stdout: { stream: process.stdout, regularFile: fstatSync(1).isFile() },
      openDatagram: openUnixDatagram,
      logFolder: settings.alert_sinks.log_folder,
      http: {
        trust: new Trust({ ...defaultTls, extraCa: extraCaOf(settings, process.env) }),
        proxy: proxyOfSettings(settings, process.env),
      },
      clock: systemClock,
      form: settings.json_output ? "json" : "text",
    },
    render: (alert, form) => (form === "json" ? alertJson(alert, format) : alertText(alert, format)),
    limits: limitsOf(settings),
    spool:
      settings.alert_sinks.spool === 0 ? undefined : { folder: join(settings.cluster.state_folder, "sinks") },
    team: settings.alert_sinks.team,
    random: Math.random,
    clock: systemClock,
    report: (level, cause, message) => log(level, message, cause),
  });
}
