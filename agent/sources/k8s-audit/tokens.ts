/** Bearer tokens (RFC 6750): which there are, and whether a request shows one. */
import { createHash, timingSafeEqual } from "node:crypto";

/** Shorter ones are guessed. */
const SHORTEST = 16;

const digest = (token: string) => createHash("sha256").update(token).digest();

/** Digests of the tokens of a file, one a line; blank lines and # lines count for nothing. A text: why there are none. */
export function readTokens(text: string): readonly Buffer[] | string {
  const tokens = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (tokens.length === 0) return "it holds no token";
  if (tokens.some((token) => token.length < SHORTEST))
    return `it holds a token of fewer than ${SHORTEST} characters`;
  if (tokens.some((token) => /[^\x21-\x7e]/.test(token)))
    return "it holds a token with blanks or other characters than printable ASCII";
  return tokens.map(digest);
}

/** Whether the header Authorization shows one of the tokens. Takes the same time whichever it is. */
export function isAuthorized(header: string | undefined, tokens: readonly Buffer[]): boolean {
  const shown = digest(/^Bearer +(\S+) *$/i.exec(header ?? "")?.[1] ?? "");
  let found = false;
  for (const token of tokens) found = timingSafeEqual(shown, token) || found;
  return found;
}
