/**
 * The CEL rules of the CRDs in code, by their message: ajv runs no CEL. Rules about a change (`oldSelf`) are not here.
 * A test holds that each has its twin, and that the API server and this judge the same manifests alike.
 */

type Fields = Readonly<Record<string, unknown>>;
/** Whether a value of the right shape is allowed. */
type CelTwin = (self: never) => boolean;

/** A mistake and its place, as the API server writes it: `spec.rules[0].priority`. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly "x-kubernetes-validations"?: readonly {
    readonly rule: string;
    readonly message: string;
    /** Where the mistake is said to be, below the value. */
    readonly fieldPath?: string;
  }[];
}

const has = (self: Fields, ...names: readonly string[]) =>
  names.every((name) => self[name] !== undefined && self[name] !== null);
const hasNone = (self: Fields, ...names: readonly string[]) => names.every((name) => !has(self, name));

const ruleParts = ["condition", "output", "desc", "priority"];
const priorities = new Set(
  "emergency alert critical error warning notice informational info debug".split(" "),
);
const sinkKinds = ["stdout", "file", "syslog", "webhook", "slack", "alertmanager"];
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration such as 1m30s; undefined where it is none. */
export function durationMs(text: string): number | undefined {
  if (!/^(?:\d+(?:ms|s|m|h))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h)/g)) sum += Number(count) * unitMs[unit!]!;
  return sum;
}

const lasts = (least: number, most: number) => (text: string) => {
  const ms = durationMs(text);
  return ms !== undefined && ms >= least && ms <= most;
};

const fits = (form: RegExp) => (text: string) => form.test(text);

export const celTwins: Readonly<Record<string, CelTwin>> = {
  "a new rule needs condition, output, desc and priority; to change a rule of an earlier object add override, e.g. override: {condition: append}":
    (rule: Fields) =>
      has(rule, "override") ||
      rule["append"] === true ||
      has(rule, ...ruleParts) ||
      (has(rule, "enabled") && hasNone(rule, ...ruleParts)),
  "must be one of EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFORMATIONAL, INFO, DEBUG (upper or lower case)":
    (priority: string) => priorities.has(priority.toLowerCase()),
  "In and NotIn need values, Exists and DoesNotExist take none": (expression: Fields) => {
    const values = expression["values"] as readonly string[] | undefined;
    const some = values !== undefined && values.length > 0;
    return ["In", "NotIn"].includes(expression["operator"] as string) === some;
  },
  "must have exactly one of stdout, file, syslog, webhook, slack, alertmanager": (spec: Fields) =>
    sinkKinds.filter((kind) => has(spec, kind)).length === 1,
  "port and protocol need a host; without one the node's own syslog is meant": (syslog: Fields) =>
    has(syslog, "host") || hasNone(syslog, "port", "protocol"),
  "must have exactly one of url and urlFrom": (webhook: Fields) =>
    has(webhook, "url") !== has(webhook, "urlFrom"),
  "must have exactly one of value and valueFrom": (header: Fields) =>
    has(header, "value") !== has(header, "valueFrom"),
  "a label's name must be of letters, digits and _, and not begin with a digit": (labels: Fields) =>
    Object.keys(labels).every((name) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)),
  "must be an http:// or https:// URL without a user and password; one that holds a credential belongs into a Secret (urlFrom)":
    fits(/^https?:\/\/[^\s/@?#]+([/?][^\s]*)?$/),
  "must be an http:// or https:// URL without a user and password (headers can hold those), query or fragment":
    fits(/^https?:\/\/[^\s/@?#]+(\/[^\s?#]*)?$/),
  "must be a file's name without a folder, of letters, digits, dot, dash and underscore": fits(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/,
  ),
  "must be a header's name, e.g. X-Token": fits(/^[A-Za-z0-9!#$%&*+.^_`|~-]+$/),
  "must be printable ASCII on one line": fits(/^[ -~]*$/),
  "must be a path that begins with /, without query or fragment": fits(/^\/[^\s?#]*$/),
  // CEL's durations end after 292 years.
  "must be a duration of at least a second, e.g. 30s or 5m": lasts(1000, 9.2e15),
  "must be a duration from 1s to 24h, e.g. 30s or 5m": lasts(1000, 24 * 3_600_000),
  "a node's agent must be named after the node, an audit agent audit-POD": (object: Fields) => {
    const { name = "" } = object["metadata"] as { readonly name?: string };
    const { node, role } = object["spec"] as { readonly node: string; readonly role: string };
    return role === "audit" ? name.startsWith("audit-") : name === node;
  },
};

/** CEL rules that a value of the right shape breaks. */
export function celProblems(schema: Schema, value: unknown, path = ""): Problem[] {
  const rules = schema["x-kubernetes-validations"] ?? [];
  const own = rules
    .filter(
      ({ rule, message }) =>
        !rule.includes("oldSelf") && !(celTwins[message] as (self: unknown) => boolean)(value),
    )
    .map(({ message, fieldPath = "" }) => ({ path: `${path}${fieldPath}`.replace(/^\./, ""), message }));
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    return [...own, ...value.flatMap((each, index) => celProblems(items, each, `${path}[${index}]`))];
  }
  if (typeof value !== "object" || value === null) return own;
  const { properties = {}, additionalProperties = {} } = schema;
  const inner = Object.entries(value).flatMap(([key, each]) =>
    celProblems(properties[key] ?? additionalProperties, each, path === "" ? key : `${path}.${key}`),
  );
  return [...own, ...inner];
}
