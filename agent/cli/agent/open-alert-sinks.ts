/** What runs the AlertSinks of a cluster, from the settings. */
import { fstatSync } from "node:fs";
import { join } from "node:path";
import { openUnixDatagram } from "../../capture/unix-datagram.ts";
import { alertJson, alertText } from "../../engine/render.ts";
import { systemClock } from "../../sinks/clock.ts";
import { AlertSinks } from "../../sinks/objects/alert-sinks.ts";
import { defaultTls, Trust } from "../../sinks/trust.ts";
import type { Log } from "../log.ts";
import { proxyOfSettings } from "../outputs.ts";
import type { Settings } from "../settings/schema.ts";
import { alertFormat } from "./from-settings.ts";

/** What one sink may keep: a team's less, so that teams do not fill each other's memory and disk. */
const limits = {
  operator: { capacity: 10_000, characters: 16 << 20, spool: 64 << 20 },
  team: { capacity: 1_000, characters: 1 << 20, spool: 8 << 20 },
};

/** Alerts a second, and at once, of all sinks of one team. */
const team = { rate: 50, burst: 500 };

/** Where files of the operator's sinks are. */
const logFolder = "/var/log/tiercel";

/** Makes what sinks are added to and removed from. `node`: this node's name in the API. */
export function openAlertSinks(
  settings: Settings,
  { namespace, node, log }: { readonly namespace: string; readonly node: string; readonly log: Log },
): AlertSinks {
  const format = alertFormat(settings);
  return new AlertSinks({
    operatorNamespace: namespace,
    node,
    surroundings: {
      stdout: { stream: process.stdout, regularFile: fstatSync(1).isFile() },
      openDatagram: openUnixDatagram,
      logFolder,
      http: {
        trust: new Trust({ ...defaultTls, extraCa: settings.network.extra_ca }),
        proxy: proxyOfSettings(settings, process.env),
      },
      clock: systemClock,
      form: settings.json_output ? "json" : "text",
    },
    render: (alert, form) => (form === "json" ? alertJson(alert, format) : alertText(alert, format)),
    limits,
    spool: { folder: join(settings.cluster.state_folder, "spool") },
    team,
    random: Math.random,
    clock: systemClock,
    report: (level, cause, message) => log(level, message, cause),
  });
}
