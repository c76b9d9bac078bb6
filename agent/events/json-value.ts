/** Any value that JSON text can hold: what an audit Event, the event of the source k8s_audit, is made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
