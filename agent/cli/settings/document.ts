/** What is made from the table of settings: docs/settings.md, config/tiercel.yaml, and help in a terminal. */
import { stringify } from "yaml";
import { settingsSchema } from "./schema.ts";
import type { Setting } from "./setting.ts";

/** config/tiercel.yaml: every setting with its default and what it does. */
export function settingsFile(): string {
  const lines = [
    "# Settings of Tiercel: every key with its default. Made by scripts/generate.ts from agent/cli/settings/schema.ts.",
    "# A copy goes to /etc/tiercel/tiercel.yaml or is named by --config; a key that is left out has the default shown here.",
    "# ${NAME} in a value is the environment variable of that name, $${NAME} the text itself.",
    "# `--set a.b=value` overrides one key. Where a second value is shown behind `e.g.`, it is an example.",
  ];
  for (const [key, setting] of Object.entries(settingsSchema.properties ?? {})) {
    lines.push("", ...keyLines(key, setting, ""));
  }
  return `${lines.join("\n")}\n`;
}

function keyLines(key: string, setting: Setting<unknown>, indent: string): string[] {
  const lines = wrap(help(setting), 110 - indent.length - 2).map((line) => `${indent}# ${line}`);
  if (setting.properties !== undefined) {
    lines.push(`${indent}${key}:`);
    for (const [name, below] of Object.entries(setting.properties))
      lines.push(...keyLines(name, below, `${indent}  `));
    return lines;
  }
  if (setting.sample !== undefined)
    lines.push(...`e.g. ${key}: ${setting.sample}`.split("\n").map((line) => `${indent}# ${line}`.trimEnd()));
  lines.push(`${indent}${key}: ${flow(setting.default)}`);
  return lines;
}

/** docs/settings.md: one table. */
export function settingsPage(): string {
  const rows = [...leaves("", settingsSchema)].map(
    ([path, setting]) =>
      `| \`${path}\` | ${kind(setting)} | \`${flow(setting.default)}\` | ${cell(help(setting))} |`,
  );
  return `# Settings

Made by scripts/generate.ts from agent/cli/settings/schema.ts. Do not edit.

Settings are read from the file named by \`--config\`, else /etc/tiercel/tiercel.yaml, else config/tiercel.yaml of Tiercel
itself, then from the files that \`config_files\` names, then from \`--set KEY=VALUE\`. Names and defaults are Falco's
where Falco has the thing. An unknown key, or a value of the wrong type, is an error with its place.

- \`\${NAME}\` in a value is that environment variable, empty where it is not set; \`$\${NAME}\` stays \`\${NAME}\`. It is put in once, before the
  value is typed. Not in \`--set\`.
- \`--set a.b=c\` sets a key, \`a[0].b=c\` an element of a list, \`a[]=c\` adds one. A value that begins with \`{\` or \`[\` is JSON. A backslash
  takes the meaning from \`.\`, \`[\`, \`]\`, \`=\` and \`\\\` in a key.
- An empty value, \`~\` or \`null\` means the default.

| key | type | default | meaning |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

/** Every setting that has a value of its own, with its dotted path. */
function* leaves(path: string, setting: Setting<unknown>): Generator<readonly [string, Setting<unknown>]> {
  if (setting.properties === undefined) yield [path, setting];
  else
    for (const [name, below] of Object.entries(setting.properties))
      yield* leaves(path === "" ? name : `${path}.${name}`, below);
}

function help(setting: Setting<unknown>): string {
  const words = setting.enum === undefined ? "" : ` One of ${setting.enum.join(", ")}.`;
  const range =
    setting.minimum === undefined
      ? ""
      : ` At least ${setting.minimum}${setting.maximum === undefined ? "" : `, at most ${setting.maximum}`}.`;
  return `${setting.description}${words}${range}`;
}

function kind(setting: Setting<unknown>): string {
  const { type = "string" } = setting;
  switch (type) {
    case "boolean":
      return "true or false";
    case "integer":
      return "whole number";
    case "number":
      return "number";
    case "array":
      return "list";
    case "object":
      return "texts by name";
    case "string":
      return setting.enum === undefined ? "text" : "one word";
  }
}

function flow(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false }).trimEnd();
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines;
}
