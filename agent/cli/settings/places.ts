/** Where this process finds its settings. */
import { fileURLToPath } from "node:url";
import type { SettingsPlaces } from "./load.ts";

/**
 * Places as they are for this process.
 * @param config --config; undefined: the system's file, else the one that comes with Tiercel.
 * @param overrides of --set.
 */
export function ownPlaces(config: string | undefined, overrides: readonly string[]): SettingsPlaces {
  return {
    ...(config !== undefined && { config }),
    overrides,
    environment: process.env,
    home: fileURLToPath(new URL("../../../../", import.meta.url)),
    workingFolder: process.cwd(),
  };
}
