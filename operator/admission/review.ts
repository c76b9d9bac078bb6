/** What an API server asks of an admission webhook (admission.k8s.io/v1), and what it is answered. */

/** A request as far as we look at it. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: string;
  readonly operation: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: StoredObject;
  /** What it takes the place of; undefined where it is new. */
  readonly oldObject: StoredObject | undefined;
  /** As whom the client writes fields; "" where it does not say. */
  readonly fieldManager: string;
}

export interface StoredObject {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** What we say to it. */
export interface Verdict {
  /** Why it is refused, for people; undefined where it is allowed. */
  readonly refusal?: string;
  /** Shown by kubectl whether or not it is allowed. */
  readonly warnings: readonly string[];
}

/** The body is no review that we can answer. */
export class BadReview extends Error {
  override readonly name = "BadReview";
}

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown) => (typeof value === "string" ? value : "");

/** Reads a review. @throws BadReview */
export function readReview(body: string): AdmissionRequest {
  let review: unknown;
  try {
    review = JSON.parse(body);
  } catch {
    throw new BadReview("the body is no JSON");
  }
  const request = isObject(review) ? review["request"] : undefined;
  if (!isObject(request) || text(request["uid"]) === "")
    throw new BadReview("the body is no AdmissionReview");
  const { kind, object, oldObject, options } = request;
  return {
    uid: text(request["uid"]),
    kind: isObject(kind) ? text(kind["kind"]) : "",
    operation: text(request["operation"]),
    namespace: text(request["namespace"]),
    name: text(request["name"]),
    object: isObject(object) ? object : {},
    oldObject: isObject(oldObject) ? oldObject : undefined,
    fieldManager: isObject(options) ? text(options["fieldManager"]) : "",
  };
}

/** The review that answers a request. */
export function answerTo({ uid }: Pick<AdmissionRequest, "uid">, { refusal, warnings }: Verdict): object {
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: {
      uid,
      allowed: refusal === undefined,
      ...(refusal === undefined
        ? {}
        : { status: { status: "Failure", code: 400, reason: "BadRequest", message: refusal } }),
      ...(warnings.length === 0 ? {} : { warnings }),
    },
  };
}
