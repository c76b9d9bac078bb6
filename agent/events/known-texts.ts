/**
 * Texts that records bring again and again: a string is made where the bytes are new, else the one made before is found by
 * comparing bytes. So a storm of the same paths makes no string, what follows from one is kept beside it, and comparing
 * two of them is comparing addresses.
 *
 * Each thread has one table of a fixed size: a text has one place in it, where the next one with that place replaces it.
 * Whoever fills it with texts of their own makes it useless, not wrong.
 */
import { folderOf, normalise } from "./path-text.ts";

/** Node's own slicing, without what Buffer.toString does around it (types of Node leave it out). */
interface Sliceable {
  latin1Slice(start: number, end: number): string;
}

/** Places in the table: a power of two. With 128 bytes each that is 64 KiB and as many strings. */
export const KNOWN_TEXTS = 512;
/** Longer texts are made anew each time; shorter ones than a word too. */
export const LONGEST_KNOWN_TEXT = 128;
const SHORTEST = 4;
const WORDS = LONGEST_KNOWN_TEXT / 4;
const SHIFT = 32 - Math.log2(KNOWN_TEXTS);

/** A text and what follows from it alone, each found when it is first asked for. */
export class KnownText {
  readonly text: string;
  private normal: string | undefined;
  private path: string | undefined;
  private pathFolder = "";

  constructor(text: string) {
    this.text = text;
  }

  /** The text, where it is an absolute path, without `.`, `..`, doubled and trailing slashes. */
  get normalised(): string {
    return (this.normal ??= normalise(this.text));
  }

  /** The folder of `path`, which is this text in some form: that of the last one is kept. */
  folderOf(path: string): string {
    if (this.path !== path) {
      this.path = path;
      this.pathFolder = folderOf(path);
    }
    return this.pathFolder;
  }
}

export class KnownTexts {
  /** Texts that were there, and that had to be made. */
  found = 0;
  made = 0;
  private readonly texts: (KnownText | undefined)[] = Array.from({ length: KNOWN_TEXTS }, () => undefined);
  private readonly lengths = new Uint8Array(KNOWN_TEXTS);
  private readonly words = new Int32Array(KNOWN_TEXTS * WORDS);

  /** The text of `size` bytes at `at`; undefined where it is too long or too short to be kept. */
  find(bytes: Buffer, view: DataView, at: number, size: number): KnownText | undefined {
    if (size < SHORTEST || size > LONGEST_KNOWN_TEXT) return undefined;
    const first = view.getInt32(at, true);
    const last = view.getInt32(at + size - 4, true);
    const middle = view.getInt32(at + ((size - 4) >> 1), true);
    const mixed = Math.imul(Math.imul(first ^ (size << 24), 0x2c1b3c6d) ^ last, 0x297a2d39) + middle;
    const place = Math.imul(mixed, 0x9e3779b1) >>> SHIFT;
    const known = this.texts[place];
    if (known !== undefined && this.lengths[place] === size && this.isSame(place, view, at, size, last)) {
      this.found++;
      return known;
    }
    this.made++;
    return this.make(place, bytes, view, at, size, last);
  }

  /** Compares by words; the last one ends with the text and may begin in the one before. */
  private isSame(place: number, view: DataView, at: number, size: number, last: number): boolean {
    const { words } = this;
    const base = place * WORDS;
    const count = (size - 1) >> 2;
    for (let i = 0; i < count; i++) if (words[base + i] !== view.getInt32(at + i * 4, true)) return false;
    return words[base + count] === last;
  }

  private make(
    place: number,
    bytes: Buffer,
    view: DataView,
    at: number,
    size: number,
    last: number,
  ): KnownText {
    const { words } = this;
    const base = place * WORDS;
    const count = (size - 1) >> 2;
    for (let i = 0; i < count; i++) words[base + i] = view.getInt32(at + i * 4, true);
    words[base + count] = last;
    this.lengths[place] = size;
    const known = new KnownText((bytes as unknown as Sliceable).latin1Slice(at, at + size));
    this.texts[place] = known;
    return known;
  }
}
