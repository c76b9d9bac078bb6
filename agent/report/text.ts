/** Texts fit for the API's bounds, whatever a container or a rule's author put into them. */

/** What stands at the end of a text that was cut. */
const MARK = "…[cut]";

/** At most so many characters (UTF-16 units, so never more code points), no pair of surrogates halved, marked where cut. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const mark = length > MARK.length ? MARK : "";
  return whole(text, length - mark.length) + mark;
}

/** At most so many bytes of UTF-8, marked where cut. */
export function cutBytes(text: string, bytes: number): string {
  // A UTF-16 unit is at most three bytes.
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text;
  const room = Buffer.alloc(bytes - Buffer.byteLength(MARK));
  // `write` never writes a part of a character.
  return room.toString("utf8", 0, room.write(text)) + MARK;
}

function whole(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** Lower-case words joined by `-`, fit for the name of an object; never empty. */
export function slug(text: string, length: number): string {
  const words = text
    .slice(0, 4 * length)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-/, "")
    .slice(0, length)
    .replace(/-$/, "");
  return words === "" ? "rule" : words;
}

/** `Terminal shell in container` as `TerminalShellInContainer`, a reason as Events have them; never empty. */
export function camelCase(text: string, length: number): string {
  const words = text.slice(0, 4 * length).match(/[A-Za-z0-9]+/g) ?? [];
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return joined === "" ? "Rule" : joined.slice(0, length);
}

/** ns since the epoch as MicroTime: UTC with exactly six decimals. Texts of two times sort as the times do. */
export function microTime(time: bigint): string {
  const microseconds = String((time / 1000n) % 1_000_000n).padStart(6, "0");
  return `${new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19)}.${microseconds}Z`;
}
