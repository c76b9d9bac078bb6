/** All rows of the syscall source, in the order in which the reference's field classes are tried. */
import { containerFields } from "./container.ts";
import { evtFields } from "./evt.ts";
import { evtSyscallFields } from "./evt-syscall.ts";
import { fdFields } from "./fd.ts";
import { fdlistFields } from "./fdlist.ts";
import { field, missing, type Field } from "./field.ts";
import { fsPathFields } from "./fs-path.ts";
import { k8sFields, k8smetaFields } from "./k8s.ts";
import { processFields } from "./process.ts";
import { threadFields } from "./thread.ts";
import { userFields } from "./user.ts";

/** Fields of every source. */
export const genericFields: readonly Field[] = evtFields({
  source: "syscall",
  pluginName: missing,
  pluginInfo: missing,
});

/** Falco's own fields of system calls. */
export const syscallFields: readonly Field[] = [
  ...evtSyscallFields,
  ...processFields,
  ...threadFields,
  ...userFields,
  ...fdFields,
  ...fsPathFields,
  field("util.cnt", "UINT64", "Number of the event.", "util.cnt > 0", (c) => c.number, { hidden: true }),
  ...fdlistFields,
];

/** Fields of the plugins that count as loaded for system calls. */
export const pluginFields: readonly Field[] = [...containerFields, ...k8sFields, ...k8smetaFields];
