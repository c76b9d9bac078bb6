/** What is said to a request, by its kind. */
import type { AlertSink, AlertSinkSpec } from "../api/generated/alertsinks.ts";
import { setObjectOf } from "../../agent/rules/set/set-object.ts";
import type { SetObject } from "../../agent/rules/set/rule-set.ts";
import { boundWarnings, cut, refusalOf } from "./bounds.ts";
import { fieldManager } from "../kube/object.ts";
import type { AdmissionRequest, StoredObject, Verdict } from "./review.ts";
import type { RuleReview } from "./rule-reviewer.ts";
import { sinkMistakes } from "./sink-mistakes.ts";

export interface JudgeParts {
  readonly operatorNamespace: string;
  /** Compiles a FalcoRule; undefined where that could not be done now. */
  readonly review: (object: SetObject) => Promise<RuleReview | undefined>;
  /** Whether there is an AlertSink `namespace/name`. */
  readonly hasSink: (key: string) => boolean;
  /** What is wrong with the credentials that an AlertSink of a namespace names; never rejects. */
  readonly credentials: (namespace: string, spec: AlertSinkSpec) => Promise<readonly string[]>;
}

/** Bytes of an object's JSON: etcd takes half as much again, with what the API server adds. */
export const mostBytes = 1 << 20;

const allowed: Verdict = { warnings: [] };
const unchecked: Verdict = {
  warnings: ["not checked now, since the operator is busy; kubectl get falcorules shows what comes of it"],
};

/** An object that is going, or whose spec stays as it is, is nobody's mistake of now: labels must be editable. */
function isOldMatter({ object, oldObject }: AdmissionRequest): boolean {
  if (object.metadata?.deletionTimestamp !== undefined) return true;
  return oldObject !== undefined && JSON.stringify(oldObject.spec) === JSON.stringify(object.spec);
}

/** What to answer. `parts` does what takes time; it never rejects. */
export async function judge(request: AdmissionRequest, parts: JudgeParts): Promise<Verdict> {
  if (isOldMatter(request)) return allowed;
  if (request.kind === "FalcoRule") return asOperator(request, parts, await judgeRule(request, parts));
  if (request.kind === "AlertSink") return judgeSink(request, parts);
  return allowed;
}

/**
 * What the operator makes of files in the chart's values is let in with its mistakes: nobody sees a refusal that the operator
 * gets, while the object's status is where people look. The last good version stays in force as for any other object.
 */
function asOperator(
  { namespace, fieldManager: manager }: AdmissionRequest,
  { operatorNamespace }: JudgeParts,
  verdict: Verdict,
): Verdict {
  if (namespace !== operatorNamespace || manager !== fieldManager) return verdict;
  return { warnings: verdict.warnings };
}

function sizeMistake(object: StoredObject): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(object.spec ?? {}));
  if (bytes <= mostBytes) return undefined;
  const megabytes = (bytes / mostBytes).toFixed(1);
  return `spec: has ${megabytes} MiB, and a FalcoRule may have 1 MiB: split it into several (tiercel convert does)`;
}

/** Sinks that neither namespace has now. */
function missingSinks(
  { sinks = [], namespace }: SetObject,
  { operatorNamespace, hasSink }: JudgeParts,
): string[] {
  const missing = sinks
    .map((name, index) => ({ name, index }))
    .filter(({ name }) => !hasSink(`${namespace}/${name}`) && !hasSink(`${operatorNamespace}/${name}`));
  const places = namespace === operatorNamespace ? namespace : `${namespace} or ${operatorNamespace}`;
  return missing.map(
    ({ name, index }) =>
      `spec.sinks[${index}]: there is no AlertSink ${name} in namespace ${places}; until there is, its alerts do not go there`,
  );
}

async function judgeRule(request: AdmissionRequest, parts: JudgeParts): Promise<Verdict> {
  const tooLarge = sizeMistake(request.object);
  if (tooLarge !== undefined) return { refusal: tooLarge, warnings: [] };
  const { namespace, name, object } = request;
  const metadata = { name: object.metadata?.name ?? name, namespace };
  const rule = setObjectOf({ ...object, metadata });
  const review = await parts.review(rule);
  if (review === undefined) return unchecked;
  const { mistakes, warnings } = review;
  if (mistakes.length > 0)
    return { refusal: refusalOf(mistakes.map((text) => cut(text, 1000))), warnings: boundWarnings(warnings) };
  return { warnings: boundWarnings([...missingSinks(rule, parts), ...warnings]) };
}

async function judgeSink({ namespace, object }: AdmissionRequest, parts: JudgeParts): Promise<Verdict> {
  const spec = (object.spec ?? {}) as AlertSink["spec"];
  const mistakes = sinkMistakes(spec, namespace === parts.operatorNamespace);
  if (mistakes.length > 0) return { refusal: refusalOf(mistakes), warnings: [] };
  return { warnings: boundWarnings(await parts.credentials(namespace, spec)) };
}
