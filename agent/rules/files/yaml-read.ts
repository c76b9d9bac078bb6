/** Reads YAML the way yaml-cpp does (rules-files 1), through the yaml package, which is stricter in places. */
import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  Parser,
  Scalar,
  type CST,
  type Document,
  type Node,
  type ParsedNode,
  type YAMLParseError,
} from "yaml";
import { indentFlows } from "./flow-indent.ts";
import type { ScalarStyle } from "./scalar-offsets.ts";
import { placeIn, type FilePlace, type SourceText } from "./source-text.ts";
import { YamlScalar, type YamlEntry, type YamlNode } from "./yaml-tree.ts";

/** A syntax error; the message is without place. */
export interface YamlProblem {
  readonly message: string;
  readonly place: FilePlace;
}

export type YamlLaxness = "comment" | "indent" | "duplicate-key" | "merge-key";

/** Something that stricter parsers refuse and rules files rely on. */
export interface YamlRemark {
  readonly laxness: YamlLaxness;
  readonly message: string;
  readonly place: FilePlace;
}

export interface YamlRead {
  /** Roots of the documents that are not empty; none where there are problems. */
  readonly documents: readonly YamlNode[];
  readonly problems: readonly YamlProblem[];
  readonly remarks: readonly YamlRemark[];
}

/** Aliases one text may have: far more than people write, far fewer than would cost time. */
export const maxAliases = 10_000;

const styles: Readonly<Record<string, ScalarStyle>> = {
  [Scalar.PLAIN]: "plain",
  [Scalar.QUOTE_SINGLE]: "single",
  [Scalar.QUOTE_DOUBLE]: "double",
  [Scalar.BLOCK_LITERAL]: "literal",
  [Scalar.BLOCK_FOLDED]: "folded",
};

const isGluedComment = (error: YAMLParseError) =>
  error.code === "MISSING_CHAR" && error.message.startsWith("Comments must be separated");

/** Parse errors that stand for themselves; others after the first are mostly echoes of it. */
const independent = new Set(["BAD_SCALAR_START", "BLOCK_AS_IMPLICIT_KEY", "TAB_AS_INDENT", "BAD_DQ_ESCAPE"]);

const explanations: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: "illegal map value: a second `: ` on one line; quote the value if it is text",
  TAB_AS_INDENT: "tabs are not allowed as indentation",
  BAD_SCALAR_START: "a plain value cannot start with this character; quote the value",
};

/** The package quotes what it did not understand, however long that is. */
const maxMessage = 200;

/** Says in plain words what is wrong. */
function explain(error: YAMLParseError, text: string): string {
  const start = text.lastIndexOf("\n", error.pos[0] - 1) + 1;
  if (/^ *\t/.test(text.slice(start, error.pos[0] + 1))) return "tabs are not allowed as indentation";
  const known = explanations[error.code];
  if (known !== undefined) return known;
  if (error.code === "MISSING_CHAR" && error.message.startsWith("Missing closing"))
    return `a quote that is never closed`;
  return error.message.slice(0, maxMessage);
}

/** Turns the package's nodes into ours; anchors are shared, never copied. */
class Converter {
  readonly problems: YamlProblem[] = [];
  readonly remarks: YamlRemark[] = [];
  readonly #source: SourceText;
  #anchors = new Map<string, YamlNode>();
  #aliases = 0;

  constructor(source: SourceText) {
    this.#source = source;
  }

  document(document: Document.Parsed): YamlNode {
    this.#anchors = new Map();
    return this.#node(document.contents);
  }

  #node(node: ParsedNode | Node | null | undefined): YamlNode {
    const [at = 0, valueEnd = 0] = node?.range ?? [];
    if (isAlias(node)) return this.#alias(node.source, at, valueEnd);
    const converted = this.#own(node, at, valueEnd);
    const anchor = (node as { anchor?: string } | null | undefined)?.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, converted);
    return converted;
  }

  #own(node: Node | null | undefined, at: number, end: number): YamlNode {
    const source = this.#source;
    if (isSeq(node))
      return { kind: "sequence", source, at, end, items: node.items.map((item) => this.#node(item as Node)) };
    if (isMap(node)) {
      const entries: YamlEntry[] = [];
      for (const pair of node.items)
        this.#entry(entries, pair.key as Node | null, pair.value as Node | null, end);
      return { kind: "mapping", source, at, end, entries };
    }
    if (isScalar(node)) {
      const text = typeof node.value === "string" ? node.value : (node.source ?? "");
      return new YamlScalar(source, at, end, text, styles[node.type ?? ""] ?? "plain");
    }
    return new YamlScalar(source, at, at, "", "plain");
  }

  #entry(entries: YamlEntry[], keyNode: Node | null, valueNode: Node | null, end: number): void {
    const converted = this.#node(keyNode);
    const key =
      converted.kind === "scalar"
        ? converted
        : new YamlScalar(this.#source, converted.at, converted.end, this.#sourceText(converted), "plain");
    let value = this.#node(valueNode);
    if (valueNode === null)
      value = new YamlScalar(this.#source, Math.min(key.end, end), key.end, "", "plain");
    const place = placeIn(this.#source, key.at, key.end);
    const first = entries.find((each) => each.key.text === key.text);
    if (first !== undefined) {
      const message = `key '${key.text}' is given twice: the first one counts`;
      this.remarks.push({ laxness: "duplicate-key", message, place });
      return;
    }
    if (key.text === "<<" && key.style === "plain")
      this.remarks.push({
        laxness: "merge-key",
        message: "merge keys are not followed: the keys of the base are left out",
        place,
      });
    entries.push({ key, value });
  }

  #sourceText(node: YamlNode): string {
    return this.#source.text.slice(node.at, node.end).trim().slice(0, 80);
  }

  #alias(name: string, at: number, end: number): YamlNode {
    const place = placeIn(this.#source, at, end);
    this.#aliases++;
    if (this.#aliases === maxAliases + 1)
      this.problems.push({ message: `more than ${maxAliases} aliases in one text`, place });
    const target = this.#anchors.get(name);
    if (target !== undefined) return target;
    this.problems.push({ message: `the anchor '${name}' is not defined before this place`, place });
    return new YamlScalar(this.#source, at, end, "", "plain");
  }
}

interface Parsed {
  readonly documents: readonly Document.Parsed[];
  readonly errors: readonly YAMLParseError[];
}

/** Levels collections may be nested in: far more than people write, far from what recursion can bear. */
const maxNesting = 200;

/** Collections are nested deeper than maxNesting. */
class TooDeep extends Error {
  override readonly name = "TooDeep";
  readonly at: number;

  constructor(at: number) {
    super("collections are nested too deeply");
    this.at = at;
  }
}

/** Tokens of all documents. The parser keeps its own stack, what comes after it recurses: so depth is judged here. */
function* tokens(text: string): Generator<CST.Token> {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > maxNesting) throw new TooDeep(parser.offset);
  }
  yield* parser.end();
}

function parse(text: string): Parsed {
  const composer = new Composer({
    schema: "failsafe",
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const documents = [...composer.compose(tokens(text))];
  return {
    documents,
    errors: [...composer.streamInfo().errors, ...documents.flatMap(({ errors }) => errors)],
  };
}

const hardErrors = (parsed: Parsed) => parsed.errors.filter((error) => !isGluedComment(error));

/** The first error, and those after it that are no echo of it; at most ten. */
function problemsOf(errors: readonly YAMLParseError[], source: SourceText): YamlProblem[] {
  return errors
    .filter((error, index) => index === 0 || independent.has(error.code))
    .slice(0, 10)
    .map((error) => ({
      message: explain(error, source.text),
      place: placeIn(
        source,
        error.pos[0],
        Math.max(error.pos[0] + 1, Math.min(error.pos[1], source.text.length)),
      ),
    }));
}

function readDocuments(source: SourceText): YamlRead {
  let text = source;
  let parsed = parse(source.text);
  const remarks: YamlRemark[] = [];
  if (hardErrors(parsed).some((error) => error.code === "BAD_INDENT")) {
    const patched = indentFlows(source);
    const again = patched === undefined ? undefined : parse(patched.text.text);
    if (
      patched !== undefined &&
      again !== undefined &&
      hardErrors(again).length < hardErrors(parsed).length
    ) {
      text = patched.text;
      parsed = again;
      for (const at of patched.places.slice(0, 1))
        remarks.push({
          laxness: "indent",
          message:
            "lines of this list stand further left than its key; indent them, other YAML parsers refuse this",
          place: { file: source.file, at, end: at + 1 },
        });
    }
  }
  for (const error of parsed.errors)
    if (isGluedComment(error))
      remarks.push({
        laxness: "comment",
        message: "a comment needs a blank before its #; other YAML parsers refuse this",
        place: placeIn(text, error.pos[0], error.pos[0] + 1),
      });
  const hard = hardErrors(parsed);
  if (hard.length > 0) return { documents: [], problems: problemsOf(hard, text), remarks };
  const converter = new Converter(text);
  const roots = parsed.documents.map((document) => converter.document(document));
  return {
    documents:
      converter.problems.length > 0 ? [] : roots.filter((root) => root.kind !== "scalar" || !root.isNull),
    problems: converter.problems,
    remarks: [...remarks, ...converter.remarks],
  };
}

/** Reads all documents of a text. Never throws: what cannot be read is a problem. */
export function readYaml(source: SourceText): YamlRead {
  try {
    return readDocuments(source);
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    const place = placeIn(source, error.at, error.at + 1);
    return { documents: [], problems: [{ message: error.message, place }], remarks: [] };
  }
}
