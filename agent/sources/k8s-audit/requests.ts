/** What is said to a request, by its headers alone. Pure. */
import type { IncomingMessage } from "node:http";
import { isAuthorized } from "./tokens.ts";

/** What becomes of requests and connections, as it is counted. */
export const outcomes = [
  "accepted",
  "path",
  "method",
  "unauthorized",
  "content_type",
  "too_large",
  "malformed",
  "busy",
  "client_gone",
  "protocol",
  "handshake",
  "connections",
  "fault",
] as const;
export type Outcome = (typeof outcomes)[number];

export interface Answer {
  readonly outcome: Outcome;
  readonly status: number;
  /** One sentence for the client. */
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const paths = new Set(["/k8s-audit", "/k8s_audit"]);

export const accepted: Answer = { outcome: "accepted", status: 200, text: "" };
/** The API server sends what was refused again, this soon. */
export const busy: Answer = {
  outcome: "busy",
  status: 429,
  text: "too much is waiting for the rules",
  headers: { "Retry-After": "1" },
};
/** At the end of the agent. */
export const closing: Answer = { ...busy, status: 503, text: "the agent is ending" };
export const malformed = (text: string): Answer => ({ outcome: "malformed", status: 400, text });
export const tooLarge = (text: string): Answer => ({ outcome: "too_large", status: 413, text });

/** A fault of ours: the API server shall try again. */
export const fault = (error: unknown): Answer => ({
  outcome: "fault",
  status: 500,
  text: `the body could not be taken: ${error instanceof Error ? error.message : String(error)}`,
});

/** Why a request is refused before its body is looked at; undefined where it is not. */
export function refusal(
  { url = "", method, headers }: Pick<IncomingMessage, "url" | "method" | "headers">,
  tokens: readonly Buffer[] | undefined,
): Answer | undefined {
  if (!paths.has(url.split("?", 1)[0] ?? ""))
    return { outcome: "path", status: 404, text: `audit events go to ${[...paths].join(" or ")}` };
  if (method !== "POST")
    return { outcome: "method", status: 405, text: "audit events are posted", headers: { Allow: "POST" } };
  if (tokens !== undefined && !isAuthorized(headers.authorization, tokens))
    return {
      outcome: "unauthorized",
      status: 401,
      text:
        headers.authorization === undefined
          ? "a bearer token is needed"
          : "the bearer token is none of those in sources.k8s_audit.token_file",
      headers: { "WWW-Authenticate": "Bearer" },
    };
  if (!/application\/json/i.test(headers["content-type"] ?? ""))
    return { outcome: "content_type", status: 400, text: "Content-Type must be application/json" };
  if (!/^(identity)?$/i.test(headers["content-encoding"] ?? ""))
    return { outcome: "content_type", status: 415, text: "the body must not be compressed" };
  return undefined;
}
