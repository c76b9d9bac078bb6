/** Whether an object is one the API server would take: the CRD's schema and its CEL rules, without a cluster. */
import { Ajv, type ErrorObject, type SchemaValidateFunction, type ValidateFunction } from "ajv";
import { celProblems, type Problem } from "./cel.ts";
import { schemas } from "./generated/schemas.ts";
import type { Kind } from "./resources.ts";

/** Keywords that ajv need not know. */
const ignored = [
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-type",
  "x-kubernetes-validations",
];

/** The values of the keys by which a list is a map, those that come again. */
function repeated(keys: readonly string[], items: readonly unknown[]): string[] {
  const seen = new Set<string>();
  return items.flatMap((item) => {
    if (typeof item !== "object" || item === null) return [];
    const values = keys.map((name) => [name, (item as Readonly<Record<string, unknown>>)[name]]);
    const text = JSON.stringify(Object.fromEntries(values));
    if (!seen.has(text)) {
      seen.add(text);
      return [];
    }
    return [`Duplicate value: ${text}`];
  });
}

const mapKeys: SchemaValidateFunction = (keys: readonly string[], items: readonly unknown[]) => {
  const messages = repeated(keys, items);
  mapKeys.errors = messages.map((message) => ({ keyword: "kubernetes", message, params: {} }));
  return messages.length === 0;
};

/** A schema as the API server reads it: what it does not name is unknown, a set's items are unique. */
function strict(schema: unknown, key = ""): unknown {
  if (Array.isArray(schema)) return schema.map((each) => strict(each));
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, strict(value, name)]));
  if (key === "properties") return copy;
  const isOpen = copy["x-kubernetes-preserve-unknown-fields"] === true || key === "metadata";
  if (copy["properties"] !== undefined && !isOpen) copy["additionalProperties"] = false;
  if (copy["x-kubernetes-list-type"] === "set") copy["uniqueItems"] = true;
  return copy;
}

const dateTime = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;
const integers = { int32: 2 ** 31, int64: 2 ** 63 } as const;

function makeAjv(): Ajv {
  const ajv = new Ajv({ allErrors: true, strictTypes: false, validateFormats: true });
  for (const name of ignored) ajv.addKeyword(name);
  ajv.addKeyword({
    keyword: "x-kubernetes-list-map-keys",
    type: "array",
    validate: mapKeys,
    errors: true,
  });
  ajv.addFormat("date-time", (text: string) => dateTime.test(text) && !Number.isNaN(Date.parse(text)));
  for (const [name, end] of Object.entries(integers))
    ajv.addFormat(name, { type: "number", validate: (value: number) => value >= -end && value < end });
  return ajv;
}

/** `/spec/rules/0/priority` as Kubernetes writes it. */
function fieldPath(pointer: string): string {
  const parts = pointer.split("/").slice(1);
  const texts = parts.map((part) => {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    return /^\d+$/.test(name) ? `[${name}]` : `.${name}`;
  });
  return texts.join("").replace(/^\./, "");
}

function problem({ instancePath, keyword, message = "", params }: ErrorObject): Problem {
  const { additionalProperty, allowedValues } = params as {
    additionalProperty?: string;
    allowedValues?: readonly string[];
  };
  if (additionalProperty !== undefined)
    return { path: fieldPath(`${instancePath}/${additionalProperty}`), message: "unknown field" };
  if (keyword === "enum")
    return { path: fieldPath(instancePath), message: `must be one of ${allowedValues!.join(", ")}` };
  return { path: fieldPath(instancePath), message };
}

let ajv: Ajv | undefined;
const validators = new Map<Kind, ValidateFunction>();

/** The check of one kind, compiled when it is first asked for (some ten milliseconds). */
function validator(kind: Kind): ValidateFunction {
  let found = validators.get(kind);
  if (found === undefined) {
    ajv ??= makeAjv();
    found = ajv.compile(strict(schemas[kind]) as object);
    validators.set(kind, found);
  }
  return found;
}

/**
 * What is wrong with an object of a kind; empty where the API server would take it. Unknown fields are mistakes, as they
 * are for kubectl; CEL rules are tried where the schema finds nothing, as the API server does. The name is not looked at.
 */
export function validateResource(kind: Kind, object: unknown): readonly Problem[] {
  const check = validator(kind);
  if (!check(object)) return (check.errors ?? []).map(problem);
  return celProblems(schemas[kind], object);
}
