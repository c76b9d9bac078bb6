/** Text of an `output:` → tokens and the fields that become keys of output_fields (outputs.md 1). */
import type { FieldUse, SourceCatalogue } from "../catalogue.ts";
import type { FieldNode, TransformerNode } from "../condition/ast.ts";
import { ConditionError } from "../condition/error.ts";
import { resolveOperand } from "../condition/operand.ts";
import type { ResolvedOperand } from "../condition/operand.ts";
import { parseFieldAt, parseOperand, parseTransformerAt } from "../condition/parser.ts";
import type { OutputPlan, OutputToken } from "../plan.ts";
import { OutputError } from "./error.ts";

/** Tokens of a template, and its fields, each once, in text order. */
export type OutputTemplate = Pick<OutputPlan, "tokens" | "fields">;

/**
 * Reads a template. After `%` and an optional width stands the longest text that is a field or transformer call; what
 * follows it is literal. A `*` in front means "print even if a field is missing", which is always so.
 * @throws OutputError at a `%` that is none, at the end or in front of no field, the rest of them in its `others`; for an
 * empty template.
 */
export function parseOutput(text: string, source: SourceCatalogue): OutputTemplate {
  const start = text.startsWith("*") ? 1 : 0;
  if (text.length === start) throw new OutputError("empty formatting token", 0, text.length);
  const tokens: OutputToken[] = [];
  const fields = new Map<string, FieldUse>();
  const errors: OutputError[] = [];
  let at = start;
  while (at < text.length) {
    const percent = text.indexOf("%", at);
    const literal = text.slice(at, percent < 0 ? text.length : percent);
    if (literal !== "") tokens.push({ kind: "text", text: literal });
    if (percent < 0) break;
    const token = readToken(text, percent, source);
    if (token instanceof OutputError) errors.push(token);
    else {
      const { resolved, width } = token;
      tokens.push({ kind: "value", operand: resolved.operand, ...(width !== undefined && { width }) });
      for (const use of resolved.uses) if (!fields.has(use.text)) fields.set(use.text, use);
    }
    at = token.end;
  }
  const [first, ...others] = errors;
  if (first !== undefined) {
    first.others = others;
    throw first;
  }
  return { tokens, fields: [...fields.values()] };
}

/**
 * A field that stands alone, as an extra_field of append_output does.
 * @throws OutputError where the text is none.
 */
export function parseOutputField(text: string, source: SourceCatalogue): FieldUse {
  try {
    const resolved = resolveOperand(parseOperand(text), source);
    if (resolved.operand.kind === "field") return resolved.operand.field;
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    throw new OutputError(`unknown filter: ${error.message}`, error.at, error.end, error);
  }
  throw new OutputError("unknown filter: a plain field is needed here", 0, text.length);
}

/**
 * Takes the deprecated `%container.info` out of a template, before parseOutput; the blank before it stays. `removed` is
 * the number of them.
 */
export function withoutContainerInfo(text: string): { readonly text: string; readonly removed: number } {
  const parts = text.split("%container.info");
  return { text: parts.join(""), removed: parts.length - 1 };
}

/** Names of deprecated fields that occur in a template, as Falco looks for them: anywhere in its text. */
export function deprecatedInOutput(text: string, source: SourceCatalogue): readonly string[] {
  return source.fields
    .filter((field) => field.deprecated && text.includes(field.name))
    .map((field) => field.name);
}

/** Widths beyond this pad an alert to no purpose. */
const maxWidth = 4096;

interface Token {
  readonly resolved: ResolvedOperand;
  readonly width: number | undefined;
  readonly end: number;
}

/** The token that begins at a `%`, or why none does; reading goes on at its end either way. */
function readToken(text: string, percent: number, source: SourceCatalogue): Token | OutputError {
  const digits = /^[0-9]*/.exec(text.slice(percent + 1, percent + 12))![0];
  const at = percent + 1 + digits.length;
  const width = Number(digits) === 0 ? undefined : Math.min(Number(digits), maxWidth);
  if (at >= text.length)
    return new OutputError(
      "invalid formatting syntax: formatting cannot end with a %",
      percent,
      text.length,
      {
        hint: "a percent sign always begins a field and cannot be printed",
      },
    );
  const problems: ConditionError[] = [];
  for (const node of candidates(text, at, problems)) {
    try {
      return { resolved: resolveOperand(node, source), width, end: node.end };
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      problems.push(error);
    }
  }
  return unknownToken(text, percent, at, problems[0]);
}

/** What may begin at `at`, longest first. */
function* candidates(
  text: string,
  at: number,
  problems: ConditionError[],
): Generator<FieldNode | TransformerNode> {
  const call = attempt(() => parseTransformerAt(text, at), problems);
  if (call !== undefined) {
    yield call;
    if (call.argument !== undefined) {
      const { kind, name, args } = call;
      yield { kind, name, args, at, end: text.lastIndexOf("[", call.end) };
    }
  }
  const name = /^[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z][a-zA-Z0-9_]*)+/.exec(
    text.slice(at, at + maxNameLength),
  )?.[0];
  if (name === undefined) return;
  const field = attempt(() => parseFieldAt(text, at), problems);
  if (field?.argument !== undefined) yield field;
  const dot = name.indexOf(".");
  for (let length = name.length; length > dot + 1; length--) {
    const shorter = name.slice(0, length);
    if (!shorter.endsWith(".")) yield { kind: "field", name: shorter, at, end: at + length };
  }
}

/** No field is that long; a bound on what is tried where a template is not one. */
const maxNameLength = 256;

function attempt<Result>(parse: () => Result, problems: ConditionError[]): Result | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    problems.push(error);
    return undefined;
  }
}

function unknownToken(
  text: string,
  percent: number,
  at: number,
  problem: ConditionError | undefined,
): OutputError {
  const word = /^[^\s%()]*/.exec(text.slice(at, at + maxNameLength))![0];
  const end = Math.max(problem?.end ?? 0, at + word.length);
  if (problem === undefined) {
    const hint =
      word === "" || text.charAt(at) === "%"
        ? "a percent sign always begins a field and cannot be printed"
        : undefined;
    return new OutputError(`unknown filter: no field begins at '%${word}'`, percent, end, {
      hint: text.charAt(at) === "*" ? "'*' stands only at the very beginning of an output" : hint,
    });
  }
  return new OutputError(`unknown filter: ${problem.message}`, percent, end, problem);
}
