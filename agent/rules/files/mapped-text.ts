/** Text put together from scalars of files, with the way back to each. */
import type { FilePlace } from "./source-text.ts";
import { placeOf, type YamlScalar } from "./yaml-tree.ts";

interface Piece {
  readonly at: number;
  readonly end: number;
  readonly node: YamlScalar;
  /** Offset in the scalar's text; undefined: the piece stands for the scalar as a whole. */
  readonly from: number | undefined;
}

/** A condition, an output or a part of one. Never changed once made. */
export class MappedText {
  readonly text: string;
  readonly #pieces: readonly Piece[];

  private constructor(text: string, pieces: readonly Piece[]) {
    this.text = text;
    this.#pieces = pieces;
  }

  /** A scalar's text, character by character. */
  static of(node: YamlScalar): MappedText {
    return new MappedText(node.text, [{ at: 0, end: node.text.length, node, from: 0 }]);
  }

  /** Text that was made from a scalar (quotes added, parentheses) and stands for all of it. */
  static made(text: string, node: YamlScalar): MappedText {
    return new MappedText(text, [{ at: 0, end: text.length, node, from: undefined }]);
  }

  /** Parts behind each other. */
  static join(parts: readonly MappedText[]): MappedText {
    if (parts.length === 1) return parts[0]!;
    const pieces: Piece[] = [];
    let length = 0;
    for (const part of parts) {
      for (const piece of part.#pieces)
        if (piece.end > piece.at) pieces.push({ ...piece, at: piece.at + length, end: piece.end + length });
      length += part.text.length;
    }
    return new MappedText(parts.map((part) => part.text).join(""), pieces);
  }

  slice(from: number, to = this.text.length): MappedText {
    const pieces: Piece[] = [];
    for (const piece of this.#pieces) {
      const at = Math.max(piece.at, from);
      const end = Math.min(piece.end, to);
      if (at >= end) continue;
      const skipped = at - piece.at;
      pieces.push({
        at: at - from,
        end: end - from,
        node: piece.node,
        from: piece.from === undefined ? undefined : piece.from + skipped,
      });
    }
    return new MappedText(this.text.slice(from, to), pieces);
  }

  /** The text without white space at both ends. */
  trim(): MappedText {
    const start = this.text.length - this.text.trimStart().length;
    return this.slice(start, Math.max(start, this.text.trimEnd().length));
  }

  #pieceAt(offset: number): Piece | undefined {
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#pieces[middle]!.end > offset) high = middle;
      else low = middle + 1;
    }
    return this.#pieces[low];
  }

  /** The first scalar the text came from, undefined for an empty text. */
  get origin(): YamlScalar | undefined {
    return this.#pieces[0]?.node;
  }

  /** Where in a file a stretch of the text was written; undefined for a text of nothing. */
  placeOf(at: number, end: number): FilePlace | undefined {
    const first = this.#pieceAt(at);
    if (first === undefined) return undefined;
    if (first.from === undefined) return placeOf(first.node);
    const from = first.from + Math.max(0, at - first.at);
    const to = first.from + Math.min(Math.max(end, at), first.end) - first.at;
    const start = first.node.placeOf(from, to);
    if (end <= first.end) return start;
    const last = this.#pieceAt(end - 1);
    if (last?.from === undefined) return start;
    const rest = last.node.placeOf(last.from, last.from + end - last.at);
    return rest.file === start.file && rest.end > start.end ? { ...start, end: rest.end } : start;
  }
}
