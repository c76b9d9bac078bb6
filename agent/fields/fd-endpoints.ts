import { missing, type Read } from "./field.ts";
export const endpoint = ((): Read => missing) as (a: string, __: string) => Read;
export const either = ((): Read => missing) as (a: string) => Read;
export const networkEither = missing,
  portEither = missing,
  serviceEither = missing;
export const serviceName = ((): Read => missing) as (a: string) => Read;
