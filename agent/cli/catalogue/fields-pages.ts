/** The catalogue of fields as text for a terminal, as JSON, and as the page docs/fields.md. */
import type { Catalogue, FieldInfo, SourceCatalogue } from "../../rules/catalogue.ts";

/** Fields that people should use: neither hidden nor deprecated. */
function listed(source: SourceCatalogue): readonly FieldInfo[] {
  return source.fields.filter((info) => info.hidden !== true && info.deprecated !== true);
}

/** How the argument is written, in brackets where it may be left out. */
function argumentText({ argument, argumentKind }: FieldInfo): string {
  if (argument === "none" || argumentKind === undefined) return "";
  const forms = { index: "[N]", key: "[KEY]", dot: ".NAME", name: ".NAME or [N]" } as const;
  const form = forms[argumentKind];
  return argument === "required" ? form : `optional ${form}`;
}

function typeText(info: FieldInfo): string {
  return info.list ? `list of ${info.type}` : info.type;
}

/** What a reader must know beside the help: what a field cannot do, and that it is not set. */
function remarks(info: FieldInfo): string[] {
  return [
    ...(info.filterOnly === true ? ["Conditions only."] : []),
    ...(info.printOnly === true ? ["Outputs only."] : []),
    ...(info.neverSet === undefined ? [] : [`Not set: ${info.neverSet}.`]),
  ];
}

const help = (info: FieldInfo) => [info.help, ...remarks(info)].join(" ");

/** A terminal's list: a field a line, columns aligned, one block a source. */
export function fieldsText(sources: readonly SourceCatalogue[]): string {
  return sources
    .map((source) => {
      const rows = listed(source).map((info) => [
        info.name + (argumentText(info) && ` ${argumentText(info)}`),
        typeText(info),
        help(info),
      ]);
      const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
      const lines = rows.map(
        ([name, type, text]) => `${name!.padEnd(widths[0]!)}  ${type!.padEnd(widths[1]!)}  ${text}`,
      );
      return `Source ${source.name}, ${rows.length} fields:\n\n${lines.join("\n")}\n`;
    })
    .join("\n");
}

/** One element a source: `{source, fields: [{name, type, list, argument, argumentKind?, help, example, …}]}`. */
export function fieldsJson(sources: readonly SourceCatalogue[]): string {
  return JSON.stringify(sources.map((source) => ({ source: source.name, fields: listed(source) })));
}

/** Headings of the page, by what a field's name begins with. */
const groups: readonly (readonly [prefixes: readonly string[], title: string])[] = [
  [["evt.", "syscall."], "The event"],
  [["proc."], "The process"],
  [["thread."], "The thread"],
  [["user.", "group."], "User and group"],
  [["fd."], "The descriptor"],
  [["fs.path."], "Paths of calls by name"],
  [["fdlist."], "Lists of descriptors"],
  [["container."], "The container"],
  [["k8s."], "The pod"],
  [["k8smeta."], "The pod and its owners, as the plugin k8smeta names them"],
  [["ka."], "The request"],
  [["json.", "jevt."], "Any value of the event"],
];

/** Text in a cell of a Markdown table. */
const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

function table(fields: readonly FieldInfo[]): string {
  const lines = fields.map(
    (info) =>
      `| \`${info.name}\` | ${argumentText(info)} | ${typeText(info)} | ${cell(help(info))} | \`${(info.example ?? "").replaceAll("|", "\\|")}\` |`,
  );
  return [
    "| field | argument | type | what it is | example |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

function chapter(source: SourceCatalogue): string {
  const fields = listed(source);
  const parts = groups.flatMap(([prefixes, title]) => {
    const own = fields.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
    return own.length === 0 ? [] : [`### ${title}\n\n${table(own)}`];
  });
  return `## Source \`${source.name}\`\n\n${parts.join("\n\n")}`;
}

/** The page docs/fields.md, or what \`tiercel fields -o markdown\` prints of some sources. */
export function fieldsPage(sources: readonly SourceCatalogue[]): string {
  return `# Fields

What conditions and outputs of rules can ask about an event. \`tiercel fields\` prints this list; the examples are tests.

A field is **missing** where what it describes is not there: a process without a parent, an event without a descriptor. Every
comparison with a missing field is false, \`!=\` too, and \`not proc.name = x\` is then true. Outputs print \`<NA>\`, JSON \`null\`.
Some texts are never missing but \`<NA>\` or empty where nothing is known; their rows say so.

Without an index \`proc.aname\` and its like stand for all ancestors: some of them must satisfy the operator. \`fd.ip\`, \`fd.port\`,
\`fd.proto\` and \`fd.net\` stand for both ends of a connection; \`!=\` means that both differ.

A rule is tried on paths as they were asked for, and where these differ on the resolved ones (links followed, bind mounts seen
through). \`fd.name\`, \`fd.directory\`, \`fd.filename\`, \`fs.path.name\`, \`fs.path.source\` and \`fs.path.target\` change together; \`evt.arg\`,
\`evt.abspath\` and the fields whose name ends in \`raw\` always show what was asked.

${sources.map(chapter).join("\n\n")}
`;
}

/** The sources of a catalogue in its order, or the one with the name; undefined where there is none. */
export function sourcesOf(catalogue: Catalogue, name?: string): readonly SourceCatalogue[] | undefined {
  if (name === undefined) return [...catalogue.sources.values()];
  const source = catalogue.sources.get(name);
  return source === undefined ? undefined : [source];
}
