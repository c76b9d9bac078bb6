export { Capture, everything, type CaptureCounters, type CaptureOptions } from "./capture.ts";
export type { Wanted } from "./control.ts";
export type { CgroupDrops, DropCause } from "./drops.ts";
export { cgroupHierarchy as recordsHierarchy } from "./scope.ts";
export { kernelAtLeast } from "./variant.ts";
export { LibbpfError, bootTimeNow, clockIsKept } from "./native.ts";
export type { Variant } from "./variant.ts";
export { tryCapture, type Abilities } from "./abilities.ts";
export { missing, missingText, thisMachine, type Missing } from "./probe.ts";
