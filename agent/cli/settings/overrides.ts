/** `--set KEY=VALUE`: what it means, and its effect on a tree of settings. */
import type { Mistake, Place, Source } from "./mistake.ts";
import type { Setting } from "./setting.ts";
import { readNode, treeOf, type MapTree, type Tree } from "./tree.ts";

/** A step of a key: into a map, into an element of a list (from 0), or to a new element at its end. */
type Step =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "append" };

export interface Override {
  readonly steps: readonly Step[];
  readonly value: Tree;
}

/**
 * Reads `a.b=c`, `a[0].b=c`, `a[]=c`; a backslash takes the meaning from `.`, `[`, `]`, `=` and `\` in a key. A value
 * that begins with `{` or `[` is read as JSON. No environment variables are put in.
 */
export function parseOverride(argument: string): Override | Mistake {
  const end = keyEnd(argument);
  const name = `--set ${argument.slice(0, end ?? argument.length)}`;
  const source: Source = { name, text: argument, isFile: false };
  const place: Place = { source, start: 0, end: end ?? argument.length };
  const wrong = (message: string): Mistake => ({ code: "SETTINGS_SET", message, place });
  if (end === undefined) return wrong("a value is missing: write KEY=VALUE");
  const steps = parseKey(argument.slice(0, end));
  if (typeof steps === "string") return wrong(steps);
  const text = argument.slice(end + 1);
  const valuePlace: Place = { source, start: end + 1, end: argument.length };
  if (!/^[{[]/.test(text))
    return { steps, value: { kind: "scalar", text, plain: false, expanded: false, place: valuePlace } };
  const { tree, mistakes } = readNode({ name, text, isFile: false }, undefined);
  if (tree === undefined || mistakes.length > 0) return wrong("the value begins like JSON but is none");
  return { steps, value: tree };
}

function keyEnd(argument: string): number | undefined {
  for (let i = 0; i < argument.length; i++) {
    if (argument[i] === "\\") i++;
    else if (argument[i] === "=") return i;
  }
  return undefined;
}

/** The steps of a key, or what is wrong with it. */
function parseKey(key: string): readonly Step[] | string {
  const steps: Step[] = [];
  const part = /((?:\\.|[^.[\]\\])+)|\[(\d*)\]|(\.)|(\\)|([[\]])/gsy;
  let expectKey = true;
  for (let match = part.exec(key); match !== null; match = part.exec(key)) {
    const [, name, index, dot, backslash, bracket] = match;
    if (backslash !== undefined) return "the key ends in a backslash that escapes nothing";
    if (bracket !== undefined) return "a bracket in the key is not [], [NUMBER] or escaped";
    if (dot !== undefined) {
      if (expectKey) return "the key has an empty part";
      expectKey = true;
    } else if (name !== undefined) {
      if (!expectKey) return "a dot is missing after the bracket";
      const bad = /\\[^.[\]\\=]/.exec(name);
      if (bad !== null) return `the key has \`${bad[0]}\`, which escapes nothing`;
      steps.push({ kind: "key", key: name.replace(/\\(.)/gs, "$1") });
      expectKey = false;
    } else {
      if (expectKey) return "a bracket needs a key before it";
      steps.push(index === "" ? { kind: "append" } : { kind: "index", index: Number(index) });
    }
  }
  if (expectKey) return key === "" ? "the key is empty" : "the key ends in a dot";
  return steps;
}

/**
 * Carries an override out on `tree`; what is missing on the way is made. A list that the tree does not have starts as
 * its default in `schema`. Returns a mistake where an index lies beyond the list.
 */
export function applyOverride(
  tree: MapTree,
  override: Override,
  schema: Setting<unknown>,
): Mistake | undefined {
  const { steps, value } = override;
  let at: Tree = tree;
  let known: Setting<unknown> | undefined = schema;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    const below = stepInto(known, step);
    const child = i === steps.length - 1 ? value : empty(steps[i + 1]!, below, value.place);
    if (step.kind === "key") {
      if (at.kind !== "map") return beside(at, value.place, "no keys below it");
      const there: Tree | undefined = at.entries.get(step.key)?.value;
      const keep: boolean = there !== undefined && i < steps.length - 1 && there.kind === child.kind;
      if (!keep) at.entries.set(step.key, { key: wholeKey(value.place), value: child });
      at = keep ? there! : child;
    } else {
      if (at.kind !== "list") return beside(at, value.place, "no elements");
      const index: number = step.kind === "append" ? at.items.length : step.index;
      if (index > at.items.length)
        return {
          code: "SETTINGS_SET",
          message: `the list has ${at.items.length} elements, so there is no [${index}]; [] adds one`,
          place: wholeKey(value.place),
        };
      const there: Tree | undefined = at.items[index];
      const keep: boolean = there !== undefined && i < steps.length - 1 && there.kind === child.kind;
      if (!keep) at.items[index] = child;
      at = keep ? there! : child;
    }
    known = below;
  }
  return undefined;
}

function beside(at: Tree, place: Place, what: string): Mistake {
  return {
    code: "SETTINGS_SET",
    message: `the key leads into a ${at.kind}, which has ${what}`,
    place: wholeKey(place),
  };
}

function wholeKey(place: Place): Place {
  return { source: place.source, start: 0, end: place.source.text.length };
}

function stepInto(schema: Setting<unknown> | undefined, step: Step): Setting<unknown> | undefined {
  return step.kind === "key" ? schema?.properties?.[step.key] : schema?.items;
}

/** What must stand where `next` steps into. */
function empty(next: Step, schema: Setting<unknown> | undefined, place: Place): Tree {
  if (next.kind === "key") return { kind: "map", entries: new Map(), place };
  if (Array.isArray(schema?.default)) return treeOf(schema.default, place);
  return { kind: "list", items: [], place };
}
