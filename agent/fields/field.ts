/** What a row of the field tables is: the facts of catalogue.ts and how the value is read. */
import type { FieldInfo, FieldReader, FieldType, FieldUse, Quantifier } from "../rules/catalogue.ts";
import type { SyscallContext } from "./context.ts";

export type Read = FieldReader<SyscallContext>;

/** One field of the syscall source with its reader. */
export interface Field extends FieldInfo {
  /** How a use without argument compares; absent: "none". */
  readonly quantifier?: Quantifier;
  /** Makes the reader of one use; called once, when a rule is compiled. */
  readonly bind: (use: FieldUse) => Read;
  /** Where `exists` is not the same as having a value. */
  readonly exists?: (context: SyscallContext) => boolean;
}

type Facts = Partial<
  Omit<Field, "name" | "type" | "help" | "example" | "argument" | "argumentKind" | "bind">
>;

/** A field that is never there: its data come from elsewhere or not at all. */
export const missing: Read = () => undefined;

/** A row without argument. */
export function field(
  name: string,
  type: FieldType,
  help: string,
  example: string,
  read: Read,
  facts: Facts = {},
): Field {
  return { list: false, ...facts, name, type, help, example, argument: "none", bind: () => read };
}

/** What the argument of a row is: whether it must be there and its kind (catalogue.ts FieldInfo). */
export type Argument = readonly [
  argument: "optional" | "required",
  argumentKind: NonNullable<FieldInfo["argumentKind"]>,
];

/** A row with an argument; `bind` is given the argument, undefined where there is none. */
export function fieldOf(
  name: string,
  type: FieldType,
  [argument, argumentKind]: Argument,
  help: string,
  example: string,
  bind: (argument: string | undefined, use: FieldUse) => Read,
  facts: Facts = {},
): Field {
  return {
    list: false,
    ...facts,
    name,
    type,
    help,
    example,
    argument,
    argumentKind,
    bind: (use) => bind(use.argument, use),
  };
}
