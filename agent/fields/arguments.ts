import { missing, type Read } from "./field.ts";
export const argumentText = {
  all: missing,
  one: ((): Read => missing) as (argument: string | undefined) => Read,
};
export const rawArgument = ((): Read => missing) as (a: string) => Read;
export const abspath = ((): Read => missing) as (argument: string | undefined) => Read;
