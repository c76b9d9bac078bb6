/** Reads the exceptions of a rule (rules-files 8.1 to 8.4): their shape only; fields and operators are checked later. */
import { invalid, required, scalar, within, type Context } from "./decode.ts";
import type { ExceptionItem } from "./items.ts";
import { entry, get, isNull, type YamlMapping, type YamlNode, type YamlScalar } from "./yaml-tree.ts";

interface Words {
  readonly isList: boolean;
  readonly words: readonly YamlScalar[];
}

/** A scalar, or a sequence of scalars; undefined, reported, for anything else. */
function scalarOrList(value: YamlNode, key: string, context: Context): Words | undefined {
  if (value.kind !== "sequence") {
    const one = scalar(value, key, context);
    return one === undefined ? undefined : { isList: false, words: [one] };
  }
  const words: YamlScalar[] = [];
  for (const item of value.items) {
    if (item.kind !== "scalar")
      return invalid(within(context, "value for", key, item), "sequence value is not scalar");
    words.push(item);
  }
  return { isList: true, words };
}

function readException(node: YamlNode, appending: boolean, context: Context): ExceptionItem | undefined {
  if (node.kind !== "mapping")
    return invalid(within(context, "exception", "", node), "Rule exception must be a mapping");
  const name = required(node, "name", within(context, "exception", "", node));
  const inside = within(context, "exception", name?.text ?? "", node);
  const fieldsNode = entry(node, "fields");
  const hasFields = fieldsNode !== undefined && !isNull(fieldsNode.value);
  if (!hasFields && !appending) invalid(inside, "Item has no mapping for key 'fields'");
  const fields = hasFields ? scalarOrList(fieldsNode.value, "fields", inside) : { isList: true, words: [] };
  const compsNode = get(node, "comps");
  const hasComps = compsNode !== undefined && !isNull(compsNode);
  const comps = hasComps ? scalarOrList(compsNode, "comps", inside) : undefined;
  const values = readValues(node, inside);
  if (name === undefined || fields === undefined || (hasComps && comps === undefined)) return undefined;
  if ((!hasFields && !appending) || values === "wrong") return undefined;
  return {
    name: name.text,
    node,
    chain: inside.chain,
    isList: fields.isList,
    fields: fields.words,
    ...(comps === undefined ? {} : { comps: { isList: comps.isList, operators: comps.words } }),
    ...(values === undefined ? {} : { values: values.items, valuesNode: values }),
  };
}

function readValues(node: YamlMapping, context: Context) {
  const values = entry(node, "values");
  if (values === undefined) return undefined;
  if (values.value.kind === "sequence") return values.value;
  invalid(
    within(context, "exception values", "", values.value),
    "Rule exception values must be a sequence",
    "write values: [] or leave the key out where there are none",
  );
  return "wrong" as const;
}

/** The exceptions of an item; undefined where some are wrong (reported). Null counts as none. */
export function readExceptions(
  item: YamlMapping,
  appending: boolean,
  context: Context,
): readonly ExceptionItem[] | undefined {
  const found = entry(item, "exceptions");
  if (found === undefined || isNull(found.value)) return [];
  const inside = within(context, "exceptions", "", found.value);
  if (found.value.kind !== "sequence") return invalid(inside, "Rule exceptions must be a sequence");
  const exceptions: ExceptionItem[] = [];
  const names = new Set<string>();
  let whole = true;
  for (const node of found.value.items) {
    const exception = readException(node, appending, inside);
    if (exception === undefined) {
      whole = false;
      continue;
    }
    if (names.has(exception.name))
      context.findings.warning(
        "LOAD_EXCEPTION_NAME_NOT_UNIQUE",
        `Multiple definitions of exception '${exception.name}' in the same rule`,
        exception.chain,
      );
    names.add(exception.name);
    exceptions.push(exception);
  }
  return whole ? exceptions : undefined;
}
