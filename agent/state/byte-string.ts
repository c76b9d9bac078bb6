/** A string of bytes, one character a byte (agent/rules/catalogue.ts ByteString). */
export type ByteString = string;
