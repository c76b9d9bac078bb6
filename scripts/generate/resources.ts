/** operator/api/generated: types and schemas of our kinds, from the CRDs in crds/, which are their source. */
import { readFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";
import { parse } from "yaml";

type Schema = { [key: string]: unknown };

interface Definition {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

/** Files of crds/, without their ending. */
export const definitions = ["falcorules", "alertsinks", "securityalerts", "nodeagents"] as const;

/** Kind and schema of one CRD. */
function read(name: string): { readonly kind: string; readonly schema: Schema } {
  const { spec } = parse(readFileSync(`crds/${name}.yaml`, "utf8"), { maxAliasCount: -1 }) as Definition;
  return { kind: spec.names.kind, schema: structuredClone(spec.versions[0]!.schema.openAPIV3Schema) };
}

/** Types written by hand in operator/api/object-meta.ts, by the key they stand under. */
const ours: Readonly<Record<string, string>> = {
  metadata: "ObjectMeta",
  conditions: "readonly Condition[]",
  namespaceSelector: "LabelSelector",
  podSelector: "LabelSelector",
  nodeSelector: "LabelSelector",
};

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const isSecret = ({ properties }: Schema) => isSchema(properties) && "secretKeyRef" in properties;

/** The schema with what the printer of types needs: a name for each object. A fresh copy, since aliases share nodes. */
function named(schema: Schema, title: string, key: string): Schema {
  const type = isSecret(schema) ? "SecretSource" : ours[key];
  if (type !== undefined) return { description: schema["description"], tsType: type };
  if (schema["x-kubernetes-preserve-unknown-fields"] === true) {
    const tsType = schema["type"] === "object" ? "Readonly<Record<string, unknown>>" : "unknown";
    return { description: schema["description"], tsType };
  }
  const copy: Schema = { ...schema };
  if (isSchema(schema["properties"])) {
    copy["title"] = title;
    const entries = Object.entries(schema["properties"]);
    copy["properties"] = Object.fromEntries(
      entries.map(([name, value]) => [name, named(value as Schema, title + capital(name), name)]),
    );
  }
  if (isSchema(schema["items"])) copy["items"] = named(schema["items"], title.replace(/s$/, ""), "");
  if (isSchema(schema["additionalProperties"]))
    copy["additionalProperties"] = named(schema["additionalProperties"], title, "");
  return copy;
}

const banner = (name: string) =>
  `/** Made by scripts/generate/resources.ts from crds/${name}.yaml. Do not edit. */`;

/** The printer of types knows no `readonly`. */
const readonly = (text: string) =>
  text
    .replace(/^( +)("?[\w-]+"?\??:)/gm, "$1readonly $2")
    .replace(/^( +)(\[k: string\]:)/gm, "$1readonly $2")
    .replace(/: (\([^()]+\)|[\w.]+)\[\];/g, ": readonly $1[];");

/** Types of one kind. */
export async function resourceTypes(name: string): Promise<string> {
  const { kind, schema } = read(name);
  const root = named(schema, kind, "");
  const properties = root["properties"] as { [key: string]: Schema };
  properties["apiVersion"] = { ...properties["apiVersion"], enum: ["tiercel.dev/v1alpha1"] };
  properties["kind"] = { ...properties["kind"], enum: [kind] };
  root["required"] = ["apiVersion", "kind", "metadata", "spec"];
  const text = await compile(root, kind, {
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    bannerComment: "",
    style: { printWidth: 110 },
  });
  const used = ["Condition", "LabelSelector", "ObjectMeta", "SecretSource"].filter((type) =>
    new RegExp(`\\b${type}\\b`).test(text),
  );
  return `${banner(name)}\nimport type { ${used.join(", ")} } from "../object-meta.ts";\n\n${readonly(text)}`;
}

/** The schema as programs need it: without descriptions. */
function bare(value: unknown, isMap = false): unknown {
  if (Array.isArray(value)) return value.map((each) => bare(each));
  if (!isSchema(value)) return value;
  const kept = Object.entries(value).filter(
    ([key]) => isMap || (key !== "description" && key !== "x-kubernetes-map-type"),
  );
  return Object.fromEntries(kept.map(([key, each]) => [key, bare(each, key === "properties" && !isMap)]));
}

/** Schemas of all kinds, by kind. */
export function resourceSchemas(): string {
  const schemas = Object.fromEntries(
    definitions.map((name) => {
      const { kind, schema } = read(name);
      return [kind, bare(schema)];
    }),
  );
  return `${banner("*")}
export const schemas: Readonly<Record<"FalcoRule" | "AlertSink" | "SecurityAlert" | "NodeAgent", object>> = ${JSON.stringify(schemas, null, 1)};
`;
}
