export { Capture, everything, type CaptureCounters, type CaptureOptions } from "./capture.ts";
export type { Wanted } from "./control.ts";
export type { CgroupDrops, DropCause } from "./drops.ts";
export { LibbpfError, bootTimeNow } from "./native.ts";
export type { Variant } from "./variant.ts";
export { missing, thisMachine, type Machine, type Missing } from "./probe.ts";
