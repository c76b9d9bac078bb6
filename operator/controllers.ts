/** All controllers, one line each. */
import type { Settings } from "../agent/cli/settings/schema.ts";
import type { Context } from "./kube/context.ts";
import type { Controller } from "./kube/controller.ts";

/** Makes a controller; undefined where the settings have it off. */
export type MakeController = (context: Context, settings: Settings) => Controller | undefined;

export const controllers: readonly MakeController[] = [];
