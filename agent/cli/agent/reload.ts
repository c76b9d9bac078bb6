/** Reads settings and rules, the first time and whenever they change. */
import { loadSettings, type LoadedSettings, type SettingsPlaces } from "../settings/load.ts";
import { draw } from "../settings/mistake.ts";
import type { Settings } from "../settings/schema.ts";
import type { Log } from "../log.ts";
import type { LoadedRules } from "./agent.ts";
import { needRestart } from "./changed-settings.ts";
import { compileOptions, sourceNames, staticFields } from "./from-settings.ts";
import { loadRules } from "./load-rules.ts";

export class RulesSource {
  private readonly places: SettingsPlaces;
  /** Paths of --rules; none: those of the settings. */
  private readonly named: readonly string[];
  /** The settings that the agent runs with. */
  private readonly running: Settings;
  private readonly log: Log;
  private current: LoadedSettings;
  private first = true;

  constructor(
    places: SettingsPlaces,
    named: readonly string[],
    loaded: LoadedSettings & { readonly settings: Settings },
    log: Log,
  ) {
    this.places = places;
    this.named = named;
    this.current = loaded;
    this.running = loaded.settings;
    this.log = log;
  }

  /** Files and folders that a reload depends on. */
  get watched(): readonly string[] {
    return [...this.paths, ...this.current.files];
  }

  private get paths(): readonly string[] {
    return this.named.length > 0 ? this.named : this.current.rulesPaths;
  }

  /** Reads the settings anew (but for the first time) and the rules. */
  async load(): Promise<LoadedRules> {
    if (!this.first) {
      const again = loadSettings(this.places);
      if (again.settings === undefined)
        return {
          plan: undefined,
          key: "",
          files: [],
          mistakes: again.mistakes.map(draw).join("\n"),
          warnings: [],
        };
      this.take(again, again.settings);
    }
    this.first = false;
    const settings = this.current.settings ?? this.running;
    return loadRules({
      paths: this.paths,
      skipMissing: this.named.length === 0,
      options: compileOptions(settings),
      staticFields: staticFields(this.running),
      nodeLabels: undefined,
      sources: sourceNames(this.running),
    });
  }

  private take(again: LoadedSettings, settings: Settings): void {
    for (const warning of again.warnings) this.log("warning", draw(warning));
    const keys = needRestart(this.running, settings);
    const same = JSON.stringify(settings) === JSON.stringify(this.current.settings);
    if (keys.length > 0 && !same)
      this.log("warning", `these settings take effect when the agent is started again: ${keys.join(", ")}`);
    this.current = again;
  }
}
