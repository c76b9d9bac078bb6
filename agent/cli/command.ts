/** What a command of `tiercel` is, and how its options are read: the habits of kubectl and helm. */
import { parseArgs } from "node:util";
import { didYouMean } from "./suggest.ts";

/** Exit codes of every command (design.md 1). */
export const exitCodes = { fine: 0, failed: 1, usage: 2 } as const;

/** One option of a command. A `string` option takes a value, `--name VALUE` or `--name=VALUE`. */
export interface OptionRow {
  readonly type: "string" | "boolean";
  /** One letter: `-o`. */
  readonly short?: string;
  /** May be given more than once; its values are then a list. */
  readonly multiple?: boolean;
  /** The only values it takes; anything else is a usage error. */
  readonly values?: readonly string[];
}

export type Options = Readonly<Record<string, OptionRow>>;

/** One command, one file: agent/cli/NAME.ts exports it as `command`. What is heavy is imported inside `run`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints: usage, what it does, options, examples. */
  readonly help: string;
  /** For shell completion; what `run` reads with `readOptions`. */
  readonly options?: Options;
  /** The command writes to stdout by itself and handles its errors (a closed pipe among them). */
  readonly ownsStdout?: boolean;
  /**
   * Runs it with the words behind its name and gives the exit code. `all` are all commands, for completion.
   * @throws UsageError for what the user typed wrongly; main prints it and exits 2.
   */
  run(args: string[], all: Commands): Promise<number>;
}

/** How to get each command, by name, in the order of the help. */
export type Commands = Readonly<Record<string, () => Promise<{ readonly command: Command }>>>;

/** The user typed something a command does not understand. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

type Value<O extends OptionRow> = O["type"] extends "boolean"
  ? boolean
  : O["multiple"] extends true
    ? readonly string[]
    : string;

export interface Read<O extends Options> {
  /** Options given; a `multiple` one is there with all its values in order. */
  readonly values: { readonly [K in keyof O]?: Value<O[K]> };
  /** The other words, everything behind `--` among them. */
  readonly operands: readonly string[];
}

/**
 * Reads a command's options.
 * @throws UsageError for an unknown option (with the nearest known one), a missing or superfluous value, a value that is
 * none of the allowed ones.
 */
export function readOptions<const O extends Options>(args: readonly string[], options: O): Read<O> {
  const config: Record<string, { type: "string" | "boolean"; short?: string; multiple: boolean }> = {};
  for (const [name, row] of Object.entries<OptionRow>(options))
    config[name] = { type: row.type, multiple: true, ...(row.short && { short: row.short }) };
  const { tokens } = parseArgs({
    args: [...args],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string | boolean | string[]> = {};
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const row = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (row === undefined) throw unknownOption(token.rawName, options);
    values[token.name] = readValue(token.name, token.rawName, token.value, row, values[token.name]);
  }
  return { values: values as Read<O>["values"], operands };
}

function readValue(
  name: string,
  rawName: string,
  value: string | undefined,
  row: OptionRow,
  before: string | boolean | string[] | undefined,
): string | boolean | string[] {
  if (row.type === "boolean") {
    if (value !== undefined) throw new UsageError(`option ${rawName} takes no value`);
    return true;
  }
  if (value === undefined) throw new UsageError(`option ${rawName} needs a value`);
  if (row.values !== undefined && !row.values.includes(value))
    throw new UsageError(
      `--${name} ${value}: it must be ${row.values.join(" or ")}${didYouMean(value, row.values)}`,
    );
  if (row.multiple !== true) return value;
  return [...(Array.isArray(before) ? before : []), value];
}

function unknownOption(rawName: string, options: Options): UsageError {
  const known = ["help", ...Object.keys(options)].map((name) => `--${name}`);
  return new UsageError(`unknown option ${rawName}${didYouMean(rawName, known)}`);
}

/** Whether text for `stream` may be coloured: a terminal, and no NO_COLOR (https://no-color.org). */
export function mayColour(
  stream: { readonly isTTY?: boolean },
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  const off = environment["NO_COLOR"];
  return stream.isTTY === true && (off === undefined || off === "") && environment["TERM"] !== "dumb";
}
