/** Why the API server did not give what was asked for, sorted by what to do about it. */

export type FaultKind =
  /** 410: the version or page asked for is no longer kept (or not yet there). List anew. */
  | "gone"
  /** 401: read the token anew. */
  | "unauthorized"
  /** 403, or a kind that is not served (404, 405, 406): only people can mend it. Ask seldom. */
  | "forbidden"
  /** Any other 4xx: what we asked is wrong for this server. Ask seldom. */
  | "refused"
  /** 429. */
  | "throttled"
  /** 5xx, and 403 of a server that has not read its roles yet. */
  | "server"
  /** No answer: connecting, TLS, a cut. */
  | "network"
  /** Nothing came for too long. */
  | "timeout"
  /** What came is not what an API server says. */
  | "nonsense";

export class ApiFault extends Error {
  override readonly name = "ApiFault";
  readonly kind: FaultKind;
  /** HTTP status; 0 where there was none. */
  readonly status: number;
  /** The server's word for it (`NotFound`, `AlreadyExists`, `Conflict`, …); "" where it gave none. */
  readonly reason: string;
  /** Milliseconds that the server asks us to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    kind: FaultKind,
    message: string,
    more: { status?: number; reason?: string; retryAfter?: number } = {},
  ) {
    super(message);
    this.kind = kind;
    this.status = more.status ?? 0;
    this.reason = more.reason ?? "";
    this.retryAfter = more.retryAfter;
  }
}

/** Characters of a server's words that a message may hold. */
const messageLength = 300;

const kinds: Readonly<Record<number, FaultKind>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "forbidden",
  405: "forbidden",
  406: "forbidden",
  408: "timeout",
  410: "gone",
  429: "throttled",
};

/** The fields of a `Status` object (meta/v1) that matter; anything else gives an empty one. */
interface Status {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: { readonly retryAfterSeconds?: unknown; readonly causes?: unknown };
}

/**
 * What an answer other than 2xx means, or an ERROR event of a watch (whose HTTP status is 200, so its own code counts).
 * `body` is the parsed answer, or its text.
 */
export function statusFault(httpStatus: number, body: unknown, retryAfter?: number): ApiFault {
  const said: Status = typeof body === "object" && body !== null ? body : {};
  const status = typeof said.code === "number" && said.code >= 400 ? said.code : httpStatus;
  const usual = kinds[status] ?? (status >= 500 ? "server" : "refused");
  const kind = tooNew(said) ? "gone" : rolesUnread(status, said) ? "server" : usual;
  const seconds = said.details?.retryAfterSeconds;
  const wait = retryAfter ?? (typeof seconds === "number" && seconds > 0 ? seconds * 1000 : undefined);
  const text = oneLine(
    typeof said.message === "string" ? said.message : typeof body === "string" ? body : "",
  );
  return new ApiFault(kind, text === "" ? `HTTP ${status}` : `HTTP ${status}: ${text}`, {
    status,
    ...(typeof said.reason === "string" && { reason: oneLine(said.reason) }),
    ...(wait !== undefined && { retryAfter: wait }),
  });
}

/**
 * Whether the server refuses a version that lies before it: its storage was put back to an older state. Such a version is
 * as useless as one that is no longer kept.
 */
function tooNew({ details }: Status): boolean {
  const causes: unknown = details?.causes;
  return (
    Array.isArray(causes) &&
    causes.some((cause: { reason?: unknown } | null) => cause?.reason === "ResourceVersionTooLarge")
  );
}

/**
 * Whether the server refuses because it has not read a role that a binding names. It says that it is ready a moment before it
 * has read them all, so after each of its starts everybody is refused for a second or so.
 */
function rolesUnread(status: number, { message }: Status): boolean {
  return status === 403 && typeof message === "string" && /\bRBAC: .*\bnot found\b/s.test(message);
}

/** Any error as a fault. A file that cannot be read or a certificate that cannot be used is one of the network's kind. */
export function asFault(error: unknown): ApiFault {
  if (error instanceof ApiFault) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const text = message === undefined || message === "" ? String(error) : message;
  return new ApiFault(
    "network",
    oneLine(code === undefined || text.includes(code) ? text : `${code}: ${text}`),
  );
}

/** A server's words, fit for one line of the log. */
function oneLine(text: string): string {
  return text
    .slice(0, messageLength * 2)
    .replace(/[\s\x00-\x1f\x7f-\x9f]+/g, " ")
    .trim()
    .slice(0, messageLength);
}
