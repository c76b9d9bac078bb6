/** What the wiring needs of this room. Fields and engine read through types.ts only. */
export { cgroupHierarchy, type CgroupHierarchy } from "./cgroup-tree.ts";
export { nodeRootOf } from "./container-id.ts";
export { hostname } from "./host.ts";
export { NodeState, type NodeStateOptions } from "./node-state.ts";
export { createReader, type ReaderAnswer, type ReaderOptions, type ReaderRequest } from "./reader.ts";
export { cgroupPathOf } from "./scan.ts";
export { State, type StateOptions } from "./state.ts";
