/** fdlist.*: descriptors that poll and ppoll wait for. Those calls are not captured, so these are never set. */
import { field, missing, type Field } from "./field.ts";

const facts = { presentOn: ["poll", "ppoll"] } as const;

// prettier-ignore
export const fdlistFields: readonly Field[] = [
  field("fdlist.nums", "CHARBUF", "Numbers of the descriptors, separated by commas.", 'fdlist.nums contains "3,"', missing, facts),
  field("fdlist.names", "CHARBUF", "Their names.", "fdlist.names contains /dev/", missing, facts),
  field("fdlist.cips", "CHARBUF", "Addresses of their clients.", "fdlist.cips contains 10.", missing, facts),
  field("fdlist.sips", "CHARBUF", "Addresses of their servers.", "fdlist.sips contains 10.", missing, facts),
  field("fdlist.cports", "CHARBUF", "Ports of their clients.", "fdlist.cports contains 80", missing, facts),
  field("fdlist.sports", "CHARBUF", "Ports of their servers.", "fdlist.sports contains 80", missing, facts),
];
