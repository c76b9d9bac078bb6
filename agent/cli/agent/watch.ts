/** Tells when rules files change: written, replaced, renamed, swapped by a symbolic link (as a ConfigMap is). */
import { realpathSync, statSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";

export interface WatchOptions {
  /** Files and folders, as they are now: asked again after each change. */
  readonly paths: () => readonly string[];
  /** Called when nothing changed any more for `quiet` ms after a change. */
  readonly onChange: () => void;
  /** Called for a path that cannot be watched. */
  readonly onProblem: (path: string, message: string) => void;
  /** In ms. */
  readonly quiet?: number;
}

/** A folder to watch, and which names in it matter (all where undefined). */
interface Watched {
  readonly folder: string;
  readonly name: string | undefined;
}

/** A folder is watched itself; a file through the folder it stands in, and through the one its link leads to. */
function watchedOf(path: string): Watched[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) return [{ folder: path, name: undefined }];
  const own = { folder: dirname(path), name: basename(path) };
  if (stat === undefined) return [own];
  const real = realpathSync(path);
  const target = { folder: dirname(real), name: basename(real) };
  return target.folder === realpathSync(own.folder) && target.name === own.name ? [own] : [own, target];
}

/** Watches until `close`. Watches are made anew after each change, since what they were on may have been replaced. */
export class RulesWatch {
  private readonly options: WatchOptions;
  private watchers: FSWatcher[] = [];
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(options: WatchOptions) {
    this.options = options;
    this.open();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.closeWatchers();
  }

  private open(): void {
    for (const path of this.options.paths()) {
      try {
        for (const { folder, name } of watchedOf(path)) this.openOne(path, folder, name);
      } catch (error) {
        this.options.onProblem(path, (error as Error).message);
      }
    }
  }

  private openOne(path: string, folder: string, name: string | undefined): void {
    const watcher = watch(folder, { persistent: false }, (_, changed) => {
      if (name === undefined || changed === null || changed === name || changed.startsWith("..data"))
        this.changed();
    });
    watcher.on("error", (error: Error) => this.options.onProblem(path, error.message));
    this.watchers.push(watcher);
  }

  private changed(): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.closeWatchers();
      this.open();
      this.options.onChange();
    }, this.options.quiet ?? 100);
  }

  private closeWatchers(): void {
    for (const watcher of this.watchers) watcher.close();
    this.watchers = [];
  }
}
