/** The catalogue of events as text for a terminal, as JSON, and as the page docs/events.md. */
import { flagSets } from "../../events/flag-sets.ts";
import { eventCategory } from "../../events/categories.ts";
import { events, type EventRow, type ParamRow } from "../../events/table.ts";
import type { EventCatalogue } from "../../rules/catalogue.ts";

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly flags?: string;
}

interface EventEntry {
  readonly name: string;
  readonly captured: boolean;
  /** A system call without a row of its own: it has a name and no parameters. */
  readonly generic: boolean;
  readonly category: string;
  readonly parameters: readonly Parameter[];
}

function parameter([name, type, format, set]: ParamRow): Parameter {
  return {
    name,
    type,
    ...(format !== undefined && format !== "dec" && { format }),
    ...(set !== undefined && { flags: set }),
  };
}

/** Every event that a rule may name, each name once, in the order of the table and then by name. */
export function eventEntries(catalogue: EventCatalogue): EventEntry[] {
  const rows = events as readonly EventRow[];
  return catalogue.names.map((name) => {
    const code = catalogue.codes(name)![0]!;
    const row = rows[code];
    return {
      name,
      captured: catalogue.captured(code),
      generic: row === undefined,
      category: eventCategory(name),
      parameters: row?.params.map(parameter) ?? [],
    };
  });
}

const parametersText = (entry: EventEntry) => entry.parameters.map(({ name }) => name).join(", ");

/** A terminal's list: an event a line with its parameters; calls without parameters of their own at the end. */
export function eventsText(catalogue: EventCatalogue): string {
  const entries = eventEntries(catalogue);
  const own = entries.filter(({ generic }) => !generic);
  const width = Math.max(...own.map(({ name }) => name.length));
  const lines = own.map((entry) =>
    `${entry.name.padEnd(width)}  ${entry.captured ? "yes" : "no "}  ${parametersText(entry)}`.trimEnd(),
  );
  const generic = entries.filter((entry) => entry.generic).map(({ name }) => name);
  return `${"EVENT".padEnd(width)}  SEEN PARAMETERS\n${lines.join("\n")}\n
Rules may name these ${generic.length} as well; they are not seen yet and have no parameters:
${wrapped(generic, 110)}
`;
}

function wrapped(words: readonly string[], width: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line !== "" && line.length + word.length + 1 > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

/** A list of `{name, captured, generic, category, parameters: [{name, type, format?, flags?}]}`. */
export function eventsJson(catalogue: EventCatalogue): string {
  return JSON.stringify(eventEntries(catalogue));
}

function parameterCell({ name, type, format, flags }: Parameter): string {
  const details = [
    type,
    ...(format === undefined ? [] : [format]),
    ...(flags === undefined ? [] : [`{${flags}}`]),
  ];
  return `\`${name}\` ${details.join(" ")}`;
}

/** The page docs/events.md. */
export function eventsPage(catalogue: EventCatalogue): string {
  const entries = eventEntries(catalogue);
  const rows = entries
    .filter(({ generic }) => !generic)
    .map(
      (entry) =>
        `| \`${entry.name}\` | ${entry.captured ? "yes" : "no"} | ${entry.category} | ${entry.parameters.map(parameterCell).join("; ")} |`,
    );
  const sets = Object.entries(flagSets).map(
    ([name, set]) => `- **${name}**: ${set.map(([flag, value]) => `${flag}=${value}`).join(" ")}`,
  );
  const generic = entries.filter((entry) => entry.generic).map(({ name }) => `\`${name}\``);
  return `# Events

What \`evt.type\` can be, and the parameters that \`evt.arg.NAME\`, \`evt.arg[POSITION]\` and \`evt.rawarg.NAME\` give. Every system call is
seen once, when it returns. \`tiercel events\` prints this list. **Seen** says whether Tiercel captures the event; a rule may name
the others, and is told at load that they do not come.

- Position 0 is the return value where there is one: a number, negative for an error.
- \`evt.arg\` gives a parameter as text: names instead of numbers where there are any (\`SIGKILL\`, \`O_CREAT|O_WRONLY\`, \`root\`, \`ENOENT\`),
  \`<f>/etc/passwd\` for the event's descriptor, a relative path made absolute. \`evt.rawarg\` gives the value itself.
- The text of flags has the order of the sets below, whatever the order in the program: test it with \`contains\`, not with \`=\`.
- Numbers of flags are the ones below, the same for every architecture, and not the kernel's.
- A parameter that the call left out (a NULL pointer) or that is not known has the text \`<NA>\` or \`NULL\`; a parameter that the event
  does not have at all is missing.
- A successful \`execveat\` is an \`execve\`. \`clone\`, \`clone3\`, \`fork\` and \`vfork\` come twice, for the parent and for the child, where they return 0.
- \`procexit\` comes for every thread and is no system call: it has no \`evt.res\`.

## Events with parameters

| event | seen | category | parameters |
| --- | --- | --- | --- |
${rows.join("\n")}

## Sets of flags and values

${sets.join("\n")}

## System calls without parameters of their own

Rules may name these; they are not seen yet.

${wrapped(generic, 118)}
`;
}
