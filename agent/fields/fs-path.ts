/** fs.path.*: paths that a call by name works on; only where it succeeded. */
import { field, type Field } from "./field.ts";
import { absolute, asked, onName, onTwo, resolved } from "./fs-path-facts.ts";

const one = { presentOn: onName } as const;
const two = { presentOn: onTwo } as const;

// prettier-ignore
export const fsPathFields: readonly Field[] = [
  field("fs.path.name", "CHARBUF", "Absolute path that the call works on.", "fs.path.name startswith /etc/", absolute("name"), one),
  field("fs.path.nameraw", "CHARBUF", "That path as the call gave it.", 'fs.path.nameraw startswith "../"', asked("name"), one),
  field("fs.path.source", "CHARBUF", "Absolute source: what is renamed or mounted; of links the new name.", "fs.path.source startswith /etc/", absolute("source"), two),
  field("fs.path.sourceraw", "CHARBUF", "The source as the call gave it.", 'fs.path.sourceraw startswith "../"', asked("source"), two),
  field("fs.path.target", "CHARBUF", "Absolute target: the new name or mount point; of links what they lead to.", "fs.path.target startswith /etc/", absolute("target"), two),
  field("fs.path.targetraw", "CHARBUF", "The target as the call gave it.", 'fs.path.targetraw startswith "../"', asked("target"), two),
  field("fs.path.realname", "CHARBUF", "The name below the resolved folder it starts from; not checked by the kernel. Ours, not Falco's.", "fs.path.realname startswith /etc/", resolved("name"), one),
  field("fs.path.realsource", "CHARBUF", "The source below its resolved folder; not checked by the kernel. Ours, not Falco's.", "fs.path.realsource startswith /etc/", resolved("source"), two),
  field("fs.path.realtarget", "CHARBUF", "The target below its resolved folder; not checked by the kernel. Ours, not Falco's.", "fs.path.realtarget startswith /etc/", resolved("target"), two),
];
