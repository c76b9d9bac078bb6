/** How the operator's rooms say something. */

/** Says something; lines with the same `cause` are written once a minute, with a count of those left out. */
export type Log = (
  level: "error" | "warning" | "notice" | "info" | "debug",
  message: string,
  cause?: string,
) => void;
