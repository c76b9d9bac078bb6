/** charts/tiercel/templates/crds: the CRDs of crds/ as templates, so that helm upgrades them, with a policy to keep them. */
import { readFileSync } from "node:fs";

const metadata = /^metadata:\n {2}name: (\S+)\n {2}labels:\n {4}app\.kubernetes\.io\/name: tiercel\n/m;

/** The template of one CRD. @throws Error where the file does not begin as all of them do */
export function definitionTemplate(name: string): string {
  const text = readFileSync(`crds/${name}.yaml`, "utf8");
  if (!metadata.test(text) || text.includes("{{"))
    throw new Error(`crds/${name}.yaml cannot be made a template`);
  const templated = text.replace(
    metadata,
    (_, object: string) => `metadata:
  name: ${object}
  labels:
    {{- include "tiercel.labels" (list . "operator") | nindent 4 }}
  {{- if .Values.crds.keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
`,
  );
  return `{{- if .Values.crds.enabled }}
# Made by scripts/generate/chart-definitions.ts from crds/${name}.yaml. Do not edit.
${templated.trimEnd()}
{{- end }}
`;
}
