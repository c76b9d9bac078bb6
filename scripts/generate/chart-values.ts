/**
 * Schema and page of the chart's values, from the comments and defaults in charts/tiercel/values.yaml, which is their source.
 * A comment is the description; a line `# @schema {…}` in it adds what the default does not say.
 */
import { readFileSync } from "node:fs";
import { isMap, isScalar, parseDocument, type Node, type Pair, type Scalar } from "yaml";

/** What is known of one value. */
interface Value {
  /** Keys from the top. */
  readonly path: readonly string[];
  readonly description: string;
  readonly value: unknown;
  /** What the comment says of its form. */
  readonly said: Readonly<Record<string, unknown>>;
  readonly below: readonly Value[];
}

const place = "charts/tiercel/values.yaml";
const mark = "@schema ";

function commentLines(comment: string): { readonly words: string[]; readonly said: Value["said"] } {
  // What stands before an empty line is about the file or the part.
  const lines = (comment.split(/\n\s*\n/).at(-1) ?? "").split("\n").map((line) => line.trim());
  const said = lines
    .filter((line) => line.startsWith(mark))
    .map((line) => JSON.parse(line.slice(mark.length)) as object);
  return {
    words: lines.filter((line) => line !== "" && !line.startsWith(mark)),
    said: Object.assign({}, ...said) as Value["said"],
  };
}

/** @throws Error for a value without a comment */
function valuesOf(node: Node, path: readonly string[], leading: string): Value[] {
  if (!isMap(node)) return [];
  return (node.items as Pair<Scalar<string>, Node>[]).map(({ key, value }, index) => {
    const here = [...path, key.value];
    // The comment of a map's first key belongs to the map for the parser.
    const comment = key.commentBefore ?? (index === 0 ? leading : "");
    const { words, said } = commentLines(comment);
    if (words.length === 0) throw new Error(`${place}: ${here.join(".")} has no comment`);
    return {
      path: here,
      description: words.join(" "),
      value: value?.toJSON() as unknown,
      said,
      // What is open is the reader's: keys below it are examples.
      below:
        value === null || "additionalProperties" in said
          ? []
          : valuesOf(value, here, value.commentBefore ?? ""),
    };
  });
}

function readValues(): Value[] {
  const document = parseDocument(readFileSync(place, "utf8"));
  if (document.contents === null || isScalar(document.contents)) throw new Error(`${place}: no values`);
  return valuesOf(document.contents, [], document.contents.commentBefore ?? document.commentBefore ?? "");
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (Number.isInteger(value)) return "integer";
  return typeof value;
}

function schemaOf({ description, value, said, below }: Value): object {
  const type = typeOf(value);
  const open = type === "object" && "additionalProperties" in said;
  return {
    description,
    type,
    ...(type === "object" && !open && { additionalProperties: false }),
    ...(below.length > 0 && { properties: properties(below) }),
    ...said,
  };
}

const properties = (values: readonly Value[]): Readonly<Record<string, object>> =>
  Object.fromEntries(values.map((one) => [one.path.at(-1)!, schemaOf(one)]));

/** values.schema.json: what is not known is refused. */
export function valuesSchema(): string {
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Values of the Tiercel chart",
    description: "Made by scripts/generate/chart-values.ts from values.yaml. Do not edit.",
    type: "object",
    additionalProperties: false,
    definitions: {
      selection: {
        description: "Which rules: by name or by tag.",
        type: "object",
        properties: { rule: { type: "string" }, tag: { type: "string" } },
        additionalProperties: false,
        minProperties: 1,
        maxProperties: 1,
      },
    },
    properties: {
      ...properties(readValues()),
      global: { description: "What Helm hands to charts within charts; not read.", type: "object" },
    },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function rows(values: readonly Value[]): string[] {
  return values.flatMap(({ path, description, value, below }) => {
    if (below.length > 0) return rows(below);
    const text = (words: string) => words.replaceAll("|", "\\|");
    return [`| \`${path.join(".")}\` | ${text(description)} | \`${text(JSON.stringify(value))}\` |`];
  });
}

/** The page of the chart: what stands in page.md, and a table of all values. */
export function valuesPage(): string {
  const text = readFileSync("charts/tiercel/page.md", "utf8");
  return `<!-- Made by scripts/generate/chart-values.ts from page.md and values.yaml. Do not edit. -->

${text.trimEnd()}

## Values

| value | what it is | default |
| --- | --- | --- |
${rows(readValues()).join("\n")}
`;
}
