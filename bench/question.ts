/** One thing that the bench finds out. */

export interface QuestionContext {
  /** Seconds of one run of a workload. */
  readonly seconds: number;
  readonly pairs: number;
  /** The Node that runs the agent. */
  readonly node: string;
  /** Rules files of the public set; undefined where there are none on this machine. */
  readonly publicRules: string | undefined;
  /** Rules that come with Tiercel. */
  readonly defaultRules: string;
  /** A folder that is removed at the end. */
  readonly folder: string;
  readonly print: (line: string) => void;
}

/** A figure, and what it should be. */
export interface Figure {
  readonly name: string;
  readonly value: string;
  /** "" where there is no aim. */
  readonly aim: string;
  /** Whether the aim is met; undefined without one. */
  readonly met?: boolean;
}

export interface Question {
  readonly name: string;
  readonly asks: string;
  ask(context: QuestionContext): Promise<readonly Figure[]>;
}
