/** Why a connection failed, in words that may be logged. */

/** The code of a system's error (ECONNREFUSED), else that the connection broke. */
export function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "the connection broke";
}
