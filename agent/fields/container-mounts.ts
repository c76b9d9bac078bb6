/** Mounts of a container, as fields choose and print them. */
import { RE2JS } from "re2js";
import type { ContainerFacts, ContainerMount } from "../state/container-facts.ts";
import type { ByteString } from "../state/types.ts";

/** `source:dest:mode:rdwr:propagation`. */
export function mountText({ source, destination, mode, writable, propagation }: ContainerMount): ByteString {
  return `${source}:${destination}:${mode}:${writable}:${propagation}`;
}

/** Unicode text of a byte string: what a regular expression is about. */
const decode = (bytes: ByteString) => Buffer.from(bytes, "latin1").toString("utf8");

/** Whether a regular expression, compiled once, is found anywhere in a text; one that is none is found nowhere. */
function search(pattern: ByteString): (text: ByteString) => boolean {
  try {
    const regex = RE2JS.compile(decode(pattern));
    return (text) => regex.test(decode(text));
  } catch {
    return () => false;
  }
}

/**
 * Reads from the mount that a field's argument chooses: a decimal index from 0, else a regular expression that is
 * searched in the part `by` of each mount, the first hit wins. Missing where none is chosen.
 */
export function mountOf(
  argument: ByteString,
  by: "source" | "destination",
  show: (mount: ContainerMount) => ByteString,
): (facts: ContainerFacts) => ByteString | undefined {
  const shown = (mount: ContainerMount | undefined) => (mount === undefined ? undefined : show(mount));
  if (/^\d+$/.test(argument)) return ({ mounts }) => shown(mounts[Number(argument)]);
  const found = search(argument);
  return ({ mounts }) => shown(mounts.find((mount) => found(mount[by])));
}
