/**
 * Makes the files that follow from tables: `node build/scripts/generate.js` writes them, `--check` fails where one
 * is out of date. A new generated file is one line in `files`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { settingsFile, settingsPage } from "../agent/cli/settings/document.ts";
import { eventsDocument, fieldsDocument } from "./generate/catalogue-pages.ts";
import { definitionTemplate } from "./generate/chart-definitions.ts";
import { valuesPage, valuesSchema } from "./generate/chart-values.ts";
import { defaultRulesPage } from "./generate/default-rules.ts";
import { metricsPage } from "./generate/metrics-page.ts";
import { picture } from "./generate/picture.ts";
import { recordHeader } from "./generate/record-header.ts";
import { definitions, resourceSchemas, resourceTypes } from "./generate/resources.ts";

/** Path below the repository's root, and what makes its text. */
const files: readonly (readonly [path: string, make: () => string | Promise<string>])[] = [
  ["agent/bpf/gen/record.h", recordHeader],
  ["config/tiercel.yaml", settingsFile],
  ["docs/settings.md", settingsPage],
  ["docs/metrics.md", metricsPage],
  ["docs/fields.md", fieldsDocument],
  ["docs/events.md", eventsDocument],
  [
    "docs/default-rules.md",
    () => defaultRulesPage("config/rules/default.yaml", "config/audit-rules/audit.yaml"),
  ],
  ...definitions.map((name) => [`operator/api/generated/${name}.ts`, () => resourceTypes(name)] as const),
  ["operator/api/generated/schemas.ts", resourceSchemas],
  ...definitions.map(
    (name) => [`charts/tiercel/templates/crds/${name}.yaml`, () => definitionTemplate(name)] as const,
  ),
  ["charts/tiercel/values.schema.json", valuesSchema],
  ["charts/tiercel/README.md", valuesPage],
  ...["shell-in-a-pod", "first-rule"].map(
    (name) => [`docs/pictures/${name}.svg`, () => picture(`docs/pictures/${name}.txt`)] as const,
  ),
];

const check = process.argv.includes("--check");
const stale: string[] = [];
for (const [path, make] of files) {
  const text = await make();
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  if (check) {
    stale.push(path);
    continue;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(`wrote ${path}`);
}
if (stale.length > 0) {
  console.error(`out of date: ${stale.join(", ")}; run: make generate`);
  process.exit(1);
}
