import { missing, type Read } from "./field.ts";
export const containerOf = ((): Read => missing) as (a: Read) => Read;
export const directory = missing,
  filename = missing,
  name = missing,
  rawName = missing;
