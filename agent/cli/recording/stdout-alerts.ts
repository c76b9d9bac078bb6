/** Alerts of a recording and of a replay go to standard output alone: nobody is called for what is tried out. */
import { fstatSync } from "node:fs";
import { openUnixDatagram } from "../../capture/unix-datagram.ts";
import { alertJson, alertText } from "../../engine/render.ts";
import { systemClock } from "../../sinks/clock.ts";
import type { Outputs } from "../../sinks/outputs.ts";
import { alertFormat } from "../agent/from-settings.ts";
import type { Log } from "../log.ts";
import { makeOutputs } from "../outputs.ts";
import type { Settings } from "../settings/schema.ts";

/** Standard output as the agent writes it, and no other output. */
export async function openStdout(settings: Settings, log: Log): Promise<Outputs> {
  const format = alertFormat(settings);
  const alone: Settings = {
    ...settings,
    stdout_output: { ...settings.stdout_output, enabled: true },
    file_output: { ...settings.file_output, enabled: false },
    syslog_output: { ...settings.syslog_output, enabled: false },
    program_output: { ...settings.program_output, enabled: false },
    http_output: { ...settings.http_output, enabled: false },
    slack_output: { ...settings.slack_output, enabled: false },
  };
  const outputs = makeOutputs(alone, {
    render: (alert) => (settings.json_output ? alertJson(alert, format) : alertText(alert, format)),
    log,
    clock: systemClock,
    random: Math.random,
    workingFolder: process.cwd(),
    stdout: { stream: process.stdout, regularFile: fstatSync(1).isFile() },
    openDatagram: openUnixDatagram,
    environment: process.env,
  });
  await outputs.open();
  return outputs;
}
