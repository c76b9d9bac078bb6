/** What is said of one AlertSink, and what agents get of it. Pure. */
import type { Said } from "../../api/condition.ts";
import type { AlertSinkSpec } from "../../api/generated/alertsinks.ts";
import { reasons } from "../../api/reasons.ts";
import { referencesIn, type Reference } from "../../resources/sinks.ts";
import type { SinkView } from "./view.ts";

/** Values of the keys that sinks name, of one Secret; or why there are none. */
export type SecretValues = ReadonlyMap<string, string> | "missing" | "unreadable";

export interface Judged {
  readonly sink: SinkView;
  readonly said: Said;
  /** Values by the path of their field; undefined: agents do not get the sink. */
  readonly values: ReadonlyMap<string, string> | undefined;
}

export interface JudgeContext {
  readonly operatorNamespace: string;
  /** Whether the operator may read Secrets of other namespaces. */
  readonly teamSecrets: boolean;
  /** By `namespace/name`. */
  readonly secrets: (key: string) => SecretValues;
}

/** On the node itself: only agents' own configuration and the operator's namespace may have these. */
const local = ["stdout", "file", "syslog"] as const;

/** Bytes of a value: a URL or a token. */
const longestValue = 8192;

/** What is wrong with each credential that a sink names, as its condition would say it; empty where all are there. */
export function credentialProblems(
  sink: Pick<SinkView, "namespace" | "spec">,
  context: Pick<JudgeContext, "secrets">,
): string[] {
  return referencesIn(sink.spec).flatMap((reference) => {
    const found = valueOf(reference, sink, context);
    return typeof found === "string" ? [] : [found.message];
  });
}

const not = (reason: Said["reason"], message: string): Said => ({ status: "False", reason, message });

/** Judges a sink by itself; plan.ts has the bounds on all of them. */
export function judge(sink: SinkView, context: JudgeContext): Judged {
  const { namespace, spec } = sink;
  const team = namespace !== context.operatorNamespace;
  const kind = local.find((each) => spec[each] !== undefined);
  if (team && kind !== undefined) {
    const message = `spec.${kind}: a sink on the nodes themselves may only be in the operator's namespace ${context.operatorNamespace}`;
    return { sink, said: not(reasons.notAllowed, message), values: undefined };
  }
  const references = referencesIn(spec);
  const [first] = references;
  if (team && first !== undefined && !context.teamSecrets) {
    const message = `spec.${first.path}: the operator may not read Secrets of other namespaces here (setting operator.team_secrets)`;
    return { sink, said: not(reasons.notAllowed, message), values: undefined };
  }
  const values = new Map<string, string>();
  let problem: Said | undefined;
  for (const reference of references) {
    const found = valueOf(reference, sink, context);
    if (typeof found === "string") values.set(reference.path, found);
    else problem ??= found;
  }
  return { sink, said: problem ?? accepted(spec), values };
}

function accepted(spec: AlertSinkSpec): Said {
  const kind = Object.keys(spec).find((key) => key !== "filter" && key !== "group") ?? "";
  return { status: "True", reason: reasons.accepted, message: `agents send alerts by ${kind}` };
}

/** Said of what people can mend while alerts wait. */
const waiting = "; its alerts wait on the nodes until then";

/** The value as agents need it, or what is wrong with it: the value itself is in no message. */
function valueOf(
  { path, secret, key }: Reference,
  { namespace }: Pick<SinkView, "namespace">,
  { secrets }: Pick<JudgeContext, "secrets">,
): string | Said {
  const values = secrets(`${namespace}/${secret}`);
  if (values === "missing")
    return not(reasons.secretNotFound, `spec.${path}: there is no Secret ${namespace}/${secret}${waiting}`);
  if (values === "unreadable")
    return not(
      reasons.secretNotFound,
      `spec.${path}: the operator may not read the Secret ${namespace}/${secret}${waiting}`,
    );
  const value = values.get(key)?.trim();
  const place = `spec.${path}: key ${key} of Secret ${namespace}/${secret}`;
  if (value === undefined)
    return not(
      reasons.keyNotFound,
      `spec.${path}: Secret ${namespace}/${secret} has no key ${key}${waiting}`,
    );
  const wrong = wrongWith(path, value);
  return wrong === undefined ? value : not(reasons.invalid, `${place} ${wrong}${waiting}`);
}

function wrongWith(path: string, value: string): string | undefined {
  if (value === "") return "is empty";
  if (Buffer.byteLength(value) > longestValue) return `is longer than ${longestValue} bytes`;
  if (path.endsWith(".valueFrom"))
    return /^[\x20-\x7e]*$/.test(value) ? undefined : "has characters that no header may have";
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url?.protocol === "https:" || url?.protocol === "http:" ? undefined : "is no http or https URL";
}
