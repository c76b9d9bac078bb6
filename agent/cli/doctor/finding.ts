/** What `tiercel doctor` says about one thing it looked at. */

/** From good to bad. */
export const levels = ["ok", "warning", "failure"] as const;
export type Level = (typeof levels)[number];

/** One finding. Texts are not escaped: what prints them does that. */
export interface Finding {
  /** What was looked at: a name that stays the same between versions. */
  readonly check: string;
  readonly level: Level;
  /** What was found. */
  readonly message: string;
  /** What it costs that it is so; "" where all is well. */
  readonly costs: string;
  /** What to do about it; "" where there is nothing to do. */
  readonly advice: string;
}

/** All is well. */
export const ok = (check: string, message: string): Finding => ({
  check,
  level: "ok",
  message,
  costs: "",
  advice: "",
});

/** The agent runs, but sees or does less. */
export const warning = (check: string, message: string, costs: string, advice: string): Finding => ({
  check,
  level: "warning",
  message,
  costs,
  advice,
});

/** The agent does not start, or sees nothing. */
export const failure = (check: string, message: string, costs: string, advice: string): Finding => ({
  check,
  level: "failure",
  message,
  costs,
  advice,
});
