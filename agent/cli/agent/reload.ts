/** Reads settings and rules, the first time and whenever they change. */
import type { LabelPairs } from "../../rules/label-selector.ts";
import type { SetText } from "../cluster/set-index.ts";
import { loadSettings, type LoadedSettings, type SettingsPlaces } from "../settings/load.ts";
import { draw } from "../settings/mistake.ts";
import type { Settings } from "../settings/schema.ts";
import type { Log } from "../log.ts";
import type { LoadedRules } from "./agent.ts";
import { needRestart } from "./changed-settings.ts";
import { compileOptions, sourceNames, staticFields } from "./from-settings.ts";
import { loadRules } from "./load-rules.ts";
import type { RulesInput } from "./rules-messages.ts";

/** What the agent's place in a cluster has to do with its rules. */
export interface ClusterSide {
  /** The rules of the cluster; undefined: they come from files. */
  readonly rules:
    | {
        /** The newest whole set; undefined where there is none yet. */
        take(): SetText | undefined;
        /** What `take` gave is not what its digest says. */
        damaged(): void;
      }
    | undefined;
  /** The labels of this node; undefined where nobody can be asked for them. */
  readonly labels: { readonly labels: LabelPairs | undefined; want(wanted: boolean): void } | undefined;
}

const noRules: LoadedRules = {
  ...{ plan: { digest: "", rules: [] }, key: "", from: "nowhere", mistakes: "", warnings: [], failures: [] },
  selectsNodes: false,
};

const notWhole = "there is no whole rule set of the cluster";

export class RulesSource {
  private readonly places: SettingsPlaces;
  /** Paths of --rules; none: those of the settings. */
  private readonly named: readonly string[];
  /** The settings that the agent runs with. */
  private readonly running: Settings;
  private readonly log: Log;
  private current: LoadedSettings;
  private first = true;
  /** Set before the first load. */
  cluster: ClusterSide = { rules: undefined, labels: undefined };

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
    return [...(this.cluster.rules === undefined ? this.paths : []), ...this.current.files];
  }

  private get paths(): readonly string[] {
    return this.named.length > 0 ? this.named : this.current.rulesPaths;
  }

  /** Reads the settings anew (but for the first time) and the rules. */
  async load(): Promise<LoadedRules> {
    const { first } = this;
    this.first = false;
    if (!first) {
      const again = loadSettings(this.places);
      if (again.settings === undefined)
        return { ...noRules, plan: undefined, mistakes: again.mistakes.map(draw).join("\n") };
      this.take(again, again.settings);
    }
    const { rules, labels } = this.cluster;
    const input = this.input();
    if (input === undefined) return first ? noRules : { ...noRules, plan: undefined, mistakes: notWhole };
    const settings = this.current.settings ?? this.running;
    const loaded = await loadRules({
      input,
      options: compileOptions(settings),
      staticFields: staticFields(this.running),
      nodeLabels: labels?.labels,
      sources: sourceNames(this.running),
    });
    if (loaded.damaged === true) rules?.damaged();
    labels?.want(loaded.selectsNodes);
    // A cluster's agent runs without rules rather than not at all: the operator may mend them.
    if (first && rules !== undefined && loaded.plan === undefined)
      return { ...noRules, warnings: [loaded.mistakes] };
    return loaded;
  }

  /** Undefined: there are no rules yet. */
  private input(): RulesInput | undefined {
    const { rules } = this.cluster;
    if (rules === undefined)
      return { kind: "files", paths: this.paths, skipMissing: this.named.length === 0 };
    const set = rules.take();
    return set && { kind: "set", set };
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
