/** What a row of the field tables is: the facts of catalogue.ts and how the value is read. */
import type { FieldInfo, FieldReader, FieldType, FieldUse, Quantifier } from "../rules/catalogue.ts";
import type { SyscallContext } from "./context.ts";

export type Read<E = SyscallContext> = FieldReader<E>;

/** One field with its reader; of the syscall source where nothing else is said. */
export interface Field<E = SyscallContext> extends FieldInfo {
  /** How a use without argument compares; absent: "none". */
  readonly quantifier?: Quantifier;
  /** Makes the reader of one use; called once, when a rule is compiled. */
  readonly bind: (use: FieldUse) => Read<E>;
  /** Where `exists` is not the same as having a value. */
  readonly exists?: (context: E) => boolean;
}

type Facts<E> = Partial<
  Omit<Field<E>, "name" | "type" | "help" | "example" | "argument" | "argumentKind" | "bind">
>;

/** A field that is never there: its data come from elsewhere or not at all. */
export const missing = () => undefined;

/** A row without argument. */
export function field<E = SyscallContext>(
  name: string,
  type: FieldType,
  help: string,
  example: string,
  read: Read<E>,
  facts: Facts<E> = {},
): Field<E> {
  return { list: false, ...facts, name, type, help, example, argument: "none", bind: () => read };
}

/** What the argument of a row is: whether it must be there and its kind (catalogue.ts FieldInfo). */
export type Argument = readonly [
  argument: "optional" | "required",
  argumentKind: NonNullable<FieldInfo["argumentKind"]>,
];

/** A row with an argument; `bind` is given the argument, undefined where there is none. */
export function fieldOf<E = SyscallContext>(
  name: string,
  type: FieldType,
  [argument, argumentKind]: Argument,
  help: string,
  example: string,
  bind: (argument: string | undefined, use: FieldUse) => Read<E>,
  facts: Facts<E> = {},
): Field<E> {
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
