/** docs/default-rules.md: the rules below config/rules and config/audit-rules by section, and how to fit them to a site. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";

interface Rule {
  readonly rule?: string;
  readonly desc: string;
  readonly priority: string;
  readonly tags: readonly string[];
  readonly exceptions?: readonly { readonly name: string }[];
}

const intro = `# Default rules

Made by scripts/generate/default-rules.ts from config/rules/default.yaml and config/audit-rules/audit.yaml. Do not edit.

They load where \`rules_files\` and \`--rules\` name nothing else. Each has a test that does what it is about for
real, and one that differs in a single clause and stays silent (test/system/default-rules.test.ts).

To fit them to a site, put a file of your own behind them (\`--rules config/rules --rules site.yaml\`):

\`\`\`yaml
- rule: Sensitive file read on the host # one more value for one of its exceptions
  exceptions: [{ name: program_and_file, values: [[[/opt/backup/bin/agent], [/etc/shadow]]] }]
  override: { exceptions: append }
- list: debuggers # one more program that all rules about debuggers know
  items: [/opt/tools/bin/tracer]
  override: { items: append }
- rule: Scheduled job changed # not at all
  enabled: false
  override: { enabled: replace }
\`\`\`

The rules of the [last section](#the-kubernetes-api) are tried on the audit log of API servers. In a cluster the operator brings
them with the audit agents (\`audit.enabled\`); elsewhere \`--rules config/audit-rules\` loads them
(test/config/audit-rules.test.ts, and on a cluster test/cluster/two-nodes/audit.test.ts).

Exceptions by image and by namespace need container and pod metadata; without them they leave nothing out.
`;

/** Text of the page, from the files of default rules. Their sections begin with a comment `# == TITLE`. */
export function defaultRulesPage(...files: readonly string[]): string {
  const sections = files.flatMap((file) =>
    readFileSync(file, "utf8")
      .split(/^# == /m)
      .slice(1),
  );
  const pages = sections.map((text) => {
    const title = text.slice(0, text.indexOf("\n"));
    const rules = (parse(text.slice(title.length)) as Rule[]).filter(({ rule }) => rule !== undefined);
    return [`\n## ${title}\n`, ...rules.map(section)].join("\n");
  });
  return `${intro}${pages.join("\n")}`;
}

function section({ rule, desc, priority, tags, exceptions = [] }: Rule): string {
  const where = tags.filter((tag) => ["host", "container", "k8s"].includes(tag)).join(" and ");
  const techniques = tags.filter((tag) => /^T\d/.test(tag)).map(technique);
  const names = exceptions.map(({ name }) => `\`${name}\``);
  return [
    `### ${rule}`,
    "",
    desc.trim(),
    "",
    `${priority}; ${where}; ATT&CK ${techniques.join(", ")}; exceptions: ${names.join(", ")}.`,
    "",
  ].join("\n");
}

function technique(id: string): string {
  return `[${id}](https://attack.mitre.org/techniques/${id.replace(".", "/")}/)`;
}
