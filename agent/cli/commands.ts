/** All commands, in the order of the help. Each is imported when it is asked for: `validate` must not load libbpf. */
import type { Commands } from "./command.ts";

export const commands: Commands = {
  agent: () => import("./agent.ts"),
  operator: () => import("../../operator/command.ts"),
  validate: () => import("./validate.ts"),
  test: () => import("./test.ts"),
  record: () => import("./record.ts"),
  replay: () => import("./replay.ts"),
  convert: () => import("./convert.ts"),
  doctor: () => import("./doctor.ts"),
  fields: () => import("./fields.ts"),
  events: () => import("./events.ts"),
  completion: () => import("./completion.ts"),
  version: () => import("./version.ts"),
};
