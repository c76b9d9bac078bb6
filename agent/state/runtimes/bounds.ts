/** How much is kept of one container. What lies beyond is counted in `leftOut`, never kept. */
import type { ByteString } from "../byte-string.ts";

/** Most entries of each part. */
export const MAX_ENTRIES = { env: 512, labels: 256, mounts: 256, ports: 256 } as const;
/** Most characters of all entries of one part together. */
const MAX_PART = 32_768;
/** Most characters of one text: a path's longest. */
const MAX_TEXT = 4096;

/** Counts what one container's facts leave out. */
export class Bounds {
  leftOut = 0;

  /** A single text, cut. */
  text(text: ByteString): ByteString {
    if (text.length <= MAX_TEXT) return text;
    this.leftOut++;
    return text.slice(0, MAX_TEXT);
  }

  /** A text that means nothing when it is cut (JSON): all or nothing. */
  whole(text: ByteString): ByteString {
    if (text.length <= MAX_TEXT) return text;
    this.leftOut++;
    return "";
  }

  /** The entries of a part that fit, in order. */
  entries<T>(
    part: keyof typeof MAX_ENTRIES,
    entries: readonly T[],
    texts: (entry: T) => readonly string[],
  ): T[] {
    const kept: T[] = [];
    let weight = 0;
    for (const entry of entries) {
      const length = texts(entry).reduce((sum, text) => sum + text.length, 0);
      if (kept.length >= MAX_ENTRIES[part] || length > MAX_TEXT || weight + length > MAX_PART) {
        this.leftOut++;
        continue;
      }
      weight += length;
      kept.push(entry);
    }
    return kept;
  }

  env(entries: readonly ByteString[]): ByteString[] {
    return this.entries("env", entries, (entry) => [entry]);
  }

  /** By name: runtimes written in Go send a map in another order each time. */
  labels(entries: readonly (readonly [ByteString, ByteString])[]): (readonly [ByteString, ByteString])[] {
    const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return this.entries("labels", sorted, (entry) => entry);
  }
}
