/** What the settings mean to the parts of the agent. Pure. */
import type { AlertFormat } from "../../engine/render.ts";
import { priorityNames, type Priority } from "../../rules/plan.ts";
import type { AppendOutput, CompileOptions, SelectionStep } from "../../rules/options.ts";
import type { Settings } from "../settings/schema.ts";
import { readListen, type Listen } from "../settings/listen.ts";
import { hasAudit } from "../settings/together.ts";
import type { AuditThreadData } from "./audit-messages.ts";
import type { CaptureThreadData } from "./capture-messages.ts";

type Append = Settings["append_output"][number];

type ExtraField = NonNullable<AppendOutput["extraFields"]>[number];

function extraFields(entry: NonNullable<Append["extra_fields"]>[number]): ExtraField[] {
  if (typeof entry === "string") return [entry];
  return Object.entries(entry).map(([key, format]) => ({ key, format }));
}

function appendOutput({ match, suggested_output, extra_output, extra_fields }: Append): AppendOutput {
  return {
    ...(match && { match }),
    ...(suggested_output !== undefined && { suggestedOutput: suggested_output }),
    ...(extra_output !== undefined && { extraOutput: extra_output }),
    ...(extra_fields && { extraFields: extra_fields.flatMap(extraFields) }),
  };
}

function selection(step: Settings["rules"][number]): SelectionStep[] {
  const { enable, disable } = step;
  return [
    ...(enable ? [{ action: "enable" as const, ...enable }] : []),
    ...(disable ? [{ action: "disable" as const, ...disable }] : []),
  ];
}

/** How rules are compiled. */
export function compileOptions(settings: Settings): CompileOptions {
  return {
    minimumPriority: priorityNames.indexOf(settings.priority) as Priority,
    selection: settings.rules.flatMap(selection),
    appendOutput: settings.append_output.map(appendOutput),
  };
}

/** How alerts are printed. */
export function alertFormat(settings: Settings): AlertFormat {
  return {
    timeFormatIso8601: settings.time_format_iso_8601,
    jsonIncludeOutputProperty: settings.json_include_output_property,
    jsonIncludeMessageProperty: settings.json_include_message_property,
    jsonIncludeOutputFieldsProperty: settings.json_include_output_fields_property,
    jsonIncludeTagsProperty: settings.json_include_tags_property,
  };
}

/** Setting static_fields as fields give them. */
export function staticFields({ static_fields }: Settings): ReadonlyMap<string, string> {
  return new Map(Object.entries(static_fields).map(([name, value]) => [name, byteString(value)]));
}

const byteString = (text: string) => Buffer.from(text, "utf8").toString("latin1");

/** What the capture thread is told, but for what it shares with the main thread. */
export function captureData(
  settings: Settings,
  hostname: string,
): Omit<CaptureThreadData, "taken" | "capacity"> {
  return {
    hostname,
    ringBytes: 2 ** (19 + settings.engine.modern_ebpf.buf_size_preset),
    processes: settings.falco_libs.thread_table_size,
    matching: settings.rule_matching,
    pathViews: settings.path_views,
    rate: settings.alerts,
    staticFields: staticFields(settings),
    base64Buffers: settings.buffer_format_base64,
  };
}

/** Sources that are on, as rules name them. */
export function sourceNames({ sources }: Settings): string[] {
  return [...(sources.syscall.enabled ? ["syscall"] : []), ...(hasAudit(sources) ? ["k8s_audit"] : [])];
}

/** Where audit events are received if nobody says where. */
const AUDIT_PORT = 8765;

/** Where audit events are received, in a pod or outside. */
export function auditListen({ sources }: Settings, pod: boolean): Listen {
  return readListen(sources.k8s_audit.listen) ?? { address: pod ? "0.0.0.0" : "127.0.0.1", port: AUDIT_PORT };
}

/** What the audit thread is told, but for what it shares with the main thread; `pod` is whether the agent runs in one. */
export function auditData(
  settings: Settings,
  hostname: string,
  pod: boolean,
): Omit<AuditThreadData, "taken" | "capacity"> {
  const { tls, token_file } = settings.sources.k8s_audit;
  const given = (path: string) => (path === "" ? undefined : path);
  return {
    hostname,
    ...auditListen(settings, pod),
    files: {
      certificate: given(tls.certificate),
      key: given(tls.key),
      clientCa: given(tls.client_ca),
      tokens: given(token_file),
    },
    matching: settings.rule_matching,
    rate: settings.alerts,
    staticFields: staticFields(settings),
    base64Buffers: settings.buffer_format_base64,
  };
}
